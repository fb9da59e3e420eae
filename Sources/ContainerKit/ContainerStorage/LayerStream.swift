import CKArchive
import ContainerSystem
import Glibc
import OCISpec

/// The uncompressed bytes of a layer, hashed as they pass: all of them, what follows the last entry included, since
/// that is what a diffID is the digest of.
final class LayerStream {
    private let source: Descriptor
    private let compression: LayerCompression
    private let limits: UnpackLimits
    private var hasher: SHA256Hasher
    /// Receives every uncompressed block too.
    private let tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)?

    private var inner: OpaquePointer?
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    private var headBytes = [UInt8]()
    private(set) var bytesIn: Int64 = 0
    private(set) var bytesOut: Int64 = 0
    /// What a callback of libarchive could not throw.
    private(set) var failure: ContainerError?

    /// - Parameter compression: nil to go by the first bytes.
    init(
        _ source: Descriptor, compression: LayerCompression?, limits: UnpackLimits,
        tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)? = nil
    ) throws(ContainerError) {
        try ArchiveLibrary.load()
        self.source = source
        self.limits = limits
        self.tee = tee
        hasher = try SHA256Hasher()
        var first = [UInt8](repeating: 0, count: 8)
        var filled = 0
        while filled < first.count {
            let count = try system("read layer") {
                first.withUnsafeMutableBytes { read(source.raw, $0.baseAddress! + filled, $0.count - filled) }
            }
            if count == 0 { break }
            filled += count
        }
        headBytes = Array(first[..<filled])
        self.compression = compression ?? LayerCompression.detect(headBytes)
        if self.compression != .none { inner = try openInner() }
    }

    deinit {
        if let inner { _ = ck_archive_read_free(inner) }
        buffer.deallocate()
    }

    /// The next uncompressed bytes, valid until the next call; empty at the end.
    func next() throws(ContainerError) -> UnsafeRawBufferPointer {
        let block = if let inner { try nextBlock(of: inner) } else { try readSource() }
        guard !block.isEmpty else { return block }
        bytesOut += Int64(block.count)
        if bytesOut > limits.bytes {
            throw ContainerError(.exhausted, "unpack layer: more than \(limits.bytes) bytes")
        }
        if bytesOut > limits.ratioFrom, bytesOut / max(bytesIn, 1) > limits.ratio {
            throw ContainerError(
                .exhausted, "unpack layer: more than \(limits.ratio) times its compressed size",
                cause: "\(bytesOut) bytes came out of \(bytesIn)")
        }
        hasher.update(block)
        try tee?(block)
        return block
    }

    /// As `next()`, for a callback of libarchive: the error waits in `failure`.
    func nextOrFail() -> UnsafeRawBufferPointer? {
        do throws(ContainerError) {
            return try next()
        } catch {
            failure = failure ?? error
            return nil
        }
    }

    /// Reads what follows the last entry, and answers the digest of all.
    func finish() throws(ContainerError) -> Digest {
        while !(try next().isEmpty) {}
        return hasher.finalize()
    }

    private func nextBlock(of archive: OpaquePointer) throws(ContainerError) -> UnsafeRawBufferPointer {
        var bytes: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        let status = ck_archive_read_data_block(archive, &bytes, &count, &offset)
        if let failure { throw failure }
        try ArchiveLibrary.check(status, archive, "decompress layer (\(compression.rawValue))")
        if status == ARCHIVE_EOF { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: bytes, count: count)
    }

    /// The compressed (or plain) bytes of the source.
    private func readSource() throws(ContainerError) -> UnsafeRawBufferPointer {
        if bytesIn == 0, !headBytes.isEmpty {
            buffer.copyBytes(from: headBytes)
            bytesIn = Int64(headBytes.count)
            return UnsafeRawBufferPointer(rebasing: buffer[..<headBytes.count])
        }
        let count = try system("read layer") { read(source.raw, buffer.baseAddress, buffer.count) }
        bytesIn += Int64(count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// A reader with exactly the one filter: libarchive left to guess would undo compression within compression.
    private func openInner() throws(ContainerError) -> OpaquePointer {
        guard let archive = ck_archive_read_new() else {
            throw ContainerError(.exhausted, "unpack layer: no memory")
        }
        do throws(ContainerError) {
            let operation = "decompress layer (\(compression.rawValue))"
            try ArchiveLibrary.check(
                ck_archive_read_append_filter(archive, compression.filter), archive, operation)
            try ArchiveLibrary.check(ck_archive_read_set_format(archive, ARCHIVE_FORMAT_RAW), archive, operation)
            let status = ck_archive_read_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { archive, stream, block in
                    let stream = Unmanaged<LayerStream>.fromOpaque(stream!).takeUnretainedValue()
                    do throws(ContainerError) {
                        let bytes = try stream.readSource()
                        block!.pointee = bytes.baseAddress
                        return bytes.count
                    } catch {
                        stream.failure = stream.failure ?? error
                        return -1
                    }
                }, nil)
            if let failure { throw failure }
            try ArchiveLibrary.check(status, archive, operation)
            var entry: OpaquePointer?
            let header = ck_archive_read_next_header(archive, &entry)
            if let failure { throw failure }
            try ArchiveLibrary.check(header, archive, operation)
        } catch {
            _ = ck_archive_read_free(archive)
            throw error
        }
        return archive
    }
}

/// What a layer may cost. Beyond it, it is taken for an attack and refused.
public struct UnpackLimits: Hashable, Sendable {
    /// Files, folders, links and devices.
    public var entries = 4_000_000
    /// Uncompressed bytes.
    public var bytes: Int64 = 1 << 40
    /// Uncompressed bytes for each compressed one, once `ratioFrom` bytes came out.
    public var ratio: Int64 = 200
    public var ratioFrom: Int64 = 1 << 30

    public init() {}
}

import CKArchive
import ContainerSystem

/// The uncompressed bytes of a layer, block by block.
protocol LayerDecompressor: AnyObject {
    /// The next bytes, valid until the next call; empty at the end.
    func next() throws(ContainerError) -> UnsafeRawBufferPointer
}

extension LayerCompression {
    /// - Throws: `unsupported` when the library that it takes is not installed.
    func decompressor(of input: LayerInput) throws(ContainerError) -> any LayerDecompressor {
        if self == .none { return input }
        // Without ISA-L, libarchive reads gzip as well, only slower.
        if self == .gzip, let fast = GzipDecompressor(input) { return fast }
        return try ArchiveDecompressor(input, self)
    }
}

/// A layer's bytes as they come, counted.
final class LayerInput: LayerDecompressor {
    private let source: ByteSource
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    /// How many bytes were read to see what they are, and are still to be handed out.
    private var ahead = 0
    private(set) var count: Int64 = 0

    init(_ source: ByteSource) { self.source = source }

    deinit { buffer.deallocate() }

    /// The first bytes, which stay to be read; fewer when there are no more. To be asked before anything else.
    func head(_ size: Int) throws(ContainerError) -> UnsafeRawBufferPointer {
        while ahead < size {
            let found = try source.read(UnsafeMutableRawBufferPointer(rebasing: buffer[ahead...]))
            if found == 0 { break }
            ahead += found
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<ahead])
    }

    func next() throws(ContainerError) -> UnsafeRawBufferPointer {
        let found = ahead > 0 ? ahead : try source.read(buffer)
        ahead = 0
        count += Int64(found)
        return UnsafeRawBufferPointer(rebasing: buffer[..<found])
    }
}

/// Any compression that libarchive knows. It reads with exactly the one filter: left to guess, the library would undo
/// compression within compression.
final class ArchiveDecompressor: LayerDecompressor {
    private let input: LayerInput
    private let operation: String
    private let compression: LayerCompression
    /// How much was read since anything came out.
    private var silentBytes = 0
    private static let silenceLimit = 8 << 20
    private let archive: OpaquePointer
    /// What a callback could not throw.
    private var failure: ContainerError?

    init(_ input: LayerInput, _ compression: LayerCompression) throws(ContainerError) {
        try ArchiveLibrary.load()
        guard let archive = ck_archive_read_new() else {
            throw ContainerError(.exhausted, "unpack layer: no memory")
        }
        self.input = input
        self.archive = archive
        self.compression = compression
        operation = "decompress layer (\(compression.rawValue))"
        try check(ck_archive_read_append_filter(archive, compression.filter))
        try check(ck_archive_read_set_format(archive, ARCHIVE_FORMAT_RAW))
        try check(
            ck_archive_read_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, context, block in
                    let bytes = Unmanaged<ArchiveDecompressor>.fromOpaque(context!).takeUnretainedValue().refill()
                    block!.pointee = bytes?.baseAddress
                    return bytes?.count ?? -1
                }, nil))
        var entry: OpaquePointer?
        try check(ck_archive_read_next_header(archive, &entry))
    }

    deinit { _ = ck_archive_read_free(archive) }

    func next() throws(ContainerError) -> UnsafeRawBufferPointer {
        var bytes: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        let status = ck_archive_read_data_block(archive, &bytes, &count, &offset)
        try check(status)
        silentBytes = 0
        return UnsafeRawBufferPointer(start: bytes, count: status == ARCHIVE_EOF ? 0 : count)
    }

    private func refill() -> UnsafeRawBufferPointer? {
        do throws(ContainerError) {
            let bytes = try input.next()
            silentBytes += bytes.count
            // libarchive keeps the header of a gzip member in memory, and a name in it may go on for ever.
            if compression == .gzip, silentBytes > Self.silenceLimit {
                throw ContainerError(.corrupted, "\(operation): nothing comes out of \(silentBytes) bytes")
            }
            return bytes
        } catch {
            failure = failure ?? error
            return nil
        }
    }

    private func check(_ status: CInt) throws(ContainerError) {
        if let failure { throw failure }
        try ArchiveLibrary.check(status, archive, operation)
    }
}

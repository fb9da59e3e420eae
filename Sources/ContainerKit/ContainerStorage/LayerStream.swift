import ContainerSystem
import OCISpec

/// The uncompressed bytes of a layer, hashed as they pass: all of them, what follows the last entry included, since
/// that is what a diffID is the digest of.
final class LayerStream {
    private let input: LayerInput
    private let decompressor: any LayerDecompressor
    private let limits: UnpackLimits
    private var hasher: SHA256Hasher
    /// Receives every uncompressed block too.
    private let tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)?

    private var bytesOut: Int64 = 0
    /// Where the header that is being read must have ended.
    private var headerEnd: Int64?
    /// What a callback of libarchive could not throw.
    private(set) var failure: ContainerError?

    /// - Parameter compression: nil to go by the first bytes.
    init(
        _ source: ByteSource, compression: LayerCompression?, limits: UnpackLimits,
        tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)? = nil
    ) throws(ContainerError) {
        try ArchiveLibrary.load()
        self.limits = limits
        self.tee = tee
        hasher = try SHA256Hasher()
        input = LayerInput(source)
        let head = try input.head(LayerCompression.longestSignature)
        decompressor = try (compression ?? .detect(head)).decompressor(of: input)
    }

    /// The next uncompressed bytes, valid until the next call; empty at the end.
    func next() throws(ContainerError) -> UnsafeRawBufferPointer {
        let block = try decompressor.next()
        guard !block.isEmpty else { return block }
        if let headerEnd, bytesOut > headerEnd {
            throw ContainerError(
                .corrupted, "unpack layer: the header of an entry is larger than \(limits.header) bytes")
        }
        bytesOut += Int64(block.count)
        if bytesOut > limits.bytes {
            throw ContainerError(.exhausted, "unpack layer: more than \(limits.bytes) bytes")
        }
        if bytesOut > limits.ratioFrom, bytesOut / max(input.count, 1) > limits.ratio {
            throw ContainerError(
                .exhausted, "unpack layer: more than \(limits.ratio) times its compressed size",
                cause: "\(bytesOut) bytes came out of \(input.count)")
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

    /// Runs a call that reads the header of an entry. libarchive keeps what extends one (maps of holes, above all) in
    /// memory, without a limit of its own.
    func readingHeader(_ call: () -> CInt) -> CInt {
        headerEnd = bytesOut + limits.header
        defer { headerEnd = nil }
        return call()
    }

    /// Reads what follows the last entry, and answers the digest of all.
    func finish() throws(ContainerError) -> Digest {
        while !(try next().isEmpty) {}
        return hasher.finalize()
    }
}

/// What a layer may cost. Beyond it, it is taken for an attack and refused.
public struct UnpackLimits: Hashable, Sendable {
    /// Files, folders, links and devices.
    public var entries = 4_000_000
    /// Uncompressed bytes.
    public var bytes: Int64 = 1 << 40
    /// What extends one entry's header, in bytes.
    public var header: Int64 = 4 << 20
    /// Uncompressed bytes for each compressed one, once `ratioFrom` bytes came out.
    public var ratio: Int64 = 200
    public var ratioFrom: Int64 = 1 << 30

    public init() {}
}

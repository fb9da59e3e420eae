import ContainerSystem
import OCISpec

/// Blobs (manifests, configurations, layers) by digest. A blob that is there is whole.
public protocol ContentStore: Sendable {
    func contains(_ digest: Digest) -> Bool

    /// The size of a blob in bytes.
    /// - Throws: `notFound`.
    func size(of digest: Digest) throws(ContainerError) -> Int64

    /// What a blob takes on the disk in bytes.
    /// - Throws: `notFound`.
    func diskUsage(of digest: Digest) throws(ContainerError) -> Int64

    /// Opens a blob for reading.
    /// - Throws: `notFound`.
    func open(_ digest: Digest) throws(ContainerError) -> Descriptor

    /// The bytes of a blob of at most `limit` bytes.
    /// - Throws: `notFound`; `corrupted` when it is larger.
    func read(_ digest: Digest, limit: Int) throws(ContainerError) -> [UInt8]

    /// Starts to take in a blob. What arrives is hashed and counted, and refused when it is not what was expected.
    /// - Parameters:
    ///   - expected: the digest it must have, nil when it is being made here.
    ///   - size: the size it must have in bytes.
    func ingest(expected: Digest?, size: Int64?) throws(ContainerError) -> any BlobIngest

    /// Takes in a blob from elsewhere, or goes on where an earlier process stopped. While another process takes in the
    /// same blob, this waits for it.
    /// - Returns: nil when the blob is there.
    func download(_ digest: Digest, size: Int64) throws(ContainerError) -> (any BlobIngest)?

    /// Removes what is there of downloads that nobody is at.
    func removeDownloads() throws(ContainerError)

    /// Removes a blob; one that is not there is fine.
    func delete(_ digest: Digest) throws(ContainerError)

    /// The digests of all blobs, sorted.
    func list() throws(ContainerError) -> [Digest]

    /// Removes what processes that no longer live left half-made, and downloads that nobody has gone on with for a week.
    func cleanUp() throws(ContainerError)
}

/// A blob on its way into a store. Until `commit` succeeds nobody sees it; when it is let go, it is gone, but for what came
/// of a download. One thread at a time may call it.
public protocol BlobIngest: AnyObject, Sendable {
    /// How many bytes came so far; not 0 at the start of a download that goes on.
    var written: Int64 { get }

    /// The bytes of a download from the first one, while they still come: who reads it waits for them. The end is there
    /// only when the blob has been committed, and an error when it is given up.
    func follow() throws(ContainerError) -> ByteSource

    /// - Throws: `corrupted` once more bytes come than were announced; `exhausted` when the disk is full.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ContainerError)

    /// Makes the blob part of the store, on the disk for good.
    /// - Throws: `corrupted` when digest or size are not what was expected.
    func commit() throws(ContainerError) -> StoredBlob

    /// Gives up; what was written is removed, or stays for later when it is a download. After `commit` it does nothing.
    func cancel()
}

/// A blob in a store.
public struct StoredBlob: Hashable, Sendable {
    public let digest: Digest
    /// Bytes.
    public let size: Int64

    public init(digest: Digest, size: Int64) {
        self.digest = digest
        self.size = size
    }
}

extension ContentStore {
    /// Stores bytes that are all there.
    /// - Throws: `corrupted` when they do not have the expected digest.
    @discardableResult
    public func store(_ bytes: [UInt8], expected: Digest? = nil) throws(ContainerError) -> StoredBlob {
        let ingest = try ingest(expected: expected, size: Int64(bytes.count))
        // The closure's error type is lost in the standard library's rethrow.
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(ContainerError) in try ingest.write(buffer) }
        }
        try result.get()
        return try ingest.commit()
    }
}

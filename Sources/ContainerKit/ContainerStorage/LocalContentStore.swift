import ContainerSystem
import Glibc
import OCISpec

/// Blobs as files `blobs/sha256/HEX` under a folder of the host, readable by root only; many processes at once.
public struct LocalContentStore: ContentStore {
    public let root: String
    private var blobs: String { root + "/blobs/sha256" }
    private var ingests: String { root + "/ingest" }
    static let prefix = "blob"

    /// Makes the folders when they are not there.
    public init(root: String) throws(ContainerError) {
        self.root = root
        if !Files.exists(blobs) || !Files.exists(ingests) {
            try Files.makeDirectory(blobs, mode: 0o700)
            try Files.makeDirectory(ingests, mode: 0o700)
        }
    }

    func path(_ digest: Digest) -> String { "\(blobs)/\(digest.hex)" }

    public func contains(_ digest: Digest) -> Bool { Files.exists(path(digest)) }

    public func size(of digest: Digest) throws(ContainerError) -> Int64 {
        var status = stat()
        try system("look up blob \(digest)") { stat(path(digest), &status) }
        return Int64(status.st_size)
    }

    public func open(_ digest: Digest) throws(ContainerError) -> Descriptor {
        Descriptor(
            owning: try system("open blob \(digest)") { Glibc.open(path(digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW) })
    }

    public func read(_ digest: Digest, limit: Int) throws(ContainerError) -> [UInt8] {
        try open(digest).readAll(limit: limit, name: "blob \(digest)")
    }

    public func ingest(expected: Digest?, size: Int64?) throws(ContainerError) -> any BlobIngest {
        try LocalBlobIngest(
            temporary: "\(ingests)/\(TemporaryName.make(Self.prefix))", folder: blobs, expected: expected,
            expectedSize: size)
    }

    public func delete(_ digest: Digest) throws(ContainerError) {
        if unlink(path(digest)) != 0, errno != ENOENT { throw ContainerError(.current, "delete blob \(digest)") }
    }

    public func list() throws(ContainerError) -> [Digest] {
        try Files.list(blobs).compactMap { Digest(hex: $0) }.sorted { $0.hex < $1.hex }
    }

    public func cleanUp() throws(ContainerError) {
        for name in try Files.list(ingests) where TemporaryName.isStale(name, prefix: Self.prefix) {
            unlink("\(ingests)/\(name)")
        }
    }
}

final class LocalBlobIngest: BlobIngest {
    private let temporary: String
    private let folder: String
    private let expected: Digest?
    private let expectedSize: Int64?
    private var file: Descriptor?
    private var hasher: SHA256Hasher
    private(set) var written: Int64 = 0

    init(temporary: String, folder: String, expected: Digest?, expectedSize: Int64?) throws(ContainerError) {
        self.temporary = temporary
        self.folder = folder
        self.expected = expected
        self.expectedSize = expectedSize
        hasher = try SHA256Hasher()
        file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    }

    deinit { cancel() }

    private var name: String { expected.map { "blob \($0)" } ?? "new blob" }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ContainerError) {
        guard let file else { throw ContainerError(.conflict, "write \(name): already finished") }
        if let expectedSize, written + Int64(bytes.count) > expectedSize {
            throw ContainerError(.corrupted, "store \(name): more than the announced \(expectedSize) bytes")
        }
        hasher.update(bytes)
        var rest = bytes
        while !rest.isEmpty {
            let count = try system("write \(name)") { Glibc.write(file.raw, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        written += Int64(bytes.count)
    }

    func commit() throws(ContainerError) -> StoredBlob {
        guard let file else { throw ContainerError(.conflict, "store \(name): already finished") }
        defer { cancel() }
        if let expectedSize, written != expectedSize {
            throw ContainerError(
                .corrupted, "store \(name): \(written) bytes came, \(expectedSize) were announced",
                hint: "try again; the transfer was cut short")
        }
        let digest = hasher.finalize()
        if let expected, digest != expected {
            throw ContainerError(.corrupted, "store \(name): the bytes have the digest \(digest)")
        }
        try system("sync blob \(digest)") { fsync(file.raw) }
        try system("store blob \(digest)") { rename(temporary, "\(folder)/\(digest.hex)") }
        self.file = nil
        let directory = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
        try system("sync \(folder)") { fsync(directory.raw) }
        return StoredBlob(digest: digest, size: written)
    }

    func cancel() {
        guard file != nil else { return }
        file = nil
        unlink(temporary)
    }
}

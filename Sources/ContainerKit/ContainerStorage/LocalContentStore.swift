import ContainerSystem
import Glibc
import OCISpec

/// Blobs as files `blobs/sha256/HEX` under a folder of the host, readable by root only; many processes at once.
public struct LocalContentStore: ContentStore {
    public let root: String
    private var blobs: String { root + "/blobs/sha256" }
    private var ingests: String { root + "/ingest" }
    static let prefix = "blob"
    static let partial = ".partial"
    /// Seconds that a download may rest.
    private static let downloadAge = 7 * 86400

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

    public func diskUsage(of digest: Digest) throws(ContainerError) -> Int64 {
        var status = stat()
        try system("look up blob \(digest)") { stat(path(digest), &status) }
        return Int64(status.st_blocks) * 512
    }

    public func open(_ digest: Digest) throws(ContainerError) -> Descriptor {
        Descriptor(
            owning: try system("open blob \(digest)") { Glibc.open(path(digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW) })
    }

    public func read(_ digest: Digest, limit: Int) throws(ContainerError) -> [UInt8] {
        try open(digest).readAll(limit: limit, name: "blob \(digest)")
    }

    public func ingest(expected: Digest?, size: Int64?) throws(ContainerError) -> any BlobIngest {
        let path = "\(ingests)/\(TemporaryName.make(Self.prefix))"
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        return try LocalBlobIngest(file, at: path, folder: blobs, expected: expected, expectedSize: size)
    }

    public func download(_ digest: Digest, size: Int64) throws(ContainerError) -> (any BlobIngest)? {
        let path = "\(ingests)/\(digest.hex)\(Self.partial)"
        while !contains(digest) {
            let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            guard let lock = try FileLock.take(file, .exclusive, name: path), lock.holds(path) else { continue }
            // Another process may have brought the blob between our look and our lock.
            if contains(digest) {
                unlink(path)
                return nil
            }
            return try LocalBlobIngest(
                file, at: path, folder: blobs, expected: digest, expectedSize: size, download: lock)
        }
        return nil
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
        try removeDownloads(olderThan: Self.downloadAge)
    }

    public func removeDownloads() throws(ContainerError) { try removeDownloads(olderThan: 0) }

    private func removeDownloads(olderThan age: Int) throws(ContainerError) {
        for name in try Files.list(ingests) where name.hasSuffix(Self.partial) {
            let path = "\(ingests)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec >= age else { continue }
            // Without the lock, a process that has just opened it would go on writing into nothing.
            if let lock = try FileLock.take(path, .exclusive, waits: false), lock.holds(path) { unlink(path) }
        }
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Synchronization

/// A blob that is being written into a file beside the blobs. The next bytes go to the end of the file.
///
/// Unchecked: one thread at a time writes, as the protocol says; what the followers on other threads look at is behind
/// a lock.
final class LocalBlobIngest: BlobIngest, @unchecked Sendable {
    private let path: String
    private let folder: String
    private let expected: Digest?
    private let expectedSize: Int64?
    /// Held while it is a download; keeps other processes from the same one.
    private var lock: FileLock?
    private let isDownload: Bool
    private var isUseless = false
    private var file: Descriptor?
    private var hasher: SHA256Hasher
    private(set) var written: Int64 = 0
    private let progress = IngestProgress()

    /// - Parameter download: the lock of the file, when it stays for later unless it becomes a blob; what is in it was
    ///   written by an earlier process.
    init(
        _ file: Descriptor, at path: String, folder: String, expected: Digest?, expectedSize: Int64?,
        download lock: FileLock? = nil
    ) throws(ContainerError) {
        self.path = path
        self.folder = folder
        self.expected = expected
        self.expectedSize = expectedSize
        self.lock = lock
        isDownload = lock != nil
        self.file = file
        hasher = try SHA256Hasher()
        if isDownload { try takeUp(file) }
    }

    deinit { cancel() }

    private var name: String { expected.map { "blob \($0)" } ?? "new blob" }

    /// Hashes what is there already; what is too much is of no use.
    private func takeUp(_ file: Descriptor) throws(ContainerError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try system("read \(name)") { read(file.raw, &buffer, buffer.count) }
            if count == 0 { break }
            buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            written += Int64(count)
        }
        guard let expectedSize, written > expectedSize else { return progress.advance(to: written) }
        try system("truncate \(name)") { ftruncate(file.raw, 0) }
        lseek(file.raw, 0, SEEK_SET)
        hasher = try SHA256Hasher()
        written = 0
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ContainerError) {
        guard let file else { throw ContainerError(.conflict, "write \(name): already finished") }
        if let expectedSize, written + Int64(bytes.count) > expectedSize {
            throw ContainerError(.corrupted, "store \(name): more than the announced \(expectedSize) bytes")
        }
        hasher.update(bytes)
        do throws(ContainerError) {
            try file.writeAll(bytes, name: name)
        } catch {
            // On a full disk, a download that stays would be in its own way.
            isUseless = true
            throw error
        }
        written += Int64(bytes.count)
        progress.advance(to: written)
    }

    func follow() throws(ContainerError) -> ByteSource {
        guard let file else { throw ContainerError(.conflict, "read \(name): already finished") }
        let offset = Mutex<Int64>(0)
        let (name, progress) = (name, progress)
        return ByteSource { buffer throws(ContainerError) in
            let start = offset.withLock { $0 }
            guard try progress.wait(beyond: start) else { return 0 }
            let count = try system("read \(name)") { pread(file.raw, buffer.baseAddress, buffer.count, off_t(start)) }
            offset.withLock { $0 += Int64(count) }
            return count
        }
    }

    func commit() throws(ContainerError) -> StoredBlob {
        do throws(ContainerError) {
            let blob = try store()
            end(nil)
            return blob
        } catch {
            // Nothing that begins with these bytes will ever be right.
            isUseless = isUseless || written == expectedSize
            end(error)
            throw error
        }
    }

    private func store() throws(ContainerError) -> StoredBlob {
        guard let file else { throw ContainerError(.conflict, "store \(name): already finished") }
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
        try system("store blob \(digest)") { rename(path, "\(folder)/\(digest.hex)") }
        let directory = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
        try system("sync \(folder)") { fsync(directory.raw) }
        return StoredBlob(digest: digest, size: written)
    }

    func cancel() { end(ContainerError(.unavailable, "\(name): its download was given up")) }

    /// Whoever waits for the lock need not wait for those who read behind.
    private func end(_ failure: ContainerError?) {
        guard file != nil else { return }
        if failure != nil, !isDownload || isUseless || written == 0 { unlink(path) }
        file = nil
        lock = nil
        progress.end(failure)
    }
}

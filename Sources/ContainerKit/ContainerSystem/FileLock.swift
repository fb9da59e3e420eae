import Glibc
import Synchronization

/// An advisory lock between processes (flock(2)); it ends with its last reference, or with the process.
public final class FileLock: Sendable {
    public enum Mode: Sendable {
        case shared, exclusive
    }

    public let file: Descriptor

    /// Takes the lock of a file, which is made when it is missing.
    /// - Parameter waits: whether to wait for others.
    /// - Returns: nil when others hold it and `waits` is false.
    public static func take(_ path: String, _ mode: Mode, waits: Bool = true) throws(ContainerError) -> FileLock? {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        return try take(file, mode, waits: waits, name: path)
    }

    /// Takes the lock of an open file or folder.
    /// - Parameter name: what errors call it.
    /// - Returns: nil when others hold it and `waits` is false.
    public static func take(
        _ file: Descriptor, _ mode: Mode, waits: Bool = true, name: String
    ) throws(ContainerError) -> FileLock? {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | (waits ? 0 : LOCK_NB)
        while flock(file.raw, operation) != 0 {
            if errno == EWOULDBLOCK { return nil }
            if errno != EINTR { throw ContainerError(.current, "lock \(name)") }
        }
        return FileLock(file)
    }

    /// The exclusive lock of a file that is there for the lock alone, and goes with it (`remove`).
    /// - Returns: nil when the file has gone meanwhile, or when others hold it and `waits` is false.
    public static func takeOwn(_ path: String, waits: Bool) throws(ContainerError) -> FileLock? {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        guard let lock = try take(file, .exclusive, waits: waits, name: path), lock.holds(path) else { return nil }
        lock.ownPath.withLock { $0 = path }
        return lock
    }

    /// Removes the file of `takeOwn`, and lets others see that it has gone.
    public func remove() {
        guard let path = ownPath.withLock({ $0.take() }) else { return }
        unlink(path)
        flock(file.raw, LOCK_UN)
    }

    private let ownPath = Mutex<String?>(nil)

    private init(_ file: Descriptor) { self.file = file }

    // The file itself may stay open.
    deinit { flock(file.raw, LOCK_UN) }

    /// Whether a path still leads to what is locked: its last holder may have renamed or removed it.
    public func holds(_ path: String) -> Bool {
        var named = stat()
        var held = stat()
        return lstat(path, &named) == 0 && fstat(file.raw, &held) == 0 && named.st_ino == held.st_ino
            && named.st_dev == held.st_dev
    }
}

import Glibc

/// An advisory lock between processes (flock(2)); it ends with its last reference, or with the process.
public final class FileLock: Sendable {
    public enum Mode: Sendable {
        case shared, exclusive
    }

    private let file: Descriptor

    /// Takes the lock of a file, which is made when it is missing.
    /// - Parameter waits: whether to wait for others.
    /// - Returns: nil when others hold it and `waits` is false.
    public static func take(_ path: String, _ mode: Mode, waits: Bool = true) throws(ContainerError) -> FileLock? {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | (waits ? 0 : LOCK_NB)
        while flock(file.raw, operation) != 0 {
            if errno == EWOULDBLOCK { return nil }
            if errno != EINTR { throw ContainerError(.current, "lock \(path)") }
        }
        return FileLock(file)
    }

    private init(_ file: Descriptor) { self.file = file }
}

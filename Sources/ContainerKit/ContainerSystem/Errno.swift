import CKLinux
import Glibc

/// An error number of the kernel (errno(3)), printed with its name: `ENOENT: No such file or directory`.
public struct Errno: Error, Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    public let rawValue: CInt

    public init(rawValue: CInt) { self.rawValue = rawValue }

    /// The calling thread's errno.
    public static var current: Errno { Errno(rawValue: errno) }

    public var name: String {
        guard let text = strerrorname_np(rawValue) else { return "errno \(rawValue)" }
        return String(cString: text)
    }

    public var description: String { "\(name): \(String(cString: strerror(rawValue)))" }

    /// The code under which a caller of the library meets this errno.
    var code: ContainerError.Code {
        switch rawValue {
        case ENOENT: .notFound
        case EEXIST, EBUSY, ENOTEMPTY: .conflict
        case EINVAL, ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP: .invalidArgument
        case EPERM, EACCES, EROFS: .permissionDenied
        case ENOSPC, EDQUOT, ENOMEM, EMFILE, ENFILE, EAGAIN: .exhausted
        case ENOSYS, EOPNOTSUPP, ENODEV: .unsupported
        default: .systemFailure
        }
    }

    /// What a user can do about it, where one errno has one cure.
    var hint: String? {
        switch rawValue {
        case ENOSPC: "free some space on the disk, or put the state elsewhere with --root"
        case EDQUOT: "the disk quota is used up"
        case EPERM, EACCES: geteuid() == 0 ? nil : "run as root"
        case EROFS: "the file system is read-only: put the state elsewhere with --root"
        default: nil
        }
    }
}

/// Runs a call that answers -1 on failure, repeats it after a signal, and turns its errno into an error that names
/// the operation.
@discardableResult
public func system<Result: FixedWidthInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Result
) throws(ContainerError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let failure = Errno.current
        if failure.rawValue != EINTR { throw ContainerError(failure, operation()) }
    }
}

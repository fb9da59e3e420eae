import CKLinux
import Glibc

/// A folder that paths of somebody else are resolved in: a container's root file system (also by `/proc/PID/root`), an
/// unpacked archive. `/` and `..` and symbolic links never lead out of it (openat2(2), `RESOLVE_IN_ROOT`).
public struct RootedDirectory: Sendable {
    public let descriptor: Descriptor
    /// What messages call it.
    public let name: String

    /// Opens a folder of the host; the path itself is trusted.
    /// - Throws: `ContainerError` with the path and the errno.
    public init(_ path: String) throws(ContainerError) {
        self.init(try Descriptor.open(path, CK_O_PATH | O_DIRECTORY), name: path)
    }

    public init(_ descriptor: Descriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Opens a path as if this folder were the root. Opening a device or FIFO has its effects: see `openRegular(_:)`.
    /// - Parameter flags: of open(2); `O_CLOEXEC` is added.
    /// - Throws: `notFound`, or what else the kernel says, with the path.
    public func open(_ path: String, _ flags: CInt, mode: mode_t = 0) throws(ContainerError) -> Descriptor {
        try open(path.utf8CString.map { $0 }, flags, mode: mode)
    }

    /// As the other, of a path that need not be UTF-8.
    package func open(_ path: CPath, _ flags: CInt, mode: mode_t = 0) throws(ContainerError) -> Descriptor {
        var attempts = 0
        while true {
            let raw = ck_openat2(
                descriptor.raw, path, UInt64(UInt32(bitPattern: flags)), UInt64(mode),
                UInt64(CK_RESOLVE_IN_ROOT | CK_RESOLVE_NO_MAGICLINKS))
            if raw >= 0 { return Descriptor(owning: raw) }
            let failure = Errno.current
            if failure.rawValue == EINTR { continue }
            // Something was renamed while a `..` was taken: the kernel cannot tell whether it led out.
            attempts += 1
            if failure.rawValue == EAGAIN, attempts < Self.patience { continue }
            var error = ContainerError(failure, "open \(path.text) in \(name)")
            if failure.rawValue == EAGAIN {
                error = ContainerError(.conflict, error.message, cause: "folders on the way are renamed all the time")
            }
            // Below what is no folder there is nothing.
            if failure.rawValue == ENOTDIR, flags & O_DIRECTORY == 0 { error.code = .notFound }
            throw error
        }
    }

    private static let patience = 10_000

    /// Opens a regular file for reading; nothing else is so much as touched (a FIFO would block, a device might act).
    /// - Throws: `notFound`; `invalidArgument` when it is not a regular file.
    public func openRegular(_ path: String) throws(ContainerError) -> Descriptor {
        let handle = try open(path, CK_O_PATH)
        var status = stat()
        try system("stat \(path) in \(name)") { fstat(handle.raw, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ContainerError(.invalidArgument, "read \(path) in \(name): not a regular file")
        }
        return try Descriptor.open("/proc/self/fd/\(handle.raw)", O_RDONLY | O_NONBLOCK | O_NOCTTY)
    }

    /// The bytes of a regular file.
    /// - Throws: as `openRegular(_:)`; `corrupted` when it is larger than `limit` bytes.
    public func readFile(_ path: String, limit: Int = 4 << 20) throws(ContainerError) -> [UInt8] {
        try openRegular(path).readAll(limit: limit, name: "\(path) in \(name)")
    }
}

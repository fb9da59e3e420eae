/// The one error of the library: what went wrong, to what, why, and the way out.
///
/// `message` is a sentence without a full stop that names the operation and its object
/// ("pull localhost:5000/busybox: no such tag"); `cause` is what lies beneath it; `hint` is what the
/// user can do next.
public struct ContainerError: Error, Sendable, Equatable {
    /// What kind of failure it is. A struct, so that a new code breaks no importer.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The named image, container, file or tag does not exist.
        public static let notFound = Code("notFound")
        /// The name is taken, or the object is in a state that forbids the operation.
        public static let conflict = Code("conflict")
        /// The caller's value is malformed or out of range.
        public static let invalidArgument = Code("invalidArgument")
        /// The kernel or the registry refused for lack of rights.
        public static let permissionDenied = Code("permissionDenied")
        /// A registry or another peer could not be reached, or failed.
        public static let unavailable = Code("unavailable")
        /// This host or this version cannot do it.
        public static let unsupported = Code("unsupported")
        /// Bytes that do not match their digest, a malformed archive or document.
        public static let corrupted = Code("corrupted")
        /// Disk, addresses, processes or a limit ran out.
        public static let exhausted = Code("exhausted")
        /// The command to run in the container does not exist (exit status 127).
        public static let commandNotFound = Code("commandNotFound")
        /// The command to run in the container cannot be executed (exit status 126).
        public static let commandNotExecutable = Code("commandNotExecutable")
        /// The caller gave up.
        public static let cancelled = Code("cancelled")
        /// The kernel failed in a way that has no better code.
        public static let systemFailure = Code("systemFailure")
    }

    public var code: Code
    public var message: String
    public var cause: String?
    public var hint: String?

    public init(_ code: Code, _ message: String, cause: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.hint = hint
    }

    /// An error of the kernel: the operation, its object and the errno by name.
    public init(_ errno: Errno, _ message: String, hint: String? = nil) {
        self.init(errno.code, message, cause: errno.description, hint: hint ?? errno.hint)
    }

    /// The same error with the operation that it ended put in front.
    public func during(_ operation: String) -> ContainerError {
        var copy = self
        copy.message = "\(operation): \(message)"
        return copy
    }
}

extension ContainerError: CustomStringConvertible {
    public var description: String {
        var text = message
        if let cause { text += ": \(cause)" }
        if let hint { text += " (\(hint))" }
        return text
    }
}

import CKLinux
import CKSeccomp
import ContainerSystem
import Glibc
import OCISpec

/// A compiled system call filter: a program of classic BPF that seccomp(2) takes as it is.
public struct SeccompFilter: Sendable, Equatable {
    /// The greatest number of instructions that the kernel takes (`BPF_MAXINSNS`).
    public static let instructionLimit = 4096

    /// The instructions, 8 bytes each (`struct sock_filter`).
    public let program: [UInt8]
    /// `SECCOMP_FILTER_FLAG_*` for seccomp(2).
    public let flags: UInt32

    public var instructionCount: Int { program.count / 8 }

    /// - Throws: `corrupted` when the bytes cannot be a program.
    public init(program: [UInt8], flags: UInt32) throws(ContainerError) {
        guard !program.isEmpty, program.count % 8 == 0, program.count / 8 <= SeccompFilter.instructionLimit else {
            throw ContainerError(
                .corrupted, "seccomp filter of \(program.count) bytes: not 1 to 4096 instructions of 8 bytes")
        }
        self.program = program
        self.flags = flags
    }

    /// Whether seccomp(2) answers with a descriptor that some calls are reported to (`SCMP_ACT_NOTIFY`), and that is to
    /// be sent to the policy's listener.
    public var needsListener: Bool { flags & SeccompWords.Flag.newListener != 0 }

    /// Compiles a policy (config-linux.md, "Seccomp") with libseccomp, which is loaded by this call.
    ///
    /// As with runc, a policy that names no architecture is for the native one, and a system call that is newer than the
    /// library fails with `ENOSYS` rather than what the policy says for unnamed ones, so that a C library falls back to an
    /// older call. Every other architecture than those of the policy kills the process. Other than runc, which skips them,
    /// names that no architecture has as a system call are refused.
    /// - Parameter path: where the policy stands in its document, for the errors.
    /// - Throws: `invalidArgument` that names the field of the policy by its JSON path; `unsupported` without libseccomp,
    ///   and for what this one or the kernel cannot do.
    public static func compile(_ policy: RuntimeSpec.Seccomp, at path: String = "linux.seccomp") throws(ContainerError)
        -> SeccompFilter
    {
        try policy.validate(at: path)
        let flags = try SeccompWords.flags(policy, "\(path).flags")
        let program = try SeccompCompiler(policy, at: path).program()
        guard program.count <= instructionLimit * 8 else {
            throw ContainerError(
                .invalidArgument,
                "\(path).syscalls: \(program.count / 8) instructions, and the kernel takes no more than \(instructionLimit)"
            )
        }
        return try SeccompFilter(program: program, flags: flags)
    }
}

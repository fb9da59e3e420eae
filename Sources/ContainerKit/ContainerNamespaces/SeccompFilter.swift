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

    /// Compiles a policy (config-linux.md, "Seccomp") with libseccomp, which is loaded by this call.
    ///
    /// As runc does: names of system calls that the library does not know are skipped; a policy that names no
    /// architecture is for the native one; and a system call that is newer than the library fails with `ENOSYS` rather
    /// than what the policy says for unnamed ones, so that a C library falls back to an older call. Every other architecture
    /// than those of the policy kills the process.
    /// - Throws: `invalidArgument` that names the field of the policy; `unsupported` without libseccomp.
    public static func compile(_ policy: RuntimeSpec.Seccomp) throws(ContainerError) -> SeccompFilter {
        let compiler = try SeccompCompiler(policy)
        return try SeccompFilter(program: try compiler.program(), flags: try flags(policy.flags))
    }

    private static func flags(_ names: [String]?) throws(ContainerError) -> UInt32 {
        // Without a word on it, speculation stays as fast as it is for any other process.
        guard let names else { return UInt32(SECCOMP_FILTER_FLAG_SPEC_ALLOW) }
        var flags: UInt32 = 0
        for name in names {
            switch name {
            case "SECCOMP_FILTER_FLAG_TSYNC": flags |= UInt32(SECCOMP_FILTER_FLAG_TSYNC)
            case "SECCOMP_FILTER_FLAG_LOG": flags |= UInt32(SECCOMP_FILTER_FLAG_LOG)
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": flags |= UInt32(SECCOMP_FILTER_FLAG_SPEC_ALLOW)
            default: throw ContainerError(.unsupported, "seccomp policy: the flag \(name) is not supported")
            }
        }
        return flags
    }
}

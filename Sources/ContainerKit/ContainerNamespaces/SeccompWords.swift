import CKSeccomp
import ContainerSystem
import Glibc
import OCISpec

/// The words of the specification as the kernel's and the library's numbers (config-linux.md, "Seccomp").
enum SeccompWords {
    static let errnoAction: UInt32 = 0x0005_0000

    /// - Parameter value: the error number, of the two actions that have one.
    static func action(_ name: String, _ value: UInt32?, _ path: String) throws(ContainerError) -> UInt32 {
        let number = value ?? UInt32(EPERM)
        switch name {
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": return 0
        case "SCMP_ACT_KILL_PROCESS": return 0x8000_0000
        case "SCMP_ACT_TRAP": return 0x0003_0000
        case "SCMP_ACT_ERRNO": return errnoAction | number
        case "SCMP_ACT_TRACE": return 0x7ff0_0000 | number
        case "SCMP_ACT_LOG": return 0x7ffc_0000
        case "SCMP_ACT_ALLOW": return 0x7fff_0000
        case "SCMP_ACT_NOTIFY": return 0x7fc0_0000
        default: throw ContainerError(.invalidArgument, "\(path): \(name) is not an action of seccomp")
        }
    }

    static func comparison(_ argument: RuntimeSpec.Seccomp.Argument, _ path: String) throws(ContainerError)
        -> scmp_arg_cmp
    {
        guard let operation = operators[argument.op] else {
            throw ContainerError(.invalidArgument, "\(path).op: \(argument.op) is not an operator of seccomp")
        }
        return scmp_arg_cmp(
            arg: argument.index, op: operation, datum_a: argument.value, datum_b: argument.valueTwo ?? 0)
    }

    private static let operators: [String: scmp_compare] = [
        "SCMP_CMP_NE": SCMP_CMP_NE, "SCMP_CMP_LT": SCMP_CMP_LT, "SCMP_CMP_LE": SCMP_CMP_LE,
        "SCMP_CMP_EQ": SCMP_CMP_EQ, "SCMP_CMP_GE": SCMP_CMP_GE, "SCMP_CMP_GT": SCMP_CMP_GT,
        "SCMP_CMP_MASKED_EQ": SCMP_CMP_MASKED_EQ,
    ]

    /// `AUDIT_ARCH_*` (linux/audit.h); x32 has a token of the library's own.
    static let architectures: [String: UInt32] = [
        "SCMP_ARCH_X86": 0x4000_0003, "SCMP_ARCH_X86_64": 0xc000_003e, "SCMP_ARCH_X32": x32,
        "SCMP_ARCH_ARM": 0x4000_0028, "SCMP_ARCH_AARCH64": 0xc000_00b7, "SCMP_ARCH_RISCV64": 0xc000_00f3,
        "SCMP_ARCH_LOONGARCH64": 0xc000_0102, "SCMP_ARCH_S390": 0x0000_0016, "SCMP_ARCH_S390X": 0x8000_0016,
        "SCMP_ARCH_PPC": 0x0000_0014, "SCMP_ARCH_PPC64": 0x8000_0015, "SCMP_ARCH_PPC64LE": 0xc000_0015,
        "SCMP_ARCH_MIPS": 0x0000_0008, "SCMP_ARCH_MIPS64": 0x8000_0008, "SCMP_ARCH_MIPS64N32": 0xa000_0008,
        "SCMP_ARCH_MIPSEL": 0x4000_0008, "SCMP_ARCH_MIPSEL64": 0xc000_0008, "SCMP_ARCH_MIPSEL64N32": 0xe000_0008,
        "SCMP_ARCH_PARISC": 0x0000_000f, "SCMP_ARCH_PARISC64": 0x8000_000f, "SCMP_ARCH_M68K": 0x0000_0004,
        "SCMP_ARCH_SH": 0x4000_002a, "SCMP_ARCH_SHEB": 0x0000_002a,
    ]

    static let x32: UInt32 = 0x4000_003e

    /// Those whose numbers begin at thousands of their own (asm/unistd.h).
    static func isMIPS(_ architecture: UInt32) -> Bool { architecture & 0xffff == 8 }

    /// The flags for seccomp(2).
    static func flags(_ policy: RuntimeSpec.Seccomp, _ path: String) throws(ContainerError) -> UInt32 {
        // Without a word on it, speculation stays as fast as it is for any other process.
        var flags = policy.flags == nil ? Flag.allowSpeculation : 0
        for (index, name) in (policy.flags ?? []).enumerated() {
            switch name {
            case "SECCOMP_FILTER_FLAG_TSYNC": flags |= Flag.synchronize
            case "SECCOMP_FILTER_FLAG_LOG": flags |= Flag.log
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": flags |= Flag.allowSpeculation
            case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
                // It is about who waits for a listener's answer; without a listener the kernel refuses it.
                if policy.notifies { flags |= Flag.waitKillable }
            default:
                throw ContainerError(.invalidArgument, "\(path)[\(index)]: \(quoted(name)) is not a flag of seccomp")
            }
        }
        guard policy.notifies else { return flags }
        flags |= Flag.newListener
        // The answer is a descriptor then, and a thread that cannot follow needs another way to be reported.
        if flags & Flag.synchronize != 0 { flags |= Flag.synchronizeOrFail }
        return flags
    }

    /// `SECCOMP_FILTER_FLAG_*` (linux/seccomp.h), where older headers lack the last.
    enum Flag {
        static let synchronize: UInt32 = 1
        static let log: UInt32 = 1 << 1
        static let allowSpeculation: UInt32 = 1 << 2
        static let newListener: UInt32 = 1 << 3
        static let synchronizeOrFail: UInt32 = 1 << 4
        static let waitKillable: UInt32 = 1 << 5
    }

    /// A word of the policy in an error; what is no plain word is not repeated.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.count <= 64 && word.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 }
        return isPlain ? "\"\(word)\"" : "a word of \(word.utf8.count) bytes"
    }
}

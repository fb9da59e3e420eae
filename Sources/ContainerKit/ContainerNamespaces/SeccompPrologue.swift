import Glibc

/// Instructions in front of a filter, for the system calls that libseccomp is too old to know.
///
/// To such a call a filter would answer as to any that is not named, mostly `EPERM`: and a C library that is newer than
/// libseccomp takes that for the call's own answer, where on `ENOSYS` it would fall back to an older call.
enum SeccompPrologue {
    /// From here on a system call has the same number on every architecture.
    static let firstShared: UInt32 = 424

    /// Above this are the private calls of 32-bit ARM.
    private static let firstPrivate: UInt32 = 0x000f_0000

    /// The numbers of calls that policies name (include/uapi/asm-generic/unistd.h).
    static let numbers: [String: UInt32] = [
        "set_mempolicy_home_node": 450, "cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454,
        "futex_wait": 455, "futex_requeue": 456, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459,
        "lsm_set_self_attr": 460, "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464,
        "listxattrat": 465, "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469,
    ]

    /// - Parameters:
    ///   - architectures: `AUDIT_ARCH_*` that the filter is for; others pass on to the filter.
    ///   - firstUnknown: the first number that the filter does not know.
    ///   - known: numbers from there on that the policy has a word for.
    static func program(
        architectures: [UInt32], firstUnknown: UInt32, known: [(number: UInt32, action: UInt32)]
    ) -> [UInt8] {
        var tail = [Instruction(0x20, 0)]  // load the number
        tail.append(Instruction(0x54, 0xbfff_ffff))  // without the bit of x32
        let answers =
            known.flatMap { [Instruction(0x15, $0.number, 0, 1), Instruction(0x06, $0.action)] }
            + [Instruction(0x06, SeccompCompiler.errnoAction | UInt32(ENOSYS))]
        tail.append(Instruction(0x35, firstUnknown, 0, UInt8(answers.count + 1)))
        tail.append(Instruction(0x35, firstPrivate, UInt8(answers.count), 0))
        tail += answers

        var head = [Instruction(0x20, 4)]  // load the architecture
        for (index, architecture) in architectures.enumerated() {
            let rest = architectures.count - index - 1
            let isLast = rest == 0
            head.append(Instruction(0x15, architecture, UInt8(rest), isLast ? UInt8(tail.count) : 0))
        }
        return (head + tail).flatMap(\.bytes)
    }

    /// `struct sock_filter` (linux/filter.h).
    private struct Instruction {
        let bytes: [UInt8]

        init(_ code: UInt16, _ value: UInt32, _ ifTrue: UInt8 = 0, _ ifFalse: UInt8 = 0) {
            bytes =
                withUnsafeBytes(of: code, Array.init) + [ifTrue, ifFalse] + withUnsafeBytes(of: value, Array.init)
        }
    }
}

/// Instructions in front of a filter, for the system calls that libseccomp is too old to know.
///
/// To such a call a filter would answer as to any that is not named, mostly `EPERM`: and a C library that is newer than
/// libseccomp takes that for the call's own answer, where on `ENOSYS` it would fall back to an older call.
enum SeccompPrologue {
    /// From here on a system call has the same number on every architecture.
    static let firstShared: UInt32 = 424

    /// Above this are the private calls of 32-bit ARM.
    private static let firstPrivate: UInt32 = 0x000f_0000

    /// - Parameters:
    ///   - architectures: `AUDIT_ARCH_*` that the filter is for; others pass on to the filter.
    ///   - firstUnknown: the first number that the filter does not know.
    ///   - known: numbers from there on that the policy has a word for.
    ///   - others: the answer to every other number from there on.
    static func program(
        architectures: [UInt32], firstUnknown: UInt32, known: [(number: UInt32, action: UInt32)], others: UInt32
    ) -> [UInt8] {
        if architectures.isEmpty { return [] }
        var tail = [Instruction(0x20, 0)]  // load the number
        tail.append(Instruction(0x54, 0xbfff_ffff))  // without the bit of x32
        let answers =
            known.flatMap { [Instruction(0x15, $0.number, 0, 1), Instruction(0x06, $0.action)] }
            + [Instruction(0x06, others)]
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

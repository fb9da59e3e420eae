import OCISpec

/// A policy as bytes that are the same for equal policies, and for no others: every text and list has its length in front.
enum SeccompPolicyBytes {
    /// The listener's address is left out, for the filter is the same for all: only whether there is one counts.
    static func make(_ policy: RuntimeSpec.Seccomp) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16384)
        append(policy.defaultAction, to: &bytes)
        append(policy.defaultErrnoRet, to: &bytes)
        append(policy.architectures, to: &bytes)
        append(policy.flags, to: &bytes)
        append(UInt64(policy.listenerPath == nil ? 0 : 1) | UInt64(policy.listenerMetadata == nil ? 0 : 2), to: &bytes)
        let rules = policy.syscalls ?? []
        append(UInt64(rules.count), to: &bytes)
        for rule in rules {
            append(rule.names, to: &bytes)
            append(rule.action, to: &bytes)
            append(rule.errnoRet, to: &bytes)
            let arguments = rule.args ?? []
            append(UInt64(arguments.count), to: &bytes)
            for argument in arguments {
                append(UInt64(argument.index), to: &bytes)
                append(argument.value, to: &bytes)
                append(argument.valueTwo ?? 0, to: &bytes)
                append(argument.op, to: &bytes)
            }
        }
        // Whole words of 8 bytes, which is what the sum over them takes.
        while bytes.count % 8 != 0 { bytes.append(0) }
        return bytes
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ number: UInt32?, to bytes: inout [UInt8]) {
        append(number.map { UInt64($0) } ?? .max, to: &bytes)
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ texts: [String]?, to bytes: inout [UInt8]) {
        append(texts.map { UInt64($0.count) } ?? .max, to: &bytes)
        for text in texts ?? [] { append(text, to: &bytes) }
    }
}

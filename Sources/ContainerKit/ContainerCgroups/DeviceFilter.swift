import ContainerSystem
import OCISpec

/// The device rules as a program of the kernel (`BPF_PROG_TYPE_CGROUP_DEVICE`), which is what version 2 has in place of
/// the devices controller.
///
/// The last rule that speaks of an access decides, and without any the answer is no. Each of read, write and mknod
/// is decided for itself: the program walks the rules from the last to the first, strikes out what a rule allows, says
/// yes when nothing is left to ask and no when a rule forbids a bit that is left.
struct DeviceFilter {
    /// Instructions of 8 bytes (linux/bpf.h, `struct bpf_insn`).
    let program: [UInt64]

    /// - Throws: `invalidArgument` for a malformed rule, or more of them than fit into a program.
    init(_ rules: [RuntimeSpec.Resources.DeviceRule]) throws(ContainerError) {
        var checked = [DeviceRule]()
        for rule in rules { checked.append(try DeviceRule(rule)) }
        try self.init(checked: checked)
    }

    /// - Throws: `invalidArgument` for more rules than fit into a program.
    init(checked rules: [DeviceRule]) throws(ContainerError) {
        var code = Assembler()
        // r1 points to struct bpf_cgroup_dev_ctx { access << 16 | type, major, minor }.
        code.load(.r2, from: .r1, offset: 0)
        code.move(.r3, .r2)
        code.and(.r2, 0xffff)
        code.shiftRight(.r3, 16)
        code.load(.r4, from: .r1, offset: 4)
        code.load(.r5, from: .r1, offset: 8)
        var decided = false
        for rule in rules.reversed() {
            if rule.decidesAll {
                // What follows could never run, and the kernel refuses a program with such code.
                code.answer(rule.allow)
                decided = true
                break
            }
            code.add(rule)
            guard code.instructions.count < 4000 else {
                throw ContainerError(.invalidArgument, "device rules: \(rules.count) rules are too many")
            }
        }
        if !decided { code.answer(false) }
        program = code.instructions
    }
}

private struct Assembler {
    enum Register: UInt64 {
        case r0, r1, r2, r3, r4, r5
    }

    var instructions: [UInt64] = []

    mutating func load(_ target: Register, from base: Register, offset: UInt64) {
        emit(0x61, target, base, offset: offset)  // BPF_LDX | BPF_MEM | BPF_W
    }

    mutating func move(_ target: Register, _ source: Register) {
        emit(0xbc, target, source)  // BPF_ALU | BPF_MOV | BPF_X
    }

    mutating func and(_ target: Register, _ value: UInt32) {
        emit(0x54, target, immediate: value)  // BPF_ALU | BPF_AND | BPF_K
    }

    mutating func shiftRight(_ target: Register, _ bits: UInt32) {
        emit(0x74, target, immediate: bits)  // BPF_ALU | BPF_RSH | BPF_K
    }

    mutating func answer(_ allow: Bool) {
        emit(0xb7, .r0, immediate: allow ? 1 : 0)  // ALU64 | MOV | K
        emit(0x95, .r0)  // EXIT
    }

    mutating func add(_ rule: DeviceRule) {
        var guards: [(Register, UInt32)] = []
        switch rule.kind {
        case .all: break
        case .block: guards.append((.r2, 1))  // BPF_DEVCG_DEV_BLOCK
        case .character: guards.append((.r2, 2))  // BPF_DEVCG_DEV_CHAR
        }
        if let major = rule.major { guards.append((.r4, major)) }
        if let minor = rule.minor { guards.append((.r5, minor)) }

        // The instructions that decide, to be passed over by whoever does not match. The compares are of 32 bits, for
        // a major above 2^31 would be sign-extended otherwise.
        let decision = rule.allow ? 4 : 5
        for (index, (register, value)) in guards.enumerated() {
            let offset = UInt64(guards.count - index - 1 + decision)
            emit(0x56, register, offset: offset, immediate: value)  // JMP32 | JNE | K
        }
        if rule.allow {
            and(.r3, ~rule.access.rawValue & 0xffff)
            emit(0x56, .r3, offset: 2, immediate: 0)
        } else {
            move(.r1, .r3)
            and(.r1, rule.access.rawValue)
            emit(0x16, .r1, offset: 2, immediate: 0)  // JMP32 | JEQ | K
        }
        answer(rule.allow)
    }

    private mutating func emit(
        _ code: UInt64, _ target: Register, _ source: Register = .r0, offset: UInt64 = 0, immediate: UInt32 = 0
    ) {
        instructions.append(
            code | target.rawValue << 8 | source.rawValue << 12 | offset << 16 | UInt64(immediate) << 32)
    }
}

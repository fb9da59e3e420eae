import CKLinux
import CKSeccomp
import ContainerSystem
import Glibc
import OCISpec

/// One use of libseccomp: from a policy to a program.
final class SeccompCompiler {
    private let library: ck_seccomp_library
    private let context: scmp_filter_ctx
    private let defaultAction: UInt32
    private var architectures: Set<UInt32>
    /// System calls that the library is too old for, and what to do on them.
    private var recent: [(number: UInt32, action: UInt32)] = []

    init(_ policy: RuntimeSpec.Seccomp) throws(ContainerError) {
        var library = ck_seccomp_library()
        if let reason = ck_seccomp_open(&library) {
            throw ContainerError(
                .unsupported, "compile the seccomp policy: load libseccomp", cause: String(cString: reason),
                hint: "install libseccomp2, or run without a filter (--security-opt seccomp=unconfined)")
        }
        self.library = library
        let action = try SeccompCompiler.action(policy.defaultAction, policy.defaultErrnoRet)
        defaultAction = action
        guard let context = library.`init`(action) else {
            throw ContainerError(.invalidArgument, "seccomp policy: default action \(policy.defaultAction) is refused")
        }
        self.context = context
        architectures = [library.arch_native()]

        _ = library.attr_set(context, SCMP_FLTATR_ACT_BADARCH, 0x8000_0000)  // SCMP_ACT_KILL_PROCESS
        // Whether no_new_privs is set is the plan's business, not the filter's.
        _ = library.attr_set(context, SCMP_FLTATR_CTL_NNP, 0)
        // A binary tree instead of a chain of compares. Older libraries have none: slower, but right.
        _ = library.attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        for name in policy.architectures ?? [] { try add(architecture: name) }
        for rule in policy.syscalls ?? [] { try add(rule) }
    }

    deinit { library.release(context) }

    private func add(architecture name: String) throws(ContainerError) {
        guard let token = SeccompCompiler.architectures[name] else {
            throw ContainerError(.invalidArgument, "seccomp policy: architecture '\(name)' is not known")
        }
        let result = library.arch_add(context, token)
        guard result == 0 || result == -EEXIST else {
            throw ContainerError(Errno(rawValue: -result), "seccomp policy: add the architecture \(name)")
        }
        architectures.insert(token)
    }

    private func add(_ rule: RuntimeSpec.Seccomp.Rule) throws(ContainerError) {
        let action = try SeccompCompiler.action(rule.action, rule.errnoRet)
        // The library refuses a rule that says what holds anyway.
        if action == defaultAction { return }
        let arguments = try (rule.args ?? []).map { argument throws(ContainerError) in
            try SeccompCompiler.comparison(argument)
        }
        // One rule has one condition per argument, and all must hold. Policies with several on the same one have always
        // been read as alternatives.
        let isAlternatives = Set(arguments.map(\.arg)).count < arguments.count
        for name in rule.names {
            guard !name.isEmpty, name.utf8.count <= 64 else {
                throw ContainerError(.invalidArgument, "seccomp policy: '\(name)' is not the name of a system call")
            }
            let number = library.resolve_name(name)
            if number == -1 {  // __NR_SCMP_ERROR
                if arguments.isEmpty, let number = SeccompPrologue.numbers[name] { recent.append((number, action)) }
                continue
            }
            for conditions in isAlternatives ? arguments.map({ [$0] }) : [arguments] {
                let result = conditions.withUnsafeBufferPointer {
                    library.rule_add_array(context, action, number, UInt32($0.count), $0.baseAddress)
                }
                guard result == 0 else {
                    throw ContainerError(
                        Errno(rawValue: -result), "seccomp policy: add the rule for \(name) (\(rule.action))")
                }
            }
        }
    }

    func program() throws(ContainerError) -> [UInt8] {
        let file = Descriptor(
            owning: try system("make a file for the seccomp filter") { ck_seccomp_file() })
        let result = library.export_bpf(context, file.raw)
        guard result == 0 else { throw ContainerError(Errno(rawValue: -result), "compile the seccomp policy") }
        try system("read the seccomp filter") { lseek(file.raw, 0, SEEK_SET) }
        let main = try file.readAll(limit: SeccompFilter.instructionLimit * 8, name: "the seccomp filter")
        return prologue() + main
    }

    private func prologue() -> [UInt8] {
        // A policy that lets unnamed calls pass, or answers ENOSYS itself, says the same to new ones.
        let permissive: [UInt32] = [0x7fff_0000, 0x7ffc_0000, SeccompCompiler.errnoAction | UInt32(ENOSYS)]
        if permissive.contains(defaultAction) { return [] }
        let native = library.arch_native()
        var unknown = SeccompPrologue.firstShared
        while let name = library.resolve_number(native, CInt(unknown)) {
            free(name)
            unknown += 1
        }
        // Of one number the policy's first word counts.
        var seen = Set<UInt32>()
        let recent = recent.filter { $0.number >= unknown && seen.insert($0.number).inserted }
        // x32 is not an architecture to the kernel, but a bit in the number.
        let kernel = architectures.subtracting([SeccompCompiler.architectures["SCMP_ARCH_X32"] ?? 0])
        return SeccompPrologue.program(architectures: kernel.sorted(), firstUnknown: unknown, known: recent)
    }
}

// MARK: - The words of the OCI spec

extension SeccompCompiler {
    static let errnoAction: UInt32 = 0x0005_0000

    static func action(_ name: String, _ value: UInt32?) throws(ContainerError) -> UInt32 {
        let number = value ?? UInt32(EPERM)
        guard number <= 4095 else {
            throw ContainerError(.invalidArgument, "seccomp policy: errnoRet \(number) is not an error number")
        }
        switch name {
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": return 0
        case "SCMP_ACT_KILL_PROCESS": return 0x8000_0000
        case "SCMP_ACT_TRAP": return 0x0003_0000
        case "SCMP_ACT_ERRNO": return errnoAction | number
        case "SCMP_ACT_TRACE": return 0x7ff0_0000 | number
        case "SCMP_ACT_LOG": return 0x7ffc_0000
        case "SCMP_ACT_ALLOW": return 0x7fff_0000
        case "SCMP_ACT_NOTIFY":
            throw ContainerError(
                .unsupported, "seccomp policy: SCMP_ACT_NOTIFY needs a listener, which there is none of")
        default: throw ContainerError(.invalidArgument, "seccomp policy: action '\(name)' is not known")
        }
    }

    static func comparison(_ argument: RuntimeSpec.Seccomp.Argument) throws(ContainerError) -> scmp_arg_cmp {
        let operations: [String: scmp_compare] = [
            "SCMP_CMP_NE": SCMP_CMP_NE, "SCMP_CMP_LT": SCMP_CMP_LT, "SCMP_CMP_LE": SCMP_CMP_LE,
            "SCMP_CMP_EQ": SCMP_CMP_EQ, "SCMP_CMP_GE": SCMP_CMP_GE, "SCMP_CMP_GT": SCMP_CMP_GT,
            "SCMP_CMP_MASKED_EQ": SCMP_CMP_MASKED_EQ,
        ]
        guard let operation = operations[argument.op] else {
            throw ContainerError(.invalidArgument, "seccomp policy: operator '\(argument.op)' is not known")
        }
        guard argument.index < 6 else {
            throw ContainerError(
                .invalidArgument, "seccomp policy: a system call has no argument \(argument.index), only 0 to 5")
        }
        return scmp_arg_cmp(
            arg: argument.index, op: operation, datum_a: argument.value, datum_b: argument.valueTwo ?? 0)
    }

    /// `AUDIT_ARCH_*` (linux/audit.h); x32 has a token of the library's own.
    static let architectures: [String: UInt32] = [
        "SCMP_ARCH_X86": 0x4000_0003, "SCMP_ARCH_X86_64": 0xc000_003e, "SCMP_ARCH_X32": 0x4000_003e,
        "SCMP_ARCH_ARM": 0x4000_0028, "SCMP_ARCH_AARCH64": 0xc000_00b7, "SCMP_ARCH_RISCV64": 0xc000_00f3,
        "SCMP_ARCH_S390": 0x0000_0016, "SCMP_ARCH_S390X": 0x8000_0016, "SCMP_ARCH_PPC64LE": 0xc000_0015,
    ]
}

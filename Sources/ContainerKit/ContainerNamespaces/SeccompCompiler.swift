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

    /// - Parameter path: where the policy stands in its document.
    init(_ policy: RuntimeSpec.Seccomp, at path: String) throws(ContainerError) {
        var library = ck_seccomp_library()
        if let reason = ck_seccomp_open(&library) {
            throw ContainerError(
                .unsupported, "compile the seccomp policy: load libseccomp", cause: String(cString: reason),
                hint: "install libseccomp2, or run without a filter (--security-opt seccomp=unconfined)")
        }
        self.library = library
        let action = try SeccompWords.action(policy.defaultAction, policy.defaultErrnoRet, "\(path).defaultAction")
        defaultAction = action
        guard let context = library.`init`(action) else {
            throw ContainerError(
                .unsupported, "\(path).defaultAction: \(policy.defaultAction) is not supported by this kernel")
        }
        self.context = context
        architectures = [library.arch_native()]

        _ = library.attr_set(context, SCMP_FLTATR_ACT_BADARCH, 0x8000_0000)  // SCMP_ACT_KILL_PROCESS
        // Whether no_new_privs is set is the plan's business, not the filter's.
        _ = library.attr_set(context, SCMP_FLTATR_CTL_NNP, 0)
        // A binary tree instead of a chain of compares. Older libraries have none: slower, but right.
        _ = library.attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        for (index, name) in (policy.architectures ?? []).enumerated() {
            try add(architecture: name, "\(path).architectures[\(index)]")
        }
        for (index, rule) in (policy.syscalls ?? []).enumerated() { try add(rule, "\(path).syscalls[\(index)]") }
    }

    deinit { library.release(context) }

    private func add(architecture name: String, _ path: String) throws(ContainerError) {
        guard let token = SeccompWords.architectures[name] else {
            throw ContainerError(
                .invalidArgument, "\(path): \(SeccompWords.quoted(name)) is not an architecture of seccomp")
        }
        switch library.arch_add(context, token) {
        case 0, -EEXIST: architectures.insert(token)
        case -EDOM: throw ContainerError(.unsupported, "\(path): \(name) has another byte order than this machine")
        case -EINVAL: throw ContainerError(.unsupported, "\(path): libseccomp is too old for \(name)")
        case let result: throw ContainerError(Errno(rawValue: -result), "\(path): add \(name)")
        }
    }

    private func add(_ rule: RuntimeSpec.Seccomp.Rule, _ path: String) throws(ContainerError) {
        let action = try SeccompWords.action(rule.action, rule.errnoRet, "\(path).action")
        var arguments: [scmp_arg_cmp] = []
        for (index, argument) in (rule.args ?? []).enumerated() {
            arguments.append(try SeccompWords.comparison(argument, "\(path).args[\(index)]"))
        }
        // One rule has one condition per argument, and all must hold. Policies with several on the same one have always
        // been read as alternatives.
        let isAlternatives = Set(arguments.map(\.arg)).count < arguments.count
        let alternatives = isAlternatives ? arguments.map { [$0] } : [arguments]
        for (index, name) in rule.names.enumerated() {
            guard let number = try resolve(name, "\(path).names[\(index)]") else {
                // What may be done only with certain arguments is not done at all, for the words in front of the filter
                // do not look at them.
                if arguments.isEmpty || isPermissive, let number = SystemCalls.recent[name] {
                    recent.append((number, action))
                }
                continue
            }
            // The library refuses a rule that says what holds anyway.
            if action == defaultAction { continue }
            for conditions in alternatives { try add(number, action, conditions, rule, "\(path).names[\(index)]") }
        }
    }

    /// The library's number of a call; nil for one that only our own table has.
    private func resolve(_ name: String, _ path: String) throws(ContainerError) -> CInt? {
        // A C string ends at a NUL byte, so that one in the name would hide the rest.
        let number = name.utf8.contains(0) ? -1 : library.resolve_name(name)
        if number != -1 { return number }  // __NR_SCMP_ERROR
        guard SystemCalls.isKnown(name) else {
            throw ContainerError(.invalidArgument, "\(path): \(SeccompWords.quoted(name)) is not a system call")
        }
        return nil
    }

    private func add(
        _ number: CInt, _ action: UInt32, _ conditions: [scmp_arg_cmp], _ rule: RuntimeSpec.Seccomp.Rule, _ path: String
    ) throws(ContainerError) {
        let result = conditions.withUnsafeBufferPointer {
            library.rule_add_array(context, action, number, UInt32($0.count), $0.baseAddress)
        }
        if result == -EINVAL || result == -EOPNOTSUPP {
            throw ContainerError(.unsupported, "\(path): \(rule.action) is not supported by this kernel or libseccomp")
        }
        guard result == 0 else { throw ContainerError(Errno(rawValue: -result), "\(path): add the rule") }
    }

    func program() throws(ContainerError) -> [UInt8] {
        let file = Descriptor(
            owning: try system("make a file for the seccomp filter") { ck_seccomp_file() })
        let result = library.export_bpf(context, file.raw)
        guard result == 0 else { throw ContainerError(Errno(rawValue: -result), "compile the seccomp policy") }
        try system("read the seccomp filter") { lseek(file.raw, 0, SEEK_SET) }
        let main = try file.readAll(limit: 16 << 20, name: "the seccomp filter")
        return prologue() + main
    }

    /// Whether unnamed calls pass or are told ENOSYS by the policy itself: then it says the same to new ones.
    private var isPermissive: Bool {
        [0x7fff_0000, 0x7ffc_0000, SeccompWords.errnoAction | UInt32(ENOSYS)].contains(defaultAction)
    }

    private func prologue() -> [UInt8] {
        if isPermissive && recent.allSatisfy({ $0.action == defaultAction }) { return [] }
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
        let kernel = architectures.filter { $0 != SeccompWords.x32 && !SeccompWords.isMIPS($0) }
        return SeccompPrologue.program(
            architectures: kernel.sorted(), firstUnknown: unknown, known: recent,
            others: isPermissive ? defaultAction : SeccompWords.errnoAction | UInt32(ENOSYS))
    }
}

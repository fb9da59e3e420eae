import ContainerSystem

extension RuntimeSpec.Seccomp {
    static let actions = [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_TRAP", "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
    ]
    static let operators = [
        "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    ]

    /// Whether some call is reported to a listener.
    public var notifies: Bool {
        for rule in syscalls ?? [] where rule.action == "SCMP_ACT_NOTIFY" { return true }
        return false
    }

    /// Judges a policy but for the names of architectures, flags and system calls, which are the compiler's
    /// (config-linux.md, "Seccomp").
    /// - Parameter path: where the policy stands in its document.
    /// - Throws: `invalidArgument` that names the member by its JSON path.
    public func validate(at path: String = "linux.seccomp") throws(ContainerError) {
        do throws(ContainerError) {
            try Self.check(defaultAction, defaultErrnoRet, "defaultAction", "defaultErrnoRet")
            if defaultAction == "SCMP_ACT_NOTIFY" {
                throw Fault.invalid(
                    "defaultAction", "SCMP_ACT_NOTIFY would stop the container before its program starts")
            }
            for (index, rule) in (syscalls ?? []).enumerated() {
                do throws(ContainerError) { try rule.check() } catch { throw error.atMember("syscalls[\(index)]") }
            }
            try checkListener()
        } catch { throw error.atMember(path) }
    }

    private func checkListener() throws(ContainerError) {
        if let listenerPath {
            try Fault.checkAbsolute(listenerPath, "listenerPath")
            // sockaddr_un of unix(7)
            if listenerPath.utf8.count > 107 {
                throw Fault.invalid(
                    "listenerPath", "\(listenerPath.utf8.count) bytes, and a socket's path has 107 at most")
            }
        } else {
            if listenerMetadata != nil { throw Fault.invalid("listenerMetadata", "needs a listenerPath") }
            if notifies { throw Fault.invalid("listenerPath", "missing, and a rule has the action SCMP_ACT_NOTIFY") }
        }
    }

    fileprivate static func check(_ action: String, _ errno: UInt32?, _ member: String, _ errnoMember: String)
        throws(ContainerError)
    {
        guard actions.contains(action) else { throw Fault.unknown(member, action, "an action of seccomp") }
        guard let errno else { return }
        if action != "SCMP_ACT_ERRNO", action != "SCMP_ACT_TRACE" {
            throw Fault.invalid(errnoMember, "\(action) has no error number")
        }
        // MAX_ERRNO of the kernel for the first, 16 bits for the second.
        let greatest: Int64 = action == "SCMP_ACT_ERRNO" ? 4095 : 65535
        if errno > greatest { throw Fault.outside(errnoMember, errno, 0...greatest) }
    }
}

extension RuntimeSpec.Seccomp.Rule {
    fileprivate func check() throws(ContainerError) {
        if names.isEmpty { throw Fault.missing("names") }
        try RuntimeSpec.Seccomp.check(action, errnoRet, "action", "errnoRet")
        for (index, argument) in (args ?? []).enumerated() {
            if argument.index > 5 {
                throw Fault.invalid(
                    "args[\(index)].index", "\(argument.index): a system call has the arguments 0 to 5")
            }
            guard RuntimeSpec.Seccomp.operators.contains(argument.op) else {
                throw Fault.unknown("args[\(index)].op", argument.op, "an operator of seccomp")
            }
        }
    }
}

import ContainerSystem

extension RuntimeSpec.Process {
    /// Judges a process on its own, as `exec` gets one (config.md, "Process").
    /// - Parameter name: what errors call the document.
    /// - Throws: `invalidArgument` or `unsupported` that names the member by its JSON path.
    public func validate(name: String = "process.json") throws(ContainerError) {
        do throws(ContainerError) { try check(at: "") } catch { throw error.during(name) }
    }

    func check(at path: String) throws(ContainerError) {
        func member(_ name: String) -> String { PrintableText.member(name, of: path) }
        guard let program = args.first else { throw Fault.missing(member("args")) }
        if program.isEmpty { throw Fault.invalid("\(member("args"))[0]", "the name of the program is empty") }
        try Fault.checkTexts(args, member("args"))
        try Fault.checkTexts(env, member("env"))
        if cwd.isEmpty { throw Fault.missing(member("cwd")) }
        try Fault.checkAbsolute(cwd, member("cwd"))
        try user.check(at: member("user"))
        try capabilities?.check(at: member("capabilities"))
        try checkLimits(at: member("rlimits"))
        if let oomScoreAdj, !(-1000...1000).contains(oomScoreAdj) {
            throw Fault.outside(member("oomScoreAdj"), oomScoreAdj, -1000...1000)
        }
        try scheduler?.check(at: member("scheduler"))
        try ioPriority?.check(at: member("ioPriority"))
        if let execCPUAffinity {
            let affinity = member("execCPUAffinity")
            try CPUList.check(execCPUAffinity.initial, "\(affinity).initial")
            try CPUList.check(execCPUAffinity.final, "\(affinity).final")
        }
        try checkLine(apparmorProfile, member("apparmorProfile"))
        try checkLine(selinuxLabel, member("selinuxLabel"))
    }

    /// Both are written into a file of procfs as one line.
    private func checkLine(_ text: String?, _ path: @autoclosure () -> String) throws(ContainerError) {
        guard let text else { return }
        try Fault.checkText(text, path())
        if text.utf8.contains(UInt8(ascii: "\n")) { throw Fault.invalid(path(), "more than one line") }
    }

    private func checkLimits(at path: String) throws(ContainerError) {
        guard let rlimits else { return }
        for index in rlimits.indices {
            let limit = rlimits[index]
            guard ResourceLimit.types.contains(limit.type) else {
                throw Fault.unknown("\(path)[\(index)].type", limit.type, "a resource limit")
            }
            for earlier in 0..<index where rlimits[earlier].type == limit.type {
                throw Fault.invalid("\(path)[\(index)].type", "\(limit.type) stands at \(path)[\(earlier)] already")
            }
            if limit.soft > limit.hard {
                throw Fault.invalid(
                    "\(path)[\(index)].soft", "\(limit.soft) is more than the hard limit, \(limit.hard)")
            }
        }
    }
}

extension RuntimeSpec.Process.ResourceLimit {
    /// getrlimit(2)
    static let types = [
        "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE", "RLIMIT_MEMLOCK", "RLIMIT_STACK", "RLIMIT_AS", "RLIMIT_CPU",
        "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RSS", "RLIMIT_RTPRIO",
        "RLIMIT_RTTIME", "RLIMIT_SIGPENDING",
    ]
}

extension RuntimeSpec.Process.User {
    /// NGROUPS_MAX of the kernel.
    private static let maximumGroups = 65536

    fileprivate func check(at path: String) throws(ContainerError) {
        try check(uid, "\(path).uid")
        try check(gid, "\(path).gid")
        if let umask, umask > 0o777 {
            throw Fault.invalid(
                "\(path).umask", "\(umask) has more bits than the nine of a mode (decimal, 511 at most)")
        }
        guard let additionalGids else { return }
        if additionalGids.count > Self.maximumGroups {
            throw Fault.invalid(
                "\(path).additionalGids", "\(additionalGids.count) groups, which is more than \(Self.maximumGroups)")
        }
        for index in additionalGids.indices { try check(additionalGids[index], "\(path).additionalGids[\(index)]") }
    }

    /// The last number means "no change" to setresuid(2) and its like.
    private func check(_ id: UInt32, _ path: @autoclosure () -> String) throws(ContainerError) {
        if id == .max { throw Fault.invalid(path(), "\(id) is the one number that is no id") }
    }
}

extension RuntimeSpec.Process.Capabilities {
    fileprivate func check(at path: String) throws(ContainerError) {
        try check(bounding, "\(path).bounding")
        try check(effective, "\(path).effective")
        try check(inheritable, "\(path).inheritable")
        try check(permitted, "\(path).permitted")
        try check(ambient, "\(path).ambient")
    }

    private func check(_ names: [String]?, _ path: @autoclosure () -> String) throws(ContainerError) {
        guard let names else { return }
        for index in names.indices where !CapabilityNames.contains(names[index]) {
            throw Fault.unknown("\(path())[\(index)]", names[index], "a capability")
        }
    }
}

extension RuntimeSpec.Process.Scheduler {
    fileprivate static let policies = [
        "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_IDLE", "SCHED_DEADLINE",
    ]
    fileprivate static let flags = [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
        "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
    ]

    /// sched_setattr(2) has the rules.
    fileprivate func check(at path: String) throws(ContainerError) {
        if policy == "SCHED_ISO" {
            throw ContainerError(.unsupported, "\(path).policy: Linux has no SCHED_ISO, the name is only reserved")
        }
        guard Self.policies.contains(policy) else {
            throw Fault.unknown("\(path).policy", policy, "a scheduling policy")
        }
        for (index, flag) in (flags ?? []).enumerated() where !Self.flags.contains(flag) {
            throw Fault.unknown("\(path).flags[\(index)]", flag, "a flag of the scheduler")
        }
        if let nice, !(-20...19).contains(nice) { throw Fault.outside("\(path).nice", nice, -20...19) }
        let priority = priority ?? 0
        if policy == "SCHED_FIFO" || policy == "SCHED_RR" {
            if !(1...99).contains(priority) { throw Fault.outside("\(path).priority", priority, 1...99) }
        } else if priority != 0 {
            throw Fault.invalid("\(path).priority", "only SCHED_FIFO and SCHED_RR have priorities, not \(policy)")
        }
        try checkDeadline(at: path)
    }

    private func checkDeadline(at path: String) throws(ContainerError) {
        let (runtime, deadline, period) = (runtime ?? 0, deadline ?? 0, period ?? 0)
        if policy != "SCHED_DEADLINE" {
            for (name, value) in [("runtime", runtime), ("deadline", deadline), ("period", period)] where value != 0 {
                throw Fault.invalid("\(path).\(name)", "only SCHED_DEADLINE has it, not \(policy)")
            }
            return
        }
        if runtime < 1024 { throw Fault.invalid("\(path).runtime", "\(runtime) is less than 1024 nanoseconds") }
        if deadline < runtime {
            throw Fault.invalid("\(path).deadline", "\(deadline) is less than the runtime, \(runtime)")
        }
        if period != 0, period < deadline {
            throw Fault.invalid("\(path).period", "\(period) is less than the deadline, \(deadline)")
        }
        for (name, value) in [("deadline", deadline), ("period", period)] where value >= 1 << 63 {
            throw Fault.invalid("\(path).\(name)", "\(value) does not fit into 63 bits")
        }
    }
}

extension RuntimeSpec.Process.IOPriority {
    fileprivate func check(at path: String) throws(ContainerError) {
        guard ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"].contains(`class`) else {
            throw Fault.unknown("\(path).class", `class`, "a class of I/O priority")
        }
        if let priority, !(0...7).contains(priority) { throw Fault.outside("\(path).priority", priority, 0...7) }
    }
}

/// `0-3,7`: numbers and ranges (cpuset(7), "List format").
enum CPUList {
    /// As many as any kernel is built for.
    private static let limit = 8192

    static func check(_ text: String?, _ path: @autoclosure () -> String) throws(ContainerError) {
        guard let text, !text.isEmpty else { return }
        if !isList(text) { throw Fault.unknown(path(), text, "a list such as 0-3,7") }
    }

    static func isList(_ text: String) -> Bool {
        var (first, last): (Int?, Int?) = (nil, nil)
        var isRange = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let number = ((isRange ? last : first) ?? 0) * 10 + Int(byte - 0x30)
                if number >= limit { return false }
                if isRange { last = number } else { first = number }
            case UInt8(ascii: "-"):
                if isRange || first == nil { return false }
                isRange = true
            case UInt8(ascii: ","):
                guard isEntry(first, last, isRange) else { return false }
                (first, last, isRange) = (nil, nil, false)
            default: return false
            }
        }
        return isEntry(first, last, isRange)
    }

    private static func isEntry(_ first: Int?, _ last: Int?, _ isRange: Bool) -> Bool {
        guard let first else { return false }
        return isRange ? last.map { $0 >= first } ?? false : true
    }
}

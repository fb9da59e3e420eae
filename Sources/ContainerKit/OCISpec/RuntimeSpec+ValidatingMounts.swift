import ContainerSystem

extension RuntimeSpec {
    /// config.md, "Mounts". What an option means is a matter of the file system: only those are judged that need something
    /// else of the document.
    func checkMounts() throws(ContainerError) {
        for index in mounts.indices {
            do throws(ContainerError) { try mounts[index].check(hasUserNamespace: linux.has(.user)) } catch {
                throw error.atMember("mounts[\(index)]")
            }
        }
    }
}

extension RuntimeSpec.Mount {
    /// Whether the mount shows a folder or file of the host.
    public var isBind: Bool {
        type == "bind" || options?.contains { $0 == "bind" || $0 == "rbind" } == true
    }

    fileprivate func check(hasUserNamespace: Bool) throws(ContainerError) {
        if destination.isEmpty { throw Fault.missing("destination") }
        try Fault.checkText(destination, "destination")
        try Fault.checkText(type ?? "", "type")
        try Fault.checkText(source ?? "", "source")
        try Fault.checkTexts(options, "options")
        if Self.isRoot(destination) {
            throw Fault.invalid(
                "destination", "\(PrintableText.quoted(destination)) is the root of the container itself")
        }
        if isBind {
            if source?.isEmpty != false { throw Fault.missing("source") }
        } else if type?.isEmpty != false, !changesOnly {
            throw Fault.invalid("type", "missing, and none of the options is bind or rbind")
        }
        try checkMappings(hasUserNamespace: hasUserNamespace)
    }

    /// A mount without a type may change the one that is there.
    private var changesOnly: Bool {
        options?.contains { option in
            option == "remount" || RuntimeSpec.Linux.propagations.contains(option)
        } == true
    }

    private func checkMappings(hasUserNamespace: Bool) throws(ContainerError) {
        let option = (options ?? []).firstIndex { $0 == "idmap" || $0 == "ridmap" }
        let (users, groups) = (uidMappings ?? [], gidMappings ?? [])
        if users.isEmpty, !groups.isEmpty { throw Fault.invalid("uidMappings", "missing, and there are gidMappings") }
        if groups.isEmpty, !users.isEmpty { throw Fault.invalid("gidMappings", "missing, and there are uidMappings") }
        if users.isEmpty {
            guard let option else { return }
            if !hasUserNamespace {
                throw Fault.invalid(
                    "options[\(option)]", "needs uidMappings and gidMappings, or a user namespace to take them from")
            }
        }
        if !isBind {
            throw Fault.invalid(
                option.map { "options[\($0)]" } ?? "uidMappings", "only bind mounts have ids mapped")
        }
        try RuntimeSpec.IDMapping.check(users, at: "uidMappings")
        try RuntimeSpec.IDMapping.check(groups, at: "gidMappings")
    }

    /// Whether a path leads to the root by its words alone, as `/`, `.` and `a/../..` do.
    private static func isRoot(_ path: String) -> Bool {
        var depth = 0
        for word in path.utf8.split(separator: UInt8(ascii: "/")) {
            if word.elementsEqual("..".utf8) {
                depth = max(0, depth - 1)
            } else if !word.elementsEqual(".".utf8) {
                depth += 1
            }
        }
        return depth == 0
    }
}

extension RuntimeSpec.Hooks {
    func check(at path: String) throws(ContainerError) {
        try Self.check(prestart, "\(path).prestart")
        try Self.check(createRuntime, "\(path).createRuntime")
        try Self.check(createContainer, "\(path).createContainer")
        try Self.check(startContainer, "\(path).startContainer")
        try Self.check(poststart, "\(path).poststart")
        try Self.check(poststop, "\(path).poststop")
    }

    private static func check(_ hooks: [Hook]?, _ path: @autoclosure () -> String) throws(ContainerError) {
        guard let hooks else { return }
        for index in hooks.indices {
            let (hook, path) = (hooks[index], "\(path())[\(index)]")
            if hook.path.isEmpty { throw Fault.missing("\(path).path") }
            try Fault.checkAbsolute(hook.path, "\(path).path")
            try Fault.checkTexts(hook.args, "\(path).args")
            try Fault.checkTexts(hook.env, "\(path).env")
            if let timeout = hook.timeout, timeout <= 0 {
                throw Fault.invalid("\(path).timeout", "\(timeout) is not a number of seconds greater than 0")
            }
        }
    }
}

extension ContainerError {
    /// The same fault of a member of a larger part of the document.
    func atMember(_ path: String) -> ContainerError {
        var copy = self
        copy.message = "\(path).\(message)"
        return copy
    }
}

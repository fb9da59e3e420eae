import ContainerSystem

extension RuntimeSpec.Linux {
    static let propagations = [
        "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable",
    ]

    /// Whether the container is in a namespace of a kind that the document names, new or joined.
    public func has(_ kind: Namespace.Kind) -> Bool {
        for namespace in namespaces where namespace.type == kind { return true }
        return false
    }

    /// Whether a namespace of a kind is made for the container.
    public func makes(_ kind: Namespace.Kind) -> Bool {
        for namespace in namespaces where namespace.type == kind && namespace.path == nil { return true }
        return false
    }

    func check(at path: String) throws(ContainerError) {
        do throws(ContainerError) {
            try checkNamespaces()
            try checkUserNamespace()
            try checkTimeNamespace()
            try checkDevices()
            try checkCgroupsPath()
            try resources?.check(at: "resources")
            try checkSysctls()
            try seccomp?.validate(at: "seccomp")
            try checkPaths(maskedPaths, "maskedPaths")
            try checkPaths(readonlyPaths, "readonlyPaths")
            if let mode = rootfsPropagation, !mode.isEmpty, !Self.propagations.contains(mode) {
                throw Fault.unknown(
                    "rootfsPropagation", mode, "shared, slave, private or unbindable, with an r in front or without")
            }
            try Fault.checkText(mountLabel ?? "", "mountLabel")
            try personality?.check(at: "personality")
            try intelRdt?.check(at: "intelRdt")
        } catch { throw error.atMember(path) }
    }

    private func checkNamespaces() throws(ContainerError) {
        for index in namespaces.indices {
            let namespace = namespaces[index]
            for earlier in 0..<index where namespaces[earlier].type == namespace.type {
                throw Fault.invalid(
                    "namespaces[\(index)].type", "\(namespace.type.rawValue) stands at [\(earlier)] already")
            }
            if let path = namespace.path { try Fault.checkAbsolute(path, "namespaces[\(index)].path") }
        }
    }

    private func checkUserNamespace() throws(ContainerError) {
        try check(uidMappings, "uidMappings")
        try check(gidMappings, "gidMappings")
    }

    private func check(_ mappings: [RuntimeSpec.IDMapping]?, _ member: String) throws(ContainerError) {
        guard let mappings, !mappings.isEmpty else {
            if makes(.user) { throw Fault.invalid(member, "missing, and namespaces has a new user namespace") }
            return
        }
        // With a namespace that is joined they must be its own, which containerd says once more.
        if !has(.user) { throw Fault.invalid(member, "needs a user namespace, and namespaces has none") }
        try RuntimeSpec.IDMapping.check(mappings, at: member)
    }

    private func checkTimeNamespace() throws(ContainerError) {
        guard let timeOffsets, !timeOffsets.isEmpty else { return }
        if !makes(.time) {
            throw Fault.invalid("timeOffsets", "needs a new time namespace, and namespaces has none")
        }
        for clock in timeOffsets.keys.sorted() {
            let path = PrintableText.member(clock, of: "timeOffsets")
            guard clock == "monotonic" || clock == "boottime" else {
                throw Fault.invalid(path, "a time namespace has the clocks monotonic and boottime only")
            }
            if let nanoseconds = timeOffsets[clock]?.nanosecs, nanoseconds >= 1_000_000_000 {
                throw Fault.outside("\(path).nanosecs", nanoseconds, 0...999_999_999)
            }
        }
    }

    private func checkCgroupsPath() throws(ContainerError) {
        guard let cgroupsPath else { return }
        try Fault.checkText(cgroupsPath, "cgroupsPath")
        for word in cgroupsPath.utf8.split(separator: UInt8(ascii: "/")) where word.elementsEqual("..".utf8) {
            throw Fault.invalid("cgroupsPath", "\(PrintableText.quoted(cgroupsPath)) leads upwards")
        }
    }

    private func checkSysctls() throws(ContainerError) {
        guard let sysctl else { return }
        for name in sysctl.keys.sorted() {
            let path = PrintableText.member(name, of: "sysctl")
            if let fault = SysctlName.fault(of: name, in: self) { throw Fault.invalid(path, fault) }
            try Fault.checkText(sysctl[name] ?? "", path)
        }
    }

    private func checkPaths(_ paths: [String]?, _ member: String) throws(ContainerError) {
        guard let paths, !paths.isEmpty else { return }
        if !has(.mount) { throw Fault.invalid(member, "needs a mount namespace, and namespaces has none") }
        for index in paths.indices { try Fault.checkAbsolute(paths[index], "\(member)[\(index)]") }
    }
}

extension RuntimeSpec.IDMapping {
    /// The lines that the kernel takes (user_namespaces(7)).
    private static let limit = 340

    static func check(_ mappings: [RuntimeSpec.IDMapping], at path: String) throws(ContainerError) {
        if mappings.count > limit {
            throw Fault.invalid(path, "\(mappings.count) mappings, and the kernel takes no more than \(limit)")
        }
        for index in mappings.indices {
            let mapping = mappings[index]
            if mapping.size == 0 { throw Fault.invalid("\(path)[\(index)].size", "0 ids") }
            for (member, first) in [("containerID", mapping.containerID), ("hostID", mapping.hostID)]
            where first > UInt32.max - mapping.size {
                throw Fault.invalid(
                    "\(path)[\(index)].\(member)", "\(mapping.size) ids from \(first) on are more than there are")
            }
            for earlier in 0..<index {
                let other = mappings[earlier]
                if overlap(mapping.containerID, mapping.size, other.containerID, other.size) {
                    throw Fault.invalid("\(path)[\(index)].containerID", "the range overlaps that of [\(earlier)]")
                }
                if overlap(mapping.hostID, mapping.size, other.hostID, other.size) {
                    throw Fault.invalid("\(path)[\(index)].hostID", "the range overlaps that of [\(earlier)]")
                }
            }
        }
    }

    private static func overlap(_ first: UInt32, _ size: UInt32, _ other: UInt32, _ otherSize: UInt32) -> Bool {
        first < other ? other - first < size : first - other < otherSize
    }
}

extension RuntimeSpec.Linux.Personality {
    fileprivate func check(at path: String) throws(ContainerError) {
        guard domain == "LINUX" || domain == "LINUX32" else {
            throw Fault.unknown("\(path).domain", domain, "LINUX or LINUX32")
        }
        if let flag = flags?.first {
            throw ContainerError(
                .unsupported, "\(path).flags[0]: \(PrintableText.quoted(flag)): the specification has no flags yet")
        }
    }
}

extension RuntimeSpec.Linux.IntelRdt {
    fileprivate func check(at path: String) throws(ContainerError) {
        if let closID {
            try Fault.checkText(closID, "\(path).closID")
            if closID == "." || closID == ".." || (closID != "/" && closID.utf8.contains(UInt8(ascii: "/"))) {
                throw Fault.unknown("\(path).closID", closID, "the name of a folder")
            }
        }
        try check(l3CacheSchema, "\(path).l3CacheSchema", begins: "L3")
        try check(memBwSchema, "\(path).memBwSchema", begins: "MB:")
    }

    private func check(_ line: String?, _ path: String, begins prefix: String) throws(ContainerError) {
        guard let line else { return }
        try Fault.checkText(line, path)
        if line.utf8.contains(UInt8(ascii: "\n")) { throw Fault.invalid(path, "more than one line") }
        if !line.utf8.starts(with: prefix.utf8) {
            throw Fault.invalid(path, "\(PrintableText.quoted(line)) does not begin with \(prefix)")
        }
    }
}

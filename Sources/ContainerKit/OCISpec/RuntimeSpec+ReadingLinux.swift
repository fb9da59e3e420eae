import ContainerSystem

extension RuntimeSpec.Linux {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Linux? {
        guard try json.beginObject() else { return nil }
        var linux = RuntimeSpec.Linux()
        while let key = try json.nextKey() {
            switch key {
            case "namespaces":
                linux.namespaces =
                    try json.list(of: "an object") { json throws(ContainerError) in try Namespace.read(&json) } ?? []
            case "uidMappings": linux.uidMappings = try RuntimeSpec.IDMapping.readList(&json)
            case "gidMappings": linux.gidMappings = try RuntimeSpec.IDMapping.readList(&json)
            case "timeOffsets":
                linux.timeOffsets = try json.dictionary { json throws(ContainerError) in try TimeOffset.read(&json) }
            case "devices":
                linux.devices = try json.list(of: "an object") { json throws(ContainerError) in
                    try Device.read(&json)
                }
            case "cgroupsPath": linux.cgroupsPath = try json.filledString()
            case "resources": linux.resources = try RuntimeSpec.Resources.read(&json)
            case "sysctl": linux.sysctl = try json.dictionary { json throws(ContainerError) in try json.string() }
            case "seccomp": linux.seccomp = try RuntimeSpec.Seccomp.read(&json)
            case "maskedPaths": linux.maskedPaths = try json.strings()
            case "readonlyPaths": linux.readonlyPaths = try json.strings()
            case "rootfsPropagation": linux.rootfsPropagation = try json.filledString()
            case "mountLabel": linux.mountLabel = try json.filledString()
            case "personality": linux.personality = try Personality.read(&json)
            case "intelRdt": linux.intelRdt = try IntelRdt.read(&json)
            case "netDevices", "memoryPolicy": try json.refuseFilled("1.3.0")
            default: try json.skip()
            }
        }
        return linux
    }
}

extension JSONReader {
    /// Past a member of a newer version of the specification, which must not say anything: a container without what it
    /// asks for would be another one.
    fileprivate mutating func refuseFilled(_ version: String) throws(ContainerError) {
        if try isFilled() { throw unsupported(version) }
    }
}

extension RuntimeSpec.Linux.Namespace {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Linux.Namespace? {
        guard try json.beginObject() else { return nil }
        var kind: Kind?
        var path: String?
        while let key = try json.nextKey() {
            switch key {
            case "type":
                guard let name = try json.filledString() else { continue }
                kind = Kind(rawValue: name)
                if kind == nil { throw json.wrong("\(PrintableText.quoted(name)) is not a kind of namespace") }
            case "path": path = try json.filledString()
            default: try json.skip()
            }
        }
        guard let kind else { throw json.missing("type") }
        return RuntimeSpec.Linux.Namespace(kind, path: path)
    }
}

extension RuntimeSpec.Linux.TimeOffset {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Linux.TimeOffset? {
        guard try json.beginObject() else { return nil }
        var offset = RuntimeSpec.Linux.TimeOffset()
        while let key = try json.nextKey() {
            switch key {
            case "secs": offset.secs = try json.int64()
            case "nanosecs": offset.nanosecs = try json.uint32()
            default: try json.skip()
            }
        }
        return offset
    }
}

extension RuntimeSpec.Linux.Device {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Linux.Device? {
        guard try json.beginObject() else { return nil }
        var device = RuntimeSpec.Linux.Device(type: "", path: "")
        while let key = try json.nextKey() {
            switch key {
            case "type": device.type = try json.string() ?? ""
            case "path": device.path = try json.string() ?? ""
            case "major": device.major = try json.int64()
            case "minor": device.minor = try json.int64()
            // Some writers send what stat(2) says, with the file's type: that is the device's own.
            case "fileMode": device.fileMode = try json.uint32().map { $0 & 0o7777 }
            case "uid": device.uid = try json.uint32()
            case "gid": device.gid = try json.uint32()
            default: try json.skip()
            }
        }
        if device.type.isEmpty { throw json.missing("type") }
        if device.path.isEmpty { throw json.missing("path") }
        return device
    }
}

extension RuntimeSpec.Linux.Personality {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Linux.Personality? {
        guard try json.beginObject() else { return nil }
        var personality = RuntimeSpec.Linux.Personality(domain: "")
        while let key = try json.nextKey() {
            switch key {
            case "domain": personality.domain = try json.string() ?? ""
            case "flags": personality.flags = try json.strings()
            default: try json.skip()
            }
        }
        if personality.domain.isEmpty { throw json.missing("domain") }
        return personality
    }
}

extension RuntimeSpec.Linux.IntelRdt {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Linux.IntelRdt? {
        guard try json.beginObject() else { return nil }
        var group = RuntimeSpec.Linux.IntelRdt()
        while let key = try json.nextKey() {
            switch key {
            case "closID": group.closID = try json.filledString()
            case "l3CacheSchema": group.l3CacheSchema = try json.filledString()
            case "memBwSchema": group.memBwSchema = try json.filledString()
            case "enableCMT": group.enableCMT = try json.bool()
            case "enableMBM": group.enableMBM = try json.bool()
            case "schemata", "enableMonitoring": try json.refuseFilled("1.3.0")
            default: try json.skip()
            }
        }
        return group
    }
}

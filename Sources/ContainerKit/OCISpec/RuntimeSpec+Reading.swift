import ContainerSystem

extension RuntimeSpec {
    /// Reads a `config.json` (config.md). Members that the specification does not have are ignored, as it asks for, and so
    /// are the sections of other platforms (`windows`, `solaris`, `vm`, `zos`, `freebsd`). What is null or an empty string
    /// counts as absent where a member may be absent.
    ///
    /// This is about form only; `validate` judges what the document says.
    /// - Parameter name: what errors call the document.
    /// - Throws: `invalidArgument` that names the value by its JSON path, or the place by line and column; `unsupported`
    ///   for members of newer versions that change what a container is.
    public init(json: [UInt8], name: String = "config.json") throws(ContainerError) {
        self = try JSONReader.read(json, name: name) { reader throws(ContainerError) in try RuntimeSpec(&reader) }
    }

    private init(_ json: inout JSONReader) throws(ContainerError) {
        guard try json.beginObject() else { throw json.wrong("null where an object belongs") }
        var version: String?
        var process: Process?
        var root: Root?
        var spec = RuntimeSpec(process: Process(args: []), root: Root(path: ""))
        while let key = try json.nextKey() {
            switch key {
            case "ociVersion": version = try json.filledString()
            case "process": process = try Process.read(&json)
            case "root": root = try Root.read(&json)
            case "hostname": spec.hostname = try json.filledString()
            case "domainname": spec.domainname = try json.filledString()
            case "mounts":
                spec.mounts =
                    try json.list(of: "an object") { json throws(ContainerError) in try Mount.read(&json) } ?? []
            case "hooks": spec.hooks = try Hooks.read(&json)
            case "annotations":
                spec.annotations = try json.dictionary { json throws(ContainerError) in try json.string() }
            case "linux": spec.linux = try Linux.read(&json) ?? Linux()
            default: try json.skip()
            }
        }
        guard let version else { throw json.missing("ociVersion") }
        guard let process else { throw json.missing("process") }
        guard let root else { throw json.missing("root") }
        spec.ociVersion = version
        spec.process = process
        spec.root = root
        self = spec
    }
}

extension RuntimeSpec.Root {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Root? {
        guard try json.beginObject() else { return nil }
        var path: String?
        var readonly: Bool?
        while let key = try json.nextKey() {
            switch key {
            case "path": path = try json.filledString()
            case "readonly": readonly = try json.bool()
            default: try json.skip()
            }
        }
        guard let path else { throw json.missing("path") }
        return RuntimeSpec.Root(path: path, readonly: readonly)
    }
}

extension RuntimeSpec.Mount {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Mount? {
        guard try json.beginObject() else { return nil }
        var mount = RuntimeSpec.Mount(destination: "")
        while let key = try json.nextKey() {
            switch key {
            case "destination": mount.destination = try json.string() ?? ""
            case "type": mount.type = try json.filledString()
            case "source": mount.source = try json.filledString()
            case "options": mount.options = try json.strings()
            case "uidMappings": mount.uidMappings = try RuntimeSpec.IDMapping.readList(&json)
            case "gidMappings": mount.gidMappings = try RuntimeSpec.IDMapping.readList(&json)
            default: try json.skip()
            }
        }
        if mount.destination.isEmpty { throw json.missing("destination") }
        return mount
    }
}

extension RuntimeSpec.IDMapping {
    static func readList(_ json: inout JSONReader) throws(ContainerError) -> [RuntimeSpec.IDMapping]? {
        try json.list(of: "an object") { json throws(ContainerError) in try read(&json) }
    }

    private static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.IDMapping? {
        guard try json.beginObject() else { return nil }
        var containerID: UInt32?
        var hostID: UInt32?
        var size: UInt32?
        while let key = try json.nextKey() {
            switch key {
            case "containerID": containerID = try json.uint32()
            case "hostID": hostID = try json.uint32()
            case "size": size = try json.uint32()
            default: try json.skip()
            }
        }
        guard let containerID else { throw json.missing("containerID") }
        guard let hostID else { throw json.missing("hostID") }
        guard let size else { throw json.missing("size") }
        return RuntimeSpec.IDMapping(containerID: containerID, hostID: hostID, size: size)
    }
}

extension RuntimeSpec.Hooks {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Hooks? {
        guard try json.beginObject() else { return nil }
        var hooks = RuntimeSpec.Hooks()
        while let key = try json.nextKey() {
            switch key {
            case "prestart": hooks.prestart = try Hook.readList(&json)
            case "createRuntime": hooks.createRuntime = try Hook.readList(&json)
            case "createContainer": hooks.createContainer = try Hook.readList(&json)
            case "startContainer": hooks.startContainer = try Hook.readList(&json)
            case "poststart": hooks.poststart = try Hook.readList(&json)
            case "poststop": hooks.poststop = try Hook.readList(&json)
            default: try json.skip()
            }
        }
        return hooks
    }
}

extension RuntimeSpec.Hooks.Hook {
    static func readList(_ json: inout JSONReader) throws(ContainerError) -> [RuntimeSpec.Hooks.Hook]? {
        try json.list(of: "an object") { json throws(ContainerError) in try read(&json) }
    }

    private static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Hooks.Hook? {
        guard try json.beginObject() else { return nil }
        var hook = RuntimeSpec.Hooks.Hook(path: "")
        while let key = try json.nextKey() {
            switch key {
            case "path": hook.path = try json.string() ?? ""
            case "args": hook.args = try json.strings()
            case "env": hook.env = try json.strings()
            case "timeout": hook.timeout = try json.int()
            default: try json.skip()
            }
        }
        if hook.path.isEmpty { throw json.missing("path") }
        return hook
    }
}

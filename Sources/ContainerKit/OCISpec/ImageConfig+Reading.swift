import ContainerSystem

extension ImageConfig {
    /// Reads an image's configuration (OCI image specification, config.md). Members of no meaning to us are skipped.
    /// - Throws: `invalidArgument` that names the value by its JSON path, or the place by line and column.
    public init(json: [UInt8], name: String) throws(ContainerError) {
        self = try JSONReader.read(json, name: name) { json throws(ContainerError) in
            guard let config = try ImageConfig.read(&json) else { throw json.wrong("null where an object belongs") }
            return config
        }
    }

    private static func read(_ json: inout JSONReader) throws(ContainerError) -> ImageConfig? {
        guard try json.beginObject() else { return nil }
        var config = ImageConfig(rootfs: RootFS(diffIDs: []))
        config.variant = nil
        var (architecture, os): (String?, String?)
        var rootfs: RootFS?
        while let key = try json.nextKey() {
            switch key {
            case "created": config.created = try json.string()
            case "author": config.author = try json.string()
            case "architecture": architecture = try json.string()
            case "os": os = try json.string()
            case "os.version": config.osVersion = try json.string()
            case "os.features": config.osFeatures = try json.strings()
            case "variant": config.variant = try json.string()
            case "config": config.config = try Execution.read(&json)
            case "rootfs": rootfs = try RootFS.read(&json)
            case "history":
                config.history = try json.list(of: "an object") { json throws(ContainerError) in
                    try History.read(&json)
                }
            default: try json.skip()
            }
        }
        guard let architecture else { throw json.missing("architecture") }
        guard let os else { throw json.missing("os") }
        guard let rootfs else { throw json.missing("rootfs") }
        (config.architecture, config.os, config.rootfs) = (architecture, os, rootfs)
        return config
    }
}

extension ImageConfig.Execution {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var execution = Self()
        while let key = try json.nextKey() {
            switch key {
            case "User": execution.user = try json.string()
            case "ExposedPorts": execution.exposedPorts = try readSet(&json)
            case "Env": execution.env = try json.strings()
            case "Entrypoint": execution.entrypoint = try json.strings()
            case "Cmd": execution.cmd = try json.strings()
            case "Volumes": execution.volumes = try readSet(&json)
            case "WorkingDir": execution.workingDir = try json.string()
            case "Labels":
                execution.labels = try json.dictionary { json throws(ContainerError) in try json.string() }
            case "StopSignal": execution.stopSignal = try json.string()
            case "Healthcheck": execution.healthcheck = try ImageConfig.Healthcheck.read(&json)
            case "OnBuild": execution.onBuild = try json.strings()
            case "Shell": execution.shell = try json.strings()
            case "ArgsEscaped": execution.argsEscaped = try json.bool()
            default: try json.skip()
            }
        }
        return execution
    }

    /// The names of an object whose values mean nothing.
    private static func readSet(_ json: inout JSONReader) throws(ContainerError) -> [String: EmptyObject]? {
        try json.dictionary { json throws(ContainerError) in
            try json.skip()
            return EmptyObject()
        }
    }
}

extension ImageConfig.Healthcheck {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var check = Self()
        while let key = try json.nextKey() {
            switch key {
            case "Test": check.test = try json.strings()
            case "Interval": check.interval = try json.int64()
            case "Timeout": check.timeout = try json.int64()
            case "StartPeriod": check.startPeriod = try json.int64()
            case "StartInterval": check.startInterval = try json.int64()
            case "Retries": check.retries = try json.int()
            default: try json.skip()
            }
        }
        return check
    }
}

extension ImageConfig.RootFS {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var rootfs = Self(diffIDs: [])
        while let key = try json.nextKey() {
            switch key {
            case "type": rootfs.type = try json.string() ?? rootfs.type
            case "diff_ids":
                let digests = try json.list(of: "a digest") { json throws(ContainerError) -> Digest? in
                    guard let text = try json.string() else { return nil }
                    guard let digest = Digest(text) else {
                        throw json.wrong("not a sha256 digest: \(PrintableText.quoted(text))")
                    }
                    return digest
                }
                rootfs.diffIDs = digests ?? []
            default: try json.skip()
            }
        }
        return rootfs
    }
}

extension ImageConfig.History {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var history = Self()
        while let key = try json.nextKey() {
            switch key {
            case "created": history.created = try json.string()
            case "created_by": history.createdBy = try json.string()
            case "author": history.author = try json.string()
            case "comment": history.comment = try json.string()
            case "empty_layer": history.emptyLayer = try json.bool()
            default: try json.skip()
            }
        }
        return history
    }
}

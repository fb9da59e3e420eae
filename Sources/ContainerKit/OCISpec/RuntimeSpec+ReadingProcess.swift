import ContainerSystem

extension RuntimeSpec.Process {
    /// Reads the process of an `exec --process` (config.md, "Process"), in the way of `RuntimeSpec.init(json:name:)`.
    /// - Throws: `invalidArgument` that names the value by its JSON path, or the place by line and column.
    public init(json: [UInt8], name: String = "process.json") throws(ContainerError) {
        self = try JSONReader.read(json, name: name) { reader throws(ContainerError) in
            guard let process = try RuntimeSpec.Process.read(&reader) else {
                throw reader.wrong("null where an object belongs")
            }
            return process
        }
    }

    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process? {
        guard try json.beginObject() else { return nil }
        var process = RuntimeSpec.Process(args: [], cwd: "")
        var size: ConsoleSize?
        var sizeFault: ContainerError?
        while let key = try json.nextKey() {
            switch key {
            case "terminal": process.terminal = try json.bool()
            case "consoleSize": (size, sizeFault) = try ConsoleSize.read(&json)
            case "user": process.user = try User.read(&json) ?? User()
            case "args": process.args = try json.strings() ?? []
            case "env": process.env = try json.strings() ?? []
            case "cwd": process.cwd = try json.string() ?? ""
            case "capabilities": process.capabilities = try Capabilities.read(&json)
            case "rlimits":
                process.rlimits = try json.list(of: "an object") { json throws(ContainerError) in
                    try ResourceLimit.read(&json)
                }
            case "noNewPrivileges": process.noNewPrivileges = try json.bool()
            case "oomScoreAdj": process.oomScoreAdj = try json.int()
            case "scheduler": process.scheduler = try Scheduler.read(&json)
            case "ioPriority": process.ioPriority = try IOPriority.read(&json)
            case "execCPUAffinity": process.execCPUAffinity = try CPUAffinity.read(&json)
            case "apparmorProfile": process.apparmorProfile = try json.filledString()
            case "selinuxLabel": process.selinuxLabel = try json.filledString()
            default: try json.skip()
            }
        }
        if process.args.isEmpty { throw json.missing("args") }
        if process.cwd.isEmpty { throw json.missing("cwd") }
        // Without a terminal the size must be ignored, and so must what is wrong with it.
        if process.terminal == true {
            if let sizeFault { throw sizeFault }
            process.consoleSize = size
        }
        return process
    }
}

extension RuntimeSpec.Process.User {
    /// Absent ids are 0, as to runc and to the specification's schema.
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process.User? {
        guard try json.beginObject() else { return nil }
        var user = RuntimeSpec.Process.User()
        while let key = try json.nextKey() {
            switch key {
            case "uid": user.uid = try json.uint32() ?? 0
            case "gid": user.gid = try json.uint32() ?? 0
            case "umask": user.umask = try json.uint32()
            case "additionalGids": user.additionalGids = try json.numbers()
            default: try json.skip()
            }
        }
        return user
    }
}

extension RuntimeSpec.Process.ConsoleSize {
    /// - Returns: the size, or what is wrong with it.
    static func read(_ json: inout JSONReader) throws(ContainerError)
        -> (RuntimeSpec.Process.ConsoleSize?, ContainerError?)
    {
        guard try json.beginObject() else { return (nil, nil) }
        var size = RuntimeSpec.Process.ConsoleSize(height: 0, width: 0)
        var fault: ContainerError?
        while let key = try json.nextKey() {
            switch key {
            case "height": size.height = try side(&json, &fault)
            case "width": size.width = try side(&json, &fault)
            default: try json.skip()
            }
        }
        return (size, fault)
    }

    private static func side(_ json: inout JSONReader, _ fault: inout ContainerError?) throws(ContainerError) -> UInt16
    {
        let value = try json.uint64() ?? 0
        if let side = UInt16(exactly: value) { return side }
        fault = json.wrong("\(value) is not between 0 and \(UInt16.max)")
        return 0
    }
}

extension RuntimeSpec.Process.Capabilities {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process.Capabilities? {
        guard try json.beginObject() else { return nil }
        var sets = RuntimeSpec.Process.Capabilities()
        while let key = try json.nextKey() {
            switch key {
            case "bounding": sets.bounding = try json.strings()
            case "effective": sets.effective = try json.strings()
            case "inheritable": sets.inheritable = try json.strings()
            case "permitted": sets.permitted = try json.strings()
            case "ambient": sets.ambient = try json.strings()
            default: try json.skip()
            }
        }
        return sets
    }
}

extension RuntimeSpec.Process.ResourceLimit {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process.ResourceLimit? {
        guard try json.beginObject() else { return nil }
        var type: String?
        var soft: UInt64?
        var hard: UInt64?
        while let key = try json.nextKey() {
            switch key {
            case "type": type = try json.filledString()
            case "soft": soft = try json.uint64()
            case "hard": hard = try json.uint64()
            default: try json.skip()
            }
        }
        guard let type else { throw json.missing("type") }
        guard let soft else { throw json.missing("soft") }
        guard let hard else { throw json.missing("hard") }
        return RuntimeSpec.Process.ResourceLimit(type: type, soft: soft, hard: hard)
    }
}

extension RuntimeSpec.Process.Scheduler {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process.Scheduler? {
        guard try json.beginObject() else { return nil }
        var scheduler = RuntimeSpec.Process.Scheduler(policy: "")
        while let key = try json.nextKey() {
            switch key {
            case "policy": scheduler.policy = try json.string() ?? ""
            case "nice": scheduler.nice = try json.int32()
            case "priority": scheduler.priority = try json.int32()
            case "flags": scheduler.flags = try json.strings()
            case "runtime": scheduler.runtime = try json.uint64()
            case "deadline": scheduler.deadline = try json.uint64()
            case "period": scheduler.period = try json.uint64()
            default: try json.skip()
            }
        }
        if scheduler.policy.isEmpty { throw json.missing("policy") }
        return scheduler
    }
}

extension RuntimeSpec.Process.IOPriority {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process.IOPriority? {
        guard try json.beginObject() else { return nil }
        var name: String?
        var priority: Int32?
        while let key = try json.nextKey() {
            switch key {
            case "class": name = try json.filledString()
            case "priority": priority = try json.int32()
            default: try json.skip()
            }
        }
        guard let name else { throw json.missing("class") }
        guard let priority else { throw json.missing("priority") }
        return RuntimeSpec.Process.IOPriority(class: name, priority: priority)
    }
}

extension RuntimeSpec.Process.CPUAffinity {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Process.CPUAffinity? {
        guard try json.beginObject() else { return nil }
        var affinity = RuntimeSpec.Process.CPUAffinity()
        while let key = try json.nextKey() {
            switch key {
            case "initial": affinity.initial = try json.filledString()
            case "final": affinity.final = try json.filledString()
            default: try json.skip()
            }
        }
        return affinity
    }
}

import ContainerSystem

extension RuntimeSpec.Resources {
    /// Reads the resources of an `update --resources` (config-linux.md, "Control groups"), in the way of
    /// `RuntimeSpec.init(json:name:)`.
    /// - Throws: `invalidArgument` that names the value by its JSON path, or the place by line and column.
    public init(json: [UInt8], name: String = "resources.json") throws(ContainerError) {
        self = try JSONReader.read(json, name: name) { reader throws(ContainerError) in
            guard let resources = try RuntimeSpec.Resources.read(&reader) else {
                throw reader.wrong("null where an object belongs")
            }
            return resources
        }
    }

    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources? {
        guard try json.beginObject() else { return nil }
        var resources = RuntimeSpec.Resources()
        while let key = try json.nextKey() {
            switch key {
            case "memory": resources.memory = try Memory.read(&json)
            case "cpu": resources.cpu = try CPU.read(&json)
            case "pids": resources.pids = try Pids.read(&json)
            case "devices":
                resources.devices = try json.list(of: "an object") { json throws(ContainerError) in
                    try DeviceRule.read(&json)
                }
            case "blockIO": resources.blockIO = try BlockIO.read(&json)
            case "hugepageLimits":
                resources.hugepageLimits = try json.list(of: "an object") { json throws(ContainerError) in
                    try HugepageLimit.read(&json)
                }
            case "network": resources.network = try Network.read(&json)
            case "rdma":
                resources.rdma = try json.dictionary { json throws(ContainerError) in try RDMA.read(&json) }
            case "unified":
                resources.unified = try json.dictionary { json throws(ContainerError) in try json.string() }
            default: try json.skip()
            }
        }
        return resources
    }
}

extension RuntimeSpec.Resources.Memory {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.Memory? {
        guard try json.beginObject() else { return nil }
        var memory = RuntimeSpec.Resources.Memory()
        while let key = try json.nextKey() {
            switch key {
            case "limit": memory.limit = try json.int64()
            case "swap": memory.swap = try json.int64()
            case "reservation": memory.reservation = try json.int64()
            case "kernel": memory.kernel = try json.int64()
            case "kernelTCP": memory.kernelTCP = try json.int64()
            case "swappiness": memory.swappiness = try json.uint64()
            case "disableOOMKiller": memory.disableOOMKiller = try json.bool()
            case "useHierarchy": memory.useHierarchy = try json.bool()
            case "checkBeforeUpdate": memory.checkBeforeUpdate = try json.bool()
            default: try json.skip()
            }
        }
        return memory
    }
}

extension RuntimeSpec.Resources.CPU {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.CPU? {
        guard try json.beginObject() else { return nil }
        var cpu = RuntimeSpec.Resources.CPU()
        while let key = try json.nextKey() {
            switch key {
            case "shares": cpu.shares = try json.uint64()
            case "quota": cpu.quota = try json.int64()
            case "period": cpu.period = try json.uint64()
            case "burst": cpu.burst = try json.uint64()
            case "realtimeRuntime": cpu.realtimeRuntime = try json.int64()
            case "realtimePeriod": cpu.realtimePeriod = try json.uint64()
            case "idle": cpu.idle = try json.int64()
            case "cpus": cpu.cpus = try json.filledString()
            case "mems": cpu.mems = try json.filledString()
            default: try json.skip()
            }
        }
        return cpu
    }
}

extension RuntimeSpec.Resources.Pids {
    /// Nil also for an object without a limit.
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.Pids? {
        guard try json.beginObject() else { return nil }
        var limit: Int64?
        while let key = try json.nextKey() {
            switch key {
            case "limit": limit = try json.int64()
            default: try json.skip()
            }
        }
        return limit.map { RuntimeSpec.Resources.Pids(limit: $0) }
    }
}

extension RuntimeSpec.Resources.DeviceRule {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.DeviceRule? {
        guard try json.beginObject() else { return nil }
        var rule = RuntimeSpec.Resources.DeviceRule(allow: false)
        while let key = try json.nextKey() {
            switch key {
            case "allow": rule.allow = try json.bool() ?? false
            case "type": rule.type = try json.filledString()
            // docker writes -1 for what `*` says in the kernel's files.
            case "major": rule.major = try json.int64().flatMap { $0 == -1 ? nil : $0 }
            case "minor": rule.minor = try json.int64().flatMap { $0 == -1 ? nil : $0 }
            case "access": rule.access = try json.filledString()
            default: try json.skip()
            }
        }
        return rule
    }
}

extension RuntimeSpec.Resources.HugepageLimit {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.HugepageLimit? {
        guard try json.beginObject() else { return nil }
        var pageSize: String?
        var limit: UInt64?
        while let key = try json.nextKey() {
            switch key {
            case "pageSize": pageSize = try json.filledString()
            case "limit": limit = try json.uint64()
            default: try json.skip()
            }
        }
        guard let pageSize else { throw json.missing("pageSize") }
        guard let limit else { throw json.missing("limit") }
        return RuntimeSpec.Resources.HugepageLimit(pageSize: pageSize, limit: limit)
    }
}

extension RuntimeSpec.Resources.Network {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.Network? {
        guard try json.beginObject() else { return nil }
        var network = RuntimeSpec.Resources.Network()
        while let key = try json.nextKey() {
            switch key {
            case "classID": network.classID = try json.uint32()
            case "priorities":
                network.priorities = try json.list(of: "an object") { json throws(ContainerError) in
                    try Priority.read(&json)
                }
            default: try json.skip()
            }
        }
        return network
    }
}

extension RuntimeSpec.Resources.Network.Priority {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.Network.Priority? {
        guard try json.beginObject() else { return nil }
        var name: String?
        var priority: UInt32?
        while let key = try json.nextKey() {
            switch key {
            case "name": name = try json.filledString()
            case "priority": priority = try json.uint32()
            default: try json.skip()
            }
        }
        guard let name else { throw json.missing("name") }
        guard let priority else { throw json.missing("priority") }
        return RuntimeSpec.Resources.Network.Priority(name: name, priority: priority)
    }
}

extension RuntimeSpec.Resources.RDMA {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.RDMA? {
        guard try json.beginObject() else { return nil }
        var limits = RuntimeSpec.Resources.RDMA()
        while let key = try json.nextKey() {
            switch key {
            case "hcaHandles": limits.hcaHandles = try json.uint32()
            case "hcaObjects": limits.hcaObjects = try json.uint32()
            default: try json.skip()
            }
        }
        return limits
    }
}

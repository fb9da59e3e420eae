import ContainerSystem
import OCISpec

extension ContainerOptions.Limits {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var limits = Self()
        while let key = try json.nextKey() {
            if try !limits.readCommon(key, &json) { try limits.readRare(key, &json) }
        }
        return limits
    }

    private mutating func readCommon(_ key: JSONKey, _ json: inout JSONReader) throws(ContainerError) -> Bool {
        switch key {
        case "memory": memory = try json.int64()
        case "nanoCPUs": nanoCPUs = try json.int64()
        case "cpuShares": cpuShares = try json.uint64()
        case "pids": pids = try json.int64()
        case "memoryReservation": memoryReservation = try json.int64()
        case "memorySwap": memorySwap = try json.int64()
        case "memorySwappiness": memorySwappiness = try json.int64()
        case "oomKillDisable": oomKillDisable = try json.bool()
        case "cpuPeriod": cpuPeriod = try json.int64()
        case "cpuQuota": cpuQuota = try json.int64()
        default: return false
        }
        return true
    }

    private mutating func readRare(_ key: JSONKey, _ json: inout JSONReader) throws(ContainerError) {
        switch key {
        case "cpuRealtimePeriod": cpuRealtimePeriod = try json.int64()
        case "cpuRealtimeRuntime": cpuRealtimeRuntime = try json.int64()
        case "cpusetCPUs": cpusetCPUs = try json.string()
        case "cpusetMemories": cpusetMemories = try json.string()
        case "blockIOWeight": blockIOWeight = try json.uint16()
        case "blockIOWeightDevices": blockIOWeightDevices = try rates(&json)
        case "readBytes": readBytes = try rates(&json)
        case "writeBytes": writeBytes = try rates(&json)
        case "readOperations": readOperations = try rates(&json)
        case "writeOperations": writeOperations = try rates(&json)
        default: try json.skip()
        }
    }

    private func rates(_ json: inout JSONReader) throws(ContainerError) -> [ContainerOptions.DeviceRate]? {
        try json.list(of: "an object") { json throws(ContainerError) -> ContainerOptions.DeviceRate? in
            guard try json.beginObject() else { return nil }
            var rate = ContainerOptions.DeviceRate(path: "", rate: 0)
            while let key = try json.nextKey() {
                switch key {
                case "path": rate.path = try json.string() ?? ""
                case "rate": rate.rate = try json.uint64() ?? 0
                default: try json.skip()
                }
            }
            return rate
        }
    }
}

extension ContainerOptions.Security {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var security = Self()
        while let key = try json.nextKey() {
            switch key {
            case "isPrivileged": security.isPrivileged = try json.bool() ?? false
            case "addedCapabilities": security.addedCapabilities = try json.strings() ?? []
            case "droppedCapabilities": security.droppedCapabilities = try json.strings() ?? []
            case "seccomp": security.seccomp = try json.string()
            case "appArmor": security.appArmor = try json.string()
            case "labels": security.labels = try json.strings() ?? []
            case "unconfinedSystemPaths": security.unconfinedSystemPaths = try json.bool() ?? false
            case "writableCgroups": security.writableCgroups = try json.bool()
            default: try json.skip()
            }
        }
        return security
    }
}

extension ContainerOptions.NamespaceModes {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var modes = Self()
        while let key = try json.nextKey() {
            switch key {
            case "pid": modes.pid = try json.string()
            case "ipc": modes.ipc = try json.string()
            case "uts": modes.uts = try json.string()
            case "user": modes.user = try json.string()
            case "cgroup": modes.cgroup = try json.string()
            default: try json.skip()
            }
        }
        return modes
    }
}

extension ContainerOptions.Devices {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var devices = Self()
        while let key = try json.nextKey() {
            switch key {
            case "mappings":
                devices.mappings =
                    try json.list(of: "an object") { json throws(ContainerError) in
                        try ContainerOptions.DeviceMapping.read(&json)
                    } ?? []
            case "rules": devices.rules = try json.strings() ?? []
            default: try json.skip()
            }
        }
        return devices
    }
}

extension ContainerOptions.DeviceMapping {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var mapping = Self(hostPath: "", path: "")
        while let key = try json.nextKey() {
            switch key {
            case "hostPath": mapping.hostPath = try json.string() ?? ""
            case "path": mapping.path = try json.string() ?? ""
            case "access": mapping.access = try json.string() ?? ""
            default: try json.skip()
            }
        }
        return mapping
    }
}

extension ContainerOptions.Ulimit {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var limit = Self(name: "", soft: 0, hard: 0)
        while let key = try json.nextKey() {
            switch key {
            case "name": limit.name = try json.string() ?? ""
            case "soft": limit.soft = try json.int64() ?? 0
            case "hard": limit.hard = try json.int64() ?? 0
            default: try json.skip()
            }
        }
        return limit
    }
}

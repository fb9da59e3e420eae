import ContainerSystem

extension RuntimeSpec.Seccomp {
    /// Nil also for a section that says nothing, neither an action nor a rule: as to runc, that is no filter.
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Seccomp? {
        guard try json.beginObject() else { return nil }
        var policy = RuntimeSpec.Seccomp(defaultAction: "")
        while let key = try json.nextKey() {
            switch key {
            case "defaultAction": policy.defaultAction = try json.string() ?? ""
            case "defaultErrnoRet": policy.defaultErrnoRet = try json.uint32()
            case "architectures": policy.architectures = try json.strings()
            case "flags": policy.flags = try json.strings()
            case "syscalls":
                policy.syscalls = try json.list(of: "an object") { json throws(ContainerError) in try Rule.read(&json) }
            case "listenerPath": policy.listenerPath = try json.filledString()
            case "listenerMetadata": policy.listenerMetadata = try json.filledString()
            default: try json.skip()
            }
        }
        if policy.defaultAction.isEmpty {
            if policy.syscalls?.isEmpty != false { return nil }
            throw json.missing("defaultAction")
        }
        return policy
    }
}

extension RuntimeSpec.Seccomp.Rule {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Seccomp.Rule? {
        guard try json.beginObject() else { return nil }
        var rule = RuntimeSpec.Seccomp.Rule(names: [], action: "")
        while let key = try json.nextKey() {
            switch key {
            case "names": rule.names = try json.strings() ?? []
            case "action": rule.action = try json.string() ?? ""
            case "errnoRet": rule.errnoRet = try json.uint32()
            case "args":
                rule.args = try json.list(of: "an object") { json throws(ContainerError) in
                    try RuntimeSpec.Seccomp.Argument.read(&json)
                }
            default: try json.skip()
            }
        }
        if rule.names.isEmpty { throw json.missing("names") }
        if rule.action.isEmpty { throw json.missing("action") }
        return rule
    }
}

extension RuntimeSpec.Seccomp.Argument {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Seccomp.Argument? {
        guard try json.beginObject() else { return nil }
        var index: UInt32?
        var value: UInt64?
        var valueTwo: UInt64?
        var operation: String?
        while let key = try json.nextKey() {
            switch key {
            case "index": index = try json.uint32()
            case "value": value = try json.uint64()
            case "valueTwo": valueTwo = try json.uint64()
            case "op": operation = try json.filledString()
            default: try json.skip()
            }
        }
        guard let index else { throw json.missing("index") }
        guard let value else { throw json.missing("value") }
        guard let operation else { throw json.missing("op") }
        return RuntimeSpec.Seccomp.Argument(index: index, value: value, valueTwo: valueTwo, op: operation)
    }
}

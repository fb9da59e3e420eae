import ContainerSystem

extension RuntimeSpec.Resources.BlockIO {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.BlockIO? {
        guard try json.beginObject() else { return nil }
        var limits = RuntimeSpec.Resources.BlockIO()
        while let key = try json.nextKey() {
            switch key {
            case "weight": limits.weight = try json.uint16()
            case "leafWeight": limits.leafWeight = try json.uint16()
            case "weightDevice":
                limits.weightDevice = try json.list(of: "an object") { json throws(ContainerError) in
                    try WeightDevice.read(&json)
                }
            case "throttleReadBpsDevice": limits.throttleReadBpsDevice = try ThrottleDevice.readList(&json)
            case "throttleWriteBpsDevice": limits.throttleWriteBpsDevice = try ThrottleDevice.readList(&json)
            case "throttleReadIOPSDevice": limits.throttleReadIOPSDevice = try ThrottleDevice.readList(&json)
            case "throttleWriteIOPSDevice": limits.throttleWriteIOPSDevice = try ThrottleDevice.readList(&json)
            default: try json.skip()
            }
        }
        return limits
    }
}

extension RuntimeSpec.Resources.BlockIO.WeightDevice {
    static func read(_ json: inout JSONReader) throws(ContainerError) -> RuntimeSpec.Resources.BlockIO.WeightDevice? {
        guard try json.beginObject() else { return nil }
        var major: Int64?
        var minor: Int64?
        var weight: UInt16?
        var leafWeight: UInt16?
        while let key = try json.nextKey() {
            switch key {
            case "major": major = try json.int64()
            case "minor": minor = try json.int64()
            case "weight": weight = try json.uint16()
            case "leafWeight": leafWeight = try json.uint16()
            default: try json.skip()
            }
        }
        guard let major else { throw json.missing("major") }
        guard let minor else { throw json.missing("minor") }
        return .init(major: major, minor: minor, weight: weight, leafWeight: leafWeight)
    }
}

extension RuntimeSpec.Resources.BlockIO.ThrottleDevice {
    static func readList(
        _ json: inout JSONReader
    ) throws(ContainerError) -> [RuntimeSpec.Resources.BlockIO.ThrottleDevice]? {
        try json.list(of: "an object") { json throws(ContainerError) in try read(&json) }
    }

    private static func read(
        _ json: inout JSONReader
    ) throws(ContainerError) -> RuntimeSpec.Resources.BlockIO.ThrottleDevice? {
        guard try json.beginObject() else { return nil }
        var major: Int64?
        var minor: Int64?
        var rate: UInt64?
        while let key = try json.nextKey() {
            switch key {
            case "major": major = try json.int64()
            case "minor": minor = try json.int64()
            case "rate": rate = try json.uint64()
            default: try json.skip()
            }
        }
        guard let major else { throw json.missing("major") }
        guard let minor else { throw json.missing("minor") }
        guard let rate else { throw json.missing("rate") }
        return .init(major: major, minor: minor, rate: rate)
    }
}

import ContainerSystem
import OCISpec

extension CgroupLimits {
    private typealias BlockIO = RuntimeSpec.Resources.BlockIO

    mutating func add(_ blockIO: RuntimeSpec.Resources.BlockIO, _ version: CgroupSetting.Version) throws(CgroupFailure)
    {
        let weightField = CgroupField("blockIO.weight", "the weight of disk access")
        if let weight = try CgroupLimits.weight(blockIO.weight, weightField) {
            setWeight(weight, device: nil, weightField, version)
        }
        let leafField = CgroupField("blockIO.leafWeight", "the weight of disk access against the groups below")
        if let weight = try CgroupLimits.weight(blockIO.leafWeight, leafField) {
            try setLeafWeight("blkio.leaf_weight", "\(weight)", leafField, version)
        }
        for (index, device) in (blockIO.weightDevice ?? []).enumerated() { try add(device, index, version) }
        let throttles: [(String, String, String, [BlockIO.ThrottleDevice]?)] = [
            ("throttleReadBpsDevice", "read_bps", "rbps", blockIO.throttleReadBpsDevice),
            ("throttleWriteBpsDevice", "write_bps", "wbps", blockIO.throttleWriteBpsDevice),
            ("throttleReadIOPSDevice", "read_iops", "riops", blockIO.throttleReadIOPSDevice),
            ("throttleWriteIOPSDevice", "write_iops", "wiops", blockIO.throttleWriteIOPSDevice),
        ]
        for (name, first, second, devices) in throttles {
            for (index, device) in (devices ?? []).enumerated() {
                let field = CgroupField("blockIO.\(name)[\(index)]", "the limit on disk access")
                let number = try CgroupLimits.number(device.major, device.minor, field)
                let file = version == .one ? "blkio.throttle.\(first)_device" : "io.max"
                // Version 2 does not take 0 for no limit.
                let rate = device.rate == 0 && version == .two ? "max" : "\(device.rate)"
                set(version, file, version == .one ? "\(number) \(rate)" : "\(number) \(second)=\(rate)", field) {
                    $0.isRequested = device.rate != 0
                }
            }
        }
    }

    private mutating func add(_ device: BlockIO.WeightDevice, _ index: Int, _ version: CgroupSetting.Version)
        throws(CgroupFailure)
    {
        let field = CgroupField("blockIO.weightDevice[\(index)]", "the weight of access to one disk")
        let number = try CgroupLimits.number(device.major, device.minor, field)
        let weight = try CgroupLimits.weight(device.weight, field)
        let leafWeight = try CgroupLimits.weight(device.leafWeight, field)
        if weight == nil, leafWeight == nil { throw .invalid(field, "needs weight or leafWeight") }
        if let weight { setWeight(weight, device: number, field, version) }
        if let leafWeight { try setLeafWeight("blkio.leaf_weight_device", "\(number) \(leafWeight)", field, version) }
    }

    /// The files of BFQ have its name where the kernel has no other scheduler with weights.
    private mutating func setWeight(
        _ weight: UInt16, device: String?, _ field: CgroupField, _ version: CgroupSetting.Version
    ) {
        let prefix = device.map { $0 + " " } ?? ""
        let suffix = device == nil || version == .two ? "" : "_device"
        let value = "\(prefix)\(weight)"
        let hint = "only the I/O scheduler bfq knows weights: /sys/block/DISK/queue/scheduler"
        if version == .one {
            set(.one, "blkio.weight\(suffix)", value, field) {
                $0.alternative = .init(file: "blkio.bfq.weight\(suffix)", value: value)
                $0.hint = hint
            }
        } else {
            // 10...1000 as 1...10000, the conversion that every runtime uses.
            let converted = 1 + (UInt64(weight) - 10) * 9999 / 990
            set(.two, "io.bfq.weight", value, field) {
                $0.alternative = .init(file: "io.weight", value: "\(prefix)\(converted)")
                $0.hint = hint
            }
        }
    }

    private mutating func setLeafWeight(
        _ file: String, _ value: String, _ field: CgroupField, _ version: CgroupSetting.Version
    ) throws(CgroupFailure) {
        let hint = "it was one of the I/O scheduler CFQ, which Linux 5.0 removed"
        guard version == .one else { throw .unsupported(field, "cgroup v2 has no leaf weight", hint: hint) }
        set(.one, file, value, field) { $0.hint = hint }
    }

    private static func weight(_ weight: UInt16?, _ field: CgroupField) throws(CgroupFailure) -> UInt16? {
        guard let weight, weight != 0 else { return nil }
        guard (10...1000).contains(weight) else { throw .invalid(field, "of \(weight) is not in the range 10 to 1000") }
        return weight
    }

    private static func number(_ major: Int64, _ minor: Int64, _ field: CgroupField) throws(CgroupFailure) -> String {
        guard let major = UInt32(exactly: major), let minor = UInt32(exactly: minor) else {
            throw .invalid(field, "names no device: \(major):\(minor)")
        }
        return "\(major):\(minor)"
    }
}

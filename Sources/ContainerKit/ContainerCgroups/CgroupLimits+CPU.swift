import ContainerSystem
import Glibc
import OCISpec

extension CgroupField {
    static let shares = CgroupField("cpu.shares", "the CPU shares")
    static let quota = CgroupField("cpu.quota", "the CPU limit")
    static let period = CgroupField("cpu.period", "the CPU limit")
    static let burst = CgroupField("cpu.burst", "the CPU burst")
    static let idle = CgroupField("cpu.idle", "the idle class of the CPU")
    static let realtimeRuntime = CgroupField("cpu.realtimeRuntime", "the realtime CPU limit")
    static let realtimePeriod = CgroupField("cpu.realtimePeriod", "the realtime CPU period")
    static let cpus = CgroupField("cpu.cpus", "the set of CPUs")
    static let mems = CgroupField("cpu.mems", "the set of memory nodes")
}

extension CgroupLimits {
    mutating func add(_ cpu: RuntimeSpec.Resources.CPU, _ version: CgroupSetting.Version) throws(CgroupFailure) {
        let quota = try CgroupLimit(cpu.quota, .quota)
        if let burst = cpu.burst, let quota = quota?.number, burst > quota {
            throw .invalid(.burst, "of \(burst) us is above the CPU limit of \(quota) us per period")
        }
        if let idle = cpu.idle, idle != 0, idle != 1 { throw .invalid(.idle, "is 0 or 1, not \(idle)") }
        if let runtime = cpu.realtimeRuntime, runtime < -1 {
            throw .invalid(.realtimeRuntime, "of \(runtime) is negative")
        }
        // The kernel takes no weight for an idle group, so one that is to be idle no longer changes first.
        if cpu.idle == 0 { setIdle(0, version) }
        if let shares = cpu.shares, shares != 0 { setShares(shares, version) }
        if cpu.idle == 1 { setIdle(1, version) }
        setBandwidth(cpu, quota, version)
        try setRealtime(cpu, version)
    }

    private mutating func setIdle(_ idle: Int64, _ version: CgroupSetting.Version) {
        set(version, "cpu.idle", "\(idle)", .idle) { $0.isRequested = idle != 0 }
    }

    private mutating func setShares(_ shares: UInt64, _ version: CgroupSetting.Version) {
        if version == .one {
            set(.one, "cpu.shares", "\(max(shares, 2))", .shares)
        } else {
            set(.two, "cpu.weight", "\(CgroupLimits.weight(shares: shares))", .shares)
        }
    }

    /// Period, quota and burst bound one another and what the parent allows, so that going from the old three to the new
    /// may take another order.
    private mutating func setBandwidth(
        _ cpu: RuntimeSpec.Resources.CPU, _ quota: CgroupLimit?, _ version: CgroupSetting.Version
    ) {
        let period = cpu.period.flatMap { $0 == 0 ? nil : $0 }
        if version == .one {
            if let period { set(.one, "cpu.cfs_period_us", "\(period)", .period) { $0.dependsOnOthers = true } }
            if let quota {
                set(.one, "cpu.cfs_quota_us", quota.text("-1"), .quota) {
                    $0.dependsOnOthers = true
                    $0.isRequested = quota != .unlimited
                }
            }
        } else if quota != nil || period != nil {
            let text = (quota ?? .unlimited).text("max")
            set(.two, "cpu.max", period.map { "\(text) \($0)" } ?? text, quota == nil ? .period : .quota) {
                $0.dependsOnOthers = true
                $0.isRequested = quota?.number != nil
            }
        }
        if let burst = cpu.burst {
            set(version, version == .one ? "cpu.cfs_burst_us" : "cpu.max.burst", "\(burst)", .burst) {
                $0.dependsOnOthers = true
                $0.isRequested = burst != 0
            }
        }
    }

    private mutating func setRealtime(_ cpu: RuntimeSpec.Resources.CPU, _ version: CgroupSetting.Version)
        throws(CgroupFailure)
    {
        let hint =
            "no group may have more than the one above it, which has none at first: give it some, or choose a path at the root"
        let period = cpu.realtimePeriod.flatMap { $0 == 0 ? nil : $0 }
        let runtime = cpu.realtimeRuntime.flatMap { $0 == 0 ? nil : $0 }
        if let period {
            guard version == .one else { throw .unsupported(.realtimePeriod, "cgroup v2 has none") }
            set(.one, "cpu.rt_period_us", "\(period)", .realtimePeriod) {
                $0.dependsOnOthers = true
                $0.hint = hint
            }
        }
        if let runtime {
            guard version == .one else { throw .unsupported(.realtimeRuntime, "cgroup v2 has none") }
            set(.one, "cpu.rt_runtime_us", "\(runtime)", .realtimeRuntime) {
                $0.dependsOnOthers = true
                $0.hint = hint
            }
        }
    }

    mutating func addPlaces(_ cpu: RuntimeSpec.Resources.CPU, _ version: CgroupSetting.Version) throws(CgroupFailure) {
        if let cpus = try CgroupLimits.list(cpu.cpus, .cpus) { set(version, "cpuset.cpus", cpus, .cpus) }
        if let mems = try CgroupLimits.list(cpu.mems, .mems) { set(version, "cpuset.mems", mems, .mems) }
    }

    /// A list as in cpuset(7): `0-2,5`.
    private static func list(_ value: String?, _ field: CgroupField) throws(CgroupFailure) -> String? {
        guard let value, !value.isEmpty else { return nil }
        guard value.utf8.count <= 4095,
            value.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2c || $0 == 0x2d })
        else { throw .invalid(field, "\(PrintableText.quoted(value)) is not a list such as 0-2,5") }
        return value
    }

    /// Shares 2...262144 as weight 1...10000, so that the kernel's defaults, 1024 and 100, stand for one another: the
    /// curve that runc and crun have agreed on.
    static func weight(shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let power = log2(Double(shares))
        return UInt64(ceil(pow(10, (power * power + 125 * power) / 612 - 7.0 / 34)))
    }
}

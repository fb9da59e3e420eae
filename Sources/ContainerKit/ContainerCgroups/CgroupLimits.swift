import ContainerSystem
import OCISpec

/// One value for one file of a controller.
struct CgroupSetting: Equatable {
    var controller: String
    var file: String
    var value: String
    /// What the user asked for, in the user's words: `the memory limit`.
    var purpose: String
}

/// The limits of an OCI spec as settings of either version, in the order in which the kernel takes them. Pure.
struct CgroupLimits: Equatable {
    var settings: [CgroupSetting] = []
    /// Whether swap was limited only because docker's default for a memory limit is twice as much with swap.
    var swapIsDefault = false

    private mutating func set(_ file: String, _ value: String, _ purpose: String) {
        let controller = String(file.prefix { $0 != "." })
        settings.append(CgroupSetting(controller: controller, file: file, value: value, purpose: purpose))
    }

    // MARK: Version 1 (Documentation/admin-guide/cgroup-v1)

    /// - Throws: `invalidArgument` that names the value.
    static func version1(_ resources: RuntimeSpec.Resources) throws(ContainerError) -> CgroupLimits {
        let checked = try CheckedResources(resources)
        var limits = CgroupLimits(swapIsDefault: checked.swapIsDefault)
        // Swap counts memory too, and may never be below it: in a fresh cgroup memory comes first.
        if let limit = checked.memory { limits.set("memory.limit_in_bytes", limit.text("-1"), "the memory limit") }
        if let swap = checked.swap {
            limits.set("memory.memsw.limit_in_bytes", swap.text("-1"), "the limit on memory and swap")
        }
        if let soft = checked.reservation {
            limits.set("memory.soft_limit_in_bytes", soft.text("-1"), "the memory reservation")
        }
        if let shares = checked.shares { limits.set("cpu.shares", "\(shares)", "the CPU shares") }
        if let period = checked.period { limits.set("cpu.cfs_period_us", "\(period)", "the CPU limit") }
        if let quota = checked.quota { limits.set("cpu.cfs_quota_us", quota.text("-1"), "the CPU limit") }
        limits.setPlaces(checked)
        if let pids = checked.pids { limits.set("pids.max", pids.text("max"), "the process limit") }
        return limits
    }

    // MARK: Version 2 (Documentation/admin-guide/cgroup-v2.rst)

    static func version2(_ resources: RuntimeSpec.Resources) throws(ContainerError) -> CgroupLimits {
        let checked = try CheckedResources(resources)
        var limits = CgroupLimits(swapIsDefault: checked.swapIsDefault)
        if let swap = checked.swap {
            limits.set("memory.swap.max", try checked.swapAlone(swap).text("max"), "the limit on memory and swap")
        }
        if let limit = checked.memory { limits.set("memory.max", limit.text("max"), "the memory limit") }
        if let soft = checked.reservation { limits.set("memory.low", soft.text("max"), "the memory reservation") }
        if let shares = checked.shares {
            limits.set("cpu.weight", "\(weight(shares: shares))", "the CPU shares")
        }
        if checked.quota != nil || checked.period != nil {
            let quota = (checked.quota ?? .unlimited).text("max")
            limits.set("cpu.max", checked.period.map { "\(quota) \($0)" } ?? quota, "the CPU limit")
        }
        limits.setPlaces(checked)
        if let pids = checked.pids { limits.set("pids.max", pids.text("max"), "the process limit") }
        return limits
    }

    private mutating func setPlaces(_ checked: CheckedResources) {
        if let cpus = checked.cpus { set("cpuset.cpus", cpus, "the set of CPUs") }
        if let mems = checked.mems { set("cpuset.mems", mems, "the set of memory nodes") }
    }

    /// Shares 2...262144 as weight 1...10000, the conversion that every runtime uses.
    static func weight(shares: UInt64) -> UInt64 {
        1 + (min(max(shares, 2), 262_144) - 2) * 9999 / 262_142
    }
}

extension CgroupSetting {
    /// Whether the value restricts anything: on a host without the controller "no limit" is what there is anyway.
    var isRequested: Bool { !value.hasPrefix("-1") && value != "max" && !value.hasPrefix("max ") }

    static func missing(_ controller: String, for purpose: String) -> ContainerError {
        ContainerError(
            .unsupported,
            "\(purpose) needs the cgroup controller \(controller), which this host does not have",
            hint: controller == "memory" || controller == "cpuset"
                ? "the kernel enables it at boot: cgroup_enable=\(controller)" : nil)
    }
}

/// The same limits with zeros (not set) gone, -1 named and everything in range.
private struct CheckedResources {
    enum Limit: Equatable {
        case unlimited
        case value(UInt64)

        func text(_ none: String) -> String {
            switch self {
            case .unlimited: none
            case .value(let number): String(number)
            }
        }
    }

    var memory: Limit?
    var swap: Limit?
    var reservation: Limit?
    var shares: UInt64?
    var quota: Limit?
    var period: UInt64?
    var cpus: String?
    var mems: String?
    var pids: Limit?

    init(_ resources: RuntimeSpec.Resources) throws(ContainerError) {
        memory = try CheckedResources.limit(resources.memory?.limit, "the memory limit")
        swap = try CheckedResources.limit(resources.memory?.swap, "the limit on memory and swap")
        reservation = try CheckedResources.limit(resources.memory?.reservation, "the memory reservation")
        if case .value(let swap)? = swap {
            guard case .value(let memory)? = memory else {
                throw ContainerError(
                    .invalidArgument, "the limit on memory and swap needs a memory limit",
                    hint: "give a memory limit (--memory) too")
            }
            if swap < memory {
                throw ContainerError(
                    .invalidArgument,
                    "the limit on memory and swap (\(swap) bytes) is below the memory limit (\(memory) bytes)")
            }
        }
        shares = resources.cpu?.shares.flatMap { $0 == 0 ? nil : max($0, 2) }
        period = resources.cpu?.period.flatMap { $0 == 0 ? nil : $0 }
        quota = try CheckedResources.limit(resources.cpu?.quota, "the CPU limit")
        cpus = try CheckedResources.list(resources.cpu?.cpus, "the set of CPUs")
        mems = try CheckedResources.list(resources.cpu?.mems, "the set of memory nodes")
        pids = resources.pids.map { $0.limit > 0 ? .value(UInt64($0.limit)) : .unlimited }
    }

    var swapIsDefault: Bool {
        guard case .value(let memory)? = memory, case .value(let swap)? = swap else { return false }
        return swap == memory &* 2
    }

    /// Version 2 counts swap alone.
    func swapAlone(_ swap: Limit) throws(ContainerError) -> Limit {
        guard case .value(let both) = swap, case .value(let memory)? = memory else { return .unlimited }
        return .value(both - memory)
    }

    private static func limit(_ value: Int64?, _ purpose: String) throws(ContainerError) -> Limit? {
        guard let value, value != 0 else { return nil }
        if value == -1 { return .unlimited }
        guard value > 0 else { throw ContainerError(.invalidArgument, "\(purpose) of \(value) is negative") }
        return .value(UInt64(value))
    }

    /// A list as in cpuset(7): `0-2,5`.
    private static func list(_ value: String?, _ purpose: String) throws(ContainerError) -> String? {
        guard let value, !value.isEmpty else { return nil }
        guard value.utf8.count <= 4096,
            value.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2c || $0 == 0x2d })
        else { throw ContainerError(.invalidArgument, "\(purpose) '\(value)' is not a list such as 0-2,5") }
        return value
    }
}

import ContainerCgroups

/// A line of `events`, in the shape of runc's.
public struct OCIEvent: Encodable, Sendable, Equatable {
    public var type: String
    public var id: String
    public var data: OCIStatistics?

    /// `{"type":"stats","id":"...","data":{...}}`
    public static func statistics(_ statistics: CgroupDetailedStatistics, of id: String) -> OCIEvent {
        OCIEvent(type: "stats", id: id, data: OCIStatistics(statistics))
    }

    /// `{"type":"oom","id":"..."}`
    public static func outOfMemory(of id: String) -> OCIEvent { OCIEvent(type: "oom", id: id) }
}

/// What a container uses, in the shape that runc has promised to keep (its types/events.go): the same names, and left
/// out where runc leaves out a zero.
public struct OCIStatistics: Encodable, Sendable, Equatable {
    public let statistics: CgroupDetailedStatistics

    public init(_ statistics: CgroupDetailedStatistics) { self.statistics = statistics }

    private enum Key: String, CodingKey {
        case cpu, cpuset, memory, pids, blkio, hugetlb
        case rdt = "intel_rdt"
        case interfaces = "network_interfaces"
    }

    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(CPU(statistics.cpu), forKey: .cpu)
        try object.encode(CPUSet(places: statistics.places), forKey: .cpuset)
        try object.encode(Memory(statistics.memory), forKey: .memory)
        let pids = Pids(current: statistics.tasks.unlessZero, limit: statistics.taskLimit.unlessZero)
        try object.encode(pids, forKey: .pids)
        try object.encode(Disks(statistics.disks), forKey: .blkio)
        try object.encode(statistics.hugePages.mapValues(HugePages.init), forKey: .hugetlb)
        // Neither is counted here.
        try object.encode([String: String](), forKey: .rdt)
        try object.encodeNil(forKey: .interfaces)
    }
}

extension UInt64 {
    fileprivate var unlessZero: UInt64? { self == 0 ? nil : self }
}

extension Array {
    fileprivate var unlessEmpty: Self? { isEmpty ? nil : self }
}

private struct Pids: Encodable {
    var current: UInt64?
    var limit: UInt64?
}

private struct CPU: Encodable {
    struct Usage: Encodable {
        var total: UInt64?
        var percpu: [UInt64]?
        var percpuKernel: [UInt64]?
        var percpuUser: [UInt64]?
        var kernel: UInt64
        var user: UInt64

        enum CodingKeys: String, CodingKey {
            case total, percpu, kernel, user
            case percpuKernel = "percpu_kernel"
            case percpuUser = "percpu_user"
        }
    }

    struct Throttling: Encodable {
        var periods: UInt64?
        var throttledPeriods: UInt64?
        var throttledTime: UInt64?
    }

    var usage: Usage
    var throttling: Throttling
    var psi: Pressure?

    init(_ cpu: CgroupDetailedStatistics.CPU) {
        usage = Usage(
            total: cpu.total.unlessZero, percpu: cpu.perCPU.unlessEmpty, percpuKernel: cpu.perCPUKernel.unlessEmpty,
            percpuUser: cpu.perCPUUser.unlessEmpty, kernel: cpu.kernel, user: cpu.user)
        throttling = Throttling(
            periods: cpu.periods.unlessZero, throttledPeriods: cpu.throttledPeriods.unlessZero,
            throttledTime: cpu.throttledTime.unlessZero)
        psi = cpu.pressure.map(Pressure.init)
    }
}

private struct CPUSet: Encodable {
    var places: CgroupDetailedStatistics.Places

    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encodeIfPresent(places.cpus.unlessEmpty, forKey: Key("cpus"))
        try object.encodeIfPresent(places.mems.unlessEmpty, forKey: Key("mems"))
        for name in [
            "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
            "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level",
        ] {
            try object.encode(places.flags[name] ?? 0, forKey: Key(name))
        }
    }
}

private struct Memory: Encodable {
    struct Entry: Encodable {
        var limit: UInt64
        var usage: UInt64?
        var max: UInt64?
        var failcnt: UInt64

        init(_ memory: CgroupDetailedStatistics.MemoryUsage) {
            limit = memory.limit
            usage = memory.usage.unlessZero
            max = memory.peak.unlessZero
            failcnt = memory.failures
        }
    }

    var cache: UInt64?
    var usage: Entry
    var swap: Entry
    var kernel: Entry
    var kernelTCP: Entry
    var raw: [String: UInt64]?
    var psi: Pressure?

    init(_ memory: CgroupDetailedStatistics.Memory) {
        cache = memory.cache.unlessZero
        usage = Entry(memory.usage)
        swap = Entry(memory.swap)
        kernel = Entry(memory.kernel)
        kernelTCP = Entry(memory.kernelTCP)
        raw = memory.raw.isEmpty ? nil : memory.raw
        psi = memory.pressure.map(Pressure.init)
    }
}

private struct Disks: Encodable {
    struct Entry: Encodable {
        var major: UInt64?
        var minor: UInt64?
        var op: String?
        var value: UInt64?

        init(_ entry: CgroupDetailedStatistics.DiskEntry) {
            major = entry.major.unlessZero
            minor = entry.minor.unlessZero
            op = entry.operation.isEmpty ? nil : entry.operation
            value = entry.value.unlessZero
        }
    }

    var ioServiceBytesRecursive: [Entry]?
    var ioServicedRecursive: [Entry]?
    var ioQueueRecursive: [Entry]?
    var ioServiceTimeRecursive: [Entry]?
    var ioWaitTimeRecursive: [Entry]?
    var ioMergedRecursive: [Entry]?
    var ioTimeRecursive: [Entry]?
    var sectorsRecursive: [Entry]?
    var psi: Pressure?

    init(_ disks: CgroupDetailedStatistics.Disks) {
        ioServiceBytesRecursive = disks.bytes.map(Entry.init).unlessEmpty
        ioServicedRecursive = disks.operations.map(Entry.init).unlessEmpty
        ioQueueRecursive = disks.queued.map(Entry.init).unlessEmpty
        ioServiceTimeRecursive = disks.serviceTime.map(Entry.init).unlessEmpty
        ioWaitTimeRecursive = disks.waitTime.map(Entry.init).unlessEmpty
        ioMergedRecursive = disks.merged.map(Entry.init).unlessEmpty
        ioTimeRecursive = disks.time.map(Entry.init).unlessEmpty
        sectorsRecursive = disks.sectors.map(Entry.init).unlessEmpty
        psi = disks.pressure.map(Pressure.init)
    }
}

private struct HugePages: Encodable {
    var usage: UInt64?
    var max: UInt64?
    var failcnt: UInt64

    init(_ pages: CgroupDetailedStatistics.HugePages) {
        usage = pages.usage.unlessZero
        max = pages.peak.unlessZero
        failcnt = pages.failures
    }
}

private struct Pressure: Encodable {
    struct Share: Encodable {
        var avg10: Double
        var avg60: Double
        var avg300: Double
        var total: UInt64

        init(_ share: CgroupDetailedStatistics.Pressure.Share) {
            avg10 = share.average10
            avg60 = share.average60
            avg300 = share.average300
            total = share.total
        }
    }

    var some: Share
    var full: Share

    init(_ pressure: CgroupDetailedStatistics.Pressure) {
        some = Share(pressure.some)
        full = Share(pressure.full)
    }
}

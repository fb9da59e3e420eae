import ContainerSystem

/// What a cgroup uses at this moment. A value is nil when its controller is not there.
public struct CgroupStatistics: Sendable, Equatable {
    /// Bytes, with the page cache.
    public var memoryUsage: UInt64?
    /// Bytes of page cache that would be given up first; docker's figure is the usage without these.
    public var memoryInactiveFile: UInt64?
    /// Bytes; nil is no limit.
    public var memoryLimit: UInt64?
    /// Time on all CPUs together since the cgroup was made, nanoseconds.
    public var cpuNanoseconds: UInt64?
    /// Processes and threads.
    public var tasks: UInt64?
    /// nil is no limit.
    public var taskLimit: UInt64?

    public init() {}
}

/// What the out-of-memory killer did in a cgroup.
public struct CgroupMemoryEvents: Sendable, Equatable {
    /// Processes that it killed.
    public var killed: UInt64 = 0
    /// Whether the cgroup stands at its limit with nothing to reclaim.
    public var isOutOfMemory = false

    public init() {}
}

extension Cgroup {
    /// Reads what is used now. A running container changes it between two reads, so the values are not of one instant.
    /// - Throws: `notFound` when the cgroup is gone.
    public func statistics() throws(ContainerError) -> CgroupStatistics {
        guard exists else { throw ContainerError(.notFound, "read the statistics of the cgroup \(path): it is gone") }
        var result = CgroupStatistics()
        if let (folder, version) = location(of: "memory") {
            result.memoryUsage = number(folder, version == .two ? "memory.current" : "memory.usage_in_bytes")
            let limit = number(folder, version == .two ? "memory.max" : "memory.limit_in_bytes")
            // Version 1 says "no limit" as the greatest number of whole pages.
            result.memoryLimit = limit.flatMap { $0 > UInt64(Int64.max) - 65536 ? nil : $0 }
            result.memoryInactiveFile = text(folder, "memory.stat").flatMap {
                CgroupText.value(version == .two ? "inactive_file" : "total_inactive_file", in: $0)
            }
        }
        if let (folder, version) = location(of: "cpuacct") {
            result.cpuNanoseconds =
                version == .one
                ? number(folder, "cpuacct.usage")
                : text(folder, "cpu.stat").flatMap { CgroupText.value("usage_usec", in: $0) }.map { $0 &* 1000 }
        }
        if let folder = location(of: "pids")?.folder {
            result.tasks = number(folder, "pids.current")
            result.taskLimit = number(folder, "pids.max")
        }
        return result
    }

    /// What the out-of-memory killer did; zeros without the memory controller.
    public func memoryEvents() -> CgroupMemoryEvents {
        var events = CgroupMemoryEvents()
        guard let file = memoryEventsPath, let text = try? fileSystem.read(file, limit: 65536) else { return events }
        events.killed = CgroupText.value("oom_kill", in: text) ?? 0
        // Version 2 has no such state: a process at the limit waits or is killed.
        events.isOutOfMemory = CgroupText.value("under_oom", in: text) == 1
        return events
    }

    /// The file that `memoryEvents()` reads, for a supervisor that watches it (on version 2 by inotify(7)); nil without
    /// the memory controller.
    public var memoryEventsPath: String? {
        location(of: "memory").map { $0.folder + ($0.version == .two ? "/memory.events" : "/memory.oom_control") }
    }

    /// Where version 1 takes who is to be told of such events (cgroups(7), cgroup.event_control).
    public var memoryEventControlPath: String? {
        location(of: "memory").flatMap { $0.version == .one ? $0.folder + "/cgroup.event_control" : nil }
    }

    func text(_ folder: String, _ file: String) -> String? {
        try? fileSystem.read(folder + "/" + file, limit: 1 << 20)
    }

    func number(_ folder: String, _ file: String) -> UInt64? { text(folder, file).flatMap(CgroupText.number) }
}

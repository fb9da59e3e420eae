import ContainerCgroups
import ContainerDatabase
import ContainerSystem
import Glibc

/// Which containers statistics are wanted of.
public enum StatisticsSelection: Sendable, Equatable {
    /// Those that run, whichever they are at each moment.
    case running
    /// Those that do not run, too.
    case all
    /// By name or id; they stay in the list whatever becomes of them.
    case named([String])
}

/// Takes one sample after the other of what containers use.
public struct StatisticsSampler: Sendable {
    private let engine: Engine
    private let selection: StatisticsSelection
    /// In the order in which they were asked for.
    private let ids: [String]
    private let reader: UsageReader
    private let ownNetwork: UInt64?
    private var before: [String: CPUSample] = [:]

    fileprivate init(_ engine: Engine, _ selection: StatisticsSelection) throws(ContainerError) {
        self.engine = engine
        self.selection = selection
        var ids: [String] = []
        if case .named(let names) = selection {
            for name in names {
                let id = try engine.find(name).id
                if !ids.contains(id) { ids.append(id) }
            }
        }
        self.ids = ids
        let fileSystem = KernelCgroupFileSystem()
        reader = UsageReader(cgroups: try CgroupHost.detect(fileSystem: fileSystem), fileSystem: fileSystem)
        ownNetwork = Self.network(of: getpid())
    }

    /// What each of them uses now, the newest container first.
    /// - Throws: `corrupted` for a database that cannot be read.
    public mutating func next() throws(ContainerError) -> [ContainerStatistics] {
        let records = try engine.database.containers()
        let hostMemory = HostMemory.total(reader.fileSystem)
        var samples: [String: CPUSample] = [:]
        var result: [ContainerStatistics] = []
        for record in wanted(records) {
            guard let record = record.record else {
                result.append(ContainerStatistics(id: record.id, name: "", usage: nil, isGone: true))
                continue
            }
            var usage = usage(of: record, hostMemory)
            if usage == nil, selection == .running || selection == .all && !engine.hasFolder(record.id) { continue }
            if let now = usage.map({ CPUSample(used: $0.cpuNanoseconds, at: $0.readAt) }) {
                samples[record.id] = now
                if let earlier = before[record.id] { usage?.cpuPercent = CPUSample.percent(from: earlier, to: now) }
            }
            result.append(ContainerStatistics(id: record.id, name: record.name, usage: usage))
        }
        before = samples
        return result
    }

    private func wanted(_ records: [ContainerRecord]) -> [(id: String, record: ContainerRecord?)] {
        guard case .named = selection else { return records.map { ($0.id, $0) } }
        return ids.map { id in (id, records.first { $0.id == id }) }
    }

    private func usage(of record: ContainerRecord, _ hostMemory: UInt64) -> ContainerStatistics.Usage? {
        guard let running = engine.state(of: record).process, running.hasStarted else { return nil }
        let network = Self.network(of: running.process.pid)
        return reader.usage(
            cgroupPath: engine.cgroupPath(record.id),
            process: network == nil || network == ownNetwork ? nil : running.process.pid, hostMemory: hostMemory)
    }

    /// A network namespace by its inode.
    private static func network(of process: Int32) -> UInt64? {
        var status = stat()
        return stat("/proc/\(process)/ns/net", &status) == 0 ? UInt64(status.st_ino) : nil
    }
}

extension Engine {
    /// Begins to look at what containers use. The first sample of each has no part of a CPU yet.
    /// - Throws: `notFound` for a name that is none.
    public func statistics(_ selection: StatisticsSelection = .running) throws(ContainerError) -> StatisticsSampler {
        try StatisticsSampler(self, selection)
    }

    /// A container that vanishes with its end leaves its record for a moment.
    fileprivate func hasFolder(_ id: String) -> Bool { Files.exists(folders(id).folder) }
}

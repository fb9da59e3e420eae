import ContainerCgroups
import ContainerSystem

/// The processes of a container as ps(1) would show them.
public struct ProcessList: Sendable, Equatable {
    public let titles: [String]
    /// A cell for each title.
    public let rows: [[String]]

    public init(titles: [String], rows: [[String]]) {
        self.titles = titles
        self.rows = rows
    }
}

extension Engine {
    /// The processes of a running container, with the ids that the host has for them.
    /// - Parameter options: those of ps(1), such as `aux`, or `-o` and `pid,cmd`; none is `-ef`. Read from `/proc` here:
    ///   no ps is run, neither the host's nor, ever, the image's.
    /// - Throws: `notFound`; `conflict` when it does not run; `invalidArgument` and `unsupported` for an option.
    public func processes(of name: String, options: [String] = []) throws(ContainerError) -> ProcessList {
        let query = try ProcessQuery(options)
        let record = try find(name)
        let state = state(of: record)
        if case .restarting = state {
            throw ContainerError(
                .conflict, "Container \(record.id) is restarting, wait until the container is running")
        }
        guard state.process?.hasStarted == true else {
            throw ContainerError(.conflict, "container \(record.id) is not running")
        }
        let cgroup = try Cgroup(existing: cgroupPath(record.id), host: try CgroupHost.detect())
        let list = ProcessList(of: try cgroup.processes(), query)
        note("top", record, try Self.decode(record))
        return list
    }
}

extension ProcessList {
    /// - Parameter folder: `/proc`.
    init(of processes: [Int32], _ query: ProcessQuery, host: ProcessHost? = nil, folder: String = "/proc") {
        let host = host ?? .current(folder: folder)
        var samples = processes.compactMap { ProcessSample(pid: $0, folder: folder) }
        for key in query.sorting.reversed() { samples = Self.sorted(samples, by: key.column, key.isDescending, host) }
        let shown = query.isForest ? Self.forest(samples) : samples.map { ($0, 0) }
        titles = query.columns.map(\.title)
        rows = shown.map { process, depth in
            query.columns.map { column in
                let text = column.text(process, host)
                guard depth > 0, column.isCommand else { return text }
                return String(repeating: "    ", count: depth - 1) + " \\_ " + text
            }
        }
    }

    /// Numbers by their size, words by their letters; what is equal stays in its order.
    private static func sorted(
        _ samples: [ProcessSample], by column: ProcessColumn, _ isDescending: Bool, _ host: ProcessHost
    ) -> [ProcessSample] {
        let keyed = samples.enumerated().map { ($0.offset, $0.element, column.text($0.element, host)) }
        return keyed.sorted { left, right in
            if left.2 == right.2 { return left.0 < right.0 }
            let isLess = Double(left.2).flatMap { first in Double(right.2).map { first < $0 } } ?? (left.2 < right.2)
            return isLess != isDescending
        }.map(\.1)
    }

    /// Each process below its parent, with how deep it stands.
    private static func forest(_ samples: [ProcessSample]) -> [(ProcessSample, Int)] {
        let ids = Set(samples.map(\.pid))
        let children = Dictionary(grouping: samples, by: \.parent)
        var result: [(ProcessSample, Int)] = []
        // The deepest last, so that no depth of theirs costs us any stack.
        var waiting = samples.filter { !ids.contains($0.parent) || $0.parent == $0.pid }.reversed().map { ($0, 0) }
        while let (process, depth) = waiting.popLast() {
            result.append((process, depth))
            waiting += (children[process.pid] ?? []).filter { $0.pid != process.pid }.reversed().map { ($0, depth + 1) }
        }
        return result
    }
}

extension ProcessColumn {
    fileprivate var isCommand: Bool { names.contains("args") || names.contains("comm") }
}

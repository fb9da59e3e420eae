import ContainerEngine
import Glibc
import TextTemplate

/// What `stats` says of one container, in docker's words.
struct StatisticsRow {
    let statistics: ContainerStatistics
    /// As it was asked for; an id where none was.
    let container: String
    let isShort: Bool

    static let listing = Listing(
        table:
            "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
        headers: [
            "Container": "CONTAINER", "Name": "NAME", "ID": "CONTAINER ID", "CPUPerc": "CPU %",
            "MemUsage": "MEM USAGE / LIMIT", "MemPerc": "MEM %", "NetIO": "NET I/O", "BlockIO": "BLOCK I/O",
            "PIDs": "PIDS",
        ])

    static let header = [
        "CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS",
    ]

    var cells: [String] { [id, name, cpu, memory, memoryPercent, network, disk, tasks] }

    var object: Object {
        Object(
            type: "stats",
            [
                ("BlockIO", disk), ("CPUPerc", cpu), ("Container", Quoting.safe(container)), ("ID", id),
                ("MemPerc", memoryPercent), ("MemUsage", memory), ("Name", name), ("NetIO", network), ("PIDs", tasks),
            ].map { .init($0.0, .string($0.1)) })
    }

    /// Of one that does not run: nothing, as of one that uses nothing. Of one that is gone there is nothing to say.
    private var usage: ContainerStatistics.Usage { statistics.usage ?? .init() }
    private var isGone: Bool { statistics.isGone }

    private var id: String { isShort ? Identifier.short(statistics.id) : statistics.id }
    private var name: String { statistics.name.isEmpty ? "--" : Quoting.safe(statistics.name) }
    private var cpu: String { isGone ? "--" : HumanUnits.percent(usage.cpuPercent) }
    private var memoryPercent: String { isGone ? "--" : HumanUnits.percent(usage.memoryPercent) }
    private var tasks: String { isGone ? "--" : String(usage.tasks) }
    private var network: String { isGone ? "--" : Self.pair(usage.received, usage.sent) }
    private var disk: String { isGone ? "--" : Self.pair(usage.read, usage.written) }

    private var memory: String {
        if isGone { return "-- / --" }
        func size(_ bytes: UInt64) -> String { HumanUnits.binarySize(Int64(clamping: bytes)) }
        return "\(size(usage.memory)) / \(size(usage.memoryLimit))"
    }

    private static func pair(_ first: UInt64, _ second: UInt64) -> String {
        func size(_ bytes: UInt64) -> String { HumanUnits.size(Int64(clamping: bytes), digits: 3) }
        return "\(size(first)) / \(size(second))"
    }
}

extension HumanUnits {
    /// `12.34%`
    static func percent(_ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.2f%%", $0) }
        return String(decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

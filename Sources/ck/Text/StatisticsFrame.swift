import ContainerEngine

/// The live table of `stats`, on a terminal: docker's columns, and where there is room, how each container's CPU and memory
/// went in the last seconds.
struct StatisticsFrame {
    private var cpu: [String: HistoryGraph] = [:]
    private var memory: [String: HistoryGraph] = [:]
    private let hasGraphs: Bool

    private static let leastWidth = 8
    private static let gap = 3

    init(hasGraphs: Bool) { self.hasGraphs = hasGraphs }

    /// Remembers what the graphs are made of.
    mutating func add(_ statistics: [ContainerStatistics]) {
        // What is gone is forgotten.
        let ids = statistics.map(\.id)
        (cpu, memory) = (cpu.filter { ids.contains($0.key) }, memory.filter { ids.contains($0.key) })
        for one in statistics {
            cpu[one.id, default: HistoryGraph()].add(one.usage?.cpuPercent ?? 0)
            memory[one.id, default: HistoryGraph()].add(one.usage?.memoryPercent ?? 0)
        }
    }

    /// - Parameters:
    ///   - columns: of the terminal; lines are cut there.
    ///   - rows: of the terminal; what is below them is counted only.
    func lines(_ shown: [StatisticsRow], columns: Int, rows: Int) -> [String] {
        var table = Table(header: StatisticsRow.header)
        for row in shown { table.add(row.cells) }
        var lines = table.text.split(separator: "\n").map(String.init)
        let width = lines.map { Quoting.cells($0) }.max() ?? 0
        let room = min(HistoryGraph.most, (columns - width) / 2 - Self.gap)
        if hasGraphs, room >= Self.leastWidth {
            for index in lines.indices {
                let graphs =
                    index == 0
                    ? ["CPU", "MEM"].map { $0 + String(repeating: " ", count: room - $0.count) }
                    : graphs(of: shown[index - 1].statistics.id, width: room)
                let filler = String(repeating: " ", count: width - Quoting.cells(lines[index]) + Self.gap)
                lines[index] += filler + graphs.joined(separator: String(repeating: " ", count: Self.gap))
            }
        }
        // One row is the cursor's.
        let most = max(2, rows - 1)
        if lines.count > most {
            let left = lines.count - most + 1
            lines = lines.prefix(most - 1) + ["... and \(left) more"]
        }
        return lines.map { Quoting.ellipsis($0, width: max(1, columns)) }
    }

    private func graphs(of id: String, width: Int) -> [String] {
        [
            (cpu[id] ?? HistoryGraph()).text(width: width, full: 100),
            (memory[id] ?? HistoryGraph()).text(width: width, full: 100),
        ]
    }
}

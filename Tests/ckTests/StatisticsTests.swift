import ContainerEngine
import TextTemplate
import Testing

@testable import ck

@Suite struct StatisticsTests {
    private static let id = String(repeating: "0123456789abcdef", count: 4)

    private func row(_ usage: ContainerStatistics.Usage?, name: String = "web", isGone: Bool = false) -> StatisticsRow {
        StatisticsRow(
            statistics: ContainerStatistics(id: Self.id, name: name, usage: usage, isGone: isGone), container: "we",
            isShort: true)
    }

    private var usage: ContainerStatistics.Usage {
        var usage = ContainerStatistics.Usage()
        usage.cpuPercent = 12.345
        usage.memory = 5_349_376
        usage.memoryLimit = 8 << 30
        (usage.received, usage.sent, usage.read, usage.written) = (1500, 0, 4_096_000, 12)
        usage.tasks = 3
        return usage
    }

    @Test func cellsAreDockers() {
        #expect(
            row(usage).cells == [
                "0123456789ab", "web", "12.35%", "5.102MiB / 8GiB", "0.06%", "1.5kB / 0B", "4.1MB / 12B", "3",
            ])
        #expect(
            row(nil).cells == ["0123456789ab", "web", "0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0"],
            "one that does not run")
        #expect(
            row(nil, name: "", isGone: true).cells == ["0123456789ab", "--", "--", "-- / --", "--", "--", "--", "--"])
    }

    @Test func templatesHaveDockersFields() throws {
        func text(_ format: String) throws -> String {
            try caught { console in
                do { try StatisticsRow.listing.show([row(usage)].map(\.object), format: format, on: console) } catch {
                    console.error("\(error)")
                }
                return 0
            }.out
        }
        #expect(
            try text("json")
                == #"{"BlockIO":"4.1MB / 12B","CPUPerc":"12.35%","Container":"we","ID":"0123456789ab","MemPerc":"0.06%","#
                + #""MemUsage":"5.102MiB / 8GiB","Name":"web","NetIO":"1.5kB / 0B","PIDs":"3"}"# + "\n")
        #expect(try text("{{.Container}} {{.PIDs}}") == "we 3\n")
        #expect(
            try text("table").split(separator: "\n").first
                == "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O      BLOCK I/O     PIDS")
    }

    @Test func theLiveTableHasGraphsWhereThereIsRoom() {
        var frame = StatisticsFrame(hasGraphs: true)
        let sample = row(usage).statistics
        frame.add([sample])
        frame.add([sample])
        let width = Quoting.cells(frame.lines([row(usage)], columns: 100, rows: 10)[0])
        #expect(width < 100)
        let wide = frame.lines([row(usage)], columns: 200, rows: 10)
        #expect(wide[0].contains("PIDS") && wide[0].contains("   CPU") && wide[0].contains("   MEM"))
        #expect(wide[1].contains("▁▁   ") && wide.allSatisfy { Quoting.cells($0) <= 200 })
        let narrow = frame.lines([row(usage)], columns: 40, rows: 10)
        #expect(narrow.allSatisfy { Quoting.cells($0) <= 40 })
        let low = frame.lines((0..<20).map { _ in row(usage) }, columns: 200, rows: 8)
        #expect(low.count == 7 && low.last == "... and 15 more")
        #expect(StatisticsFrame(hasGraphs: false).lines([row(usage)], columns: 300, rows: 9)[0].hasSuffix("PIDS"))
    }

    @Test func aGraphShowsTheLastValues() {
        var graph = HistoryGraph()
        for value in [0.0, 1, 50, 100] { graph.add(value) }
        #expect(graph.text(width: 5, full: 100) == "  ▁▅█")
        #expect(graph.text(width: 2, full: 400) == "▂▃")
        graph.add(800)
        #expect(graph.text(width: 3, full: 100) == "▁▂█", "two CPUs and more make the rest smaller")
    }
}

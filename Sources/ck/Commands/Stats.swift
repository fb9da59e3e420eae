import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct Stats: Command {
    static let synopsis = Synopsis(
        name: "stats", operands: "[OPTIONS] [CONTAINER...]",
        abstract: "Display a live stream of container(s) resource usage statistics", count: 0...Int.max,
        flags: DockerFlags.stats)

    @Flag(name: .shortAndLong, help: "Show all containers, not only running ones")
    var all = false

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format: String?

    @Flag(help: "Show one sample and quit")
    var noStream = false

    @Flag(help: "Don't cut ids short")
    var noTrunc = false

    @Flag(help: "Draw no graphs of the last seconds")
    var noGraph = false

    @Argument(help: "The containers, by name or id")
    var containers: [String] = []

    /// Two samples are so far apart, in milliseconds.
    private static let interval = 1000
    /// The first two: the ticks that the kernel counts the host's time in are 10 ms long.
    private static let firstInterval = 500

    func run(in session: Session) throws -> Int32 {
        let selection: StatisticsSelection = containers.isEmpty ? all ? .all : .running : .named(containers)
        var sampler = try session.engine().statistics(selection)
        let signals = try SignalPipe([SIGINT, SIGTERM, SIGHUP])
        _ = try sampler.next()
        if let signal = Self.wait(Self.firstInterval, signals) { return 128 + signal }
        if noStream {
            try show(rows(try sampler.next()), on: session.console)
            return 0
        }
        var screen = screen()
        while true {
            let samples = try sampler.next()
            let rows = rows(samples)
            if screen != nil { screen!.show(samples, rows) } else { try show(rows, on: session.console) }
            // Those that were asked for are all gone.
            if !containers.isEmpty, samples.allSatisfy(\.isGone) { return 0 }
            if let signal = Self.wait(Self.interval, signals) { return 128 + signal }
        }
    }

    /// The signal that ended the wait.
    private static func wait(_ milliseconds: Int, _ signals: SignalPipe) -> CInt? {
        poll([signals.reader.raw], milliseconds: milliseconds)[0] ? signals.take().first : nil
    }

    private func rows(_ samples: [ContainerStatistics]) -> [StatisticsRow] {
        samples.map { StatisticsRow(statistics: $0, container: name(of: $0), isShort: !noTrunc) }
    }

    /// What it was asked for by.
    private func name(of sample: ContainerStatistics) -> String {
        containers.first { sample.name == $0 || sample.name == $0.dropFirst() || sample.id.hasPrefix($0) } ?? sample.id
    }

    private func show(_ rows: [StatisticsRow], on console: Console) throws {
        try StatisticsRow.listing.show(rows.map(\.object), format: format ?? "table", on: console)
    }

    /// The terminal that a live table is painted on; nil where its lines follow one another.
    private func screen() -> StatisticsScreen? {
        guard format == nil || format == "table", ProgressMode.auto.resolved(for: 1) == .tty else { return nil }
        return StatisticsScreen(hasGraphs: !noGraph)
    }
}

/// The live table, painted over itself.
private struct StatisticsScreen {
    private var frame: StatisticsFrame
    private var painter = FramePainter()

    init(hasGraphs: Bool) { frame = StatisticsFrame(hasGraphs: hasGraphs) }

    mutating func show(_ samples: [ContainerStatistics], _ rows: [StatisticsRow]) {
        frame.add(samples)
        let size = TerminalSize.of(1) ?? (24, 80)
        let lines = frame.lines(rows, columns: Int(size.columns), rows: Int(size.rows))
        let text = painter.paint(ProgressFrame(live: lines), columns: Int(size.columns))
        Console.writeAll(Array(text.utf8)[...], to: 1)
    }
}

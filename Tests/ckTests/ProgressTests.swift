import ContainerEngine
import FoundationEssentials
import Synchronization
import Testing

@testable import ck

@Suite struct ProgressModeTests {
    @Test func autoLooksAtTheTerminal() throws {
        let auto = try ProgressMode(nil)
        #expect(auto == .auto && auto.resolved(isTerminal: true, term: "xterm") == .tty)
        for term in ["dumb", "", nil] { #expect(auto.resolved(isTerminal: true, term: term) == .plain) }
        #expect(auto.resolved(isTerminal: false, term: "xterm") == .plain)
        for mode in ProgressMode.allCases where mode != .auto {
            #expect(try ProgressMode(mode.rawValue).resolved(isTerminal: false, term: nil) == mode)
        }
    }

    @Test(arguments: ["pull", "push", "run"]) func anUnknownModeIsAnError(command: String) {
        for value in ["fancy", "", "JSON"] {
            let outcome = ck(command, "--progress", value, "x")
            #expect(outcome.status == 125 && outcome.out.isEmpty)
            #expect(
                outcome.error == """
                    invalid argument "\(value)" for "--progress" flag: must be one of "auto", "plain", "tty", "json" \
                    or "quiet"
                    See 'ck \(command) --help'.

                    """)
        }
    }
}

@Suite struct RateMeterTests {
    @Test func aSteadyRateIsItsOwnAverage() {
        var meter = RateMeter()
        #expect(meter.rate == nil && meter.secondsLeft(of: 100) == nil)
        for tick in 0...5 { meter.sample(done: Int64(5_000_000 + tick * 100_000), at: 7 + Double(tick) / 10) }
        // What was there before counts for nothing: a download that is resumed is not fast.
        #expect(abs((meter.rate ?? 0) - 1_000_000) < 1)
        #expect(meter.secondsLeft(of: 15_500_000) == 10)
        #expect(meter.secondsLeft(of: 5_500_000) == nil)
    }

    @Test func aChangeShowsAfterSeconds() {
        var meter = RateMeter()
        var done: Int64 = 0
        func run(_ seconds: Int, from start: Int, _ rate: Int64, _ meter: inout RateMeter) {
            for tick in 1...(seconds * 10) {
                done += rate / 10
                meter.sample(done: done, at: Double(start) + Double(tick) / 10)
            }
        }
        meter.sample(done: 0, at: 0)
        run(20, from: 0, 1000, &meter)
        run(1, from: 20, 10_000, &meter)
        let soon = meter.rate ?? 0
        #expect(soon > 2000 && soon < 5000, "\(soon)")
        run(14, from: 21, 10_000, &meter)
        #expect((meter.rate ?? 0) > 9800)
        run(60, from: 35, 0, &meter)
        #expect((meter.rate ?? 1) < 1)
        #expect(meter.secondsLeft(of: done + 1_000_000) == nil, "a transfer that stands still takes for ever")
    }

    @Test func beginningAnewForgets() {
        var meter = RateMeter()
        meter.sample(done: 0, at: 0)
        meter.sample(done: 1000, at: 1)
        meter.sample(done: 10, at: 2)
        #expect(meter.rate == nil)
        meter.sample(done: 20, at: 2)
        #expect(meter.rate == nil, "no time has passed")
        meter.sample(done: 510, at: 3)
        #expect(abs((meter.rate ?? 0) - 500) < 0.001)
    }

    @Test(arguments: [
        (1, "1s"), (59, "59s"), (60, "1m0s"), (125, "2m5s"), (3599, "59m59s"), (3600, "1h0m"), (12_000, "3h20m"),
    ])
    func spans(_ seconds: Int, _ text: String) { #expect(ProgressLine.span(seconds) == text) }
}

/// Frames as they look, for several widths of a terminal.
@Suite struct ProgressFrameTests {
    /// Two seconds into a pull of four layers.
    private static let board = {
        var board = TransferBoard()
        for id in ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd"] {
            board.apply(.layer(id: id, status: "Pulling fs layer"))
        }
        board.apply(.layer(id: "aaaaaaaaaaaa", status: "Pull complete"))
        for tick in 0...20 {
            board.apply(.progress(id: "bbbbbbbbbbbb", .downloading, done: Int64(tick) * 615_000, total: 45_600_000))
            board.apply(.progress(id: "cccccccccccc", .downloading, done: 500, total: 500))
            board.apply(.progress(id: "cccccccccccc", .extracting, done: Int64(tick) * 20, total: 500))
            board.measure(at: Double(tick) / 10)
        }
        return board
    }()

    static let frames: [(Int, [String])] = [
        (
            120,
            [
                "aaaaaaaaaaaa: Pull complete",
                "bbbbbbbbbbbb: Downloading [=============>                                    ] 12.3MB/45.6MB 6.15MB/s 6s    ",
                "cccccccccccc: Extracting  [========================================>         ]   400B/500B     200B/s 1s    ",
                "dddddddddddd: Pulling fs layer",
            ]
        ),
        (
            80,
            [
                "aaaaaaaaaaaa: Pull complete",
                "bbbbbbbbbbbb: Downloading [=====>               ] 12.3MB/45.6MB 6.15MB/s 6s    ",
                "cccccccccccc: Extracting  [================>    ]   400B/500B     200B/s 1s    ",
                "dddddddddddd: Pulling fs layer",
            ]
        ),
        (
            60,
            [
                "aaaaaaaaaaaa: Pull complete",
                "bbbbbbbbbbbb: Downloading [====>            ] 12.3MB/45.6MB",
                "cccccccccccc: Extracting  [===============>   ]   400B/500B",
                "dddddddddddd: Pulling fs layer",
            ]
        ),
        (
            44,
            [
                "aaaaaaaaaaaa: Pull complete", "bbbbbbbbbbbb: Downloading 12.3MB/45.6MB",
                "cccccccccccc: Extracting    400B/500B", "dddddddddddd: Pulling fs layer",
            ]
        ),
        (
            30,
            [
                "aaaaaaaaaaaa: Pull complete", "bbbbbbbbbbbb: 12.3MB/45.6MB", "cccccccccccc:   400B/500B",
                "dddddddddddd: Pulling fs layer".prefix(29).description,
            ]
        ),
        (20, ["aaaaaaaaaaaa: Pull ", "bbbbbbbbbbbb: 26%", "cccccccccccc: 80%", "dddddddddddd: Pulli"]),
        (1, ["", "", "", ""]),
    ]

    @Test(arguments: frames) func looks(width: Int, lines: [String]) {
        let frame = ProgressFrame(Self.board, shown: 0, columns: width, rows: 24)
        #expect(frame.settled.isEmpty && frame.live == lines)
        #expect(frame.live.allSatisfy { $0.count < max(width, 1) || $0.isEmpty })
    }

    @Test func whatIsOddLooksSensible() {
        func line(_ done: Int64, _ total: Int64) -> String {
            var board = TransferBoard()
            board.apply(.progress(id: "a", .pushing, done: done, total: total))
            return ProgressFrame(board, shown: 0, columns: 50, rows: 24).live[0]
        }
        #expect(line(0, 100) == "a: Pushing [>                       ]     0B/100B")
        #expect(line(100, 100) == "a: Pushing [========================]   100B/100B")
        #expect(line(150, 100) == "a: Pushing [===========]   150B                  ")
        #expect(line(150, 0) == "a: Pushing [         ]   150B                    ")
        #expect(line(.max, .max).count < 50)
        #expect(line(-5, 100).count < 50)
    }

    /// While a layer is unpacked as it comes, its line is about the download; a status ends both.
    @Test func theLineIsAboutWhatIsWaitedFor() {
        var board = TransferBoard()
        func phase() -> TransferEvent.Phase? { board.layers[0].current?.phase }
        board.apply(.progress(id: "a", .extracting, done: 1, total: 10))
        #expect(phase() == .extracting)
        board.apply(.progress(id: "a", .downloading, done: 5, total: 10))
        board.apply(.progress(id: "a", .extracting, done: 4, total: 10))
        #expect(phase() == .downloading)
        board.apply(.progress(id: "a", .downloading, done: 10, total: 10))
        #expect(phase() == .extracting)
        board.apply(.layer(id: "a", status: "Pull complete"))
        board.apply(.progress(id: "a", .extracting, done: 10, total: 10))
        #expect(phase() == nil && board.layers[0].isSettled)
    }

    @Test func moreLayersThanRows() {
        var board = TransferBoard()
        let ids = (0..<10).map { "layer-\($0)" }
        for id in ids { board.apply(.layer(id: id, status: "Pulling fs layer")) }
        for id in ids[..<3] { board.apply(.layer(id: id, status: "Already exists")) }
        let frame = ProgressFrame(board, shown: 0, columns: 40, rows: 6)
        #expect(frame.settled == ids[..<3].map { "\($0): Already exists" })
        #expect(
            frame.live == ids[3..<7].map { "\($0): Pulling fs layer" } + ["... and 3 more layers"])
        #expect(ProgressFrame(board, shown: 3, columns: 40, rows: 8).live.count == 7)
        #expect(ProgressFrame(board, shown: 3, columns: 40, rows: 8).settled.isEmpty)
        let last = ProgressFrame(board, shown: 3, columns: 40, rows: 6, isLast: true)
        #expect(last.live.isEmpty && last.settled.count == 7)
        #expect(ProgressFrame(board, shown: 0, columns: 40, rows: 1).live.count == 1)
    }

    /// Nothing that a registry can choose drives the terminal.
    @Test func statusesAreSafe() {
        var board = TransferBoard()
        board.apply(.layer(id: "a", status: "Mounted from \u{1b}[2J"))
        #expect(ProgressFrame(board, shown: 0, columns: 80, rows: 24).live == ["a: Mounted from \\x1b[2J"])
    }
}

/// Frames over each other, on a terminal of a kind.
@Suite struct BarDisplayTests {
    private static let ids = (0..<12).map { "layer-\($0)" }

    /// A pull of twelve layers with three at a time, seen on a terminal.
    @Test(arguments: [(24, 80), (9, 80), (4, 40), (2, 30), (24, 14)])
    func everyLayerEndsInOneLine(rows: Int, columns: Int) {
        let screen = Screen(rows: rows, columns: columns)
        var display = screen.display(opening: "latest: Pulling from app")
        screen.write("before\r\n")
        display.show([], at: 0)
        display.show(Self.ids.map { .layer(id: $0, status: "Pulling fs layer") }, at: 0)
        var time = 0.1
        for id in Self.ids {
            for done in 1...3 {
                display.show([.progress(id: id, .downloading, done: Int64(done), total: 3)], at: time)
                display.show([], at: time)
                time += 0.1
            }
            display.show([.layer(id: id, status: "Pull complete")], at: time)
        }
        display.end(hasSucceeded: true)
        screen.write("after\r\n")
        let expected =
            ["before", "latest: Pulling from app"] + Self.ids.map { "\($0): Pull complete" } + ["after"]
        if columns > 24 {
            #expect(screen.text == expected)
        } else {
            // The opening is as long as it is; no line of a layer wraps.
            #expect(screen.text.filter { $0.hasPrefix("layer") }.count == Self.ids.count)
            #expect(screen.text.last == "after")
        }
        if columns > 24 { #expect(screen.wraps == 0) }
    }

    @Test func aFailureLeavesTheLinesAsTheyAre() {
        let screen = Screen(rows: 24, columns: 60)
        var display = screen.display(opening: nil)
        display.show([.layer(id: "a", status: "Pull complete"), .layer(id: "b", status: "Pulling fs layer")], at: 0)
        screen.write("^C")
        display.show([.progress(id: "b", .downloading, done: 1, total: 2)], at: 1)
        display.end(hasSucceeded: false)
        screen.write("ck: it failed\r\n")
        #expect(
            screen.text == [
                "a: Pull complete", "b: Downloading [======>     ]     1B/2B", "ck: it failed",
            ])
    }

    @Test func nothingIsWrittenWhenNothingChanges() {
        let screen = Screen(rows: 24, columns: 80)
        var display = screen.display(opening: nil)
        display.show([.layer(id: "a", status: "Pulling fs layer")], at: 0)
        let written = screen.count
        for tick in 1...10 { display.show([], at: Double(tick)) }
        #expect(screen.count == written)
        display.end(hasSucceeded: true)
        #expect(screen.text == ["a: Pulling fs layer"])
    }

    @Test func whatComesAfterAStopIsPaintedBelow() {
        let screen = Screen(rows: 24, columns: 80)
        var display = screen.display(opening: nil)
        display.show([.layer(id: "a", status: "Pulling fs layer")], at: 0)
        screen.write("[1]+  Stopped\r\n$ fg\r\n")
        display.resume()
        display.show([.layer(id: "a", status: "Pull complete")], at: 1)
        display.end(hasSucceeded: true)
        #expect(screen.text == ["a: Pulling fs layer", "[1]+  Stopped", "$ fg", "a: Pull complete"])
    }

    /// A terminal that becomes narrower has wrapped what is there.
    @Test func aNarrowerTerminalIsPaintedFromTheTop() {
        var painter = FramePainter()
        let line = String(repeating: "x", count: 70)
        var frame = ProgressFrame(TransferBoard(), shown: 0, columns: 80, rows: 24)
        frame.live = [line, "y"]
        _ = painter.paint(frame, columns: 80)
        frame.live = [String(line.prefix(29)), "y"]
        let text = painter.paint(frame, columns: 30)
        #expect(text.hasPrefix("\r\u{1b}[4A\u{1b}[J" + frame.live[0]))
        #expect(painter.paint(frame, columns: 30).isEmpty)
        #expect(painter.paint(frame, columns: 80).isEmpty)
    }

    private final class Screen: Sendable {
        private let screen: Mutex<(screen: VirtualScreen, count: Int)>
        private let size: (rows: UInt16, columns: UInt16)

        init(rows: Int, columns: Int) {
            screen = Mutex((VirtualScreen(rows: rows, columns: columns), 0))
            size = (UInt16(rows), UInt16(columns))
        }

        func write(_ text: String) {
            screen.withLock {
                $0.screen.write(text)
                $0.count += 1
            }
        }

        func display(opening: String?) -> BarDisplay {
            BarDisplay(opening: opening, write: { [self] in write($0) }, size: { [size] in size })
        }

        var text: [String] { screen.withLock { $0.screen.text } }
        var wraps: Int { screen.withLock { $0.screen.wraps } }
        var count: Int { screen.withLock { $0.count } }
    }
}

@Suite struct LineDisplayTests {
    private static let events: [TransferEvent] = [
        .layer(id: "0123456789ab", status: "Pulling fs layer"),
        .progress(id: "0123456789ab", .downloading, done: 1, total: 2),
        .layer(id: "0123456789ab", status: "Pull complete"),
    ]

    @Test func plainLinesAreDockers() {
        let lines = PullRecorder()
        var display = PlainDisplay(line: { lines.add($0) }, opening: "latest: Pulling from busybox")
        display.show([], at: 0)
        #expect(lines.all.isEmpty, "the registry has not answered yet")
        display.show(Self.events, at: 1)
        display.end(hasSucceeded: true)
        #expect(
            lines.all == [
                "latest: Pulling from busybox", "0123456789ab: Pulling fs layer", "0123456789ab: Pull complete",
            ])
    }

    @Test func theOpeningComesWhenAnythingWorks() {
        for hasSucceeded in [true, false] {
            let lines = PullRecorder()
            var display = PlainDisplay(line: { lines.add($0) }, opening: "opening")
            display.end(hasSucceeded: hasSucceeded)
            #expect(lines.all == (hasSucceeded ? ["opening"] : []))
        }
    }

    @Test func linesOfJSON() throws {
        let lines = PullRecorder()
        let display = JSONDisplay { lines.add($0) }
        display.show(Self.events, at: 0)
        #expect(
            lines.all == [
                #"{"id":"0123456789ab","status":"Pulling fs layer"}"#,
                #"{"current":1,"id":"0123456789ab","phase":"downloading","status":"Downloading","total":2}"#,
                #"{"id":"0123456789ab","status":"Pull complete"}"#,
            ])
        var record = ProgressRecord()
        record.error = "pull \"x\": \u{1b}[31m\nno"
        #expect(!record.line.contains("\n") && !record.line.contains("\u{1b}"))
        #expect(try JSONDecoder().decode(ProgressRecord.self, from: Data(record.line.utf8)) == record)
    }
}

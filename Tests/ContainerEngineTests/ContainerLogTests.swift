import ContainerSystem
import Glibc
import Synchronization
import Testing

@testable import ContainerEngine

/// docker's json-file format, as the shim and any kind of accident leave it.
@Suite struct ContainerLogTests {
    private func line(_ text: String, stream: String = "stdout", second: Int = 0) -> String {
        #"{"log":"\#(text)","stream":"\#(stream)","time":"2026-01-02T03:04:0\#(second)Z"}"# + "\n"
    }

    private func withLog(
        _ text: [UInt8], isRunning: @escaping @Sendable (Interruption?) -> Bool = { _ in false },
        _ body: (ContainerLog, _ path: String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/x-json.log"
            try Files.replace(path, with: text)
            try body(ContainerLog(path: path, isRunning: isRunning), path)
        }
    }

    /// The texts of all entries, and how many lines are damaged.
    private func read(_ text: String) throws -> (texts: [String], damaged: Int) {
        var texts: [String] = []
        var damaged = 0
        try withLog(Array(text.utf8)) { log, _ in
            damaged = try log.read { texts.append(String(decoding: $0.text, as: UTF8.self)) }
        }
        return (texts, damaged)
    }

    @Test func entriesComeInTheirOrder() throws {
        let text = line(#"a\u0000\"b\\\n"#, second: 1) + line("err", stream: "stderr", second: 2) + line(#"\u2028ä\t"#)
        try withLog(Array(text.utf8)) { log, _ in
            var entries: [ContainerLog.Entry] = []
            let damaged = try log.read { entries.append($0) }
            #expect(
                entries == [
                    .init(text: Array("a\0\"b\\\n".utf8), isError: false, time: "2026-01-02T03:04:01Z"),
                    .init(text: Array("err".utf8), isError: true, time: "2026-01-02T03:04:02Z"),
                    .init(text: Array("\u{2028}ä\t".utf8), isError: false, time: "2026-01-02T03:04:00Z"),
                ])
            #expect(damaged == 0)
        }
    }

    @Test func beforeTheFirstWriteThereIsNothing() throws {
        #expect(try read("").texts.isEmpty)
        try withTemporaryFolder { (folder: String) throws in
            let log = ContainerLog(path: folder + "/none") { _ in false }
            #expect(try log.read { _ in Issue.record("there is no file") } == 0)
            #expect(try log.read(.init(follows: true)) { _ in Issue.record("there is no file") } == 0)
            // The folder is the engine's own; a link in it is nobody's business.
            try system("link") { symlink("/etc/passwd", folder + "/link") }
            #expect(code { try ContainerLog(path: folder + "/link") { _ in false }.read { _ in } } == .invalidArgument)
        }
    }

    @Test func theLastLineIsReadOnceItIsWhole() throws {
        let whole = line("one") + line("two")
        for cut in 0..<line("two").utf8.count {
            let found = try read(String(whole.dropLast(cut)))
            #expect(found.texts == (cut == 0 ? ["one", "two"] : ["one"]) && found.damaged == 0, "\(cut)")
        }
    }

    /// A container that was started again goes on where its first supervisor was killed.
    @Test func whatFollowsHalfALineIsNotLost() throws {
        let half = line(#"lost {\"log\":\"\n"#)
        for cut in 1..<half.utf8.count {
            let found = try read(line("a") + String(half.dropLast(cut)) + line("b") + line("c"))
            #expect(found == (["a", "b", "c"], 1), "\(cut)")
        }
    }

    @Test(arguments: [
        "no json\n", "\n", "{}\n", "\0\0\0\0\n", #"{"log":1,"stream":"stdout","time":""}"# + "\n",
        #"tail of a line","stream":"stdout","time":"2026-01-02T03:04:05Z"}"# + "\n", #"{"log":"{"log":"\n"#,
        "\u{ff}\u{fe}\n",
    ])
    func aDamagedLineIsLeftOutAndCounted(damage: String) throws {
        let found = try read(line("a") + damage + line("b") + damage + line("c"))
        #expect(found.texts.filter { $0 == "a" || $0 == "b" || $0 == "c" } == ["a", "b", "c"])
        #expect(found.texts.count == 3 && found.damaged == 2)
    }

    @Test func aLineWithoutEndIsNotKept() throws {
        // The longest that the shim writes: 16 KiB of bytes that take six each.
        let longest = String(repeating: #"\u0001"#, count: 16_384)
        #expect(try read(line(longest) + line("b")).texts.map(\.utf8.count) == [16_384, 1])
        let endless = String(repeating: "x", count: 3 << 20)
        #expect(try read(line("a") + line(endless) + line("b")) == (["a", "b"], 1))
        #expect(try read(line("a") + endless) == (["a"], 0))
    }

    @Test func linesMayFallBetweenReads() throws {
        // Lengths that do not divide a read's, so that its end falls everywhere.
        let texts = (0..<5000).map { String(repeating: "y", count: $0 % 97) }
        #expect(try read(texts.map { line($0) }.joined()).texts == texts)
    }

    @Test func aFollowerSeesWhatWasWrittenBeforeTheEnd() throws {
        let turns = Mutex(0)
        let more = Mutex<(@Sendable () -> Void)?>(nil)
        let isRunning: @Sendable (Interruption?) -> Bool = { _ in
            more.withLock { $0?() }
            return turns.withLock { turn in
                turn += 1
                return turn < 3
            }
        }
        let first = line("one") + String(line("two").prefix(20))
        let rest = Array((String(line("two").dropFirst(20)) + line("three")).utf8)
        try withLog(Array(first.utf8), isRunning: isRunning) { (log: ContainerLog, path: String) throws in
            // Written while the container is asked for the third and last time whether it runs.
            more.withLock {
                $0 = {
                    guard turns.withLock({ $0 == 2 }) else { return }
                    let file = open(path, O_WRONLY | O_APPEND)
                    _ = write(file, rest, rest.count)
                    close(file)
                }
            }
            var texts: [String] = []
            #expect(try log.read(.init(follows: true)) { texts.append(String(decoding: $0.text, as: UTF8.self)) } == 0)
            #expect(texts == ["one", "two", "three"] && turns.withLock { $0 } == 3)
        }
    }

    @Test func whoeverReadsMayStop() throws {
        try withLog(Array((line("a") + line("b")).utf8)) { log, _ in
            var count = 0
            let stopped = code {
                try log.read { (_) throws(ContainerError) in
                    count += 1
                    throw ContainerError(.cancelled, "enough")
                }
            }
            #expect(stopped == .cancelled && count == 1)
        }
    }
}

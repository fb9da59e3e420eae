import ContainerSystem
import Glibc
import Synchronization
import Testing

@testable import ContainerEngine

/// Which entries are asked for.
@Suite struct LogQueryTests {
    private func line(_ second: Int, _ text: String? = nil, attributes: String = "") -> String {
        let time = "2026-01-02T03:04:\(second < 10 ? "0" : "")\(second).5Z"
        return #"{"log":"\#(text ?? "\(second)")\n","stream":"stdout",\#(attributes)"time":"\#(time)"}"# + "\n"
    }

    private func moment(_ second: Int) -> Int64 { (1_767_323_040 + Int64(second)) * 1_000_000_000 + 500_000_000 }

    private func texts(_ log: ContainerLog, _ query: ContainerLog.Query) throws -> String {
        var text = ""
        try log.read(query) { text += String(decoding: $0.text.dropLast(), as: UTF8.self) }
        return text
    }

    @Test func timesAndNumbersCutTheLog() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            // The clock was set back once; one file was put aside.
            try Files.replace(path + ".1", with: Array((line(1) + line(2) + line(5)).utf8))
            try Files.replace(path, with: Array((line(3) + line(6) + line(8)).utf8))
            let log = ContainerLog(path: path) { _ in false }
            #expect(try texts(log, .init()) == "125368")
            #expect(try texts(log, .init(since: moment(2))) == "25368")
            #expect(
                try texts(log, .init(since: moment(2) + 1)) == "5368", "an older one after it counts, as for docker")
            #expect(try texts(log, .init(until: moment(2))) == "12")
            #expect(try texts(log, .init(until: moment(2) - 1)) == "1")
            #expect(try texts(log, .init(since: moment(3), until: moment(6))) == "536")
            #expect(try texts(log, .init(last: 2)) == "68")
            #expect(try texts(log, .init(last: 4)) == "5368")
            #expect(try texts(log, .init(since: moment(6), last: 4)) == "68", "the last four, and of them those")
            #expect(try texts(log, .init(since: moment(9))).isEmpty)
            #expect(try texts(log, .init(last: 0)).isEmpty)
        }
    }

    @Test func attributesAreShownAsDockerEscapesThem() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            let attributes = #""attrs":{"b":"x=1,é \"}","a":""},"#
            try Files.replace(path, with: Array((line(1, attributes: attributes) + line(2)).utf8))
            let log = ContainerLog(path: path) { _ in false }
            var details: [String] = []
            var entries: [ContainerLog.Entry] = []
            let damaged = try log.readRecords(.init(), idle: {}) {
                details.append($0.details)
                entries.append(.init($0))
            }
            #expect(damaged == 0 && details == ["a=,b=x%3D1%2C%C3%A9+%22%7D", ""])
            #expect(entries.map(\.attributes) == [["b": "x=1,é \"}", "a": ""], [:]])
        }
    }

    /// Keys in another order, or with spaces between, as other programs write them.
    @Test func theOrderOfKeysDoesNotMatter() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            let text =
                #"{ "time": "2026-01-02T03:04:05Z", "attrs": {"k":"v"}, "stream": "stderr", "log": "\ud83d\ude00\n" }"#
            try Files.replace(path, with: Array((text + "\n" + line(6, #"\ud83dx\ude00"#)).utf8))
            var entries: [ContainerLog.Entry] = []
            #expect(try ContainerLog(path: path) { _ in false }.read { entries.append($0) } == 0)
            #expect(
                entries == [
                    .init(
                        text: Array("😀\n".utf8), isError: true, time: "2026-01-02T03:04:05Z", attributes: ["k": "v"]),
                    .init(text: Array("\u{fffd}x\u{fffd}\n".utf8), isError: false, time: "2026-01-02T03:04:06.5Z"),
                ])
        }
    }

    @Test func aTimeIsShownWithNineDecimals() throws {
        for (time, shown) in [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000000Z"),
            ("2026-01-02T03:04:05.12Z", "2026-01-02T03:04:05.120000000Z"),
            ("2026-01-02T03:04:05.123456789+02:00", "2026-01-02T03:04:05.123456789+02:00"),
        ] {
            var bytes: [UInt8] = []
            Array(time.utf8).withUnsafeBytes { LogRecord.Time.text($0).append(to: &bytes) }
            #expect(String(decoding: bytes, as: UTF8.self) == shown)
        }
    }

    /// With `max-file=1` the supervisor empties the file and goes on.
    @Test func aFollowerGoesOnInAFileThatWasEmptied() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            try Files.replace(path, with: Array((line(1) + line(2)).utf8))
            var reader = try #require(try ContainerLogReader(path, follows: true))
            func read() throws -> String {
                var text = ""
                while let record = try reader.next() { text += String(decoding: record.text.dropLast(), as: UTF8.self) }
                return text
            }
            #expect(try read() == "12")
            truncate(path, 0)
            let file = try Descriptor.open(path, O_WRONLY | O_APPEND)
            try file.writeAll(Array(line(3).utf8), name: path)
            #expect(try read() == "3")
            #expect(reader.damagedLines == 0)
        }
    }

    /// Files that are thrown away while the reader is busy with an older one are read all the same.
    @Test func aFollowerHoldsOnToWhatIsRotated() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            func append(_ text: String) throws {
                let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
                try file.writeAll(Array(text.utf8), name: path)
            }
            // More than the reader takes at once.
            let many = (0..<20_000).map { _ in line(1, "a") }.joined()
            try append(many)
            var reader = try #require(try ContainerLogReader(path, follows: true))
            var count = 0
            while count < 2500, try reader.next() != nil { count += 1 }
            for round in 0..<6 {
                rename(path + ".1", path + ".2")
                rename(path, path + ".1")
                try append(line(2, "b\(round)"))
                // Each time the reader goes to the disk it looks for new files.
                var steps = 0
                while steps < 2500, let record = try reader.next() {
                    steps += 1
                    if record.text.first == UInt8(ascii: "a") { count += 1 } else { Issue.record("out of order") }
                }
            }
            var rest: [String] = []
            while let record = try reader.next() {
                if record.text.first == UInt8(ascii: "a") {
                    count += 1
                } else {
                    rest.append(String(decoding: record.text.dropLast(), as: UTF8.self))
                }
            }
            #expect(count == 20_000 && rest == (0..<6).map { "b\($0)" })
        }
    }

    @Test func aFollowerThatIsInterruptedStops() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            try Files.replace(path, with: Array(line(1).utf8))
            let interruption = try Interruption()
            let log = ContainerLog(path: path) { interruption in
                _ = interruption?.wait(milliseconds: 60_000)
                return true
            }
            var seen = 0
            let stopped = code {
                try log.read(.init(follows: true), interruption: interruption) { _ in
                    seen += 1
                    interruption.interrupt()
                }
            }
            #expect(stopped == .cancelled && seen == 1)
        }
    }

    @Test func nobodyWaitsForWhatIsBehindTheEnd() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x.log"
            try Files.replace(path, with: Array((line(1) + line(5)).utf8))
            let log = ContainerLog(path: path) { _ in
                Issue.record("it waits")
                return false
            }
            #expect(try texts(log, .init(until: moment(2), follows: true)) == "1")
            #expect(try texts(log, .init(until: moment(9), follows: true)) == "15", "that time is long gone")
        }
    }
}

import ContainerSystem
import Glibc
import Synchronization
import Testing

@testable import ContainerEngine

/// A log whose files move on while they are read.
@Suite struct RotatedLogTests {
    private func entry(_ text: String) -> [UInt8] {
        Array((#"{"log":"\#(text)\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}"# + "\n").utf8)
    }

    private func append(_ texts: String..., to path: String) throws {
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        for text in texts { try file.writeAll(entry(text), name: path) }
    }

    /// As the supervisor does it, keeping three files.
    private func rotate(_ path: String) {
        for number in [1, 0] { rename(number == 0 ? path : "\(path).\(number)", "\(path).\(number + 1)") }
    }

    private func texts(_ reader: inout ContainerLogReader) throws -> [String] {
        var texts: [String] = []
        while let entry = try reader.next() { texts.append(String(decoding: entry.text.dropLast(), as: UTF8.self)) }
        return texts
    }

    @Test func olderFilesComeFirst() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x-json.log"
            try append("a", to: path)
            rotate(path)
            try append("b", "c", to: path)
            rotate(path)
            try append("d", to: path)
            // Not ours.
            try append("z", to: path + ".old")
            let log = ContainerLog(path: path) { _ in false }
            func read(_ last: Int?) throws -> String {
                var text = ""
                try log.read(.init(last: last)) { text += String(decoding: $0.text.dropLast(), as: UTF8.self) }
                return text
            }
            #expect(try [nil, 0, 1, 3, 4, 9].map { try read($0) } == ["abcd", "", "d", "bcd", "abcd", "abcd"])
            unlink(path)
            #expect(try read(nil) == "abc", "the next file is not there yet")
        }
    }

    @Test func aReaderGoesOnWhereItsFileWent() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x-json.log"
            try append("1", to: path)
            var reader = try #require(try ContainerLogReader(path))
            try append("2", to: path)
            #expect(try texts(&reader) == ["1"], "what there was at the beginning")
            reader.follow()
            rotate(path)
            #expect(try texts(&reader) == ["2"])
            try append("3", to: path)
            rotate(path)
            try append("4", to: path)
            #expect(try texts(&reader) == ["3", "4"])
            // It is thrown away, with what came after: what is left is read.
            try append("5", to: path)
            for text in ["6", "7", "8"] {
                rotate(path)
                try append(text, to: path)
            }
            #expect(try texts(&reader) == ["5", "6", "7", "8"])
            #expect(reader.damagedLines == 0)
        }
    }

    @Test func halfALineAtTheEndOfAFileIsDamaged() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x-json.log"
            try append("1", to: path)
            try Files.replace(path, with: entry("1") + entry("half").prefix(20))
            rotate(path)
            try append("2", to: path)
            var reader = try #require(try ContainerLogReader(path))
            #expect(try texts(&reader) == ["1", "2"])
            #expect(reader.damagedLines == 1)
        }
    }

    /// A writer that never rests: what is read keeps its order, and nothing comes twice.
    @Test func whatIsReadWhileFilesMoveKeepsItsOrder() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/x-json.log"
            try append("0", to: path)
            let isDone = Atomic(false)
            try withThread({
                for number in 1...3000 {
                    if number % 40 == 0 { rotate(path) }
                    try? append("\(number)", to: path)
                }
                isDone.store(true, ordering: .releasing)
            }) {
                var reader = try #require(try ContainerLogReader(path))
                reader.follow()
                var seen: [Int] = []
                while true {
                    let isLast = isDone.load(ordering: .acquiring)
                    seen += try texts(&reader).compactMap { Int($0) }
                    if isLast { break }
                }
                #expect(seen.last == 3000 && zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
                #expect(reader.damagedLines == 0)
            }
        }
    }

    private func withThread(_ work: @escaping () -> Void, _ body: () throws -> Void) throws {
        let box = Unmanaged.passRetained(Work(work))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        defer { pthread_join(thread, nil) }
        try body()
    }
}

private final class Work {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
}

import ContainerSystem
import Glibc
import Testing

@testable import ContainerEngine

/// The format of docker's driver `local`.
@Suite struct LocalLogTests {
    /// As docker's own code encodes it.
    private func record(
        _ line: String, stream: String = "stdout", nanoseconds: UInt64 = 1_767_323_045_000_000_007,
        partial: Bool? = nil, attributes: [(String, String)] = []
    ) -> [UInt8] {
        func bytes(_ field: UInt8, _ value: [UInt8]) -> [UInt8] {
            [field << 3 | 2] + varint(UInt64(value.count)) + value
        }
        var entry = bytes(1, Array(stream.utf8)) + [2 << 3] + varint(nanoseconds) + bytes(3, Array(line.utf8))
        // `partial` with its metadata: whether it is the last piece, an id, a number.
        if let partial { entry += [4 << 3, 1] + bytes(5, (partial ? [8, 1] : []) + bytes(2, [0x61]) + [3 << 3, 5]) }
        for (key, value) in attributes { entry += bytes(6, bytes(1, Array(key.utf8)) + bytes(2, Array(value.utf8))) }
        let length = withUnsafeBytes(of: UInt32(entry.count).bigEndian) { Array($0) }
        return length + entry + length
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
    }

    private func read(_ bytes: [UInt8], last: Int? = nil) throws -> (texts: [String], damaged: Int) {
        var texts: [String] = []
        var damaged = 0
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/container.log"
            try Files.replace(path, with: bytes)
            let log = ContainerLog(path: path, format: .local) { _ in false }
            damaged = try log.read(.init(last: last)) { texts.append(String(decoding: $0.text, as: UTF8.self)) }
        }
        return (texts, damaged)
    }

    @Test func anEntryHasAllThatDockerKeeps() throws {
        try withTemporaryFolder { (folder: String) throws in
            let path = folder + "/container.log"
            try Files.replace(
                path, with: record("a\u{0}b") + record("e", stream: "stderr", attributes: [("b", "2"), ("a", "1")]))
            var entries: [ContainerLog.Entry] = []
            let log = ContainerLog(path: path, format: .local) { _ in false }
            #expect(try log.read { entries.append($0) } == 0)
            let time = "2026-01-02T03:04:05.000000007Z"
            #expect(
                entries == [
                    .init(text: Array("a\0b\n".utf8), isError: false, time: time),
                    .init(text: Array("e\n".utf8), isError: true, time: time, attributes: ["a": "1", "b": "2"]),
                ])
        }
    }

    @Test func thePiecesOfALongLineAreOneAgain() throws {
        let pieces = record("one", partial: false) + record("two", partial: false) + record("three", partial: true)
        #expect(try read(pieces + record("next")) == (["one", "two", "three\n", "next\n"], 0))
    }

    @Test func theLastEntriesAreFoundFromTheEnd() throws {
        let bytes = (0..<500).flatMap { record(String($0)) }
        for count in [0, 1, 3, 499, 500, 501] {
            let texts = try read(bytes, last: count).texts
            #expect(texts == (500 - min(count, 500)..<500).map { "\($0)\n" }, "\(count)")
            // Half an entry at the end is one that is being written.
            #expect(try read(bytes + record("half").dropLast(3), last: count).texts == texts, "\(count)")
        }
    }

    /// A disk that was full, and a supervisor that went on.
    @Test func whatFollowsHalfAnEntryIsNotLost() throws {
        let half = record("lost")
        for cut in 1..<half.count {
            let found = try read(record("a") + half.dropLast(cut) + record("b") + record("c"))
            #expect(found == (["a\n", "b\n", "c\n"], 1), "\(cut)")
            let last = try read(record("a") + half.dropLast(cut) + record("b") + record("c"), last: 2)
            #expect(last.texts == ["b\n", "c\n"], "\(cut)")
        }
    }

    @Test(
        arguments: [
            [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [0, 0, 0, 1, 0x07, 0, 0, 0, 1],
            [UInt8](repeating: 0x41, count: 5000),
        ] as [[UInt8]])
    func damageIsLeftOut(damage: [UInt8]) throws {
        let found = try read(record("a") + damage + record("b"))
        #expect(found.texts == ["a\n", "b\n"] && found.damaged == 1)
    }

    @Test func noEntryIsLongerThanItMayBe() throws {
        let longest = String(repeating: "x", count: 900_000)
        #expect(try read(record(longest) + record("b")).texts.map(\.utf8.count) == [900_001, 2])
        let endless = String(repeating: "x", count: 3 << 20)
        #expect(try read(record("a") + record(endless) + record("b")).texts == ["a\n", "b\n"])
    }
}

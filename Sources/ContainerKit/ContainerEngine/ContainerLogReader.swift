import ContainerSystem
import FoundationEssentials
import Glibc

/// Splits a json-file log into its lines; the rest of a line that is being written stays for the next turn.
struct ContainerLogReader {
    /// Lines so far that are no entries, or no whole ones.
    private(set) var damagedLines = 0

    /// The longest line that the shim writes has 16 KiB, of which each byte may take six.
    private static let lineLimit = 1 << 18
    /// Every entry begins so, and none has it anywhere else: within a string the quotes have a backslash each.
    private static let beginning = Array(#"{"log":""#.utf8)

    private let file: Descriptor
    private let path: String
    private var buffer: [UInt8] = []
    /// Where the next line starts, and up to where it has been searched for its end.
    private var position = 0
    private var searched = 0
    private var isSkipping = false

    /// Nil when there is no log yet.
    init?(_ path: String) throws(ContainerError) {
        guard Files.exists(path) else { return nil }
        file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW)
        self.path = path
    }

    /// The next entry; nil where the file ends, for now.
    mutating func next() throws(ContainerError) -> ContainerLog.Entry? {
        while true {
            if let line = nextLine() {
                if let entry = entry(line) { return entry }
            } else if try !readMore() {
                return nil
            }
        }
    }

    private mutating func nextLine() -> ArraySlice<UInt8>? {
        guard let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.count
            return nil
        }
        defer {
            position = end + 1
            searched = position
            isSkipping = false
        }
        return isSkipping ? [] : buffer[position..<end]
    }

    /// - Returns: false at the end of the file.
    private mutating func readMore() throws(ContainerError) -> Bool {
        buffer.removeFirst(position)
        position = 0
        if buffer.count > Self.lineLimit {
            buffer.removeAll()
            isSkipping = true
        }
        searched = buffer.count
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = try system("read \(path)") { Glibc.read(file.raw, &chunk, chunk.count) }
        buffer += chunk[..<count]
        return count > 0
    }

    private mutating func entry(_ line: ArraySlice<UInt8>) -> ContainerLog.Entry? {
        if let entry = Self.decode(line) { return entry }
        damagedLines += 1
        // What was written after half a line stands in the same line.
        return Self.lastBeginning(in: line).flatMap { Self.decode(line[$0...]) }
    }

    private static func lastBeginning(in line: ArraySlice<UInt8>) -> Int? {
        guard line.count > beginning.count else { return nil }
        return (line.startIndex...line.endIndex - beginning.count).last { line[$0...].starts(with: beginning) }
    }

    private struct Line: Decodable {
        let log: String
        let stream: String
        let time: String
    }

    private static func decode(_ line: ArraySlice<UInt8>) -> ContainerLog.Entry? {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else { return nil }
        return .init(text: Array(line.log.utf8), isError: line.stream == "stderr", time: line.time)
    }
}

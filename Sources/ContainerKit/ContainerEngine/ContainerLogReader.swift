import ContainerSystem
import FoundationEssentials
import Glibc

/// Splits a json-file log into its lines, from the oldest file to the one that is written to; the rest of a line that is
/// being written stays for the next turn.
struct ContainerLogReader {
    /// Lines so far that are no entries, or no whole ones.
    private(set) var damagedLines = 0

    /// The longest line that the shim writes has 16 KiB, of which each byte may take six.
    private static let lineLimit = 1 << 18
    /// Every entry begins so, and none has it anywhere else: within a string the quotes have a backslash each.
    private static let beginning = Array(#"{"log":""#.utf8)

    private let log: RotatedLog
    private var file: Descriptor
    /// The files of the beginning that are still to come.
    private var queue: [Descriptor]
    /// How many bytes of the last of them are still to be read. Nil once it is followed.
    private var rest: Int?
    /// The next file, once there is one: nothing more is written to this one then.
    private var successor: Descriptor?
    private let path: String
    private var buffer: [UInt8] = []
    /// Where the next line starts, and up to where it has been searched for its end.
    private var position = 0
    private var searched = 0
    private var isSkipping = false

    /// Nil when there is no log yet.
    init?(_ path: String) throws(ContainerError) {
        log = RotatedLog(path)
        queue = try log.open()
        guard let newest = queue.last else { return nil }
        var status = stat()
        try system("stat \(path)") { fstat(newest.raw, &status) }
        rest = Int(status.st_size)
        file = queue.removeFirst()
        self.path = path
    }

    /// Goes on beyond what there was at the beginning. (A container that writes faster than anybody reads has no end.)
    mutating func follow() { rest = nil }

    /// The next entry; nil where the log ends: where it ended at the beginning, or for now.
    mutating func next() throws(ContainerError) -> ContainerLog.Entry? {
        while true {
            if let line = nextLine() {
                if let entry = entry(line) { return entry }
            } else if try !readMore(), try !moveOn() {
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
        let isBounded = queue.isEmpty && rest != nil
        var chunk = [UInt8](repeating: 0, count: isBounded ? min(1 << 16, rest ?? 0) : 1 << 16)
        let count = try system("read \(path)") { Glibc.read(file.raw, &chunk, chunk.count) }
        if isBounded { rest = rest.map { $0 - count } }
        buffer += chunk[..<count]
        return count > 0
    }

    /// At the end of a file.
    /// - Returns: false when it is the newest.
    private mutating func moveOn() throws(ContainerError) -> Bool {
        if !queue.isEmpty {
            successor = queue.removeFirst()
        } else if rest != nil {
            return false
        }
        guard let next = successor else {
            successor = try log.successor(of: file)
            // Something may have been written to this one before it was put aside: read on.
            return successor != nil
        }
        // Half a line is what a full disk leaves.
        if !buffer.isEmpty || isSkipping { damagedLines += 1 }
        buffer.removeAll()
        (position, searched, isSkipping) = (0, 0, false)
        file = next
        successor = nil
        return true
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

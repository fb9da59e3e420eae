import ContainerSystem
import FoundationEssentials
import Glibc

/// What a container has written, from its json-file log.
public struct ContainerLog: Sendable {
    public struct Entry: Sendable, Equatable {
        /// With its newline, unless the line was longer than 16 KiB or the container ended first.
        public let text: [UInt8]
        public let isError: Bool
        /// RFC 3339 with nanoseconds.
        public let time: String
    }

    let path: String
    /// Whether more may still come; it may wait a moment for it.
    let isRunning: @Sendable () -> Bool

    /// Every entry so far, the oldest first.
    public func read(_ body: (Entry) throws(ContainerError) -> Void) throws(ContainerError) {
        guard var reader = try Reader(path) else { return }
        while let entry = try reader.next() { try body(entry) }
    }

    /// Every entry so far, then each new one until the container has ended.
    public func follow(_ body: (Entry) throws(ContainerError) -> Void) throws(ContainerError) {
        guard var reader = try Reader(path) else { return }
        while true {
            // Looked at first: what the container wrote before its end is in the file by then.
            let isLast = !isRunning()
            while let entry = try reader.next() { try body(entry) }
            if isLast { return }
        }
    }

    /// Splits the file into lines; the rest of a line that is being written stays for the next turn.
    private struct Reader {
        private let file: Descriptor
        private let path: String
        private var buffer: [UInt8] = []
        private var position = 0

        init?(_ path: String) throws(ContainerError) {
            guard Files.exists(path) else { return nil }
            file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW)
            self.path = path
        }

        mutating func next() throws(ContainerError) -> Entry? {
            while true {
                if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                    let line = buffer[position..<end]
                    position = end + 1
                    return try Self.entry(line, path)
                }
                buffer.removeFirst(position)
                position = 0
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                let count = try system("read \(path)") { Glibc.read(file.raw, &chunk, chunk.count) }
                if count == 0 { return nil }
                buffer += chunk[..<count]
            }
        }

        private struct Line: Decodable {
            let log: String
            let stream: String
            let time: String
        }

        private static func entry(_ line: ArraySlice<UInt8>, _ path: String) throws(ContainerError) -> Entry {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else {
                throw ContainerError(.corrupted, "read the log \(path)", cause: "a line is not JSON")
            }
            return Entry(text: Array(line.log.utf8), isError: line.stream == "stderr", time: line.time)
        }
    }
}

extension Engine {
    /// The log of a container.
    /// - Throws: `notFound`.
    public func logs(of name: String) throws(ContainerError) -> ContainerLog {
        let record = try find(name)
        let folders = folders(record.id)
        return ContainerLog(path: folders.logFile(id: record.id)) {
            guard case .running(let running) = folders.state(wasStarted: true) else { return false }
            // The supervisor writes the log, so its end is the log's.
            return !running.shim.waitForEnd(milliseconds: 100)
        }
    }
}

import ContainerSystem

/// What a container has written, from its json-file log and the older ones that the supervisor put aside.
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
    /// - Parameter last: how many from the end; nil for all.
    /// - Returns: how many lines are damaged, as a full disk or a power cut leaves them; they are left out.
    @discardableResult
    public func read(last: Int? = nil, _ body: (Entry) throws(ContainerError) -> Void) throws(ContainerError) -> Int {
        guard var reader = try ContainerLogReader(path) else { return 0 }
        try Self.readOn(&reader, last: last, body)
        return reader.damagedLines
    }

    /// Every entry so far, then each new one until the container has ended.
    /// - Parameter last: how many of those so far; nil for all.
    /// - Returns: as `read`.
    @discardableResult
    public func follow(last: Int? = nil, _ body: (Entry) throws(ContainerError) -> Void) throws(ContainerError) -> Int {
        guard var reader = try ContainerLogReader(path) else { return 0 }
        try Self.readOn(&reader, last: last, body)
        reader.follow()
        while true {
            // Looked at first: what the container wrote before its end is in the file by then.
            let isLast = !isRunning()
            while let entry = try reader.next() { try body(entry) }
            if isLast { return reader.damagedLines }
        }
    }

    private static func readOn(
        _ reader: inout ContainerLogReader, last: Int?, _ body: (Entry) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        guard let last else {
            while let entry = try reader.next() { try body(entry) }
            return
        }
        // A ring; `oldest` is the one that the next takes the place of.
        var ring: [Entry] = []
        var oldest = 0
        while let entry = try reader.next() {
            if ring.count < last {
                ring.append(entry)
            } else if last > 0 {
                ring[oldest] = entry
                oldest = (oldest + 1) % last
            }
        }
        for index in ring.indices { try body(ring[(oldest + index) % ring.count]) }
    }
}

extension Engine {
    /// The log of a container.
    /// - Throws: `notFound`.
    public func logs(of name: String) throws(ContainerError) -> ContainerLog {
        let record = try find(name)
        let folders = folders(record.id)
        return ContainerLog(path: folders.logFile(id: record.id)) {
            guard let running = folders.state(wasStarted: true).process else { return false }
            // The supervisor writes the log, so its end is the log's.
            return !running.shim.waitForEnd(milliseconds: 100)
        }
    }
}

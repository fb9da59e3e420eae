import ContainerSystem

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
    /// - Returns: how many lines are damaged, as a full disk or a power cut leaves them; they are left out.
    @discardableResult
    public func read(_ body: (Entry) throws(ContainerError) -> Void) throws(ContainerError) -> Int {
        guard var reader = try ContainerLogReader(path) else { return 0 }
        while let entry = try reader.next() { try body(entry) }
        return reader.damagedLines
    }

    /// Every entry so far, then each new one until the container has ended.
    /// - Returns: as `read`.
    @discardableResult
    public func follow(_ body: (Entry) throws(ContainerError) -> Void) throws(ContainerError) -> Int {
        guard var reader = try ContainerLogReader(path) else { return 0 }
        while true {
            // Looked at first: what the container wrote before its end is in the file by then.
            let isLast = !isRunning()
            while let entry = try reader.next() { try body(entry) }
            if isLast { return reader.damagedLines }
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

import ContainerSystem

/// What a container has written, from its log and the older ones that the supervisor put aside.
public struct ContainerLog: Sendable {
    public struct Entry: Sendable, Equatable {
        /// With its newline, unless the line was longer than 16 KiB or the container ended first.
        public let text: [UInt8]
        public let isError: Bool
        /// RFC 3339 with nanoseconds.
        public let time: String
        /// What `--log-opt labels`, `env` and `tag` let the log driver keep with each entry.
        public let attributes: [String: String]

        public init(text: [UInt8], isError: Bool, time: String, attributes: [String: String] = [:]) {
            self.text = text
            self.isError = isError
            self.time = time
            self.attributes = attributes
        }
    }

    /// Which entries are wanted.
    public struct Query: Sendable, Equatable {
        /// Nanoseconds since 1970; all from the first that is not older.
        public var since: Int64?
        /// Nanoseconds since 1970; none from the first that is younger.
        public var until: Int64?
        /// How many from the end of what there is, before the times are looked at; nil for all.
        public var last: Int?
        /// Whether to go on with each new entry until the container ends.
        public var follows: Bool

        public init(since: Int64? = nil, until: Int64? = nil, last: Int? = nil, follows: Bool = false) {
            self.since = since
            self.until = until
            self.last = last
            self.follows = follows
        }
    }

    let path: String
    var format = LogFormat.json
    /// Whether more may still come; it waits a moment for it.
    let isRunning: @Sendable (Interruption?) -> Bool

    /// The entries, the oldest first.
    /// - Parameters:
    ///   - interruption: ends the wait for more.
    ///   - body: may throw, which ends it as well.
    /// - Returns: how many lines are damaged, as a full disk or a power cut leaves them; they are left out.
    /// - Throws: what `body` throws; `cancelled` when it was interrupted.
    @discardableResult
    public func read(
        _ query: Query = Query(), interruption: Interruption? = nil, _ body: (Entry) throws(ContainerError) -> Void
    ) throws(ContainerError) -> Int {
        try readRecords(query, interruption: interruption, idle: {}) { record throws(ContainerError) in
            try body(Entry(record))
        }
    }

    /// As the other, without a copy of the entries.
    /// - Parameter idle: called before it waits for more.
    package func readRecords(
        _ query: Query, interruption: Interruption? = nil, idle: () throws(ContainerError) -> Void,
        _ body: (LogRecord) throws(ContainerError) -> Void
    ) throws(ContainerError) -> Int {
        var reader = try ContainerLogReader(path, format: format, last: query.last, follows: query.follows)
        var window = Window(query)
        var goesOn = true
        while true {
            var isOver = false
            if reader != nil { isOver = try Self.pass(&reader!, &window, body) }
            try idle()
            if isOver { break }
            if interruption?.isInterrupted == true { throw ContainerError(.cancelled, "follow the log: interrupted") }
            guard query.follows, goesOn else { break }
            // Looked at before the log is: what the container wrote before its end is in the file by then.
            goesOn = isRunning(interruption)
            // It had written nothing yet.
            if reader == nil { reader = try ContainerLogReader(path, format: format, follows: true) }
        }
        return reader?.damagedLines ?? 0
    }

    /// - Returns: whether none of what comes is wanted.
    private static func pass(
        _ reader: inout ContainerLogReader, _ window: inout Window, _ body: (LogRecord) throws(ContainerError) -> Void
    ) throws(ContainerError) -> Bool {
        while let record = try reader.next() {
            switch window.place(of: record) {
            case .before: continue
            case .inside: try body(record)
            case .behind: return true
            }
        }
        return window.isOver
    }

    /// The span of time that is wanted. Clocks are set back at times, so an entry counts once one before it did.
    private struct Window {
        enum Place { case before, inside, behind }

        private var since: Int64?
        private let until: Int64?

        init(_ query: Query) { (since, until) = (query.since, query.until) }

        mutating func place(of record: LogRecord) -> Place {
            if since == nil, until == nil { return .inside }
            guard let time = record.time.nanoseconds else { return .before }
            if let since {
                if time < since { return .before }
                self.since = nil
            }
            return until.map { time > $0 } == true ? .behind : .inside
        }

        /// Whether its end has come, so that nobody need wait for an entry behind it.
        var isOver: Bool { until.map { Timestamp.now * 1e9 > Double($0) + 1e9 } ?? false }
    }
}

extension ContainerLog.Entry {
    package init(_ record: LogRecord) {
        let time: String
        switch record.time {
        case .text(let text): time = String(decoding: text, as: UTF8.self)
        case .nanoseconds(let value):
            var bytes: [UInt8] = []
            Timestamp.appendFixed(nanoseconds: value, to: &bytes)
            time = String(decoding: bytes, as: UTF8.self)
        }
        let pairs = record.attributePairs
        self.init(
            text: Array(record.text), isError: record.isError, time: time,
            attributes: pairs.isEmpty ? [:] : Dictionary(pairs.map { ($0.key, $0.value) }) { _, last in last })
    }
}

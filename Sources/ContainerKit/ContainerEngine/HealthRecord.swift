import ContainerSystem

/// What a container's health check has found, from the supervisor's file.
public struct HealthRecord: Sendable, Equatable {
    public let status: HealthStatus
    /// How many failures in a row.
    public let failingStreak: Int
    /// The last five results at most, the oldest first.
    public let results: [Result]

    public struct Result: Sendable, Equatable {
        /// Nanoseconds since 1970.
        public let start: Int64
        public let end: Int64
        public let exitCode: Int32
        /// Its first 4096 bytes.
        public let output: String
    }

    /// Nil without a file, or with half of one.
    init?(_ folders: ContainerFolders) {
        guard let bytes = try? Files.read("\(folders.runFolder)/health", limit: 1 << 16) else { return nil }
        self.init(bytes)
    }

    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard let first = Self.words(&rest, count: 2), let status = HealthStatus(rawValue: first[0]),
            let streak = Int(first[1])
        else { return nil }
        var results: [Result] = []
        while !rest.isEmpty {
            guard results.count < 5, let words = Self.words(&rest, count: 4), let start = Int64(words[0]),
                let end = Int64(words[1]), let code = Int32(words[2]), let length = Int(words[3]), length >= 0,
                rest.count > length
            else { return nil }
            let output = String(decoding: rest.prefix(length), as: UTF8.self)
            results.append(Result(start: start, end: end, exitCode: code, output: output))
            rest = rest.dropFirst(length + 1)
        }
        self.status = status
        failingStreak = streak
        self.results = results
    }

    private static func words(_ rest: inout ArraySlice<UInt8>, count: Int) -> [String]? {
        guard let end = rest.firstIndex(of: 0x0a) else { return nil }
        let words = rest[..<end].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        rest = rest[(end + 1)...]
        return words.count == count ? words : nil
    }
}

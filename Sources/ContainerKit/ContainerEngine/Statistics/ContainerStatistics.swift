/// What a container used of the host at one moment.
public struct ContainerStatistics: Sendable, Equatable {
    public let id: String
    /// Empty when the container is gone.
    public let name: String
    /// Nil when it does not run.
    public let usage: Usage?
    /// It was asked for by its name and has been removed since.
    public let isGone: Bool

    public init(id: String, name: String, usage: Usage?, isGone: Bool = false) {
        self.id = id
        self.name = name
        self.usage = usage
        self.isGone = isGone
    }

    public struct Usage: Sendable, Equatable {
        /// Of one CPU, since the sample before this one: 200 is two CPUs at full speed. 0 in the first.
        public var cpuPercent = 0.0
        /// Time on all CPUs together since the container was started, nanoseconds.
        public var cpuNanoseconds: UInt64 = 0
        /// Bytes, without the page cache that would be given up first.
        public var memory: UInt64 = 0
        /// Bytes: the container's limit, or what the host has.
        public var memoryLimit: UInt64 = 0
        /// Bytes since the start, on all interfaces of its own.
        public var received: UInt64 = 0
        public var sent: UInt64 = 0
        /// Bytes since the start, from and to disks.
        public var read: UInt64 = 0
        public var written: UInt64 = 0
        /// Processes and threads.
        public var tasks: UInt64 = 0

        /// When the container's time was read (`SteadyClock`).
        var readAt: UInt64 = 0

        public init() {}

        public var memoryPercent: Double { memoryLimit == 0 ? 0 : Double(memory) / Double(memoryLimit) * 100 }
    }
}

/// Time on all CPUs, and when it was read, nanoseconds.
struct CPUSample: Sendable, Equatable {
    var used: UInt64
    var at: UInt64

    /// Of one CPU; 0 where no time has gone by, or the container has been started anew.
    static func percent(from before: CPUSample, to now: CPUSample) -> Double {
        guard now.used > before.used, now.at > before.at else { return 0 }
        return Double(now.used - before.used) / Double(now.at - before.at) * 100
    }
}

import ContainerSystem

/// All that a cgroup counts: what `runc events --stats` shows. Zero and empty is what this host does not count.
public struct CgroupDetailedStatistics: Sendable, Equatable {
    /// Time on CPUs since the cgroup was made, in nanoseconds.
    public struct CPU: Sendable, Equatable {
        public var total: UInt64 = 0
        public var user: UInt64 = 0
        public var kernel: UInt64 = 0
        /// By CPU (version 1).
        public var perCPU: [UInt64] = []
        public var perCPUUser: [UInt64] = []
        public var perCPUKernel: [UInt64] = []
        /// Periods in which there was something to run, those in which the quota ran out, and the time that was lost.
        public var periods: UInt64 = 0
        public var throttledPeriods: UInt64 = 0
        public var throttledTime: UInt64 = 0
        public var pressure: Pressure?

        public init() {}
    }

    /// Where processes run (version 1).
    public struct Places: Sendable, Equatable {
        public var cpus: [UInt16] = []
        public var mems: [UInt16] = []
        /// By the names of the files: `cpu_exclusive`, `mem_hardwall`, ...
        public var flags: [String: Int64] = [:]

        public init() {}
    }

    /// Bytes.
    public struct MemoryUsage: Sendable, Equatable {
        public var usage: UInt64 = 0
        /// The most there ever was.
        public var peak: UInt64 = 0
        /// As the kernel says it: no limit is `UInt64.max` on version 2, and a little less than `Int64.max` on version 1.
        public var limit: UInt64 = 0
        /// How often the limit was hit.
        public var failures: UInt64 = 0

        public init() {}
    }

    public struct Memory: Sendable, Equatable {
        /// Page cache, bytes.
        public var cache: UInt64 = 0
        public var usage = MemoryUsage()
        /// Memory and swap together, on version 2 too.
        public var swap = MemoryUsage()
        /// Version 1.
        public var kernel = MemoryUsage()
        public var kernelTCP = MemoryUsage()
        /// `memory.stat`
        public var raw: [String: UInt64] = [:]
        public var pressure: Pressure?

        public init() {}
    }

    /// A number of one disk.
    public struct DiskEntry: Sendable, Equatable {
        public var major: UInt64
        public var minor: UInt64
        /// `Read`, `Write`, ...; empty for a number that has none.
        public var operation: String
        public var value: UInt64

        public init(major: UInt64, minor: UInt64, operation: String, value: UInt64) {
            self.major = major
            self.minor = minor
            self.operation = operation
            self.value = value
        }
    }

    /// Of this cgroup and those below it. Times are nanoseconds.
    public struct Disks: Sendable, Equatable {
        public var bytes: [DiskEntry] = []
        public var operations: [DiskEntry] = []
        public var queued: [DiskEntry] = []
        public var serviceTime: [DiskEntry] = []
        public var waitTime: [DiskEntry] = []
        public var merged: [DiskEntry] = []
        public var time: [DiskEntry] = []
        public var sectors: [DiskEntry] = []
        public var pressure: Pressure?

        public init() {}
    }

    /// Bytes of huge pages of one size.
    public struct HugePages: Sendable, Equatable {
        public var usage: UInt64 = 0
        public var peak: UInt64 = 0
        public var failures: UInt64 = 0

        public init() {}
    }

    /// How long processes waited for a resource (Documentation/accounting/psi.rst; version 2).
    public struct Pressure: Sendable, Equatable {
        public struct Share: Sendable, Equatable {
            /// Percent of the last 10, 60 and 300 seconds.
            public var average10 = 0.0
            public var average60 = 0.0
            public var average300 = 0.0
            /// Microseconds.
            public var total: UInt64 = 0

            public init() {}
        }

        /// Time in which some processes waited.
        public var some = Share()
        /// Time in which all did.
        public var full = Share()

        public init() {}
    }

    public var cpu = CPU()
    public var places = Places()
    public var memory = Memory()
    /// Processes and threads.
    public var tasks: UInt64 = 0
    /// 0 is no limit.
    public var taskLimit: UInt64 = 0
    public var disks = Disks()
    /// By page size: `2MB`.
    public var hugePages: [String: HugePages] = [:]

    public init() {}
}

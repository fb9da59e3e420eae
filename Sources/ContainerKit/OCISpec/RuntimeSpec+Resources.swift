extension RuntimeSpec {
    /// Limits (config-linux.md, "Control groups").
    public struct Resources: Codable, Sendable, Equatable {
        public struct Memory: Codable, Sendable, Equatable {
            /// Bytes; -1 is no limit.
            public var limit: Int64?
            /// Memory and swap together, bytes; -1 is no limit.
            public var swap: Int64?
            public var reservation: Int64?
            /// Bytes of kernel memory (version 1; taken out of Linux 5.16).
            public var kernel: Int64?
            /// Bytes of kernel memory for TCP (version 1).
            public var kernelTCP: Int64?
            /// 0 to 100 (version 1).
            public var swappiness: UInt64?
            /// Version 1.
            public var disableOOMKiller: Bool?
            /// Version 1.
            public var useHierarchy: Bool?
            /// Whether an update that is below what is used is refused.
            public var checkBeforeUpdate: Bool?

            public init(limit: Int64? = nil, swap: Int64? = nil, reservation: Int64? = nil) {
                self.limit = limit
                self.swap = swap
                self.reservation = reservation
            }
        }

        public struct CPU: Codable, Sendable, Equatable {
            public var shares: UInt64?
            /// Microseconds in each period; -1 is no limit.
            public var quota: Int64?
            /// Microseconds.
            public var period: UInt64?
            /// Microseconds that may be saved up in quiet periods.
            public var burst: UInt64?
            /// Microseconds (version 1, realtime scheduling).
            public var realtimeRuntime: Int64?
            public var realtimePeriod: UInt64?
            /// 1 for `SCHED_IDLE`.
            public var idle: Int64?
            public var cpus: String?
            public var mems: String?

            public init(
                shares: UInt64? = nil, quota: Int64? = nil, period: UInt64? = nil, cpus: String? = nil,
                mems: String? = nil
            ) {
                self.shares = shares
                self.quota = quota
                self.period = period
                self.cpus = cpus
                self.mems = mems
            }
        }

        public struct Pids: Codable, Sendable, Equatable {
            /// 0 or less is no limit.
            public var limit: Int64

            public init(limit: Int64) { self.limit = limit }
        }

        /// One line of the device cgroup; nil major or minor is `*`.
        public struct DeviceRule: Codable, Sendable, Equatable {
            public var allow: Bool
            /// `a` (all), `b` (block) or `c` (character).
            public var type: String?
            public var major: Int64?
            public var minor: Int64?
            /// Letters out of `rwm`.
            public var access: String?

            public init(
                allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil
            ) {
                self.allow = allow
                self.type = type
                self.major = major
                self.minor = minor
                self.access = access
            }
        }

        /// Limits on disks (config-linux.md, "Block IO").
        public struct BlockIO: Codable, Sendable, Equatable {
            public struct WeightDevice: Codable, Sendable, Equatable {
                public var major: Int64
                public var minor: Int64
                public var weight: UInt16?
                public var leafWeight: UInt16?

                public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
                    self.major = major
                    self.minor = minor
                    self.weight = weight
                    self.leafWeight = leafWeight
                }
            }

            public struct ThrottleDevice: Codable, Sendable, Equatable {
                public var major: Int64
                public var minor: Int64
                /// Bytes or operations per second; 0 is no limit.
                public var rate: UInt64

                public init(major: Int64, minor: Int64, rate: UInt64) {
                    self.major = major
                    self.minor = minor
                    self.rate = rate
                }
            }

            /// 10 to 1000.
            public var weight: UInt16?
            public var leafWeight: UInt16?
            public var weightDevice: [WeightDevice]?
            public var throttleReadBpsDevice: [ThrottleDevice]?
            public var throttleWriteBpsDevice: [ThrottleDevice]?
            public var throttleReadIOPSDevice: [ThrottleDevice]?
            public var throttleWriteIOPSDevice: [ThrottleDevice]?

            public init() {}
        }

        public struct HugepageLimit: Codable, Sendable, Equatable {
            /// As in the names of the hugetlb files: `2MB`, `1GB`.
            public var pageSize: String
            /// Bytes.
            public var limit: UInt64

            public init(pageSize: String, limit: UInt64) {
                self.pageSize = pageSize
                self.limit = limit
            }
        }

        /// net_cls and net_prio (version 1).
        public struct Network: Codable, Sendable, Equatable {
            public struct Priority: Codable, Sendable, Equatable {
                public var name: String
                public var priority: UInt32

                public init(name: String, priority: UInt32) {
                    self.name = name
                    self.priority = priority
                }
            }

            public var classID: UInt32?
            public var priorities: [Priority]?

            public init(classID: UInt32? = nil, priorities: [Priority]? = nil) {
                self.classID = classID
                self.priorities = priorities
            }
        }

        public struct RDMA: Codable, Sendable, Equatable {
            public var hcaHandles: UInt32?
            public var hcaObjects: UInt32?

            public init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
                self.hcaHandles = hcaHandles
                self.hcaObjects = hcaObjects
            }
        }

        public var memory: Memory?
        public var cpu: CPU?
        public var pids: Pids?
        public var devices: [DeviceRule]?
        public var blockIO: BlockIO?
        public var hugepageLimits: [HugepageLimit]?
        public var network: Network?
        /// By the name of the adapter.
        public var rdma: [String: RDMA]?
        /// Files of version 2 and what is written to them.
        public var unified: [String: String]?

        public init() {}
    }
}

extension RuntimeSpec {
    /// What is particular to Linux (config-linux.md).
    public struct Linux: Codable, Sendable, Equatable {
        public struct Namespace: Codable, Sendable, Equatable {
            public enum Kind: String, Codable, Sendable, CaseIterable {
                case mount, pid, network, uts, ipc, cgroup, user, time
            }

            public var type: Kind
            public var path: String?

            public init(_ type: Kind, path: String? = nil) {
                self.type = type
                self.path = path
            }
        }

        /// A device node (config-linux.md, "Devices"; mknod(2)).
        public struct Device: Codable, Sendable, Equatable {
            /// `c`, `b`, `u` (as `c`) or `p`.
            public var type: String
            public var path: String
            public var major: Int64?
            public var minor: Int64?
            public var fileMode: UInt32?
            public var uid: UInt32?
            public var gid: UInt32?

            public init(
                type: String, path: String, major: Int64? = nil, minor: Int64? = nil, fileMode: UInt32? = nil,
                uid: UInt32? = nil, gid: UInt32? = nil
            ) {
                self.type = type
                self.path = path
                self.major = major
                self.minor = minor
                self.fileMode = fileMode
                self.uid = uid
                self.gid = gid
            }
        }

        /// How far a clock of a time namespace is from the host's (time_namespaces(7)).
        public struct TimeOffset: Codable, Sendable, Equatable {
            public var secs: Int64?
            public var nanosecs: UInt32?

            public init(secs: Int64? = nil, nanosecs: UInt32? = nil) {
                self.secs = secs
                self.nanosecs = nanosecs
            }
        }

        /// personality(2)
        public struct Personality: Codable, Sendable, Equatable {
            /// `LINUX` or `LINUX32`.
            public var domain: String
            public var flags: [String]?

            public init(domain: String, flags: [String]? = nil) {
                self.domain = domain
                self.flags = flags
            }
        }

        /// Cache and memory bandwidth (resctrl).
        public struct IntelRdt: Codable, Sendable, Equatable {
            public var closID: String?
            public var l3CacheSchema: String?
            public var memBwSchema: String?
            public var enableCMT: Bool?
            public var enableMBM: Bool?

            public init() {}
        }

        public var namespaces: [Namespace] = []
        public var uidMappings: [IDMapping]?
        public var gidMappings: [IDMapping]?
        /// By clock: `monotonic`, `boottime`.
        public var timeOffsets: [String: TimeOffset]?
        public var devices: [Device]?
        public var cgroupsPath: String?
        public var resources: Resources?
        public var sysctl: [String: String]?
        public var seccomp: Seccomp?
        public var maskedPaths: [String]?
        public var readonlyPaths: [String]?
        public var rootfsPropagation: String?
        public var mountLabel: String?
        public var personality: Personality?
        public var intelRdt: IntelRdt?

        public init() {}
    }
}

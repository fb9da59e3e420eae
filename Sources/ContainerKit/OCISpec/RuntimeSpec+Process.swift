extension RuntimeSpec {
    /// What runs in the container (config.md, "Process").
    public struct Process: Codable, Sendable, Equatable {
        public struct User: Codable, Sendable, Equatable {
            public var uid: UInt32
            public var gid: UInt32
            public var umask: UInt32?
            public var additionalGids: [UInt32]?

            public init(uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32]? = nil) {
                self.uid = uid
                self.gid = gid
                self.umask = umask
                self.additionalGids = additionalGids
            }
        }

        public struct ConsoleSize: Codable, Sendable, Equatable {
            public var height: UInt16
            public var width: UInt16

            public init(height: UInt16, width: UInt16) {
                self.height = height
                self.width = width
            }
        }

        /// Names with the prefix `CAP_` (capabilities(7)).
        public struct Capabilities: Codable, Sendable, Equatable {
            public var bounding: [String]?
            public var effective: [String]?
            public var inheritable: [String]?
            public var permitted: [String]?
            public var ambient: [String]?

            public init(
                bounding: [String]? = nil, effective: [String]? = nil, inheritable: [String]? = nil,
                permitted: [String]? = nil, ambient: [String]? = nil
            ) {
                self.bounding = bounding
                self.effective = effective
                self.inheritable = inheritable
                self.permitted = permitted
                self.ambient = ambient
            }
        }

        public struct ResourceLimit: Codable, Sendable, Equatable {
            /// `RLIMIT_NOFILE` and so on (getrlimit(2)).
            public var type: String
            public var soft: UInt64
            public var hard: UInt64

            public init(type: String, soft: UInt64, hard: UInt64) {
                self.type = type
                self.soft = soft
                self.hard = hard
            }
        }

        /// sched_setattr(2)
        public struct Scheduler: Codable, Sendable, Equatable {
            /// `SCHED_OTHER` and so on (sched(7)).
            public var policy: String
            public var nice: Int32?
            public var priority: Int32?
            /// `SCHED_FLAG_RESET_ON_FORK` and so on.
            public var flags: [String]?
            /// Nanoseconds, as the two that follow.
            public var runtime: UInt64?
            public var deadline: UInt64?
            public var period: UInt64?

            public init(policy: String) { self.policy = policy }
        }

        /// ioprio_set(2)
        public struct IOPriority: Codable, Sendable, Equatable {
            /// `IOPRIO_CLASS_RT`, `IOPRIO_CLASS_BE` or `IOPRIO_CLASS_IDLE`.
            public var `class`: String
            /// 0 (first) to 7.
            public var priority: Int32?

            public init(class: String, priority: Int32? = nil) {
                self.class = `class`
                self.priority = priority
            }
        }

        /// The CPUs of a process that joins a container, as lists (cpuset(7)).
        public struct CPUAffinity: Codable, Sendable, Equatable {
            /// Before it enters the container's control group.
            public var initial: String?
            /// Afterwards.
            public var final: String?

            public init(initial: String? = nil, final: String? = nil) {
                self.initial = initial
                self.final = final
            }
        }

        public var terminal: Bool?
        public var consoleSize: ConsoleSize?
        public var user = User()
        public var args: [String]
        public var env: [String] = []
        public var cwd: String
        public var capabilities: Capabilities?
        public var rlimits: [ResourceLimit]?
        public var noNewPrivileges: Bool?
        public var oomScoreAdj: Int?
        public var scheduler: Scheduler?
        public var ioPriority: IOPriority?
        public var execCPUAffinity: CPUAffinity?
        public var apparmorProfile: String?
        public var selinuxLabel: String?

        public init(args: [String], env: [String] = [], cwd: String = "/") {
            self.args = args
            self.env = env
            self.cwd = cwd
        }
    }
}

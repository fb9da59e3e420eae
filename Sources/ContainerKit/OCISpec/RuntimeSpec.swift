/// The part of the OCI runtime specification (config.md, config-linux.md) that describes one container. The engine
/// makes one from an image and options; from there on nothing knows about images.
public struct RuntimeSpec: Codable, Sendable, Equatable {
    public struct Root: Codable, Sendable, Equatable {
        public var path: String
        public var readonly: Bool?

        public init(path: String, readonly: Bool? = nil) {
            self.path = path
            self.readonly = readonly
        }
    }

    public struct Mount: Codable, Sendable, Equatable {
        public var destination: String
        public var type: String?
        public var source: String?
        public var options: [String]?

        public init(destination: String, type: String? = nil, source: String? = nil, options: [String]? = nil) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }
    }

    public var ociVersion = "1.0.2"
    public var process: Process
    public var root: Root
    public var hostname: String?
    public var domainname: String?
    public var mounts: [Mount] = []
    public var linux = Linux()

    public init(process: Process, root: Root) {
        self.process = process
        self.root = root
    }
}

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

        public init(args: [String], env: [String] = [], cwd: String = "/") {
            self.args = args
            self.env = env
            self.cwd = cwd
        }
    }

    /// What is particular to Linux (config-linux.md).
    public struct Linux: Codable, Sendable, Equatable {
        public struct Namespace: Codable, Sendable, Equatable {
            public enum Kind: String, Codable, Sendable, CaseIterable {
                case mount, pid, network, uts, ipc, cgroup, user
            }

            public var type: Kind
            public var path: String?

            public init(_ type: Kind, path: String? = nil) {
                self.type = type
                self.path = path
            }
        }

        public var namespaces: [Namespace] = []
        public var cgroupsPath: String?
        public var resources: Resources?
        public var sysctl: [String: String]?
        public var seccomp: Seccomp?
        public var maskedPaths: [String]?
        public var readonlyPaths: [String]?
        public var rootfsPropagation: String?

        public init() {}
    }

    /// Limits (config-linux.md, "Control groups").
    public struct Resources: Codable, Sendable, Equatable {
        public struct Memory: Codable, Sendable, Equatable {
            /// Bytes; -1 is no limit.
            public var limit: Int64?
            /// Memory and swap together, bytes; -1 is no limit.
            public var swap: Int64?
            public var reservation: Int64?

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

        public var memory: Memory?
        public var cpu: CPU?
        public var pids: Pids?
        public var devices: [DeviceRule]?

        public init() {}
    }

    /// A system call filter (config-linux.md, "Seccomp").
    public struct Seccomp: Codable, Sendable, Equatable {
        public struct Argument: Codable, Sendable, Equatable {
            public var index: UInt32
            public var value: UInt64
            public var valueTwo: UInt64?
            /// `SCMP_CMP_EQ` and so on.
            public var op: String

            public init(index: UInt32, value: UInt64, valueTwo: UInt64? = nil, op: String) {
                self.index = index
                self.value = value
                self.valueTwo = valueTwo
                self.op = op
            }
        }

        public struct Rule: Codable, Sendable, Equatable {
            public var names: [String]
            /// `SCMP_ACT_ALLOW` and so on.
            public var action: String
            public var errnoRet: UInt32?
            public var args: [Argument]?

            public init(names: [String], action: String, errnoRet: UInt32? = nil, args: [Argument]? = nil) {
                self.names = names
                self.action = action
                self.errnoRet = errnoRet
                self.args = args
            }
        }

        public var defaultAction: String
        public var defaultErrnoRet: UInt32?
        /// `SCMP_ARCH_X86_64` and so on.
        public var architectures: [String]?
        public var flags: [String]?
        public var syscalls: [Rule]?

        public init(
            defaultAction: String, defaultErrnoRet: UInt32? = nil, architectures: [String]? = nil,
            flags: [String]? = nil, syscalls: [Rule]? = nil
        ) {
            self.defaultAction = defaultAction
            self.defaultErrnoRet = defaultErrnoRet
            self.architectures = architectures
            self.flags = flags
            self.syscalls = syscalls
        }
    }
}

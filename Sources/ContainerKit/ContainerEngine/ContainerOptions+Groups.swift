extension ContainerOptions {
    /// Resource limits; nil is no limit, but for processes.
    public struct Limits: Sendable, Equatable {
        /// Bytes.
        public var memory: Int64?
        /// Billionths of a CPU.
        public var nanoCPUs: Int64?
        /// Relative weight; docker's scale, 2 to 262144, where 1024 is the default.
        public var cpuShares: UInt64?
        /// Processes and threads. Of options nil is the engine's default, and 0 or less none.
        public var pids: Int64?
        /// Bytes that the kernel tries to get back to when memory runs short.
        public var memoryReservation: Int64?
        /// Bytes of memory and swap together; -1 is no limit.
        public var memorySwap: Int64?
        /// 0 to 100 (version 1 of control groups).
        public var memorySwappiness: Int64?
        /// Nothing is ended when memory runs out, but everything waits (version 1).
        public var oomKillDisable: Bool?
        /// Microseconds.
        public var cpuPeriod: Int64?
        /// Microseconds in each period.
        public var cpuQuota: Int64?
        /// Microseconds.
        public var cpuRealtimePeriod: Int64?
        public var cpuRealtimeRuntime: Int64?
        /// Lists such as `0-2,4` (cpuset(7)).
        public var cpusetCPUs: String?
        public var cpusetMemories: String?
        /// 10 to 1000.
        public var blockIOWeight: UInt16?
        public var blockIOWeightDevices: [DeviceRate]?
        /// Bytes or operations per second of a disk.
        public var readBytes: [DeviceRate]?
        public var writeBytes: [DeviceRate]?
        public var readOperations: [DeviceRate]?
        public var writeOperations: [DeviceRate]?

        public init() {}
    }

    /// A number for one disk.
    public struct DeviceRate: Sendable, Equatable {
        /// The path of its node on the host.
        public var path: String
        public var rate: UInt64

        public init(path: String, rate: UInt64) {
            self.path = path
            self.rate = rate
        }
    }

    /// What the container's processes may do.
    public struct Security: Sendable, Equatable {
        /// Everything that root may do.
        public var isPrivileged = false
        /// Names in any case, with `CAP_` or without; `ALL`.
        public var addedCapabilities: [String] = []
        public var droppedCapabilities: [String] = []
        /// `unconfined`, `builtin`, or the text of a profile in docker's form; nil is docker's default profile.
        public var seccomp: String?
        public var appArmor: String?
        /// `user:…`, `role:…`, `type:…`, `level:…`, `disable` (SELinux).
        public var labels: [String] = []
        /// Nothing of /proc and /sys is hidden or read-only.
        public var unconfinedSystemPaths = false
        public var writableCgroups: Bool?

        public init() {}
    }

    /// Whose namespaces the container has, in docker's words: `host`, `private`, `container:NAME` and so on; nil is
    /// docker's default.
    public struct NamespaceModes: Sendable, Equatable {
        public var pid: String?
        public var ipc: String?
        public var uts: String?
        public var user: String?
        public var cgroup: String?

        public init() {}
    }

    /// How names are looked up.
    public struct NameService: Sendable, Equatable {
        public var servers: [String] = []
        public var options: [String] = []
        public var search: [String] = []
        /// `NAME:ADDRESS`, lines of /etc/hosts.
        public var hosts: [String] = []

        public init() {}
    }

    public struct Devices: Sendable, Equatable {
        public var mappings: [DeviceMapping] = []
        /// `c 1:3 rwm`
        public var rules: [String] = []

        public init() {}
    }

    /// A node of the host, or those in a folder.
    public struct DeviceMapping: Sendable, Equatable {
        public var hostPath: String
        public var path: String
        /// Letters out of `rwm`.
        public var access: String

        public init(hostPath: String, path: String, access: String = "rwm") {
            self.hostPath = hostPath
            self.path = path
            self.access = access
        }
    }

    /// A limit of a process (getrlimit(2)); -1 is none.
    public struct Ulimit: Sendable, Equatable {
        /// `nofile`
        public var name: String
        public var soft: Int64
        public var hard: Int64

        public init(name: String, soft: Int64, hard: Int64) {
            self.name = name
            self.soft = soft
            self.hard = hard
        }
    }
}

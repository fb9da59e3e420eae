extension LaunchPlan {
    /// What one step does. Paths of targets are the container's; paths of sources are the host's.
    public enum Operation: Sendable, Equatable {
        // The shim, before the clone
        case streams(StreamOptions)
        case recordState(runFolder: String, exitFolder: String?)
        case log(Log)
        case cloneIntoCgroup(folder: String)
        case join(pid: Int32, startTime: UInt64)
        case joinNamespace(Namespaces, path: String)
        /// That of another container, which runs by then.
        case joinContainer(Namespaces, runFolder: String)
        /// Offsets as time_namespaces(7) takes them.
        case newTimeNamespace(offsets: String)
        /// Trees are counted in their order, from 0 on.
        case prepareTree(Tree)
        case listenForStart(folder: String)
        case sendTerminal(socket: String)
        case connectFilterListener(socket: String)
        case passDescriptors(count: Int)
        case leave
        /// The socket `control` there, which `Supervisor` connects to.
        case listenForClients(folder: String)
        case restart(RestartPolicy)
        case checkHealth(HealthChecks)
        case recordEvents(EventDestination)
        /// What the first client types to leave.
        case detachKeys([UInt8])
        /// `counter` has a line `oom_kill`; `control` is the file cgroup.event_control of cgroups v1.
        case watchMemory(counter: String, control: String?)
        /// Where another OCI runtime sends the container's terminal; nil when it has none.
        case receiveTerminal(socket: String?)
        /// Runs a program of the host before a later life.
        case runAgain(Program)
        /// Makes sure that there is a server of names.
        case reachNameServer(NameServer)
        /// Keeps ports of the host from everybody else until the container's end.
        case holdPorts([HeldPort])
        case clone(Namespaces)

        // The shim, after the clone
        case mapIDs(uids: String, gids: String)
        /// Lets the child go on from its next `awaitHost`.
        case go
        /// Has the client do its part, between `reportMounted` and `awaitHost` of the child.
        case askClient
        /// Takes over from `cloneAgain`.
        case adopt
        /// Waits for the child, another OCI runtime, and takes over the process whose pid it left.
        case adoptFrom(pidFile: String, log: String)
        /// Has the container served; it has its links by then.
        case serveNames(NameServer)
        /// Sent in the network namespace of the process.
        case netlinkInside(LinkMessages)
        /// One transaction of nfnetlink, whose answer nobody waits for.
        case filter(LinkMessages)

        // The shim, then or after the container's end
        /// Runs a program of the host and waits for it.
        case run(Program)

        // The host or the child
        case netlink(LinkMessages)

        // The child
        case joinCgroup(file: String)
        case enter(Namespaces)
        case unshare(Namespaces)
        /// Of the root and, when it is recursive, of all mounts below it.
        case propagate(Propagation, recursive: Bool = true)
        case mountOverlay(OverlayMount)
        /// `amongHosts`: the mounts are those of the host, whose own stay as they are.
        case bindRoot(path: String, tree: Int? = nil, amongHosts: Bool = false)
        case openRoot(path: String)
        case mount(Mount)
        case bind(Bind)
        case makeDirectory(path: String, mode: UInt32)
        case makeNode(Node)
        case symlink(path: String, target: String)
        case changeMount(path: String, AttributeChange)
        case mask(path: String)
        case makeReadOnly(path: String)
        case makeRootReadOnly
        case pivotRoot
        case hostname(String)
        case domainname(String)
        case sysctl(name: String, value: String)
        case awaitHost
        /// Another process goes on from here, in the pid and time namespaces that were entered.
        case cloneAgain
        case becomeRoot
        case reportMounted
        case hook(Hook)
        /// Gives a file the namespace of another container, which runs by then.
        case bindNamespace(Namespaces, runFolder: String, path: String)
        case awaitStart
        case moveRoot
        case changeRoot
        case personality(UInt64)
        case scheduler([UInt8])
        case ioPriority(UInt32)
        case affinity([UInt8])
        case sessionKeyring(name: String)
        /// What is written to a file below /proc/self/attr.
        case label(file: String, String)
        case newSession
        case openTerminal(asConsole: Bool, rows: UInt16, columns: UInt16)
        case standardStreams(owner: UInt32)
        case limit(Resource, soft: UInt64, hard: UInt64)
        case outOfMemoryScore(Int)
        case umask(UInt32)
        case noNewPrivileges
        case boundingSet(keep: UInt64)
        case user(uid: UInt32, gid: UInt32, groups: [UInt32])
        case capabilities(Capabilities)
        case filterSystemCalls(SeccompFilter, listener: ProcessText? = nil)
        /// One that may fail is tried again, as the user.
        case changeDirectory(String, mayFail: Bool = false)
        case keepDescriptors(count: UInt32)
        /// Stays as the first process; a child of it goes on.
        case becomeInit
        case execute(Program)

        // The shim, after the end
        case removeCgroup(folder: String)
        case removeTree(folder: String)
    }

    /// Prepared rtnetlink messages: sent as they are, each answered by one acknowledgement.
    public struct LinkMessages: Sendable, Equatable {
        public let bytes: [UInt8]
        public let count: Int
        /// Where the child's pid is put in, in bytes from the start.
        public let pidOffset: Int?
        public let summary: String

        public init(bytes: [UInt8], count: Int, pidOffset: Int?, summary: String) {
            self.bytes = bytes
            self.count = count
            self.pidOffset = pidOffset
            self.summary = summary
        }
    }

    /// An overlay as mount(2) takes it; names in the options are relative to `folder`, so that many layers fit.
    public struct OverlayMount: Sendable, Equatable {
        public let folder: String
        public let options: String
        public let target: String

        public init(folder: String, options: String, target: String) {
            self.folder = folder
            self.options = options
            self.target = target
        }
    }

    /// A new file system.
    public struct Mount: Sendable, Equatable {
        public let type: String
        public let source: String
        public let target: String
        public let attributes: MountAttributes
        /// `key=value` or flags, as the file system names them.
        public let options: [String]
        /// Refuse a target that is a symbolic link in the image.
        public let ordinaryTarget: Bool
        /// What the target holds is copied into the new file system.
        public let copiesUp: Bool
        public let propagation: Propagation?
        /// The target may lie in procfs.
        public var onProc = false

        public init(
            type: String, source: String, target: String, attributes: MountAttributes = [], options: [String] = [],
            ordinaryTarget: Bool = false, copiesUp: Bool = false, propagation: Propagation? = nil
        ) {
            self.copiesUp = copiesUp
            self.propagation = propagation
            self.type = type
            self.source = source
            self.target = target
            self.attributes = attributes
            self.options = options
            self.ordinaryTarget = ordinaryTarget
        }
    }

    /// Flags of a mount to set and to clear.
    public struct AttributeChange: Sendable, Equatable {
        public var set: MountAttributes
        public var clear: MountAttributes

        public init(set: MountAttributes = [], clear: MountAttributes = []) {
            self.set = set
            self.clear = clear
        }
    }

    /// A part of the host, shown in the container.
    public struct Bind: Sendable, Equatable {
        public var source: String
        public var target: String
        /// Of the uppermost mount.
        public var attributes: AttributeChange
        /// Of all mounts of the tree.
        public var treeAttributes: AttributeChange
        public var recursive: Bool
        public var propagation: Propagation?
        public var propagatesRecursively: Bool
        public var ordinaryTarget = false
        /// The target may lie in procfs.
        public var onProc = false
        /// The number of a prepared tree that stands for the source.
        public var tree: Int?

        public init(
            source: String, target: String, attributes: AttributeChange = .init(),
            treeAttributes: AttributeChange = .init(), recursive: Bool = true, propagation: Propagation? = nil,
            propagatesRecursively: Bool = true
        ) {
            self.source = source
            self.target = target
            self.attributes = attributes
            self.treeAttributes = treeAttributes
            self.recursive = recursive
            self.propagation = propagation
            self.propagatesRecursively = propagatesRecursively
        }
    }

    /// A node in the file system (mknod(2)).
    public struct Node: Sendable, Equatable {
        public let path: String
        public let kind: NodeKind
        public let major: UInt32
        public let minor: UInt32
        public let mode: UInt32
        public let uid: UInt32
        public let gid: UInt32

        public init(
            path: String, kind: NodeKind, major: UInt32 = 0, minor: UInt32 = 0, mode: UInt32 = 0o666, uid: UInt32 = 0,
            gid: UInt32 = 0
        ) {
            self.path = path
            self.kind = kind
            self.major = major
            self.minor = minor
            self.mode = mode
            self.uid = uid
            self.gid = gid
        }
    }

    /// A text that names the process, with ten spaces where the shim writes the pid, as the host counts.
    public struct ProcessText: Sendable, Equatable {
        public let text: String
        public let pidOffset: Int

        /// - Parameter text: has one run of ten spaces or more.
        public init(_ before: String, _ after: String) {
            text = before + "          " + after
            pidOffset = before.utf8.count
        }
    }

    /// A program that is run in the container's namespaces, with the container's state on its standard input.
    public struct Hook: Sendable, Equatable {
        public let name: String
        public let path: String
        public let arguments: [String]
        public let environment: [String]
        /// Seconds, or 0 for no end.
        public let timeout: UInt64
        public let state: ProcessText

        public init(
            name: String, path: String, arguments: [String], environment: [String], timeout: UInt64, state: ProcessText
        ) {
            self.name = name
            self.path = path
            self.arguments = arguments
            self.environment = environment
            self.timeout = timeout
            self.state = state
        }
    }

    public enum NodeKind: UInt32, Sendable {
        case character = 0o020000
        case block = 0o060000
        case fifo = 0o010000
    }

    /// A limit of setrlimit(2).
    public enum Resource: UInt32, Sendable, CaseIterable {
        case cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, `as`, locks, sigpending, msgqueue, nice,
            rtprio, rttime

        // As a table: to ask the compiler for a case's name costs milliseconds at the first time.
        private static let specNames = [
            "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC",
            "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
        ]

        /// The name in the runtime specification: `RLIMIT_NOFILE`.
        public var specName: String { Self.specNames[Int(rawValue)] }

        public init?(specName: String) {
            guard let index = Self.specNames.firstIndex(where: { $0 == specName }) else { return nil }
            self.init(rawValue: UInt32(index))
        }
    }

    /// The five sets of capabilities(7), less the bounding set.
    public struct Capabilities: Sendable, Equatable {
        public let effective: UInt64
        public let permitted: UInt64
        public let inheritable: UInt64
        public let ambient: UInt64

        public init(effective: UInt64, permitted: UInt64, inheritable: UInt64, ambient: UInt64) {
            self.effective = effective
            self.permitted = permitted
            self.inheritable = inheritable
            self.ambient = ambient
        }
    }

    /// What is executed: the first of `paths` that can be.
    public struct Program: Sendable, Equatable {
        public let arguments: [String]
        public let environment: [String]
        public let paths: [String]

        public init(arguments: [String], environment: [String], paths: [String]) {
            self.arguments = arguments
            self.environment = environment
            self.paths = paths
        }
    }
}

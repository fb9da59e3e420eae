import ContainerNamespaces
import OCISpec

/// What a container needs from its host besides its specification: everything here has been made by the time the plan
/// is carried out, or is prepared bytes.
public struct LaunchContext: Sendable {
    /// Where the process joins its control group.
    public struct Cgroup: Sendable {
        /// Files that the child writes itself into (v1 and hybrid hosts).
        public var joinFiles: [String]
        /// The folder that the process is cloned into (v2).
        public var cloneFolder: String?
        /// What is removed after the container's end.
        public var folders: [String]
        /// Where the kernel counts what it ended for want of memory; nil where the host does not.
        public var memoryEvents: (counter: String, control: String?)?

        public init(joinFiles: [String] = [], cloneFolder: String? = nil, folders: [String] = []) {
            self.joinFiles = joinFiles
            self.cloneFolder = cloneFolder
            self.folders = folders
        }
    }

    /// How the host's control groups appear at a mount of type `cgroup`.
    public enum CgroupView: Sendable, Equatable {
        case unified(folder: String)
        /// One mount per hierarchy: the name of its folder, and the options that name it (`memory`, `name=systemd`).
        case hierarchies([Hierarchy])

        public struct Hierarchy: Sendable, Equatable {
            public let name: String
            /// Where the host has it.
            public let folder: String
            public let options: [String]
            public let isUnified: Bool

            public init(name: String, folder: String, options: [String], isUnified: Bool = false) {
                self.name = name
                self.folder = folder
                self.options = options
                self.isUnified = isUnified
            }
        }
    }

    /// What connects it to its networks.
    public struct Network: Sendable {
        /// Sent by the shim in the host's network namespace, after the clone, one after the other.
        public var hostLinks: [LaunchPlan.LinkMessages] = []
        /// Sent there, and in the network that the container was in, when a life has ended whose links may go on.
        public var hostParting: LaunchPlan.LinkMessages?
        public var containerParting: LaunchPlan.LinkMessages?
        /// Sent to the packet filter when the container ends for good.
        public var withdrawal: LaunchPlan.LinkMessages?
        /// Ports of the host that nobody else may have meanwhile.
        public var heldPorts: [LaunchPlan.HeldPort] = []
        /// Sent by the child in its own.
        public var containerLinks: LaunchPlan.LinkMessages?
        /// The container asks this server for names; nil when it has none of ours.
        public var names: LaunchPlan.NameServer?

        public init() {}
    }

    /// The root is this overlay; nil when the specification's root is a folder as it stands.
    public var overlay: LaunchPlan.OverlayMount?
    public var cgroup = Cgroup()
    public var cgroupView = CgroupView.unified(folder: "/sys/fs/cgroup")
    /// A compiled filter (seccomp(2)), or nil for none.
    public var seccomp: SeccompFilter?
    public var network = Network()
    /// Run folders of the containers whose namespaces it joins: which processes have those is looked up in each life. A path in
    /// the specification is where another runtime finds the namespace.
    public var donors: [RuntimeSpec.Linux.Namespace.Kind: String] = [:]
    public var streams = StreamOptions()
    /// Where the shim writes who runs (`pids`), and how it ended (`exit`).
    public var stateFolders: (run: String, exit: String?)?
    public var log: LaunchPlan.Log?
    /// Folders that go with the container when it ends.
    public var removedFolders: [String] = []

    // Supervision

    /// Any number of clients come and go at the socket `control` in the state folder.
    public var acceptsClients = false
    public var restart = RestartPolicy.no
    public var health: Health?
    /// What the first client types to leave.
    public var detachKeys: [UInt8] = []
    public var events: LaunchPlan.EventDestination?
    /// A process of ours is the container's first, and reaps what others leave.
    public var usesInit = false

    /// A process that is run in the container again and again, and docker's rules of what follows from how it ends.
    public struct Health: Sendable {
        public var process: RuntimeSpec.Process
        public var check: HealthCheck

        public init(process: RuntimeSpec.Process, check: HealthCheck) {
            self.process = process
            self.check = check
        }
    }

    // What the OCI command line asks for besides

    /// How many descriptors of the client's the process gets, from 3 on.
    public var passedDescriptors = 0
    /// The socket that gets the terminal.
    public var consoleSocket: String?
    /// What the process waits in to be started (`start` there is the socket); nil starts it at once.
    public var startFolder: String?
    /// Nobody supervises the process.
    public var leaves = false
    /// Whether the client has a part between the mounts and the change of the root.
    public var asksClient = false
    /// Run in the container's namespaces, before its root is changed.
    public var createHooks: [LaunchPlan.Hook] = []
    /// Run in the container, before its program is.
    public var startHooks: [LaunchPlan.Hook] = []
    /// The name of a new session keyring; nil leaves the caller's.
    public var keyring: String?
    /// Whether the kernel has labels to give to mounts (SELinux).
    public var labelsMounts = false
    /// The root is moved over the old one, which pivot_root(2) cannot leave.
    public var movesRoot = false
    /// Who is told of calls that the filter asks about, and what.
    public var filterListener: (socket: String, text: LaunchPlan.ProcessText)?

    public init() {}
}

extension LaunchContext.Network {
    /// What is done about it after the container's end.
    var endSteps: [LaunchPlan.Operation] {
        let steps: [LaunchPlan.Operation?] = [
            withdrawal.map { .filter($0) }, hostParting.map { .netlink($0) },
            containerParting.map { .netlinkInside($0) },
        ]
        return steps.compactMap(\.self)
    }
}

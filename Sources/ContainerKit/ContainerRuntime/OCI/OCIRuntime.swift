import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import OCISpec

/// An OCI runtime (runtime.md): containers from bundles, with their state in a folder.
public struct OCIRuntime: Sendable {
    /// How a container is created.
    public struct CreateOptions: Sendable, Equatable {
        /// A file that gets the pid of the container's first process.
        public var pidFile: String?
        /// A socket that gets the terminal's descriptor (SCM_RIGHTS).
        public var consoleSocket: String?
        /// How many of the caller's descriptors, from 3 on, the container gets.
        public var preservedDescriptors = 0
        /// Replaces the root with MS_MOVE and chroot(2), for roots that pivot_root(2) cannot leave (an initramfs).
        public var noPivot = false
        /// Leaves the caller's session keyring in place.
        public var noNewKeyring = false
        /// Added to the environment of config.json.
        public var environment: [String] = []

        public init() {}
    }

    /// How a process joins a container.
    public struct ExecOptions: Sendable, Equatable {
        public var pidFile: String?
        public var consoleSocket: String?
        public var preservedDescriptors = 0
        /// Returns when the process has started, and leaves it to itself.
        public var detaches = false
        /// A path below the container's control group.
        public var cgroup: String?
        /// Also into a paused container.
        public var ignorePaused = false

        public init() {}
    }

    /// - Parameters:
    ///   - root: the folder of the state; made when it is missing.
    ///   - systemdCgroup: control groups are systemd's.
    /// - Throws: `unsupported` for `systemdCgroup` where systemd does not run.
    public init(root: String, systemdCgroup: Bool = false, shimPath: String? = nil) throws(ContainerError) {
        throw ContainerError(.unsupported, "not yet")
    }

    /// Creates a container; its program waits for `start`.
    /// - Throws: `invalidArgument` that names the field of config.json by its path; `conflict` for an id that is taken.
    ///   Nothing of it is left then.
    public func create(_ id: String, bundle: String, _ options: CreateOptions) throws(ContainerError) -> OCIState {
        throw ContainerError(.unsupported, "not yet")
    }

    /// Starts the program of a created container.
    public func start(_ id: String) throws(ContainerError) { throw ContainerError(.unsupported, "not yet") }

    /// Creates and starts a container whose streams are the caller's; it is deleted by `delete` after its end.
    /// - Parameter streams: with a terminal in its specification, what is relayed to the terminal.
    public func run(_ id: String, bundle: String, _ options: CreateOptions, streams: ClientStreams)
        throws(ContainerError) -> any LaunchedProcess
    { throw ContainerError(.unsupported, "not yet") }

    /// - Throws: `notFound`: `container "ID" does not exist`.
    public func state(of id: String) throws(ContainerError) -> OCIState {
        throw ContainerError(.unsupported, "not yet")
    }

    /// All containers of this root, by id.
    public func list() throws(ContainerError) -> [OCIState] { throw ContainerError(.unsupported, "not yet") }

    /// The specification that a container was created with.
    public func specification(of id: String) throws(ContainerError) -> RuntimeSpec {
        throw ContainerError(.unsupported, "not yet")
    }

    /// - Throws: `conflict` (`container not running`) for one that has stopped.
    public func kill(_ id: String, signal: Int32, all: Bool) throws(ContainerError) {
        throw ContainerError(.unsupported, "not yet")
    }

    /// - Throws: `conflict` for one that has not stopped, unless `force` is set, which kills it.
    public func delete(_ id: String, force: Bool) throws(ContainerError) {
        throw ContainerError(.unsupported, "not yet")
    }

    /// Starts one more process in a container.
    public func execute(
        in id: String, _ process: RuntimeSpec.Process, _ options: ExecOptions, streams: ClientStreams
    ) throws(ContainerError) -> any LaunchedProcess { throw ContainerError(.unsupported, "not yet") }

    /// The pids of a container's processes, as the host counts.
    public func processes(of id: String) throws(ContainerError) -> [Int32] {
        throw ContainerError(.unsupported, "not yet")
    }

    public func pause(_ id: String) throws(ContainerError) { throw ContainerError(.unsupported, "not yet") }

    public func resume(_ id: String) throws(ContainerError) { throw ContainerError(.unsupported, "not yet") }

    /// Changes limits; what the resources do not mention stays.
    public func update(_ id: String, _ resources: RuntimeSpec.Resources) throws(ContainerError) {
        throw ContainerError(.unsupported, "not yet")
    }

    /// The control group of a container.
    public func cgroup(of id: String) throws(ContainerError) -> Cgroup {
        throw ContainerError(.unsupported, "not yet")
    }
}

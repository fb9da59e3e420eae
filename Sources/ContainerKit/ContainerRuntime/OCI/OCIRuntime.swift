import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

/// An OCI runtime (runtime.md): containers from bundles, with their state in a folder.
///
/// No process of ours stays with a container: what keeps it is the kernel, and its state is a folder that any later call
/// reads. Calls on one container at once take turns by a lock.
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

    let root: String
    let launcher: any ProcessLauncher
    let seccomp: SeccompCache
    let cgroups: any CgroupFileSystem
    let warn: @Sendable (String) -> Void

    /// - Parameters:
    ///   - root: the folder of the state; made when it is missing.
    ///   - systemdCgroup: control groups are systemd's.
    ///   - shimPath: nil looks for the shim beside the program.
    ///   - warn: gets what went wrong and, by the specification, changes nothing: hooks that fail after the start,
    ///     capabilities that this host cannot grant, limits that it does not have.
    /// - Throws: `unsupported` for `systemdCgroup`.
    public init(
        root: String, systemdCgroup: Bool = false, shimPath: String? = nil,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(ContainerError) {
        if systemdCgroup {
            let runs = Files.exists("/run/systemd/system")
            throw ContainerError(
                .unsupported, "--systemd-cgroup",
                cause: runs ? "control groups are not asked of systemd" : "systemd does not run on this host",
                hint: "leave the flag out; engines have a setting for the cgroup manager: cgroupfs")
        }
        self.init(root: root, launcher: try ShimLauncher(shimPath: shimPath), warn: warn)
    }

    init(
        root: String, launcher: any ProcessLauncher, cgroups: any CgroupFileSystem = KernelCgroupFileSystem(),
        cacheFolder: String = "/run/containerkit/seccomp", warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.warn = warn
        self.root = root
        self.launcher = launcher
        self.cgroups = cgroups
        seccomp = SeccompCache(directory: cacheFolder)
    }

    // MARK: What there is

    /// - Throws: `notFound`: `container "ID" does not exist`.
    public func state(of id: String) throws(ContainerError) -> OCIState {
        let folder = try StateFolder(root: root, id: id)
        return state(of: try folder.read(id), in: folder)
    }

    /// All containers of this root, by id. One that is being made or removed by another process may be missing.
    public func list() throws(ContainerError) -> [OCIState] {
        try Files.list(root).sorted().compactMap { id in try? state(of: id) }
    }

    /// The specification that a container was created with.
    public func specification(of id: String) throws(ContainerError) -> RuntimeSpec {
        let folder = try StateFolder(root: root, id: id)
        _ = try folder.read(id)
        return try RuntimeSpec(json: try Files.read(folder.specification, limit: 16 << 20), name: folder.specification)
    }

    /// The control group of a container.
    public func cgroup(of id: String) throws(ContainerError) -> Cgroup {
        try cgroup(of: try StateFolder(root: root, id: id).read(id))
    }

    /// The pids of a container's processes, as the host counts.
    public func processes(of id: String) throws(ContainerError) -> [Int32] { try cgroup(of: id).processes() }

    func cgroup(of record: ContainerRecord) throws(ContainerError) -> Cgroup {
        try Cgroup(
            existing: record.cgroupPath, host: try CgroupHost.detect(fileSystem: cgroups), fileSystem: cgroups)
    }

    func state(of record: ContainerRecord, in folder: StateFolder) -> OCIState {
        let status = status(of: record, in: folder)
        return OCIState(
            id: record.id, status: status, pid: status == .stopped ? 0 : record.process?.pid ?? 0,
            bundle: record.bundle, annotations: record.annotations, rootfs: record.rootfs, created: record.created,
            owner: record.owner)
    }

    /// From what the kernel says: a record may be older than the end of its process.
    func status(of record: ContainerRecord, in folder: StateFolder) -> OCIState.Status {
        guard let process = record.process else { return .creating }
        if !process.isAlive { return .stopped }
        if !record.isCreated { return .creating }
        // One that waits for its start can be paused too, and is not started then.
        if (try? cgroup(of: record).isFrozen()) == true { return .paused }
        return Files.exists(folder.startSocket) ? .created : .running
    }

    // MARK: Pauses and limits

    public func pause(_ id: String) throws(ContainerError) {
        try whileRunning(id, "pause", in: [.created, .running]) { cgroup throws(ContainerError) in
            try cgroup.freeze()
        }
    }

    public func resume(_ id: String) throws(ContainerError) {
        try whileRunning(id, "resume", in: [.paused]) { cgroup throws(ContainerError) in try cgroup.thaw() }
    }

    /// Changes limits; what the resources do not mention stays.
    public func update(_ id: String, _ resources: RuntimeSpec.Resources) throws(ContainerError) {
        try whileRunning(id, "update", in: [.created, .running, .paused]) { cgroup throws(ContainerError) in
            try cgroup.update(resources, naming: .fields(of: "linux.resources"))
        }
    }

    private func whileRunning(
        _ id: String, _ operation: String, in states: [OCIState.Status],
        _ body: (Cgroup) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let folder = try StateFolder(root: root, id: id)
        let lock = try folder.lock(id)
        defer { withExtendedLifetime(lock) {} }
        let record = try folder.read(id)
        let status = status(of: record, in: folder)
        guard states.contains(status) else {
            throw ContainerError(.conflict, "\(operation) container \(id): it is \(status.rawValue)")
        }
        try body(try cgroup(of: record))
    }
}

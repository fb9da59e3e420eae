import CKLinux
import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import OCISpec

/// Starts and joins containers from their runtime specification: makes the control group, compiles the filter, plans
/// and launches.
public struct Runtime: Sendable {
    private let launcher: any ProcessLauncher
    private let seccomp: SeccompCache
    private let cgroups: any CgroupFileSystem

    /// - Parameters:
    ///   - shimPath: nil looks for the shim beside the program.
    ///   - cacheFolder: where compiled filters are kept.
    public init(shimPath: String? = nil, cacheFolder: String) throws(ContainerError) {
        self.init(launcher: try ShimLauncher(shimPath: shimPath), cacheFolder: cacheFolder)
    }

    public init(
        launcher: any ProcessLauncher, cacheFolder: String, cgroups: any CgroupFileSystem = KernelCgroupFileSystem()
    ) {
        self.launcher = launcher
        self.cgroups = cgroups
        seccomp = SeccompCache(directory: cacheFolder)
    }

    /// Starts the supervisor of a container or process, which gets ready while the rest is decided.
    public func prepare(streams: ClientStreams?) throws(ContainerError) -> any PreparedLaunch {
        try launcher.prepare(streams: streams)
    }

    /// Which system calls a container may make.
    public enum SystemCalls: Sendable {
        /// docker's default policy for the capabilities of the process.
        case standard
        case all
        case policy(RuntimeSpec.Seccomp)
    }

    /// Starts a container. Nothing of it is left when that fails.
    /// - Parameters:
    ///   - spec: its `cgroupsPath` names the control group that is made.
    ///   - context: the control group and the filter are filled in here.
    ///   - finish: called when both are made, to fill in what somebody has been finding out meanwhile.
    /// - Throws: `ContainerError` with the step that failed.
    public func start(
        _ spec: RuntimeSpec, _ context: LaunchContext, systemCalls: SystemCalls = .standard,
        by launch: any PreparedLaunch,
        finish: (inout RuntimeSpec, inout LaunchContext) throws(ContainerError) -> Void = { _, _ in }
    ) throws(ContainerError) -> any LaunchedProcess {
        let host = try CgroupHost.detect(fileSystem: cgroups)
        let cgroup = try makeCgroup(spec, on: host)
        do throws(ContainerError) {
            return try launch.launch(try plan(spec, context, cgroup, systemCalls, finish: finish))
        } catch {
            try? cgroup.delete()
            throw error
        }
    }

    /// The plan of a container whose control group is there, for its supervisor to follow from now on (`Supervisor.renew`).
    public func plan(_ spec: RuntimeSpec, _ context: LaunchContext, systemCalls: SystemCalls = .standard)
        throws(ContainerError) -> LaunchPlan
    {
        try plan(spec, context, try cgroup(of: spec), systemCalls) { _, _ in }
    }

    private func plan(
        _ spec: RuntimeSpec, _ context: LaunchContext, _ cgroup: Cgroup, _ systemCalls: SystemCalls,
        finish: (inout RuntimeSpec, inout LaunchContext) throws(ContainerError) -> Void
    ) throws(ContainerError) -> LaunchPlan {
        var (spec, context) = (spec, context)
        context.cgroup = .init(of: cgroup)
        context.cgroupView = cgroup.host.view
        context.seccomp = try filter(systemCalls, for: spec.process)
        try finish(&spec, &context)
        return try LaunchPlanner.start(spec, in: context)
    }

    func cgroup(of spec: RuntimeSpec) throws(ContainerError) -> Cgroup {
        try Cgroup(
            existing: spec.linux.cgroupsPath ?? "", host: try CgroupHost.detect(fileSystem: cgroups),
            fileSystem: cgroups)
    }

    func makeCgroup(_ spec: RuntimeSpec, on host: CgroupHost? = nil) throws(ContainerError) -> Cgroup {
        guard let path = spec.linux.cgroupsPath else {
            throw ContainerError(.invalidArgument, "the specification has no cgroupsPath")
        }
        let host = if let host { host } else { try CgroupHost.detect(fileSystem: cgroups) }
        return try Cgroup.create(
            path: path, resources: spec.linux.resources ?? .init(), host: host, fileSystem: cgroups)
    }

    /// Starts one more process in a running container.
    /// - Parameter cgroupPath: the container's control group.
    public func execute(
        _ process: RuntimeSpec.Process, joining target: ProcessIdentity, cgroupPath: String, options: StreamOptions,
        detachKeys: [UInt8] = [], systemCalls: SystemCalls = .standard, by launch: any PreparedLaunch
    ) throws(ContainerError) -> any LaunchedProcess {
        let host = try CgroupHost.detect(fileSystem: cgroups)
        let cgroup = try Cgroup(existing: cgroupPath, host: host, fileSystem: cgroups)
        var context = LaunchContext()
        context.streams = options
        context.detachKeys = detachKeys
        context.cgroup = .init(joinFiles: cgroup.joinPaths, cloneFolder: cgroup.directoryForClone)
        context.seccomp = try filter(systemCalls, for: process)
        return try launch.launch(try LaunchPlanner.execute(process, joining: target, in: context))
    }

    /// Nil for none.
    func filter(_ calls: SystemCalls, for process: RuntimeSpec.Process) throws(ContainerError) -> SeccompFilter? {
        switch calls {
        case .standard:
            return try seccomp.standard(
                capabilities: try Capabilities.mask(names: process.capabilities?.bounding ?? []))
        case .all: return nil
        case .policy(let policy): return try seccomp.filter(for: policy)
        }
    }
}

extension CgroupHost {
    /// How the trees appear inside a container.
    var view: LaunchContext.CgroupView {
        if kind == .unified { return .unified(folder: unified ?? "/sys/fs/cgroup") }
        return .hierarchies(
            hierarchies.map { hierarchy in
                let name = hierarchy.mountPoint.split(separator: "/").last.map(String.init) ?? ""
                return .init(name: name, folder: hierarchy.mountPoint, options: hierarchy.options)
            })
    }
}

extension CgroupHost.Hierarchy {
    /// As mount(8) takes them; a named tree has no controller.
    fileprivate var options: [String] {
        controllers.contains { $0.hasPrefix("name=") } ? ["none"] + controllers : controllers
    }
}

extension LaunchContext.Cgroup {
    /// All of one that is the container's.
    init(of cgroup: Cgroup) {
        self.init(joinFiles: cgroup.joinPaths, cloneFolder: cgroup.directoryForClone, folders: cgroup.directories)
        memoryEvents = cgroup.memoryEventsPath.map { ($0, cgroup.memoryEventControlPath) }
    }
}

import ContainerNamespaces
import ContainerSystem
import OCISpec

/// Turns a runtime specification into a launch plan. Pure: it looks at nothing but its arguments.
public enum LaunchPlanner {
    /// The plan that starts a container (OCI runtime specification, config.md and config-linux.md).
    /// - Throws: `invalidArgument` for a value that the specification does not allow.
    public static func start(_ spec: RuntimeSpec, in context: LaunchContext) throws(ContainerError) -> LaunchPlan {
        let namespaces = NamespacePlan(spec.linux.namespaces, donors: context.donors)
        let process = ProcessPlanner(
            process: spec.process, context: context, isFirst: true, isInUserNamespace: namespaces.has(.user))
        try process.check()
        var mounts = MountPlanner(spec, context, namespaces: namespaces)
        let root = try rootSteps(spec, context, namespaces, &mounts)

        var plan = LaunchPlan()
        appendSupervisor(context, to: &plan)
        plan.append(.supervisor, try SupervisionPlanner.steps(context))
        // Before a namespace is joined: what is started is the host's.
        if let server = context.network.names { plan.append(.supervisor, .reachNameServer(server)) }
        plan.append(.supervisor, process.preparation)
        if let folder = context.startFolder { plan.append(.supervisor, .listenForStart(folder: folder)) }
        plan.append(.supervisor, mounts.trees.map { .prepareTree($0) })
        if namespaces.new.contains(.time) {
            plan.append(.supervisor, .newTimeNamespace(offsets: clocks(spec.linux.timeOffsets ?? [:])))
        }
        plan.append(.supervisor, namespaces.joins)
        // The cgroup namespace shows the cgroup that its maker is in, so it is made after the join.
        plan.append(.supervisor, .clone(namespaces.new.subtracting([.cgroup, .time])))
        plan.append(.host, try hostSteps(spec, context, namespaces, process))

        // Nobody is anybody in a user namespace without maps.
        if namespaces.new.contains(.user) { plan.append(.child, .awaitHost) }
        plan.append(.child, context.cgroup.joinFiles.map { .joinCgroup(file: $0) })
        if namespaces.new.contains(.cgroup) { plan.append(.child, .unshare(.cgroup)) }
        if namespaces.joined.contains(where: { $0.kind == .mount }) { plan.append(.child, .enter(.mount)) }
        if let name = context.keyring { plan.append(.child, .sessionKeyring(name: name)) }
        plan.append(.child, root)
        if context.asksClient { plan.append(.child, .reportMounted, .awaitHost) }
        plan.append(.child, context.createHooks.map { .hook($0) })
        // Settings of interfaces come when they are there and before they are up.
        if context.network.containerLinks != nil { plan.append(.child, .awaitHost) }
        plan.append(.child, try hostSettings(spec))
        if let links = context.network.containerLinks { plan.append(.child, .netlink(links)) }
        plan.append(.child, process.labels)
        plan.append(.child, newRoot(spec, context, namespaces))
        if context.network.containerLinks == nil || context.awaitsNames { plan.append(.child, .awaitHost) }
        plan.append(.child, try process.steps())

        plan.append(.after, context.network.endSteps)
        plan.append(.after, context.cgroup.folders.map { .removeCgroup(folder: $0) })
        plan.append(.after, context.removedFolders.map { .removeTree(folder: $0) })
        return plan
    }

    /// The plan that starts one more process in a running container.
    /// - Parameter namespaces: those that are not the host's.
    public static func execute(
        _ process: RuntimeSpec.Process, joining target: ProcessIdentity,
        namespaces: Namespaces = [.mount, .pid, .uts, .ipc, .network, .cgroup], in context: LaunchContext
    ) throws(ContainerError) -> LaunchPlan {
        let planner = ProcessPlanner(
            process: process, context: context, isFirst: false, isInUserNamespace: namespaces.contains(.user))
        try planner.check()
        var plan = LaunchPlan()
        appendSupervisor(context, to: &plan)
        plan.append(.supervisor, planner.preparation)
        plan.append(.supervisor, .join(pid: target.pid, startTime: target.startTime), .clone([]))
        plan.append(.host, .adopt)
        plan.append(.host, try planner.hostSteps())
        plan.append(.child, try joinSteps(process, context.cgroup))
        plan.append(.child, planner.labels)
        // Its root is not that of a mount namespace, when it has none of its own.
        let hasRoot = namespaces.contains(.mount)
        if !hasRoot { plan.append(.child, .openRoot(path: "/proc/\(target.pid)/root")) }
        if !namespaces.isEmpty { plan.append(.child, .enter(namespaces)) }
        if !hasRoot { plan.append(.child, .changeRoot) }
        // The container sees a process once that is in its pid namespace, and may trace it with CAP_SYS_PTRACE: by then
        // there is nothing of the host left to find, no root and no descriptor (the class of CVE-2016-9962).
        plan.append(.child, .cloneAgain, .awaitHost)
        if namespaces.contains(.user) { plan.append(.child, .becomeRoot) }
        plan.append(.child, try planner.steps())
        return plan
    }

    static func appendSupervisor(_ context: LaunchContext, to plan: inout LaunchPlan) {
        plan.append(.supervisor, .streams(context.streams))
        if let folders = context.stateFolders {
            plan.append(.supervisor, .recordState(runFolder: folders.run, exitFolder: folders.exit))
        }
        if let log = context.log { plan.append(.supervisor, .log(log)) }
        if !context.detachKeys.isEmpty { plan.append(.supervisor, .detachKeys(context.detachKeys)) }
        if let folder = context.cgroup.cloneFolder { plan.append(.supervisor, .cloneIntoCgroup(folder: folder)) }
    }

    private static func joinSteps(_ process: RuntimeSpec.Process, _ cgroup: LaunchContext.Cgroup)
        throws(ContainerError) -> [LaunchPlan.Operation]
    {
        func affinity(_ list: String?, _ field: String) throws(ContainerError) -> [LaunchPlan.Operation] {
            guard let list else { return [] }
            return [.affinity(try SchedulerAttributes.cpus(list, field: "process.execCPUAffinity.\(field)"))]
        }
        return try affinity(process.execCPUAffinity?.initial, "initial")
            + cgroup.joinFiles.map { .joinCgroup(file: $0) } + affinity(process.execCPUAffinity?.final, "final")
    }

    private static func hostSteps(
        _ spec: RuntimeSpec, _ context: LaunchContext, _ namespaces: NamespacePlan, _ process: ProcessPlanner
    ) throws(ContainerError) -> [LaunchPlan.Operation] {
        var steps: [LaunchPlan.Operation] = []
        if namespaces.new.contains(.user) {
            let (uids, gids) = (spec.linux.uidMappings ?? [], spec.linux.gidMappings ?? [])
            steps += [.mapIDs(uids: IDMapText.text(uids), gids: IDMapText.text(gids)), .go]
        }
        steps += context.network.hostLinks.map { .netlink($0) }
        if let server = context.network.names {
            // The child sets its interfaces and its root up meanwhile.
            if context.awaitsNames { steps.append(.go) }
            steps.append(.serveNames(server))
        }
        if context.asksClient { steps += [.askClient, .go] }
        return steps + (try process.hostSteps())
    }

    private static func rootSteps(
        _ spec: RuntimeSpec, _ context: LaunchContext, _ namespaces: NamespacePlan, _ mounts: inout MountPlanner
    ) throws(ContainerError) -> [LaunchPlan.Operation] {
        let inUserNamespace = namespaces.has(.user)
        let (propagation, recursive) = try propagation(spec) ?? (.slave, true)
        // Without a namespace of its own it mounts among the host's, and below its root alone.
        let isAmongHosts = !namespaces.has(.mount)
        var steps: [LaunchPlan.Operation] =
            // The root is about to be bound: what is not bindable becomes so when it stands.
            isAmongHosts
            ? [] : [.propagate(propagation == .unbindable ? .private : propagation, recursive: recursive)]
        if let overlay = context.overlay {
            steps.append(.mountOverlay(overlay))
        } else {
            let tree = inUserNamespace ? mounts.openRoot(spec.root.path, propagation) : nil
            steps.append(.bindRoot(path: spec.root.path, tree: tree, amongHosts: isAmongHosts))
        }
        steps.append(.openRoot(path: spec.root.path))
        // From here on it has the rights that the container has; until here those of who started it.
        if inUserNamespace { steps.append(.becomeRoot) }
        for mount in spec.mounts { steps += try mounts.operations(for: mount) }
        let hasOwnDevices = spec.mounts.contains {
            PathText.absolute($0.destination) == "/dev" && ($0.type == "bind" || MountOptions($0.options ?? []).isBind)
        }
        if !hasOwnDevices {
            steps += try DevicePlanner.operations(spec.linux.devices ?? [], bindsNodes: inUserNamespace)
        }
        // As runc: a working folder that the image lacks is made.
        if spec.process.cwd != "/" { steps.append(.makeDirectory(path: spec.process.cwd, mode: 0o755)) }
        if spec.root.readonly == true { steps.append(.makeRootReadOnly) }
        return steps
    }

    private static func newRoot(_ spec: RuntimeSpec, _ context: LaunchContext, _ namespaces: NamespacePlan)
        -> [LaunchPlan.Operation]
    {
        guard namespaces.has(.mount) else { return [.changeRoot] }
        let change: LaunchPlan.Operation = context.movesRoot ? .moveRoot : .pivotRoot
        guard let (propagation, recursive) = try? propagation(spec) else { return [change] }
        return [change, .propagate(propagation, recursive: recursive)]
    }

    /// `rootfsPropagation`; nil when the specification leaves it open.
    private static func propagation(_ spec: RuntimeSpec) throws(ContainerError) -> (Propagation, recursive: Bool)? {
        guard let name = spec.linux.rootfsPropagation, !name.isEmpty else { return nil }
        let options = MountOptions([name])
        guard let propagation = options.propagation else {
            throw ContainerError(.invalidArgument, "rootfsPropagation \(name)")
        }
        return (propagation, options.propagatesRecursively)
    }

    /// Settings of the container's namespaces that are written through the host's own procfs, before it goes.
    private static func hostSettings(_ spec: RuntimeSpec) throws(ContainerError) -> [LaunchPlan.Operation] {
        var operations: [LaunchPlan.Operation] = []
        if let name = spec.hostname { operations.append(.hostname(name)) }
        if let name = spec.domainname { operations.append(.domainname(name)) }
        for (name, value) in (spec.linux.sysctl ?? [:]).sorted(by: { $0.key < $1.key }) {
            operations.append(.sysctl(name: name, value: value))
        }
        if let personality = spec.linux.personality {
            operations.append(.personality(personality.domain == "LINUX32" ? 0x0008 : 0))
        }
        // After the settings: /proc/sys is about to be read-only.
        operations += (spec.linux.readonlyPaths ?? []).map { .makeReadOnly(path: $0) }
        operations += (spec.linux.maskedPaths ?? []).map { .mask(path: $0) }
        return operations
    }

    /// The lines of timens_offsets (time_namespaces(7)).
    private static func clocks(_ offsets: [String: RuntimeSpec.Linux.TimeOffset]) -> String {
        offsets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.secs ?? 0) \($0.value.nanosecs ?? 0)\n" }
            .joined()
    }
}

extension LaunchContext {
    /// Whether the program waits for its names longer than the rest of the child for its interfaces.
    fileprivate var awaitsNames: Bool { network.names != nil && network.containerLinks != nil && !asksClient }
}

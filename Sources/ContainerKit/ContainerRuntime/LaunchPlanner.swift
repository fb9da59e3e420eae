import ContainerNamespaces
import ContainerSystem
import OCISpec

/// Turns a runtime specification into a launch plan. Pure: it looks at nothing but its arguments.
public enum LaunchPlanner {
    /// The plan that starts a container (OCI runtime specification, config.md and config-linux.md).
    /// - Throws: `invalidArgument` for a value that the specification does not allow.
    public static func start(_ spec: RuntimeSpec, in context: LaunchContext) throws(ContainerError) -> LaunchPlan {
        let namespaces = try newNamespaces(spec)
        var plan = LaunchPlan()
        plan.append(.supervisor, .streams(context.streams))
        if let folders = context.stateFolders {
            plan.append(.supervisor, .recordState(runFolder: folders.run, exitFolder: folders.exit))
        }
        if let log = context.log { plan.append(.supervisor, .log(log)) }
        if let folder = context.cgroup.cloneFolder { plan.append(.supervisor, .cloneIntoCgroup(folder: folder)) }
        // The cgroup namespace shows the cgroup that its maker is in, so it is made after the join.
        plan.append(.supervisor, .clone(namespaces.subtracting(.cgroup)))
        if let links = context.hostLinks { plan.append(.host, .netlink(links)) }

        plan.append(.child, context.cgroup.joinFiles.map { .joinCgroup(file: $0) })
        if namespaces.contains(.cgroup) { plan.append(.child, .unshare(.cgroup)) }
        try appendRoot(spec, context, to: &plan)
        plan.append(.child, hostSettings(spec))
        plan.append(.child, .pivotRoot, .awaitHost)
        if let links = context.containerLinks { plan.append(.child, .netlink(links)) }
        try appendProcess(spec.process, context, showsConsole: true, to: &plan)

        plan.append(.after, context.cgroup.folders.map { .removeCgroup(folder: $0) })
        plan.append(.after, context.removedFolders.map { .removeTree(folder: $0) })
        return plan
    }

    /// The plan that starts one more process in a running container.
    public static func execute(
        _ process: RuntimeSpec.Process, joining target: ProcessIdentity, in context: LaunchContext
    )
        throws(ContainerError) -> LaunchPlan
    {
        var plan = LaunchPlan()
        plan.append(.supervisor, .streams(context.streams), .join(pid: target.pid, startTime: target.startTime))
        if let folder = context.cgroup.cloneFolder { plan.append(.supervisor, .cloneIntoCgroup(folder: folder)) }
        plan.append(.supervisor, .clone([]))
        plan.append(.child, context.cgroup.joinFiles.map { .joinCgroup(file: $0) })
        plan.append(.child, .enter([.mount, .uts, .ipc, .network, .cgroup]))
        try appendProcess(process, context, showsConsole: false, to: &plan)
        return plan
    }

    private static func newNamespaces(_ spec: RuntimeSpec) throws(ContainerError) -> Namespaces {
        var result: Namespaces = []
        for namespace in spec.linux.namespaces {
            guard namespace.path == nil, let kind = Namespaces(namespace.type) else {
                throw ContainerError(
                    .unsupported, "\(namespace.type.rawValue) namespace\(namespace.path.map { " of " + $0 } ?? "")",
                    cause: "joining a namespace by path and user namespaces are not supported yet")
            }
            result.insert(kind)
        }
        guard result.contains(.mount), result.contains(.pid) else {
            throw ContainerError(.unsupported, "a container without a mount and a pid namespace of its own")
        }
        return result
    }

    private static func appendRoot(_ spec: RuntimeSpec, _ context: LaunchContext, to plan: inout LaunchPlan)
        throws(ContainerError)
    {
        let propagation = spec.linux.rootfsPropagation.map { $0.hasPrefix("r") ? String($0.dropFirst()) : $0 }
        guard let propagation = Propagation(rawValue: propagation ?? "slave") else {
            throw ContainerError(.invalidArgument, "rootfsPropagation \(spec.linux.rootfsPropagation ?? "")")
        }
        plan.append(.child, .propagate(propagation))
        plan.append(.child, context.overlay.map { .mountOverlay($0) } ?? .bindRoot(path: spec.root.path))
        plan.append(.child, .openRoot(path: spec.root.path))
        for mount in spec.mounts { plan.append(.child, try MountPlanner.operations(for: mount, context.cgroupView)) }
        if !spec.mounts.contains(where: { $0.destination == "/dev" && $0.type == "bind" }) {
            plan.append(.child, DeviceNodes.operations)
        }
        // As runc: a working folder that the image lacks is made.
        if spec.process.cwd != "/" { plan.append(.child, .makeDirectory(path: spec.process.cwd, mode: 0o755)) }
        if spec.root.readonly == true { plan.append(.child, .makeRootReadOnly) }
    }

    /// Settings of the container's namespaces that are written through the host's own procfs, before it goes.
    private static func hostSettings(_ spec: RuntimeSpec) -> [LaunchPlan.Operation] {
        var operations: [LaunchPlan.Operation] = []
        if let name = spec.hostname { operations.append(.hostname(name)) }
        if let name = spec.domainname { operations.append(.domainname(name)) }
        for (name, value) in (spec.linux.sysctl ?? [:]).sorted(by: { $0.key < $1.key }) {
            operations.append(.sysctl(name: name, value: value))
        }
        if let score = spec.process.oomScoreAdj { operations.append(.outOfMemoryScore(score)) }
        // After the settings: /proc/sys is about to be read-only.
        operations += (spec.linux.readonlyPaths ?? []).map { .makeReadOnly(path: $0) }
        operations += (spec.linux.maskedPaths ?? []).map { .mask(path: $0) }
        return operations
    }

    private static func appendProcess(
        _ process: RuntimeSpec.Process, _ context: LaunchContext, showsConsole: Bool, to plan: inout LaunchPlan
    ) throws(ContainerError) {
        guard let command = process.args.first, !command.isEmpty else {
            throw ContainerError(.invalidArgument, "no command to run", hint: "name one after the image")
        }
        let everything = process.args + process.env + [process.cwd]
        if everything.contains(where: { $0.utf8.contains(0) }) {
            throw ContainerError(.invalidArgument, "a command or an environment with a NUL byte")
        }
        guard process.cwd.hasPrefix("/") else {
            throw ContainerError(.invalidArgument, "working folder \(process.cwd): it must be an absolute path")
        }
        plan.append(.child, .newSession)
        if process.terminal == true {
            let size = process.consoleSize
            plan.append(
                .child, .openTerminal(asConsole: showsConsole, rows: size?.height ?? 0, columns: size?.width ?? 0))
        }
        plan.append(.child, .standardStreams(owner: process.user.uid))
        try appendRights(process, context, to: &plan)
        plan.append(.child, .changeDirectory(process.cwd))
        let program = LaunchPlan.Program(
            arguments: process.args, environment: process.env, paths: searchPaths(command, process.env))
        plan.append(.child, .execute(program))
    }

    /// Limits, identity, capabilities and filter, in the one order in which the kernel allows them all.
    private static func appendRights(
        _ process: RuntimeSpec.Process, _ context: LaunchContext, to plan: inout LaunchPlan
    )
        throws(ContainerError)
    {
        for limit in process.rlimits ?? [] {
            guard let resource = LaunchPlan.Resource(specName: limit.type) else {
                throw ContainerError(.invalidArgument, "unknown resource limit \(limit.type)")
            }
            plan.append(.child, .limit(resource, soft: limit.soft, hard: limit.hard))
        }
        let filter: [LaunchPlan.Operation] = context.seccomp.map { [.filterSystemCalls($0)] } ?? []
        let gainsNothing = process.noNewPrivileges == true
        // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before that is dropped; with it, it comes
        // last and need not allow what the steps in between call (seccomp(2)).
        if gainsNothing { plan.append(.child, .noNewPrivileges) } else { plan.append(.child, filter) }
        let sets = process.capabilities ?? .init()
        plan.append(.child, .boundingSet(keep: try mask(sets.bounding)))
        let user = process.user
        plan.append(.child, .user(uid: user.uid, gid: user.gid, groups: user.additionalGids ?? []))
        if let umask = user.umask { plan.append(.child, .umask(umask)) }
        plan.append(
            .child,
            .capabilities(
                .init(
                    effective: try mask(sets.effective), permitted: try mask(sets.permitted),
                    inheritable: try mask(sets.inheritable), ambient: try mask(sets.ambient))))
        if gainsNothing { plan.append(.child, filter) }
    }

    static func mask(_ names: [String]?) throws(ContainerError) -> UInt64 {
        try Capabilities.mask(names: names ?? [])
    }

    /// The files that `command` may mean, in the order of the container's own PATH (execvp(3)).
    static func searchPaths(_ command: String, _ environment: [String]) -> [String] {
        if command.contains("/") { return [command] }
        let path = environment.last { $0.hasPrefix("PATH=") }.map { $0.dropFirst(5) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(command)" }
    }
}

extension Namespaces {
    /// Nil for a kind that is not supported.
    init?(_ kind: RuntimeSpec.Linux.Namespace.Kind) {
        switch kind {
        case .mount: self = .mount
        case .pid: self = .pid
        case .network: self = .network
        case .uts: self = .uts
        case .ipc: self = .ipc
        case .cgroup: self = .cgroup
        case .user, .time: return nil
        }
    }
}

import ContainerNamespaces
import ContainerSystem
import OCISpec

/// The last steps of the child, the same for a container's first process and for one that joins it: streams, limits,
/// identity, rights, and the program.
struct ProcessPlanner {
    let process: RuntimeSpec.Process
    let context: LaunchContext
    /// Whether this is the container's first process.
    let isFirst: Bool
    /// Whether the rights of the process are those of a user namespace.
    let isInUserNamespace: Bool

    /// - Throws: `invalidArgument` for a process that cannot be.
    func check() throws(ContainerError) {
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
    }

    /// Steps of the shim before the clone.
    var preparation: [LaunchPlan.Operation] {
        var result: [LaunchPlan.Operation] = []
        if context.passedDescriptors > 0 { result.append(.passDescriptors(count: context.passedDescriptors)) }
        if let socket = context.consoleSocket { result.append(.sendTerminal(socket: socket)) }
        if let listener = context.filterListener { result.append(.connectFilterListener(socket: listener.socket)) }
        if context.leaves { result.append(.leave) }
        return result
    }

    /// Steps of the shim after the clone: what needs the host's rights.
    func hostSteps() throws(ContainerError) -> [LaunchPlan.Operation] {
        let score = process.oomScoreAdj.map { [LaunchPlan.Operation.outOfMemoryScore($0)] } ?? []
        return score + (isInUserNamespace ? try limits() : [])
    }

    /// Settings that are written through the host's procfs, before it is out of sight.
    var labels: [LaunchPlan.Operation] {
        var result: [LaunchPlan.Operation] = []
        if let profile = process.apparmorProfile, !profile.isEmpty {
            result.append(.label(file: "apparmor/exec", "exec \(profile)"))
        }
        if let label = process.selinuxLabel, !label.isEmpty { result.append(.label(file: "exec", label)) }
        return result
    }

    func steps() throws(ContainerError) -> [LaunchPlan.Operation] {
        var result: [LaunchPlan.Operation] = [.newSession]
        if process.terminal == true {
            let size = process.consoleSize
            result.append(.openTerminal(asConsole: isFirst, rows: size?.height ?? 0, columns: size?.width ?? 0))
        }
        result.append(.standardStreams(owner: process.user.uid))
        result += try schedule()
        // As root, for the folder may be closed to the user; and again as the user, where root has no rights (NFS).
        result.append(.changeDirectory(process.cwd, mayFail: true))
        if !isInUserNamespace { result += try limits() }
        let filter: [LaunchPlan.Operation] =
            context.seccomp.map { [.filterSystemCalls($0, listener: context.filterListener?.text)] } ?? []
        let gainsNothing = process.noNewPrivileges == true
        // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before that is dropped; with it, it comes
        // last and need not allow what the steps in between call (seccomp(2)).
        result += gainsNothing ? [.noNewPrivileges] : filter
        result += try identity()
        result.append(.changeDirectory(process.cwd))
        if context.passedDescriptors > 0 { result.append(.keepDescriptors(count: UInt32(context.passedDescriptors))) }
        if context.startFolder != nil, isFirst { result.append(.awaitStart) }
        result += context.startHooks.map { .hook($0) }
        if gainsNothing { result += filter }
        if context.usesInit, isFirst { result.append(.becomeInit) }
        result.append(
            .execute(
                .init(
                    arguments: process.args, environment: process.env,
                    paths: Self.searchPaths(process.args[0], process.env))))
        return result
    }

    private func limits() throws(ContainerError) -> [LaunchPlan.Operation] {
        try (process.rlimits ?? []).map { limit throws(ContainerError) in
            guard let resource = LaunchPlan.Resource(specName: limit.type) else {
                throw ContainerError(.invalidArgument, "unknown resource limit \(limit.type)")
            }
            return .limit(resource, soft: limit.soft, hard: limit.hard)
        }
    }

    private func identity() throws(ContainerError) -> [LaunchPlan.Operation] {
        let sets = process.capabilities ?? .init()
        let user = process.user
        let permitted = try Capabilities.mask(names: sets.permitted ?? [])
        let inheritable = try Capabilities.mask(names: sets.inheritable ?? [])
        // The kernel lets nothing be ambient that is not both (capabilities(7)), and runc's own documents ask for it.
        let ambient = try Capabilities.mask(names: sets.ambient ?? []) & permitted & inheritable
        var result: [LaunchPlan.Operation] = [
            .boundingSet(keep: try Capabilities.mask(names: sets.bounding ?? [])),
            .user(uid: user.uid, gid: user.gid, groups: user.additionalGids ?? []),
        ]
        if let umask = user.umask { result.append(.umask(umask)) }
        result.append(
            .capabilities(
                .init(
                    effective: try Capabilities.mask(names: sets.effective ?? []),
                    permitted: permitted, inheritable: inheritable, ambient: ambient)))
        return result
    }

    private func schedule() throws(ContainerError) -> [LaunchPlan.Operation] {
        var result: [LaunchPlan.Operation] = []
        if let scheduler = process.scheduler { result.append(.scheduler(try SchedulerAttributes.bytes(scheduler))) }
        if let priority = process.ioPriority { result.append(.ioPriority(try SchedulerAttributes.value(priority))) }
        return result
    }

    /// The files that `command` may mean, in the order of the container's own PATH (execvp(3)).
    static func searchPaths(_ command: String, _ environment: [String]) -> [String] {
        if command.contains("/") { return [command] }
        let path = environment.last { $0.hasPrefix("PATH=") }.map { $0.dropFirst(5) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(command)" }
    }
}

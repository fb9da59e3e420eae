import ContainerNamespaces
import ContainerSystem
import OCISpec

extension LaunchPlanner {
    /// The plan in which another runtime's commands are what is run.
    static func start(
        _ spec: RuntimeSpec, id: String, with program: RuntimeProgram, folder: RuntimeProgram.Folder,
        in context: LaunchContext
    ) throws(ContainerError) -> LaunchPlan {
        let hasTerminal = spec.process.terminal == true
        let supervision = try SupervisionPlanner.steps(context)
        var context = context
        // The runtime's own commands are no part of the container.
        context.cgroup.cloneFolder = nil
        // The terminal is the runtime's to make; ours would be between.
        context.streams.remove(.terminal)
        let delete = program.delete(id, in: folder)
        var plan = LaunchPlan()
        appendSupervisor(context, to: &plan)
        plan.append(.supervisor, supervision)
        // Before orphans are adopted: the server is nobody's child.
        if let server = context.network.names { plan.append(.supervisor, .reachNameServer(server)) }
        plan.append(.supervisor, .receiveTerminal(socket: hasTerminal ? folder.console : nil), .runAgain(delete))
        // The overlay is mounted where the host does not see it; the container gets it from the runtime.
        plan.append(.supervisor, .clone([.mount]))
        plan.append(.host, .adoptFrom(pidFile: folder.pidFile, log: folder.log))
        plan.append(.host, context.network.hostLinks.map { .netlink($0) })
        if let links = context.network.containerLinks { plan.append(.host, .netlinkInside(links)) }
        if let server = context.network.names { plan.append(.host, .serveNames(server)) }
        plan.append(.host, .run(program.start(id, in: folder)))
        plan.append(.child, .propagate(.private))
        plan.append(.child, NamespacePlan(spec.linux.namespaces, donors: context.donors).bindings)
        if let overlay = context.overlay { plan.append(.child, .mountOverlay(overlay)) }
        plan.append(.child, .standardStreams(owner: spec.process.user.uid))
        plan.append(.child, .execute(program.create(id, in: folder, hasTerminal: hasTerminal)))
        plan.append(.after, .run(delete))
        plan.append(.after, context.network.endSteps)
        plan.append(.after, context.cgroup.folders.map { .removeCgroup(folder: $0) })
        plan.append(.after, context.removedFolders.map { .removeTree(folder: $0) })
        return plan
    }
}

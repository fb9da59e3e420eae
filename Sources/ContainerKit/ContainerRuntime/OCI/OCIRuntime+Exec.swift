import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import OCISpec

extension OCIRuntime {
    /// Starts one more process in a container.
    /// - Parameter streams: with a terminal, what is relayed to it unless `detaches` is set.
    /// - Throws: `conflict` for a container that does not run, or is paused; `commandNotFound`, `commandNotExecutable`.
    public func execute(
        in id: String, _ process: RuntimeSpec.Process, _ options: ExecOptions, streams: ClientStreams
    ) throws(ContainerError) -> any LaunchedProcess {
        let folder = try StateFolder(root: root, id: id)
        let record = try folder.read(id)
        let status = status(of: record, in: folder)
        guard let target = record.process, [.created, .running, .paused].contains(status) else {
            throw ContainerError(.conflict, "cannot exec in container \(id): it is \(status.rawValue)")
        }
        if status == .paused, !options.ignorePaused {
            throw ContainerError(
                .conflict, "cannot exec in a paused container (use --ignore-paused to override)")
        }
        let terminal = process.terminal == true
        if options.detaches, terminal, options.consoleSocket == nil {
            throw OCIRuntime.needsConsoleSocket
        }
        let launch = try launcher.prepare(streams: try Self.with(streams, others: options.preservedDescriptors))
        let specification = try specification(of: id)
        try HostCheck.check(process)
        if !record.namespaces.contains(.user) { try warnOfCapabilities(process) }
        var process = process
        if !process.env.contains(where: { $0.hasPrefix("HOME=") }) {
            let root = try RootedDirectory("/proc/\(target.pid)/root")
            process.env.append("HOME=\(try Self.home(of: process.user.uid, in: root))")
        }
        var context = LaunchContext()
        context.streams = options.detaches ? (terminal ? [.terminal] : [.pass, .own]) : Self.streamOptions(process)
        context.leaves = options.detaches
        context.passedDescriptors = options.preservedDescriptors
        context.consoleSocket = options.consoleSocket
        context.seccomp = try filter(of: specification)
        context.filterListener = listener(of: specification, state: state(of: record, in: folder))
        let cgroup = try cgroup(of: record).below(options.cgroup ?? "")
        context.cgroup = .init(joinFiles: cgroup.joinPaths, cloneFolder: cgroup.directoryForClone)
        let plan = try LaunchPlanner.execute(
            process, joining: target, namespaces: record.namespaces, in: context)
        let started = try launch.launch(plan)
        if let file = options.pidFile { try Files.replace(file, with: "\(started.identity.pid)".utf8) }
        return started
    }

    /// Nobody would hold the other end of the terminal.
    static var needsConsoleSocket: ContainerError {
        ContainerError(
            .invalidArgument, "cannot allocate tty without a console socket when nobody stays with the process",
            hint: "give --console-socket, or set terminal to false")
    }
}

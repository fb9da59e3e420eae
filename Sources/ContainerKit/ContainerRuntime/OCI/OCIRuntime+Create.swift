import CKLinux
import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

extension OCIRuntime {
    /// Creates a container; its program waits for `start`.
    /// - Throws: `invalidArgument` that names the field of config.json by its path; `conflict` for an id that is taken.
    ///   Nothing of it is left then.
    public func create(_ id: String, bundle: String, _ options: CreateOptions) throws(ContainerError) -> OCIState {
        let folder = try StateFolder(root: root, id: id)
        let creation = try Creation(
            self, id, folder, bundle: bundle, options, streams: try Self.ownStreams(options.preservedDescriptors))
        if creation.specification.process.terminal == true, options.consoleSocket == nil {
            throw OCIRuntime.needsConsoleSocket
        }
        creation.context.startFolder = folder.path
        creation.context.leaves = true
        creation.context.streams =
            creation.specification.process.terminal == true ? [.terminal] : [.pass, .own]
        _ = try creation.carryOut()
        return state(of: creation.record, in: folder)
    }

    /// Creates and starts a container whose streams are the caller's; it is deleted by `delete` after its end.
    /// - Parameter streams: with a terminal in its specification, what is relayed to the terminal.
    public func run(_ id: String, bundle: String, _ options: CreateOptions, streams: ClientStreams)
        throws(ContainerError) -> any LaunchedProcess
    {
        let folder = try StateFolder(root: root, id: id)
        let all = try Self.with(streams, others: options.preservedDescriptors)
        let creation = try Creation(self, id, folder, bundle: bundle, options, streams: all)
        creation.context.streams = Self.streamOptions(creation.specification.process)
        creation.context.startHooks = creation.hooks(\.startContainer, "startContainer", .created)
        let process = try creation.carryOut()
        creation.record.isCreated = true
        let state = stateAfterStart(of: creation.record)
        HookRunner.runAll(creation.specification.hooks?.poststart, "poststart", state: state, warn: warn)
        return process
    }

    static func streamOptions(_ process: RuntimeSpec.Process) -> StreamOptions {
        process.terminal == true ? [.terminal, .stdin, .attached, .stdinAttached] : [.pass, .own]
    }

    static func ownStreams(_ preserved: Int) throws(ContainerError) -> ClientStreams {
        try with(.own, others: preserved)
    }

    static func with(_ streams: ClientStreams, others count: Int) throws(ContainerError) -> ClientStreams {
        guard (0...500).contains(count) else {
            throw ContainerError(.invalidArgument, "cannot preserve \(count) descriptors", cause: "0 to 500 can be")
        }
        for descriptor in 3..<CInt(3 + count) where fcntl(descriptor, F_GETFD) < 0 {
            throw ContainerError(
                .invalidArgument, "preserve \(count) descriptors: descriptor \(descriptor) is not open")
        }
        return ClientStreams(
            input: streams.input, output: streams.output, error: streams.error, others: Array(3..<CInt(3 + count)))
    }
}

/// One container on its way into being.
private final class Creation {
    let runtime: OCIRuntime
    let id: String
    let folder: StateFolder
    let bundle: OCIBundle
    let options: OCIRuntime.CreateOptions
    let launch: any PreparedLaunch
    var specification: RuntimeSpec
    var record: ContainerRecord
    var context = LaunchContext()

    /// Reads and judges everything; makes nothing.
    init(
        _ runtime: OCIRuntime, _ id: String, _ folder: StateFolder, bundle path: String,
        _ options: OCIRuntime.CreateOptions, streams: ClientStreams
    ) throws(ContainerError) {
        (self.runtime, self.id, self.folder, self.options) = (runtime, id, folder, options)
        // It gets ready while we read.
        launch = try runtime.launcher.prepare(streams: streams)
        bundle = try OCIBundle(path)
        specification = bundle.specification
        specification.process.env += options.environment
        try HostCheck.check(specification)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        record = ContainerRecord(
            id: id, bundle: bundle.path, rootfs: specification.root.path,
            annotations: specification.annotations ?? [:],
            created: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec), owner: geteuid(),
            cgroupPath: try OCICgroupPath.path(specification.linux.cgroupsPath, id: id),
            namespaces: NamespacePlan(specification.linux.namespaces).different)
        specification.linux.cgroupsPath = record.cgroupPath
        let late = [specification.hooks?.poststart, specification.hooks?.poststop]
        record.hasLateHooks = late.contains { $0?.isEmpty == false }
        if !record.namespaces.contains(.mount) { record.rootMount = MountNumber.of(specification.root.path) }
        context.passedDescriptors = options.preservedDescriptors
        context.consoleSocket = options.consoleSocket
        context.movesRoot = options.noPivot
        context.labelsMounts = specification.linux.mountLabel != nil && HostCheck.hasSELinux
        context.keyring = options.noNewKeyring ? nil : "_ses.\(id)"
        context.seccomp = try runtime.filter(of: specification)
        context.filterListener = runtime.listener(of: specification, state: state(.creating))
        try addHome()
        if !record.namespaces.contains(.user) { try runtime.warnOfCapabilities(specification.process) }
    }

    /// As every runtime: programs expect it, and images do not set it.
    private func addHome() throws(ContainerError) {
        guard !specification.process.env.contains(where: { $0.hasPrefix("HOME=") }) else { return }
        let root = try RootedDirectory(specification.root.path)
        specification.process.env.append("HOME=\(try OCIRuntime.home(of: specification.process.user.uid, in: root))")
    }

    func carryOut() throws(ContainerError) -> any LaunchedProcess {
        let lock = try folder.make(root: runtime.root, id: id)
        defer { withExtendedLifetime(lock) {} }
        var cgroup: Cgroup?
        do throws(ContainerError) {
            try Files.replace(folder.specification, with: bundle.configuration, mode: 0o600)
            // Before there is anything else: whoever deletes what we leave when we are killed learns of it here.
            try writeRecord()
            let host = try CgroupHost.detect(fileSystem: runtime.cgroups)
            let made = try Cgroup.create(
                path: record.cgroupPath, resources: resources, host: host, fileSystem: runtime.cgroups,
                naming: .fields(of: "linux.resources"))
            cgroup = made
            for warning in made.warnings { runtime.warn(warning) }
            context.cgroup = .init(joinFiles: made.joinPaths, cloneFolder: made.directoryForClone)
            context.cgroupView = host.view
            prepareHooks()
            let plan = try LaunchPlanner.start(specification, in: context)
            let process = try launch.launch(plan) { process throws(ContainerError) in try whenMounted(process) }
            record.process = process.identity
            record.isCreated = true
            try writeRecord()
            return process
        } catch {
            undo(cgroup)
            throw error
        }
    }

    private func undo(_ cgroup: Cgroup?) {
        if let process = record.process { _ = try? process.signal(SIGKILL) }
        if let cgroup {
            try? cgroup.kill()
            try? cgroup.delete()
        }
        record.unmountRoot()
        try? folder.remove()
        // One that was there, though not for long, has been deleted (runtime.md, "Lifecycle", steps 12 and 13).
        guard record.process != nil else { return }
        record.process = nil
        HookRunner.runAll(
            specification.hooks?.poststop, "poststop", state: state(.stopped), warn: runtime.warn)
    }

    /// The devices of the specification, which a container could not use otherwise, and what every container has.
    private var resources: RuntimeSpec.Resources {
        var resources = specification.linux.resources ?? .init()
        if let rules = resources.devices { resources.devices = rules + DeviceRules.always }
        return resources
    }

    private func prepareHooks() {
        guard let hooks = specification.hooks else { return }
        let all = [hooks.prestart, hooks.createRuntime, hooks.createContainer]
        context.asksClient = all.contains { $0?.isEmpty == false }
        context.createHooks = self.hooks(\.createContainer, "createContainer", .creating)
        if context.startFolder != nil { context.startHooks = self.hooks(\.startContainer, "startContainer", .created) }
    }

    func hooks(
        _ list: KeyPath<RuntimeSpec.Hooks, [RuntimeSpec.Hooks.Hook]?>, _ name: String, _ status: OCIState.Status
    ) -> [LaunchPlan.Hook] {
        let text = state(status).text
        return (specification.hooks?[keyPath: list] ?? []).enumerated().map { index, hook in
            LaunchPlan.Hook(
                name: "hooks.\(name)[\(index)]", path: hook.path,
                arguments: hook.args.flatMap { $0.isEmpty ? nil : $0 } ?? [hook.path],
                environment: hook.env ?? [], timeout: UInt64(hook.timeout ?? 0), state: text)
        }
    }

    private func whenMounted(_ process: ProcessIdentity) throws(ContainerError) {
        record.process = process
        try writeRecord()
        // The older of the two was specified as a part of the start, and its programs expect what was true then.
        try HookRunner.run(specification.hooks?.prestart, "prestart", state: state(.created))
        try HookRunner.run(specification.hooks?.createRuntime, "createRuntime", state: state(.creating))
    }

    private func state(_ status: OCIState.Status) -> OCIState {
        OCIState(
            id: id, status: status, pid: record.process?.pid ?? 0, bundle: record.bundle,
            annotations: record.annotations)
    }

    private func writeRecord() throws(ContainerError) {
        try Files.replace(folder.record, with: record.json.utf8, mode: 0o600)
        guard record.isCreated, let file = options.pidFile, let process = record.process else { return }
        try Files.replace(file, with: "\(process.pid)".utf8)
    }
}

extension OCIRuntime {
    /// What cannot be granted is left out with a word about it (config.md, "process.capabilities").
    func warnOfCapabilities(_ process: RuntimeSpec.Process) throws(ContainerError) {
        let sets = process.capabilities
        let asked = try Capabilities.mask(names: (sets?.permitted ?? []) + (sets?.effective ?? []))
        let missing = asked & ~ck_permitted_capabilities()
        guard missing != 0 else { return }
        let names = Capabilities.names(missing).joined(separator: ", ")
        warn("config.json: process.capabilities: not granted, as this process has them not: \(names)")
    }

    /// Nil for no filter.
    func filter(of spec: RuntimeSpec) throws(ContainerError) -> SeccompFilter? {
        guard let policy = spec.linux.seccomp else { return nil }
        do throws(ContainerError) { return try seccomp.filter(for: policy) } catch { throw error.during("config.json") }
    }

    /// What the agent that watches over system calls is told (config-linux.md, "The Container Process State").
    func listener(of spec: RuntimeSpec, state: OCIState) -> (socket: String, text: LaunchPlan.ProcessText)? {
        guard let policy = spec.linux.seccomp, let socket = policy.listenerPath, !socket.isEmpty else { return nil }
        let asks = (policy.syscalls ?? []).contains { $0.action == "SCMP_ACT_NOTIFY" }
        guard asks || policy.defaultAction == "SCMP_ACT_NOTIFY" else { return nil }
        let head = "{\"ociVersion\":\(JSONString.quoted(state.ociVersion)),\"fds\":[\"seccompFd\"],"
        let metadata = policy.listenerMetadata.map { "\"metadata\":\(JSONString.quoted($0))," } ?? ""
        let text = state.text
        // The pid of the container is the one that the shim knows; in the state it is known only for one that runs.
        let inner = state.pid > 0 ? state.json : text.text.replacing(at: text.pidOffset, with: 0)
        return (socket, LaunchPlan.ProcessText(head + metadata + "\"pid\":", ",\"state\":\(inner)}"))
    }

    static func home(of uid: UInt32, in root: RootedDirectory) throws(ContainerError) -> String {
        do throws(ContainerError) {
            let users = try UserLookup { path throws(ContainerError) in try root.readFile(path) }
            return try users.identity(of: String(uid)).home
        } catch {
            // A file that cannot be trusted names nobody.
            return "/"
        }
    }
}

import CKLinux
import ContainerCgroups
import ContainerDatabase
import ContainerNamespaces
import ContainerRuntime
import ContainerStorage
import ContainerSystem
import OCISpec

/// What is to run in a container that runs already.
public struct ExecOptions: Sendable, Equatable {
    public var command: [String]
    /// `NAME=value`, on top of the container's.
    public var environment: [String] = []
    /// Nil is the container's.
    public var workingDirectory: String?
    /// Nil is the container's.
    public var user: String?
    public var terminal = false
    public var terminalSize: RuntimeSpec.Process.ConsoleSize?
    public var stdinOpen = false
    /// With every right that there is.
    public var isPrivileged = false
    /// What is typed to leave it to itself, as docker writes it: `ctrl-p,ctrl-q`.
    public var detachKeys: String?

    public init(command: [String]) { self.command = command }
}

extension Engine {
    /// Starts a process in a running container, with the rights that the container's own has.
    /// - Parameter streams: the caller's streams, or nil to leave it to itself.
    /// - Throws: `notFound`; `conflict` when the container does not run; `commandNotFound`, `commandNotExecutable`.
    public func execute(in name: String, _ options: ExecOptions, streams: ClientStreams?) throws(ContainerError)
        -> any LaunchedProcess
    {
        let record: ContainerRecord
        let state: ContainerState
        if let found = findRunning(name), case let present = self.state(of: found), present.process != nil {
            (record, state) = (found, present)
        } else {
            record = try find(name)
            state = self.state(of: record)
        }
        let running: ContainerState.RunningProcess
        switch state {
        case .running(let process) where process.hasStarted: running = process
        case .paused:
            throw ContainerError(
                .conflict, "Container \(name) is paused, unpause the container before exec")
        case .restarting: throw Self.isRestarting(record)
        default: throw Self.notRunning(record)
        }
        let launch = try runtime.prepare(streams: streams)
        let original = try Self.decode(record)
        var configuration = original
        configuration.command = options.command
        configuration.environment = SpecBuilder.merge(configuration.environment, options.environment)
        configuration.workingDirectory = options.workingDirectory ?? configuration.workingDirectory
        configuration.user = options.user ?? configuration.user
        configuration.terminal = options.terminal
        configuration.stdinOpen = options.stdinOpen
        // Read where the container sees it, through its own root.
        let root = try RootedDirectory("/proc/\(running.process.pid)/root")
        let users = try UserLookup { path throws(ContainerError) in try root.readFile(path) }
        // The groups that the container was given are its user's.
        let groups = options.user == nil ? configuration.groups ?? [] : []
        let identity = try users.identity(of: configuration.user, groups: groups)
        let cgroup = Self.cgroupPath(record.id, parent: configuration.cgroupParent)
        // What it may call is the container's filter's business all the same.
        let systemCalls = configuration.security
        if options.isPrivileged {
            configuration.security = configuration.security ?? .init()
            configuration.security?.isPrivileged = true
        }
        var host = SpecBuilder.Host(
            rootPath: "", folder: "", identity: identity, cgroupsPath: cgroup, terminalSize: options.terminalSize,
            deviceRules: [])
        if configuration.security != nil { host.permittedCapabilities = ck_permitted_capabilities() }
        do throws(ContainerError) {
            let process = try SpecBuilder.process(configuration, host)
            let id = try Identifier.generate()
            let command = options.command.joined(separator: " ")
            note(
                ["exec_create", "exec_start"].map { event("\($0): \(command)", record, original, ["execID": id]) })
            let started = try runtime.execute(
                process, joining: running.process, cgroupPath: cgroup,
                options: Self.streamOptions(configuration, streams),
                detachKeys: options.terminal ? try DetachKeys.parse(options.detachKeys) : [],
                systemCalls: try Self.systemCalls(systemCalls, capabilities: process.capabilities), by: launch)
            return ExecutedProcess(process: started, id: id, engine: self, record: record, configuration: original)
        } catch {
            throw error.during("exec in container \(record.name)")
        }
    }
}

/// A process that was started in a container; its end is an event as well.
private struct ExecutedProcess: LaunchedProcess {
    let process: any LaunchedProcess
    let id: String
    let engine: Engine
    let record: ContainerRecord
    let configuration: ContainerConfiguration

    var identity: ProcessIdentity { process.identity }
    var descriptor: CInt { process.descriptor }

    func wait() throws(ContainerError) -> Int32 {
        let status = try process.wait()
        noteEnd(status)
        return status
    }

    func waitOrDetach() throws(ContainerError) -> Supervisor.Event {
        let end = try process.waitOrDetach()
        if case .exited(let status, _, _) = end {
            noteEnd(status)
        } else {
            engine.note("exec_detach", record, configuration, ["execID": id])
        }
        return end
    }

    private func noteEnd(_ status: Int32) {
        engine.note("exec_die", record, configuration, ["execID": id, "exitCode": String(status)])
    }

    func waitForCleanUp() { process.waitForCleanUp() }
    func resize(rows: UInt16, columns: UInt16) { process.resize(rows: rows, columns: columns) }
    func signal(_ number: Int32) { process.signal(number) }
    func hold(input: Bool, output: Bool) { process.hold(input: input, output: output) }
}

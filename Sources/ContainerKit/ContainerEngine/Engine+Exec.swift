import ContainerCgroups
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

    public init(command: [String]) { self.command = command }
}

extension Engine {
    /// Starts a process in a running container, with the rights that the container's own has.
    /// - Parameter streams: the caller's streams, or nil to leave it to itself.
    /// - Throws: `notFound`; `conflict` when the container does not run; `commandNotFound`, `commandNotExecutable`.
    public func execute(in name: String, _ options: ExecOptions, streams: ClientStreams?) throws(ContainerError)
        -> any LaunchedProcess
    {
        let record = try find(name)
        let running: ContainerState.RunningProcess
        switch state(of: record) {
        case .running(let process) where process.hasStarted: running = process
        case .paused:
            throw ContainerError(
                .conflict, "Container \(name) is paused, unpause the container before exec")
        case .restarting: throw Self.isRestarting(record)
        default: throw Self.notRunning(record)
        }
        let launch = try runtime.prepare(streams: streams)
        var configuration = try Self.decode(record)
        configuration.command = options.command
        configuration.environment = SpecBuilder.merge(configuration.environment, options.environment)
        configuration.workingDirectory = options.workingDirectory ?? configuration.workingDirectory
        configuration.user = options.user ?? configuration.user
        configuration.terminal = options.terminal
        configuration.stdinOpen = options.stdinOpen
        // Read where the container sees it, through its own root.
        let root = try RootedDirectory("/proc/\(running.process.pid)/root")
        let users = try UserLookup { path throws(ContainerError) in try root.readFile(path) }
        let identity = try users.identity(of: configuration.user)
        let cgroup = Self.cgroupPath(record.id)
        let host = SpecBuilder.Host(
            rootPath: "", folder: "", identity: identity, cgroupsPath: cgroup, terminalSize: options.terminalSize,
            deviceRules: [])
        do throws(ContainerError) {
            return try runtime.execute(
                SpecBuilder.process(configuration, host), joining: running.process, cgroupPath: cgroup,
                options: Self.streamOptions(configuration, attached: streams != nil), by: launch)
        } catch {
            throw error.during("exec in container \(record.name)")
        }
    }
}

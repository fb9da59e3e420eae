import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import OCISpec

extension Engine {
    /// What the supervisor is to do while the container runs, and after its end.
    func supervise(_ context: inout LaunchContext, _ container: Container, host: SpecBuilder.Host)
        throws(ContainerError)
    {
        let configuration = container.configuration
        context.acceptsClients = true
        context.restart = configuration.restart ?? .no
        context.usesInit = configuration.usesInit == true
        context.events = .init(path: eventLog.path, id: container.id, image: configuration.imageName)
        if configuration.terminal { context.detachKeys = try DetachKeys.parse(configuration.detachKeys) }
        if let check = configuration.health {
            context.health = try Self.health(check, container, host)
        }
    }

    /// A process with the rights, the user and the environment of the container's own.
    private static func health(_ check: HealthCheck, _ container: Container, _ host: SpecBuilder.Host)
        throws(ContainerError) -> LaunchContext.Health?
    {
        var configuration = container.configuration
        let words = Array(check.test.dropFirst())
        switch check.test.first {
        case "CMD": configuration.command = words
        case "CMD-SHELL":
            configuration.command = (container.image.config.config?.shell ?? ["/bin/sh", "-c"]) + words
        default: return nil
        }
        guard !words.isEmpty else { return nil }
        configuration.terminal = false
        return .init(process: try SpecBuilder.process(configuration, host), check: check)
    }

    /// A container that somebody is about to attach to.
    public struct Attachment: Sendable {
        public let supervisor: Supervisor
        /// Whether the container has a terminal, and whether its input is open.
        public let terminal: Bool
        public let stdinOpen: Bool
        /// What is typed to leave it, as docker writes it; nil is docker's.
        public let detachKeys: String?
    }

    /// - Throws: `notFound`; `conflict` when the container does not run; `unavailable` without its supervisor.
    public func attachment(to name: String) throws(ContainerError) -> Attachment {
        let record = try find(name)
        let configuration = try Self.decode(record)
        switch state(of: record) {
        case .running(let running) where running.hasStarted: break
        case .paused:
            throw ContainerError(.conflict, "cannot attach to a paused container, unpause it first")
        case .restarting:
            throw ContainerError(.conflict, "cannot attach to a restarting container, wait until it is running")
        default: throw ContainerError(.conflict, "cannot attach to a stopped container, start it first")
        }
        let supervisor = try Supervisor.connect(runFolder: folders(record.id).runFolder)
        note("attach", record, configuration)
        return Attachment(
            supervisor: supervisor, terminal: configuration.terminal,
            stdinOpen: configuration.stdinOpen, detachKeys: configuration.detachKeys)
    }
}

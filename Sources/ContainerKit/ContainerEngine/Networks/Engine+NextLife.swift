import ContainerDatabase
import ContainerNamespaces
import ContainerNetworking
import ContainerRuntime
import ContainerSystem
import Glibc

extension Engine {
    /// What of a container goes on with the networks that it had, when its supervisor has been told of others.
    enum PresentLife {
        case process(ProcessIdentity)
        /// The next one starts as it was told.
        case none
        /// Nobody starts it again; a process whose supervisor was killed may go on.
        case unsupervised
    }

    /// Tells a container's supervisor of other networks than those of its start: what it has to take back at the end, and how the
    /// restart policy is to bring the container back.
    /// - Throws: `conflict` for a port of the host that another process has by now; what a start throws; `systemFailure`
    ///   when the supervisor does not answer.
    func renew(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ connection: Connection,
        withdrawal: NetlinkBatch?
    ) throws(ContainerError) -> PresentLife {
        guard try supervisor(of: record) != nil else { return .unsupervised }
        let plan = try plan(record, configuration, connection, withdrawal: withdrawal)
        // At the end of a life all clients are let go of, whatever they have sent; at the last one there is nobody to come back to.
        let deadline = ContinuousClock.now + .seconds(15)
        while let supervisor = try supervisor(of: record) {
            do throws(ContainerError) {
                return try supervisor.renew(plan).map { .process($0) } ?? .none
            } catch {
                guard error.code == .unavailable, ContinuousClock.now < deadline else {
                    throw error.during("renew the plan of \(record.name)")
                }
            }
            usleep(2000)
        }
        return .unsupervised
    }

    /// Nil when there is none any more.
    private func supervisor(of record: ContainerRecord) throws(ContainerError) -> Supervisor? {
        do throws(ContainerError) {
            return try Supervisor.connect(runFolder: folders(record.id).runFolder)
        } catch {
            guard error.code == .unavailable else { throw error }
            return nil
        }
    }

    /// Where the supervisor cannot be told how it is to bring the container back, it does not.
    func forgoRestarts(of record: ContainerRecord) throws(ContainerError) {
        try supervisor(of: record)?.setRestartPolicy(.no)
    }

    /// As a start would make it, but for the streams of who started it: those the supervisor keeps.
    private func plan(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ connection: Connection,
        withdrawal: NetlinkBatch?
    ) throws(ContainerError) -> LaunchPlan {
        let image = try imageStore.find("sha256:" + record.image)
        let container = Container(record: record, configuration: configuration, image: image)
        var (spec, context) = try prepare(container, nil, joining: nil, terminalSize: nil)
        context.network = try planned(connection, of: record.id, withdrawal: withdrawal)
        let systemCalls = try Self.systemCalls(configuration.security, capabilities: spec.process.capabilities)
        guard let other = configuration.runtime else {
            SpecBuilder.add(connection.sysctls, to: &spec)
            return try runtime.plan(spec, context, systemCalls: systemCalls)
        }
        SpecBuilder.add(connection.defaultSysctls, to: &spec)
        return try runtime.plan(
            spec, context, id: record.id, with: try RuntimeProgram(other), systemCalls: systemCalls)
    }
}

import ContainerDatabase
import ContainerNamespaces
import ContainerNetworking
import ContainerRuntime
import ContainerSystem

extension Engine {
    /// Tells a container's supervisor of other networks than those of its start: what it has to take back at the end, and how the
    /// restart policy is to bring the container back.
    /// - Throws: `conflict` for a port of the host that another process has by now, and what a start throws.
    func renew(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ connection: Connection,
        withdrawal: NetlinkBatch?
    ) throws(ContainerError) {
        do throws(ContainerError) {
            let supervisor = try Supervisor.connect(runFolder: folders(record.id).runFolder)
            try supervisor.renew(try plan(record, configuration, connection, withdrawal: withdrawal))
        } catch {
            // Without a supervisor there is no next life.
            guard error.code == .unavailable else { throw error.during("renew the plan of \(record.name)") }
        }
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

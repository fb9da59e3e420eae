import ArgumentParser
import ContainerEngine
import ContainerSystem

struct RemoveContainers: Command {
    static let synopsis = Synopsis(
        name: "rm", operands: "[OPTIONS] CONTAINER [CONTAINER...]", abstract: "Remove one or more containers",
        count: 1...Int.max, flags: DockerFlags.rm)

    @Flag(name: .shortAndLong, help: "Kill it first if it runs")
    var force = false

    @Flag(name: .shortAndLong, help: "Remove the link of that name (there are none)")
    var link = false

    @Flag(name: .shortAndLong, help: "Remove its anonymous volumes too")
    var volumes = false

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            guard !container.isEmpty else {
                throw ContainerError(.invalidArgument, "Container name cannot be empty")
            }
            if link { throw try noLink(container, engine) }
            do throws(ContainerError) {
                try engine.removeContainer(container, force: force, volumes: volumes)
            } catch {
                // With force, what is not there is as it was wanted: docker says so, and exits with 0.
                guard force, error.code == .notFound else { throw error }
                session.console.error("ck: \(error.description)")
                return
            }
            session.console.out(container)
        }
    }

    /// docker removes a link `/parent/alias`, of which there are none here.
    private func noLink(_ name: String, _ engine: Engine) throws(ContainerError) -> ContainerError {
        let parts = name.split(separator: "/")
        guard parts.count > 1 else {
            _ = try engine.containerID(name)
            return ContainerError(.conflict, "Conflict, cannot remove the default link name of the container")
        }
        return ContainerError(
            .notFound, "Cannot get parent /\(parts[0]) for link name /\(parts.joined(separator: "/"))",
            cause: "there are no links")
    }
}

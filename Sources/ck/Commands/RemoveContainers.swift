import ArgumentParser
import ContainerEngine
import ContainerSystem

struct RemoveContainers: Command {
    static let synopsis = Synopsis(
        name: "rm", operands: "[OPTIONS] CONTAINER [CONTAINER...]", abstract: "Remove one or more containers",
        count: 1...Int.max, flags: DockerFlags.rm)

    @Flag(name: .shortAndLong, help: "Kill it first if it runs")
    var force = false

    @Flag(name: .shortAndLong, help: "Remove its anonymous volumes too")
    var volumes = false

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            try engine.removeContainer(container, force: force, volumes: volumes)
            session.console.out(container)
        }
    }
}

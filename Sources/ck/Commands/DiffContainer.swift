import ArgumentParser
import ContainerEngine
import ContainerStorage
import ContainerSystem

struct DiffContainer: Command {
    static let synopsis = Synopsis(
        name: "diff", operands: "CONTAINER",
        abstract: "Inspect changes to files or directories on a container's filesystem", count: 1...1,
        flags: DockerFlags.diff)

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        try session.engine().forEachChange(of: container) { change throws(ContainerError) in
            session.console.out("\(change.kind.rawValue) \(Quoting.safe(change.path))")
        }
        return 0
    }
}

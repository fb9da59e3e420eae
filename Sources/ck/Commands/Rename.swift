import ArgumentParser
import ContainerEngine

struct Rename: Command {
    static let synopsis = Synopsis(
        name: "rename", operands: "CONTAINER NEW_NAME", abstract: "Rename a container", count: 2...2,
        flags: FlagTable(""))

    @Argument(help: "The container, by name or id")
    var container: String

    @Argument(help: "Its new name")
    var newName: String

    func run(in session: Session) throws -> Int32 {
        try session.engine().renameContainer(container, to: newName)
        return 0
    }
}

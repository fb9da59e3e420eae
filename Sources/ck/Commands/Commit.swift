import ArgumentParser
import ContainerEngine

struct Commit: Command {
    static let synopsis = Synopsis(
        name: "commit", operands: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
        abstract: "Create a new image from a container's changes", count: 1...2, flags: DockerFlags.commit)

    @Option(name: .shortAndLong, help: "Author of the image")
    var author: String?

    @Option(name: .shortAndLong, help: "Apply a Dockerfile instruction to the image")
    var change: [String] = []

    @Option(name: .shortAndLong, help: "Commit message")
    var message: String?

    @Flag(name: .shortAndLong, inversion: .prefixedNo, help: "Hold the container still meanwhile")
    var pause = true

    @Argument(help: "The container, by name or id")
    var container: String

    @Argument(help: "Name of the image")
    var reference: String?

    func run(in session: Session) throws -> Int32 {
        session.console.out(
            try session.engine().commit(
                container: container, name: reference, author: author, message: message, changes: change, pause: pause))
        return 0
    }
}

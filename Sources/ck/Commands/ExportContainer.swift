import ArgumentParser
import ContainerEngine
import ContainerSystem

struct ExportContainer: Command {
    static let synopsis = Synopsis(
        name: "export", operands: "[OPTIONS] CONTAINER",
        abstract: "Export a container's filesystem as a tar archive", count: 1...1, flags: DockerFlags.export)

    @Option(name: .shortAndLong, help: "Write to a file, instead of STDOUT")
    var output: String?

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        try ArchiveOutput.write(to: output) { descriptor, name in
            try session.engine().exportContainer(container, to: descriptor, outputName: name)
        }
        return 0
    }
}

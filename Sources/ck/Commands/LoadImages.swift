import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct LoadImages: Command {
    static let synopsis = Synopsis(
        name: "load", operands: "[OPTIONS]", abstract: "Load an image from a tar archive or STDIN", count: 0...0,
        flags: DockerFlags.load)

    @Option(name: .shortAndLong, help: "Read from a tar archive, instead of STDIN")
    var input: String?

    @Flag(name: .shortAndLong, help: "Suppress the load output")
    var quiet = false

    func run(in session: Session) throws -> Int32 {
        let loaded = try session.engine().loadImages(from: try open(), name: input ?? "standard input")
        // docker keeps these lines with --quiet too: it is the progress that goes.
        for image in loaded {
            for name in image.names { session.console.out("Loaded image: \(name)") }
            if image.names.isEmpty { session.console.out("Loaded image ID: \(image.id)") }
        }
        return 0
    }

    private func open() throws -> Descriptor {
        if let input { return try Descriptor.open(input, O_RDONLY) }
        guard isatty(0) == 0 else {
            throw CommandFailure("ck: requested load from stdin, but stdin is empty", status: 1)
        }
        return Descriptor(owning: try system("use standard input") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct LoadImages: Command {
    static let synopsis = Synopsis(
        name: "load", operands: "[OPTIONS]", abstract: "Load an image from a tar archive or STDIN", count: 0...0,
        flags: DockerFlags.load)

    @Option(name: .shortAndLong, help: "Read from a tar archive or a folder with an OCI layout, instead of STDIN")
    var input: String?

    @Option(help: "Load only the images for this platform, such as linux/arm64")
    var platform: String?

    @Flag(name: .shortAndLong, help: "Suppress the load output")
    var quiet = false

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        let source = input.flatMap { $0.isEmpty ? nil : $0 }
        let console = session.console
        let loaded = try session.engine()
            .loadImages(from: try open(source), name: source ?? "standard input", platform: platform)
        // docker keeps these lines with --quiet too: it is the progress that goes.
        for image in loaded {
            for moved in image.moved {
                console.out(
                    "The image \(moved.name) already exists, renaming the old one with ID \(moved.previous)"
                        + " to empty string")
            }
            for name in image.names { console.out("Loaded image: \(name)") }
            if image.names.isEmpty { console.out("Loaded image ID: \(image.id)") }
        }
        return 0
    }

    private func open(_ source: String?) throws -> Descriptor {
        if let source { return try Descriptor.open(source, O_RDONLY) }
        guard isatty(0) == 0 else {
            throw CommandFailure("ck: requested load from stdin, but stdin is empty", status: 1)
        }
        return Descriptor(owning: try system("use standard input") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct ImportImage: Command {
    static let synopsis = Synopsis(
        name: "import", operands: "[OPTIONS] FILE|URL|- [REPOSITORY[:TAG]]",
        abstract: "Import the contents from a tarball to create a filesystem image", count: 1...2,
        flags: DockerFlags.importImage)

    @Option(name: .shortAndLong, help: "Apply a Dockerfile instruction to the image")
    var change: [String] = []

    @Option(name: .shortAndLong, help: "Message for the image's history")
    var message: String?

    @Option(help: "Platform of the image, such as linux/arm64; this host's when there is none")
    var platform: String?

    @Argument(help: "A tar archive, compressed or not; - is standard input")
    var source: String

    @Argument(help: "Name of the image")
    var reference: String?

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        let name = reference.flatMap { $0.isEmpty ? nil : $0 }
        let message = message.flatMap { $0.isEmpty ? nil : $0 }
        let id: String
        if source.hasPrefix("http://") || source.hasPrefix("https://") {
            id = try session.engine().importImage(
                fromURL: source, name: name, message: message, changes: change, platform: platform)
        } else {
            let archive = try open()
            id = try session.engine().importImage(
                from: archive, name: name, message: message, changes: change, platform: platform)
        }
        session.console.out(id)
        return 0
    }

    private func open() throws -> Descriptor {
        guard source == "-" else { return try Descriptor.open(source, O_RDONLY) }
        guard isatty(0) == 0 else {
            throw CommandFailure("ck: import -: standard input is a terminal, not an archive", status: 1)
        }
        return Descriptor(owning: try system("use standard input") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
    }
}

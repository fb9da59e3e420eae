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

    @Option(help: .progress)
    var progress: String?

    @Flag(name: .shortAndLong, help: "Suppress the load output")
    var quiet = false

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        let source = input.flatMap { $0.isEmpty ? nil : $0 }
        let report = try TransferReport(progress, quiet: quiet, console: session.console, isSilentInPipe: true)
        let engine = try session.engine()
        let file = try open(source)
        let loaded = try report.follow { observer throws(ContainerError) in
            try engine.loadImages(
                from: file, name: source ?? "standard input", platform: platform, progress: observer)
        }
        for image in loaded { show(image, report, session.console) }
        return 0
    }

    /// docker keeps these lines with --quiet too: it is the progress that goes.
    private func show(_ image: LoadedImage, _ report: TransferReport, _ console: Console) {
        if report.isJSON {
            for name in image.names.isEmpty ? [nil] : image.names.map(Optional.some) {
                report.record {
                    $0.status = "Loaded image"
                    $0.reference = name
                    $0.image = image.id
                }
            }
            return
        }
        for moved in image.moved {
            console.out(
                "The image \(moved.name) already exists, renaming the old one with ID \(moved.previous)"
                    + " to empty string")
        }
        for name in image.names { console.out("Loaded image: \(name)") }
        if image.names.isEmpty { console.out("Loaded image ID: \(image.id)") }
    }

    private func open(_ source: String?) throws -> Descriptor {
        if let source { return try Descriptor.open(source, O_RDONLY) }
        guard isatty(0) == 0 else {
            throw CommandFailure("ck: requested load from stdin, but stdin is empty", status: 1)
        }
        return Descriptor(owning: try system("use standard input") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
    }
}

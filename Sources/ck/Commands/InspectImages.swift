import ArgumentParser
import ContainerEngine
import ContainerSystem

struct InspectImages: Command {
    static let synopsis = Synopsis(
        name: "image inspect", operands: "[OPTIONS] IMAGE [IMAGE...]",
        abstract: "Display detailed information on one or more images", count: 1...Int.max,
        flags: DockerFlags.imageInspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Option(help: "Show an image only if it is for this platform, such as linux/arm64")
    var platform: String?

    @Argument(help: "The images, by name or id")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        let format = try Inspection.format(format)
        let engine = try session.engine()
        return Inspection.show(images, format, on: session.console) { name throws(ContainerError) in
            try ImageDocument.of(name, try engine.inspectImage(name, platform: platform))
        }
    }
}

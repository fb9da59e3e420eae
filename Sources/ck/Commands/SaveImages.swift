import ArgumentParser
import ContainerEngine
import ContainerSystem

struct SaveImages: Command {
    static let synopsis = Synopsis(
        name: "save", operands: "[OPTIONS] IMAGE [IMAGE...]",
        abstract: "Save one or more images to a tar archive (streamed to STDOUT by default)", count: 1...Int.max,
        flags: DockerFlags.save)

    @Option(name: .shortAndLong, help: "Write to a file, instead of STDOUT")
    var output: String?

    @Option(help: "Save an image only if it is for this platform, such as linux/arm64")
    var platform: String?

    @Argument(help: "The images")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        try ArchiveOutput.write(to: output) { descriptor, name in
            try session.engine().saveImages(images, platform: platform, to: descriptor, outputName: name)
        }
        return 0
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Pull: Command {
    static let synopsis = Synopsis(
        name: "pull", operands: "[OPTIONS] NAME[:TAG|@DIGEST]", abstract: "Download an image from a registry",
        count: 1...1, flags: DockerFlags.pull)

    @Option(help: "Platform of the image, such as linux/arm64")
    var platform: String?

    @Option(help: .progress)
    var progress: String?

    @Flag(name: .shortAndLong, help: "Print the reference only")
    var quiet = false

    @Argument(help: "The image")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let reference = ReferenceText(image)
        let report = try TransferReport(progress, quiet: quiet, console: session.console)
        if !reference.hadTag, reference.digest == nil { report.say("Using default tag: latest") }
        let engine = try session.engine()
        let outcome = try report.follow(opening: reference.pullOpening) { observer throws(ContainerError) in
            try engine.pullImage(image, platform: platform, progress: observer)
        }
        report.sayOutcome(outcome, of: reference)
        if !report.isJSON { session.console.out(reference.full) }
        return 0
    }
}

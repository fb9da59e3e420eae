import ArgumentParser
import ContainerEngine

struct Pull: Command {
    static let synopsis = Synopsis(
        name: "pull", operands: "[OPTIONS] NAME[:TAG|@DIGEST]", abstract: "Download an image from a registry",
        count: 1...1, flags: DockerFlags.pull)

    @Option(help: "Platform of the image, such as linux/arm64")
    var platform: String?

    @Flag(name: .shortAndLong, help: "Print the reference only")
    var quiet = false

    @Argument(help: "The image")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let reference = ReferenceText(image)
        if !quiet, !reference.hadTag, reference.digest == nil { console.out("Using default tag: latest") }
        let report = PullReport(image) { console.out($0) }
        let outcome = try session.engine().pullImage(image, platform: platform) { [quiet] event in
            if !quiet { report.show(event) }
        }
        if !quiet { report.finish(digest: outcome.digest.description, isNew: outcome.isNew) }
        console.out(reference.full)
        return 0
    }
}

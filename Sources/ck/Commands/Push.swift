import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Push: Command {
    static let synopsis = Synopsis(
        name: "push", operands: "[OPTIONS] NAME[:TAG]", abstract: "Upload an image to a registry", count: 1...1,
        flags: DockerFlags.push)

    @Flag(name: .shortAndLong, help: "Push all tags of an image to the repository")
    var allTags = false

    @Option(help: "Push only an image for this platform, such as linux/arm64")
    var platform: String?

    @Option(help: .progress)
    var progress: String?

    @Flag(name: .shortAndLong, help: "Print the reference only")
    var quiet = false

    @Argument(help: "The image; its name says which registry")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let reference = ReferenceText(image)
        let report = try TransferReport(progress, quiet: quiet, console: session.console)
        let isNameOnly = !reference.hadTag && reference.digest == nil
        guard !allTags || isNameOnly else {
            throw CommandFailure("ck: tag can't be used with --all-tags/-a", status: 1)
        }
        if !allTags, isNameOnly { report.say("Using default tag: latest") }
        report.say("The push refers to repository [\(reference.repository)]")
        let engine = try session.engine()
        for name in allTags ? try engine.namesToPush(image) : [image] {
            let pushed = try report.follow { observer throws(ContainerError) in
                try engine.pushImage(name, platform: platform, progress: observer)
            }
            let sent = ReferenceText(name)
            report.say("\(sent.tag ?? ""): digest: \(pushed.digest) size: \(pushed.size)")
            report.record {
                $0.status = "Pushed"
                $0.reference = sent.full
                $0.digest = pushed.digest.description
                $0.size = pushed.size
            }
        }
        if report.isQuiet { session.console.out(allTags ? reference.repository : reference.full) }
        return 0
    }
}

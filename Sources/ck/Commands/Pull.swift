import ArgumentParser
import ContainerEngine
import ContainerRegistryClient
import ContainerSystem
import OCISpec

struct Pull: Command {
    static let synopsis = Synopsis(
        name: "pull", operands: "[OPTIONS] NAME[:TAG|@DIGEST]", abstract: "Download an image from a registry",
        count: 1...1, flags: DockerFlags.pull)

    @Flag(name: .shortAndLong, help: "Download all tagged images of the repository")
    var allTags = false

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
        let isNameOnly = !reference.hadTag && reference.digest == nil
        guard !allTags || isNameOnly else {
            throw CommandFailure("ck: tag can't be used with --all-tags/-a", status: 1)
        }
        if !allTags, isNameOnly { report.say("Using default tag: latest") }
        let engine = try session.engine()
        let client = try Engine.registryClient()
        let names = allTags ? try allNames(client) : [image]
        var isNew = false
        for name in names {
            let outcome = try report.follow(opening: ReferenceText(name).pullOpening) {
                observer throws(ContainerError) in
                try engine.pullImage(name, platform: platform, from: client, progress: observer)
            }
            isNew = isNew || outcome.isNew
            report.sayDigest(outcome, of: ReferenceText(name))
        }
        report.sayStatus(isNew: isNew, of: allTags ? reference.familiarName : reference.familiar)
        if !report.isJSON { session.console.out(allTags ? reference.repository : reference.full) }
        return 0
    }

    private func allNames(_ client: RegistryClient) throws(ContainerError) -> [String] {
        try client.tags(of: try ImageReference(parsing: image, defaultTag: nil)).map { "\(image):\($0)" }
    }
}

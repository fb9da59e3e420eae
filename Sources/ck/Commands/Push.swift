import ArgumentParser
import ContainerEngine

struct Push: Command {
    static let synopsis = Synopsis(
        name: "push", operands: "[OPTIONS] NAME[:TAG]", abstract: "Upload an image to a registry", count: 1...1,
        flags: DockerFlags.push)

    @Flag(name: .shortAndLong, help: "Push all tags of an image to the repository")
    var allTags = false

    @Option(help: "Push only an image for this platform, such as linux/arm64")
    var platform: String?

    @Flag(name: .shortAndLong, help: "Print the reference only")
    var quiet = false

    @Argument(help: "The image; its name says which registry")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let reference = ReferenceText(image)
        let isNameOnly = !reference.hadTag && reference.digest == nil
        guard !allTags || isNameOnly else {
            throw CommandFailure("ck: tag can't be used with --all-tags/-a", status: 1)
        }
        if !quiet {
            if !allTags, isNameOnly { console.out("Using default tag: latest") }
            console.out("The push refers to repository [\(reference.repository)]")
        }
        let engine = try session.engine()
        for name in allTags ? try engine.namesToPush(image) : [image] {
            let pushed = try engine.pushImage(name, platform: platform) { [quiet] event in
                if !quiet, case .layer(let id, let status) = event { console.out("\(id): \(status)") }
            }
            let tag = ReferenceText(name).tag ?? ""
            if !quiet { console.out("\(tag): digest: \(pushed.digest) size: \(pushed.size)") }
        }
        if quiet { console.out(allTags ? reference.repository : reference.full) }
        return 0
    }
}

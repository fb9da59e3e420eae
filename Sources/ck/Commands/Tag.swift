import ArgumentParser
import ContainerEngine

struct Tag: Command {
    static let synopsis = Synopsis(
        name: "tag", operands: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
        abstract: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", count: 2...2, flags: DockerFlags.tag)

    @Argument(help: "The image")
    var source: String

    @Argument(help: "Its new name")
    var target: String

    func run(in session: Session) throws -> Int32 {
        try session.engine().tagImage(source, as: target)
        return 0
    }
}

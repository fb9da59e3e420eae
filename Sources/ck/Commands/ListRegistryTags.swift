import ArgumentParser
import ContainerEngine
import OCISpec
import TextTemplate

struct ListRegistryTags: Command {
    static let synopsis = Synopsis(
        name: "registry tags", operands: "[OPTIONS] NAME", abstract: "List the tags that a registry has of an image",
        count: 1...1, flags: FlagTable("+format="))

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format = "{{.Tag}}"

    @Argument(help: "The image, without a tag")
    var image: String

    static let listing = Listing(
        table: "table {{.Repository}}\t{{.Tag}}", headers: ["Repository": "REPOSITORY", "Tag": "TAG", "Name": "NAME"])

    func run(in session: Session) throws -> Int32 {
        let reference = try ImageReference(parsing: image, defaultTag: nil)
        guard reference.tag == nil, reference.digest == nil else {
            throw CommandFailure("ck: \(image): all tags are listed: leave the tag out", status: 1)
        }
        let rows = try Engine.registryTags(image).map { tag in
            Object(
                type: "tag",
                [
                    .init("Name", .string("\(reference.familiarRepository):\(tag)")),
                    .init("Repository", .string(reference.familiarRepository)), .init("Tag", .string(tag)),
                ])
        }
        try Self.listing.show(rows, format: format, on: session.console)
        return 0
    }
}

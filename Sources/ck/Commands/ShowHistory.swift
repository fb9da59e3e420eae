import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

struct ShowHistory: Command {
    static let synopsis = Synopsis(
        name: "history", operands: "[OPTIONS] IMAGE", abstract: "Show the history of an image", count: 1...1,
        flags: DockerFlags.history)

    @Flag(name: [.long, .customShort("H")], inversion: .prefixedNo, help: "Print sizes and dates for people")
    var human = true

    @Flag(help: "Don't cut anything short")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Show ids only")
    var quiet = false

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format = ""

    @Option(help: "Show it only if the image is for this platform, such as linux/arm64")
    var platform: String?

    @Argument(help: "The image")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        let steps = try session.engine().imageHistory(image, platform: platform)
        let now = Timestamp.now
        try listing.show(steps.map { object($0, now: now) }, format: format, on: session.console)
        return 0
    }

    /// docker tells no age of what was made before this century: such a date stands for none.
    private static let epoch = 946_684_800.0

    var listing: Listing {
        let created = human ? "CreatedSince" : "CreatedAt"
        return Listing(
            table: quiet ? "{{.ID}}" : "table {{.ID}}\t{{.\(created)}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
            headers: [
                "ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY",
                "Size": "SIZE", "Comment": "COMMENT",
            ])
    }

    func object(_ step: ImageHistoryStep, now: Double) -> Object {
        let createdBy = Quoting.safe(step.createdBy.replacing("\t", with: " "))
        let created = step.created ?? 0
        let createdAt = Timestamp.format(created.rounded(.down))
        let createdSince = created <= Self.epoch ? "N/A" : HumanUnits.duration(now - created) + " ago"
        return Object(
            type: "*image.historyContext",
            [
                .init("Comment", .string(Quoting.safe(step.comment))), .init("CreatedAt", .string(createdAt)),
                .init("CreatedBy", .string(noTrunc ? createdBy : Quoting.ellipsis(createdBy, width: 45))),
                .init("CreatedSince", .string(human ? createdSince : createdAt)),
                .init("ID", .string(step.image.map { noTrunc ? $0 : Identifier.short($0) } ?? "<missing>")),
                .init("Size", .string(human ? HumanUnits.size(step.size) : String(step.size))),
            ])
    }
}

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
    var format: String?

    @Argument(help: "The image")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let steps = try session.engine().imageHistory(image)
        if quiet {
            for step in steps { session.console.out(id(step)) }
            return 0
        }
        if let format {
            let now = Timestamp.now
            try Self.listing.show(steps.map { object($0, now: now) }, format: format, on: session.console)
            return 0
        }
        var table = Table(header: ["IMAGE", human ? "CREATED" : "CREATED AT", "CREATED BY", "SIZE", "COMMENT"])
        let now = Timestamp.now
        for step in steps { table.add(cells(step, now: now)) }
        session.console.out(table.text)
        return 0
    }

    func cells(_ step: ImageHistoryStep, now: Double) -> [String] {
        let createdBy = Quoting.safe(step.createdBy.replacing("\t", with: " "))
        let created = step.created.map {
            human ? HumanUnits.duration(now - $0) + " ago" : Timestamp.format($0.rounded(.down))
        }
        return [
            id(step), created ?? "N/A", noTrunc ? createdBy : Quoting.ellipsis(createdBy, width: 45),
            human ? HumanUnits.size(step.size) : String(step.size), Quoting.safe(step.comment),
        ]
    }

    static let listing = Listing(
        table: "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
        headers: [
            "ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY",
            "Size": "SIZE", "Comment": "COMMENT",
        ])

    private func object(_ step: ImageHistoryStep, now: Double) -> Object {
        let cells = cells(step, now: now)
        return Object(
            type: "history",
            [
                .init("Comment", .string(cells[4])),
                .init("CreatedAt", .string(step.created.map { Timestamp.format($0.rounded(.down)) } ?? "N/A")),
                .init("CreatedBy", .string(cells[2])),
                .init("CreatedSince", .string(step.created.map { HumanUnits.duration(now - $0) + " ago" } ?? "N/A")),
                .init("ID", .string(cells[0])), .init("Size", .string(cells[3])),
            ])
    }

    private func id(_ step: ImageHistoryStep) -> String {
        guard let image = step.image else { return "<missing>" }
        return noTrunc ? image : Identifier.short(image)
    }
}

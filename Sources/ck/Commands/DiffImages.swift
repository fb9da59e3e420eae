import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

/// `image diff`: what docker does not have; its lines are those of `docker diff`.
struct DiffImages: Command {
    static let synopsis = Synopsis(
        name: "image diff", operands: "[OPTIONS] IMAGE IMAGE",
        abstract: "Show the files that are added (A), changed (C) or deleted (D) in the second image", count: 2...2,
        flags: DockerFlags.imageDiff)

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format: String?

    @Argument(help: "The image to start from")
    var before: String

    @Argument(help: "The image to compare with it")
    var after: String

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let engine = try session.engine()
        guard let format else {
            try engine.diffImages(before, after) { change throws(ContainerError) in
                console.out("\(change.kind.rawValue) \(Quoting.safe(change.path))")
            }
            return 0
        }
        var rows: [Object] = []
        try engine.diffImages(before, after) { change throws(ContainerError) in rows.append(Self.object(change)) }
        try Self.listing.show(rows, format: format, on: console)
        return 0
    }

    static let listing = Listing(
        table: "table {{.Type}}\t{{.Path}}\t{{.SizeDelta}}",
        headers: [
            "Type": "CHANGE TYPE", "Path": "PATH", "SizeBefore": "SIZE BEFORE", "SizeAfter": "SIZE AFTER",
            "SizeDelta": "SIZE DELTA",
        ])

    static func object(_ change: FileChange) -> Object {
        Object(
            type: "change",
            [
                .init("Path", .string(Quoting.safe(change.path))),
                .init("SizeAfter", .int(change.sizeAfter)), .init("SizeBefore", .int(change.sizeBefore)),
                .init("SizeDelta", .int(change.sizeAfter - change.sizeBefore)),
                .init("Type", .string(change.kind.rawValue)),
            ])
    }
}

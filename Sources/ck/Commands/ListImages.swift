import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

struct ListImages: Command {
    static let synopsis = Synopsis(
        name: "images", operands: "[OPTIONS] [REPOSITORY[:TAG]]", abstract: "List images", count: 0...1,
        flags: DockerFlags.images)

    @Flag(name: .shortAndLong, help: "Show all images (there are no hidden ones)")
    var all = false

    @Flag(help: "Show digests")
    var digests = false

    @Flag(help: "Don't cut ids short")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Show ids only")
    var quiet = false

    @Flag(help: "Show platforms and tags of each image as a tree")
    var tree = false

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format = ""

    @Option(name: .shortAndLong, help: "Show only images that fit, such as dangling=true")
    var filter: [String] = []

    @Argument(help: "Show the images of this name only; * and ? are wildcards")
    var pattern: String?

    func run(in session: Session) throws -> Int32 {
        let filter = try ImageFilter(filter, pattern: pattern)
        if tree { try checkTree() }
        let engine = try session.engine()
        let isWholeObject = format.contains("json")
        let measures = isWholeObject || format.contains("SharedSize") || format.contains("UniqueSize")
        let images = try filter.apply(to: try engine.images(measuresSharing: measures)) {
            name throws(ContainerError) in try engine.imageID(name)
        }
        if tree { return try showTree(images, engine, session.console) }
        var rows = rows(now: Timestamp.now)
        if isWholeObject || format.contains("Containers") { rows.containers = try engine.containerCounts() }
        let listing = Listing(table: listingTable, headers: ImageRow.headers)
        try listing.show(rows.rows(images).map(\.object), format: listingFormat, on: session.console)
        return 0
    }

    func rows(now: Double) -> ImageRows {
        var rows = ImageRows(now: now)
        rows.isWhole = noTrunc
        rows.showsDigests = digests
        rows.needsDigests = digests || format.contains("{{.Digest}}") || format.contains("json")
        return rows
    }

    var listingTable: String { quiet ? "{{.ID}}" : digests ? ImageRow.tableWithDigests : ImageRow.table }

    /// `--quiet` and `--digests` change docker's own forms; a template is taken as it is, but that a table gets its
    /// digests at the end.
    var listingFormat: String {
        if format == "raw" { return quiet ? "image_id: {{.ID}}" : ImageRow.raw(digests: digests) }
        let isOwnTable = format.hasPrefix("table") && format != "table"
        return isOwnTable && digests && !format.contains("{{.Digest}}") ? format + "\t{{.Digest}}" : format
    }

    private func checkTree() throws(CommandFailure) {
        for (isGiven, flag) in [
            (quiet, "quiet"), (noTrunc, "no-trunc"), (digests, "show-digest"), (!format.isEmpty, "format"),
        ] where isGiven {
            throw CommandFailure("ck: --\(flag) is not yet supported with --tree", status: 1)
        }
    }

    private func showTree(_ images: [ImageSummary], _ engine: Engine, _ console: Console) throws -> Int32 {
        let containers = try engine.containerCounts()
        var entries: [PlatformTree.Entry] = []
        let asksForDangling = filter.contains { $0.hasPrefix("dangling=") }
        for image in images where all || asksForDangling || !image.names.isEmpty {
            entries.append(
                PlatformTree.Entry(
                    image: image, content: try engine.imageContent(image.id),
                    isInUse: (containers[image.id] ?? 0) > 0))
        }
        console.out(PlatformTree(entries).text)
        return 0
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

/// `image tree`: what docker does not have.
struct ShowImageTree: Command {
    static let synopsis = Synopsis(
        name: "image tree", operands: "[OPTIONS] [IMAGE...]",
        abstract: "Show how images share layers and what each layer adds", count: 0...Int.max,
        flags: DockerFlags.imageTree)

    @Flag(help: "Don't cut anything short")
    var noTrunc = false

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format = ""

    @Argument(help: "The images, by name or id; all when there are none")
    var images: [String] = []

    func run(in session: Session) throws -> Int32 {
        let tree = try session.engine().imageTree(images)
        try Self.listing.show(rows(tree).map(\.object), format: format, on: session.console)
        return 0
    }

    static let listing = Listing(
        table: "table {{.Tree}}\t{{.Size}}\t{{.Total}}\t{{.CreatedBy}}",
        headers: [
            "Tree": "LAYER", "Size": "SIZE", "Total": "TOTAL", "CreatedBy": "CREATED BY", "Layer": "LAYER",
            "Images": "IMAGES", "Depth": "DEPTH", "Parent": "PARENT",
        ])

    /// A layer or, below the one that it ends with, an image.
    struct Row {
        let tree: String
        var layer = ""
        var parent = ""
        var images: [String] = []
        var depth = 0
        var size: Int64?
        var total: Int64?
        var createdBy = ""

        var object: Object {
            Object(
                type: "layer",
                [
                    .init("CreatedBy", .string(createdBy)), .init("Depth", .int(Int64(depth))),
                    .init("Images", .strings(images)), .init("Layer", .string(layer)),
                    .init("Parent", .string(parent)), .init("Size", .string(size.map { HumanUnits.size($0) } ?? "")),
                    .init("Total", .string(total.map { HumanUnits.size($0) } ?? "")), .init("Tree", .string(tree)),
                ])
        }
    }

    private enum Item {
        case layer(ImageTree.Layer, parent: String)
        case image(ImageTree.Image)
    }

    /// From top to bottom, without recursion: an image may have many layers.
    func rows(_ tree: ImageTree) -> [Row] {
        typealias Pending = (item: Item, stem: String, branch: String, depth: Int)
        var rows: [Row] = []
        var pending: [Pending] = tree.empty.reversed().map { (.image($0), "", "", 0) }
        pending += tree.layers.reversed().map { (.layer($0, parent: ""), "", "", 0) }
        while let (item, stem, branch, depth) = pending.popLast() {
            switch item {
            case .image(let image):
                rows.append(Row(tree: stem + branch + title(image), images: names(image), depth: depth))
            case .layer(let layer, let parent):
                let createdBy = Quoting.safe(layer.createdBy.replacing("\t", with: " "))
                rows.append(
                    Row(
                        tree: stem + branch + shown(layer.chainID), layer: shown(layer.chainID), parent: parent,
                        images: layer.images.flatMap(names), depth: depth, size: layer.size, total: layer.total,
                        createdBy: noTrunc ? createdBy : Quoting.ellipsis(createdBy, width: 45)))
                let inner = stem + (branch.isEmpty ? "" : branch == Self.last ? "   " : "│  ")
                let below =
                    layer.images.map { Item.image($0) }
                    + layer.layers.map { Item.layer($0, parent: shown(layer.chainID)) }
                for (index, item) in below.enumerated().reversed() {
                    pending.append((item, inner, index == below.count - 1 ? Self.last : Self.middle, depth + 1))
                }
            }
        }
        return rows
    }

    private static let last = "└─ "
    private static let middle = "├─ "

    private func shown(_ id: String) -> String { noTrunc ? id : Identifier.short(id) }

    private func names(_ image: ImageTree.Image) -> [String] {
        image.names.isEmpty ? [shown(image.id)] : image.names.map(Quoting.safe)
    }

    private func title(_ image: ImageTree.Image) -> String {
        image.names.isEmpty ? "image \(shown(image.id))" : image.names.map(Quoting.safe).joined(separator: ", ")
    }
}

import ContainerEngine

/// `images --tree`, as docker 28 draws it into a pipe: the names of an image, and below them its platforms.
struct PlatformTree {
    struct Entry {
        let image: ImageSummary
        let content: ImageContent
        let isInUse: Bool

        var names: [String] { image.names.map { "\($0.repository):\($0.tag)" }.sorted() }
    }

    private let entries: [Entry]
    private static let untagged = "<untagged>"

    init(_ entries: [Entry]) {
        // What has no name comes last.
        self.entries = entries.sorted { left, right in
            left.names.isEmpty == right.names.isEmpty
                ? (left.names.first ?? "") < (right.names.first ?? "") : right.names.isEmpty
        }
    }

    var text: String {
        let names = entries.flatMap { $0.names.isEmpty ? [Self.untagged] : $0.names }
        let widest = (names + entries.map { Self.branch($0) }).map(Quoting.cells).max() ?? 0
        let width = max("IMAGE".count, widest)
        var lines = [Self.line("IMAGE", width, ["ID", "DISK USAGE", "CONTENT SIZE", "EXTRA"])]
        for entry in entries {
            let names = entry.names.isEmpty ? [Self.untagged] : entry.names
            lines += names.dropLast().map(Quoting.safe)
            let size = HumanUnits.size(entry.image.size)
            let content = HumanUnits.size(entry.content.size)
            let extra = entry.isInUse ? "U" : ""
            lines.append(
                Self.line(
                    Quoting.safe(names[names.count - 1]), width,
                    [Identifier.short(entry.image.id), size, content, extra]))
            lines.append(
                Self.line(
                    Self.branch(entry), width, [Identifier.short(entry.content.manifest), size, content, extra]))
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    private static func branch(_ entry: Entry) -> String { "└─ \(Quoting.safe(entry.content.platform.description))" }

    private static func line(_ name: String, _ width: Int, _ cells: [String]) -> String {
        func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
        let text = [
            name + spaces(width - Quoting.cells(name)), cells[0] + spaces(12 - cells[0].count),
            spaces(10 - cells[1].count) + cells[1], spaces(12 - cells[2].count) + cells[2], cells[3],
        ].joined(separator: "   ")
        return String(text.reversed().drop { $0 == " " }.reversed())
    }
}

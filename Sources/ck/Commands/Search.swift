import ArgumentParser
import ContainerEngine
import ContainerRegistryClient
import TextTemplate

struct Search: Command {
    static let synopsis = Synopsis(
        name: "search", operands: "[OPTIONS] TERM", abstract: "Search a registry for images", count: 1...1,
        flags: DockerFlags.search)

    @Option(name: .shortAndLong, help: "Show only results that fit: is-official=true, stars=3")
    var filter: [String] = []

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format: String?

    @Option(help: "Most results that are asked for (default 25)")
    var limit: Int?

    @Flag(help: "Don't cut descriptions short")
    var noTrunc = false

    @Argument(help: "Part of a name; a registry may stand before it, as in localhost:5000/app")
    var term: String

    private static let descriptionWidth = 45

    static let listing = Listing(
        table: "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
        headers: [
            "Name": "NAME", "Description": "DESCRIPTION", "StarCount": "STARS", "IsOfficial": "OFFICIAL",
            "IsAutomated": "AUTOMATED",
        ])

    func run(in session: Session) throws -> Int32 {
        let filter = try SearchFilter(filter)
        if filter.isAutomated != nil {
            session.console.error(
                "WARNING: the \"is-automated\" filter is deprecated, and searching for \"is-automated=true\" will "
                    + "not yield any results in future.")
        }
        // To docker, 0 is the default.
        let asked = limit ?? 0
        let results = try Engine.search(term, limit: asked == 0 ? RegistryClient.searchLimit : asked)
        try Self.listing.show(
            results.filter(filter.fits).map {
                row($0, isJSON: format == "json" || format?.contains("json .}}") == true)
            },
            format: format ?? "table", on: session.console)
        return 0
    }

    /// - Parameter isJSON: docker's marks are words there.
    func row(_ result: RegistrySearchResult, isJSON: Bool = false) -> Object {
        func mark(_ isOn: Bool) -> Value { .string(isJSON ? "\(isOn)" : isOn ? "[OK]" : "") }
        let line = result.description.replacing("\n", with: " ").replacing("\r", with: " ")
        let description = noTrunc ? line : Quoting.ellipsis(line, width: Self.descriptionWidth)
        return Object(
            type: "search result",
            [
                .init("Description", .string(Quoting.safe(description))),
                .init("IsAutomated", mark(false)), .init("IsOfficial", mark(result.isOfficial)),
                .init("Name", .string(Quoting.safe(result.name))),
                .init("StarCount", .string("\(result.stars)")),
            ])
    }
}

/// The conditions of `search --filter`; all of them must hold.
struct SearchFilter {
    private(set) var isAutomated: Bool?
    private var isOfficial: Bool?
    private var stars: Int?

    init(_ filters: [String]) throws(CommandFailure) {
        for filter in filters {
            let parts = filter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw CommandFailure("ck: invalid filter '\(filter)': it must be NAME=VALUE", status: 1)
            }
            let invalid = CommandFailure("ck: invalid filter '\(filter)'", status: 1)
            switch parts[0] {
            case "is-automated": isAutomated = try Self.flag(parts[1], invalid)
            case "is-official": isOfficial = try Self.flag(parts[1], invalid)
            case "stars":
                guard let least = Int(parts[1]) else { throw invalid }
                stars = max(stars ?? 0, least)
            default:
                throw CommandFailure(
                    "ck: invalid filter '\(parts[0])': there are is-automated, is-official and stars", status: 1)
            }
        }
    }

    private static func flag(_ text: Substring, _ invalid: CommandFailure) throws(CommandFailure) -> Bool {
        guard let isOn = ["true": true, "1": true, "false": false, "0": false][text] else { throw invalid }
        return isOn
    }

    /// Nothing is automated any more, as docker has it.
    func fits(_ result: RegistrySearchResult) -> Bool {
        isAutomated != true && (isOfficial ?? result.isOfficial) == result.isOfficial && result.stars >= (stars ?? 0)
    }
}

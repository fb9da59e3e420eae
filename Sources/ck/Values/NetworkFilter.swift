import ContainerEngine

/// The conditions of `network ls --filter`; of several of one kind one must hold, but all labels.
struct NetworkFilter {
    private static let names = ["dangling", "driver", "id", "label", "name", "scope", "type"]

    private var values: [String: [String]] = [:]
    private var labels: [PruneSelection.Label] = []
    private var patterns: [NamePattern] = []
    private var dangling: Bool?

    init(_ filters: [String]) throws {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let name = filter[..<equals].lowercased()
            let value = String(filter[filter.index(after: equals)...])
            func refused(_ hint: String) -> CommandFailure {
                CommandFailure("ck: invalid filter '\(name)=\(value)' (\(hint))", status: 1)
            }
            switch name {
            case "dangling":
                guard let isOn = GoWords.truth(value) else { throw refused("it is true or false") }
                dangling = isOn
            case "label": labels.append(Self.label(value))
            case "name": patterns.append(try NamePattern(value))
            case "scope":
                guard ["local", "global", "swarm"].contains(value) else { throw refused("every network is local") }
                values[name, default: []].append(value)
            case "type":
                guard ["custom", "builtin"].contains(value) else { throw refused("it is custom or builtin") }
                values[name, default: []].append(value)
            case "driver", "id": values[name, default: []].append(value)
            default:
                throw CommandFailure(
                    "ck: invalid filter '\(name)' (there are \(Self.names.joined(separator: ", ")))", status: 1)
            }
        }
    }

    /// `NAME[=VALUE]`
    static func label(_ text: String) -> PruneSelection.Label {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return .init(parts[0], parts.count == 2 ? parts[1] : nil)
    }

    func matches(_ network: NetworkDetails) -> Bool {
        fits("driver") { network.driver == $0 } && fits("id") { network.id.hasPrefix($0) }
            && fits("scope") { $0 == "local" }
            && fits("type") { ($0 == "builtin") == network.isPredefined }
            && (patterns.isEmpty || patterns.contains { $0.matches(network.name) })
            && labels.allSatisfy { $0.matches(network.labels) }
            // docker counts those that are there by themselves as used.
            && (dangling == nil || dangling == (network.containers.isEmpty && !network.isPredefined))
    }

    private func fits(_ name: String, _ condition: (String) -> Bool) -> Bool {
        values[name].map { $0.contains(where: condition) } ?? true
    }
}

import ContainerEngine

/// The conditions of `events --filter`; of several of one name one must hold.
struct EventFilter {
    private static let names = [
        "config", "container", "daemon", "event", "id", "image", "label", "network", "node", "plugin", "scope",
        "secret",
        "service", "type", "volume",
    ]

    private var values: [String: [String]] = [:]

    init(_ filters: [String]) throws {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let name = String(filter[..<equals]).lowercased()
            guard Self.names.contains(name) else {
                throw CommandFailure(
                    "ck: invalid filter '\(name)' (there are \(Self.names.joined(separator: ", ")))", status: 1)
            }
            values[name, default: []].append(String(filter[filter.index(after: equals)...]))
        }
    }

    func matches(_ event: Event) -> Bool {
        values.allSatisfy { name, wanted in
            // All labels must be there, and of anything else one.
            name == "label"
                ? wanted.allSatisfy { Self.hasLabel(event, $0) } : wanted.contains { Self.matches(event, name, $0) }
        }
    }

    private static func hasLabel(_ event: Event, _ label: String) -> Bool {
        guard let equals = label.firstIndex(of: "=") else { return event.attributes[label] != nil }
        return event.attributes[String(label[..<equals])] == String(label[label.index(after: equals)...])
    }

    private static func matches(_ event: Event, _ name: String, _ value: String) -> Bool {
        switch name {
        // `exec_create` stands for all of its commands.
        case "event": return event.action == value || event.verb == value
        case "type": return event.kind.rawValue == value
        case "scope": return value == "local"
        case "id": return event.id.hasPrefix(value)
        case "image":
            guard event.kind == .image || event.kind == .container else { return false }
            let names = event.kind == .image ? [event.id, event.attributes["name"]] : [event.attributes["image"]]
            return names.contains { $0.map { $0 == value || withoutTag($0) == value } ?? false }
        default:
            guard event.kind.rawValue == name else { return false }
            return event.id == value || event.id.hasPrefix(value) || event.attributes["name"] == value
        }
    }

    private static func withoutTag(_ name: String) -> String { ReferenceText(name).familiarName }
}

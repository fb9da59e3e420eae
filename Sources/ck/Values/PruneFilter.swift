import ContainerEngine
import ContainerSystem

/// `image prune --all --filter until=,label=,label!=`.
enum PruneFilter {
    static func selection(all: Bool, _ filters: [String], now: Double) throws -> PruneSelection {
        var selection = PruneSelection()
        selection.includesTagged = all
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let value = String(filter[filter.index(after: equals)...])
            switch filter[..<equals].lowercased() {
            case "until":
                guard selection.until == nil else { throw failure("more than one until filter specified") }
                guard let time = TimeFilter.parse(value, now: now) else {
                    throw failure("failed to parse value as time or duration: \(Quoting.go(value))")
                }
                selection.until = time
            case "label": selection.labels.append(label(value))
            // `label!=a` ends its name with the exclamation mark.
            case "label!": selection.excludedLabels.append(label(value))
            case "dangling":
                guard let isOn = ["true": true, "1": true, "false": false, "0": false][value] else {
                    throw failure("invalid filter 'dangling=[\(value)]'")
                }
                selection.includesTagged = !isOn
            default:
                throw CommandFailure(
                    "ck: invalid filter '\(filter[..<equals])' (there are dangling, label, label! and until)", status: 1
                )
            }
        }
        return selection
    }

    private static func label(_ text: String) -> PruneSelection.Label {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return .init(String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
    }

    private static func failure(_ text: String) -> CommandFailure { CommandFailure("ck: \(text)", status: 1) }
}

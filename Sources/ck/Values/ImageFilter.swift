import ContainerEngine
import Glibc

/// The conditions of `images --filter`; all of them must hold, and of several references one.
struct ImageFilter {
    private var dangling: Bool?
    private var labels: [(name: String, value: String?)] = []
    private var references: [String] = []
    private var before: String?
    private var since: String?

    init(_ filters: [String]) throws(FlagError) {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "invalid filter: it must be NAME=VALUE")
            }
            let value = String(filter[filter.index(after: equals)...])
            switch filter[..<equals] {
            case "dangling":
                guard let isOn = ["true": true, "1": true, "false": false, "0": false][value] else {
                    throw FlagError("filter", filter, "invalid value: it must be true or false")
                }
                dangling = isOn
            case "label":
                let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                labels.append((String(parts[0]), parts.count == 2 ? String(parts[1]) : nil))
            case "reference": references.append(value)
            case "before": before = value
            case "since": since = value
            default:
                throw FlagError(
                    "filter", filter, "invalid filter: there are before, dangling, label, reference and since")
            }
        }
    }

    /// - Parameters:
    ///   - images: the newest first.
    ///   - find: the id of an image by name.
    func apply<Failure: Error>(
        to images: [ImageSummary], find: (String) throws(Failure) -> String
    ) throws(Failure) -> [ImageSummary] {
        let newest = try before.map { name throws(Failure) in try find(name) }
        let oldest = try since.map { name throws(Failure) in try find(name) }
        var shown = images[...]
        if let newest, let index = shown.firstIndex(where: { $0.id == newest }) { shown = shown[(index + 1)...] }
        if let oldest, let index = shown.firstIndex(where: { $0.id == oldest }) { shown = shown[..<index] }
        return shown.compactMap { image in
            if let dangling, dangling != image.names.isEmpty { return nil }
            let hasLabels = labels.allSatisfy { name, value in
                image.labels[name].map { value == nil || value == $0 } ?? false
            }
            guard hasLabels else { return nil }
            guard !references.isEmpty else { return image }
            let names = image.names.filter { name in references.contains { Self.matches($0, name) } }
            return names.isEmpty ? nil : image.named(names)
        }
    }

    /// A shell pattern for the repository, or for repository and tag.
    private static func matches(_ pattern: String, _ name: (repository: String, tag: String)) -> Bool {
        fnmatch(pattern, name.repository, FNM_PATHNAME) == 0
            || fnmatch(pattern, "\(name.repository):\(name.tag)", FNM_PATHNAME) == 0
    }
}

extension ImageSummary {
    /// The same with some of its names.
    func named(_ names: [(repository: String, tag: String)]) -> ImageSummary {
        ImageSummary(id: id, names: names, digests: digests, created: created, size: size, labels: labels)
    }
}

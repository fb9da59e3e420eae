import ContainerEngine
import ContainerSystem
import Glibc

/// The conditions of `images --filter`; all of them must hold, and of several references one.
struct ImageFilter {
    private var dangling: Bool?
    private var labels: [PruneSelection.Label] = []
    private var references: [String] = []
    private var before: [String] = []
    private var since: [String] = []
    /// Seconds since 1970: made before then.
    private var until: Double?

    /// - Parameter pattern: `REPOSITORY[:TAG]` of the command line, one more reference.
    init(_ filters: [String], pattern: String? = nil, now: Double = Timestamp.now) throws {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let value = String(filter[filter.index(after: equals)...])
            switch filter[..<equals].lowercased() {
            case "dangling":
                guard let isOn = ["true": true, "1": true, "false": false, "0": false][value] else {
                    throw CommandFailure("ck: invalid filter 'dangling=[\(value)]' (it is true or false)", status: 1)
                }
                dangling = isOn
            case "label":
                let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                labels.append(.init(String(parts[0]), parts.count == 2 ? String(parts[1]) : nil))
            case "reference": references.append(value)
            case "before": before.append(value)
            case "since": since.append(value)
            case "until":
                guard let time = TimeFilter.parse(value, now: now) else {
                    throw CommandFailure(
                        "ck: invalid value for 'until' filter: failed to parse value as time or duration: "
                            + Quoting.go(value), status: 1)
                }
                until = min(until ?? time, time)
            default:
                throw CommandFailure(
                    "ck: invalid filter '\(filter[..<equals])'"
                        + " (there are before, dangling, label, reference, since and until)", status: 1)
            }
        }
        if let pattern { references.append(pattern) }
    }

    /// - Parameters:
    ///   - images: in any order; it stays.
    ///   - find: the id of an image by name.
    func apply<Failure: Error>(
        to images: [ImageSummary], find: (String) throws(Failure) -> String
    ) throws(Failure) -> [ImageSummary] {
        var newest = until
        var oldest: Double?
        for name in before {
            let id = try find(name)
            if let time = images.first(where: { $0.id == id })?.created { newest = min(newest ?? time, time) }
        }
        for name in since {
            let id = try find(name)
            if let time = images.first(where: { $0.id == id })?.created { oldest = max(oldest ?? time, time) }
        }
        return images.compactMap { image in
            if let newest, image.created.map({ $0 >= newest }) ?? true { return nil }
            if let oldest, image.created.map({ $0 <= oldest }) ?? true { return nil }
            guard labels.allSatisfy({ $0.matches(image.labels) }) else { return nil }
            return referred(image)
        }
    }

    /// The image with the names that the references and `dangling` leave it.
    private func referred(_ image: ImageSummary) -> ImageSummary? {
        var image = image
        if !references.isEmpty {
            let names = image.names.filter { matches("\($0.repository):\($0.tag)", repository: $0.repository) }
            let digests = image.digests.filter { digest in
                matches(digest, repository: String(digest.prefix { $0 != "@" }))
            }
            if names.isEmpty, digests.isEmpty { return nil }
            image = image.named(names, digests)
        }
        if let dangling, dangling ? !image.names.isEmpty : image.names.isEmpty && image.digests.isEmpty { return nil }
        return image
    }

    /// A shell pattern for the repository or the whole name, as docker prints them or in full.
    private func matches(_ name: String, repository: String) -> Bool {
        let suffix = name.dropFirst(repository.count)
        let full = ReferenceText(repository).repository
        let targets = [name, repository, full + suffix, full]
        return references.contains { pattern in targets.contains { fnmatch(pattern, $0, FNM_PATHNAME) == 0 } }
    }
}

extension ImageSummary {
    /// The same with some of its names.
    func named(_ names: [(repository: String, tag: String)], _ digests: [String]) -> ImageSummary {
        ImageSummary(
            id: id, names: names, digests: digests, created: created, size: size, labels: labels,
            sharedSize: sharedSize)
    }
}

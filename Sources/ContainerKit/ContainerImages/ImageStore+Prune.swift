import ContainerDatabase
import ContainerStorage
import ContainerSystem
import OCISpec

/// Which images a prune takes, of those that no container uses.
public struct PruneSelection: Sendable, Equatable {
    /// A label by name, or by name and value.
    public struct Label: Sendable, Hashable {
        public let name: String
        public let value: String?

        public init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }

        /// Whether one of the labels is meant.
        public func matches(_ labels: [String: String]) -> Bool {
            labels[name].map { value == nil || value == $0 } ?? false
        }
    }

    /// Those with tags too, not only those that have lost theirs.
    public var includesTagged = false
    /// Seconds since 1970: only images that were made until then.
    public var until: Double?
    /// What an image must have, all of it.
    public var labels: [Label] = []
    /// What an image must not have: one with all of it is left alone.
    public var excludedLabels: [Label] = []

    public init() {}

    func takes(_ config: ImageConfig, isTagged: Bool) -> Bool {
        if isTagged, !includesTagged { return false }
        if let until {
            guard let created = config.created.flatMap(Timestamp.parse), created <= until else { return false }
        }
        let own = config.config?.labels ?? [:]
        let isExcluded = !excludedLabels.isEmpty && excludedLabels.allSatisfy { $0.matches(own) }
        return !isExcluded && labels.allSatisfy { $0.matches(own) }
    }
}

/// What a prune would do, or has done.
public struct PrunedImages: Sendable, Equatable {
    /// Names and images that go, in docker's words.
    public let removals: [ImageRemoval]
    /// Bytes on the disk, layers that images share counted once.
    public let bytes: Int64
    /// Another process adds an image: what the images needed lies there until the next removal.
    public let isDeferred: Bool
}

/// A prune that has not happened yet: exactly the images that it names will go.
public struct PrunePlan: Sendable {
    struct Item: Sendable {
        let image: ImageRecord
        let references: [ImageName]
    }

    let items: [Item]
    /// What would come of it.
    public let outcome: PrunedImages

    public var isEmpty: Bool { items.isEmpty }
}

extension ImageStore {
    /// Finds out what a prune would remove, and how much that frees; nothing is changed.
    /// - Parameter users: the containers that use an image, by its id.
    public func planPrune(
        _ selection: PruneSelection, users: (String) throws(ContainerError) -> [ImageUser]
    ) throws(ContainerError) -> PrunePlan {
        let names = Dictionary(grouping: try database.imageTags() + database.imageDigests(), by: \.image)
        var items: [(created: Double, item: PrunePlan.Item)] = []
        for record in try database.images() {
            let references = (names[record.id] ?? []).sorted { $0.text < $1.text }
            let config = try StoredImage.parse(record.config)
            guard selection.takes(config, isTagged: references.contains { !$0.isDigest }),
                try users(record.id).isEmpty
            else { continue }
            let created = config.created.flatMap(Timestamp.parse) ?? 0
            items.append((created, PrunePlan.Item(image: record, references: references)))
        }
        let sorted = items.sorted { ($0.created, $0.item.image.id) > ($1.created, $1.item.image.id) }.map(\.item)
        return PrunePlan(items: sorted, outcome: try outcome(of: sorted))
    }

    /// Carries out a plan. An image that has a container or another name by now stays.
    public func prune(
        _ plan: PrunePlan, users: (String) throws(ContainerError) -> [ImageUser]
    ) throws(ContainerError) -> PrunedImages {
        var removals: [ImageRemoval] = []
        for item in plan.items {
            guard try users(item.image.id).isEmpty, try references(of: item.image.id) == item.references else {
                continue
            }
            for name in item.references { try untag(name, &removals) }
            removals += try delete(item.image.id)
        }
        // Nothing that was not listed is touched, so there is nothing to sweep either.
        guard !removals.isEmpty else { return PrunedImages(removals: [], bytes: 0, isDeferred: false) }
        let freed = try sweep()
        return PrunedImages(removals: removals, bytes: freed ?? 0, isDeferred: freed == nil)
    }

    private func outcome(of items: [PrunePlan.Item]) throws(ContainerError) -> PrunedImages {
        let ids = Set(items.map(\.image.id))
        guard !ids.isEmpty else { return PrunedImages(removals: [], bytes: 0, isDeferred: false) }
        // What an interrupted pull left goes as well, unless it is a pull that still goes on.
        let lock = try FileLock.take(lockFile, .exclusive, waits: false)
        defer { withExtendedLifetime(lock) {} }
        let unused = try unusedContent(without: ids)
        let gone = Set(unused.layers.map(\.digest.hex))
        var removals: [ImageRemoval] = []
        // A layer goes with the last of the images that share it.
        var users: [String: Int] = [:]
        for layer in items.flatMap({ Set($0.image.layers) }) { users[layer, default: 0] += 1 }
        for item in items {
            removals += item.references.map { .untagged($0.familiar) }
            for layer in Set(item.image.layers) { users[layer, default: 1] -= 1 }
            let layers = item.image.layers.reversed().filter { gone.contains($0) && users[$0] == 0 }
            removals += ([item.image.id] + layers).map { .deleted("sha256:" + $0) }
        }
        var bytes: Int64 = 0
        if lock != nil {
            for layer in unused.layers { bytes += try snapshotter.diskUsage(of: layer) }
            for blob in unused.blobs { bytes += try content.diskUsage(of: blob) }
        }
        return PrunedImages(removals: removals, bytes: bytes, isDeferred: lock == nil)
    }
}

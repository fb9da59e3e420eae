import ContainerDatabase
import ContainerStorage
import ContainerSystem
import OCISpec

/// One line of `ck images`, before it is split by names.
public struct ImageSummary: Sendable {
    /// `sha256:` and 64 hexadecimal digits.
    public let id: String
    /// As docker prints them; empty for an image that has lost its names.
    public let names: [(repository: String, tag: String)]
    /// `repository@sha256:...`
    public let digests: [String]
    /// Seconds since 1970.
    public let created: Double?
    /// Bytes on disk, unpacked.
    public let size: Int64
    public let labels: [String: String]

    public init(
        id: String, names: [(repository: String, tag: String)], digests: [String], created: Double?, size: Int64,
        labels: [String: String] = [:]
    ) {
        self.labels = labels
        self.id = id
        self.names = names
        self.digests = digests
        self.created = created
        self.size = size
    }
}

/// What a removal did, in docker's two words.
public enum ImageRemoval: Sendable, Equatable {
    case untagged(String), deleted(String)
}

extension ImageStore {
    /// Every image, the newest first.
    public func list() throws(ContainerError) -> [ImageSummary] {
        let tags = Dictionary(grouping: try database.imageTags(), by: \.image)
        let digests = Dictionary(grouping: try database.imageDigests(), by: \.image)
        var summaries = [ImageSummary]()
        for record in try database.images() {
            let config = try StoredImage.parse(record.config)
            summaries.append(
                ImageSummary(
                    id: "sha256:" + record.id,
                    names: (tags[record.id] ?? []).map { (Self.familiar($0.repository), $0.reference) },
                    digests: (digests[record.id] ?? []).map { "\(Self.familiar($0.repository))@\($0.reference)" },
                    created: config.created.flatMap(Timestamp.parse), size: record.size,
                    labels: config.config?.labels ?? [:]))
        }
        return summaries.sorted { ($0.created ?? 0, $0.id) > ($1.created ?? 0, $1.id) }
    }

    static func familiar(_ repository: String) -> String {
        (try? ImageReference(parsing: repository, defaultTag: nil))?.familiarRepository ?? repository
    }

    /// Gives an image one more name.
    public func tag(_ image: String, as name: ImageReference) throws(ContainerError) {
        let image = try find(image)
        try database.addTag(repository: name.repository, tag: name.tag ?? "latest", image: image.record.id)
    }

    /// Takes a name from an image, and with the last one the image itself.
    /// - Parameters:
    ///   - users: the containers that use an image, by its id: short id, and whether it runs.
    ///   - force: several names of an image given by id go at once; an image in use loses its names and stays.
    /// - Throws: `conflict` when a container uses the image, or several names do and it was given by id.
    public func remove(
        _ name: String, force: Bool, users: (String) throws(ContainerError) -> [(id: String, isRunning: Bool)]
    ) throws(ContainerError) -> [ImageRemoval] {
        let image = try find(name)
        let tags = try database.imageTags().filter { $0.image == image.record.id }
        let digests = try database.imageDigests().filter { $0.image == image.record.id }
        let users = try users(image.record.id)
        var removals = [ImageRemoval]()
        if let reference = image.reference, reference.digest == nil, tags.count > 1 {
            try untag(tags.filter { $0.repository == reference.repository && $0.reference == reference.tag }, &removals)
            return removals
        }
        try checkRemoval(of: image, named: name, tags: tags, users: users, force: force)
        try untag(tags, &removals)
        for digest in digests {
            removals.append(.untagged("\(Self.familiar(digest.repository))@\(digest.reference)"))
        }
        if !users.isEmpty { return removals }
        let layers = try database.removeImage(id: image.record.id)
        removals.append(.deleted(image.id))
        removals += layers.map { .deleted("sha256:" + $0) }
        try sweep()
        return removals
    }

    private func checkRemoval(
        of image: StoredImage, named name: String, tags: [ImageName], users: [(id: String, isRunning: Bool)],
        force: Bool
    ) throws(ContainerError) {
        let short = image.record.id.prefix(12)
        if let user = users.first(where: \.isRunning) ?? users.first, user.isRunning || !force {
            let what = image.reference == nil ? "delete \(short)" : "remove repository reference \"\(name)\""
            let state = user.isRunning ? "running container" : "container"
            throw ContainerError(
                .conflict, "conflict: unable to \(what) (\(force ? "cannot be forced" : "must force"))",
                cause: "\(state) \(user.id) is using its referenced image \(short)",
                hint: user.isRunning ? "stop and remove the container first" : "remove the container first, or use -f")
        }
        if image.reference == nil, Set(tags.map(\.repository)).count > 1, !force {
            throw ContainerError(
                .conflict, "conflict: unable to delete \(short) (must be forced)",
                cause: "image is referenced in multiple repositories", hint: "use -f, or remove it by its names")
        }
    }

    private func untag(_ tags: [ImageName], _ removals: inout [ImageRemoval]) throws(ContainerError) {
        for tag in tags {
            try database.removeTag(repository: tag.repository, tag: tag.reference)
            removals.append(.untagged("\(Self.familiar(tag.repository)):\(tag.reference)"))
        }
    }

    /// Removes every blob and layer that no image needs, also what an interrupted pull left. While another process
    /// adds an image nothing is removed: the next sweep does it.
    public func sweep() throws(ContainerError) {
        guard let lock = try FileLock.take(lockFile, .exclusive, waits: false) else { return }
        defer { withExtendedLifetime(lock) {} }
        let inUse = try database.contentInUse()
        for layer in try snapshotter.layers() where !inUse.layers.contains(layer.digest.hex) {
            try snapshotter.removeLayer(layer)
        }
        for blob in try content.list() where !inUse.blobs.contains(blob.hex) { try content.delete(blob) }
        try content.cleanUp()
        try snapshotter.cleanUp()
    }
}

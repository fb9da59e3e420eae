import ContainerDatabase
import ContainerStorage
import ContainerSystem
import OCISpec

/// What a removal did, in docker's two words.
public enum ImageRemoval: Sendable, Equatable {
    /// A name, as docker prints it.
    case untagged(String)
    /// An image or a layer that is gone.
    case deleted(String)
}

/// A container that uses an image: its short id, and whether it runs.
public typealias ImageUser = (id: String, isRunning: Bool)

extension ImageStore {
    /// Takes a name from an image, and with the last one the image itself, by docker's rules: a digest goes with the
    /// last tag of its repository; an image given by its id goes if all its names are of one repository.
    /// - Parameters:
    ///   - users: the containers that use an image, by its id.
    ///   - force: several names of an image given by id go at once; an image in use loses its names and stays.
    ///   - platform: what it must be for; nil takes any.
    /// - Throws: `notFound`; `conflict` in docker's words when a container uses the image, or several names do and it
    ///   was given by id.
    public func remove(
        _ name: String, force: Bool, platform: Platform? = nil, users: (String) throws(ContainerError) -> [ImageUser]
    ) throws(ContainerError) -> [ImageRemoval] {
        let image = try find(name, platform: platform)
        let references = try references(of: image.record.id)
        let users = try users(image.record.id)
        var removals = [ImageRemoval]()
        if let reference = image.reference {
            if !force, Self.isSingle(references), let user = users.first {
                throw Self.inUse(
                    "remove repository reference \"\(name)\" (must force) - container \(user.id)"
                        + " is using its referenced image \(image.record.id.prefix(12))", user)
            }
            let isRemaining = try untag(reference, references, &removals)
            if isRemaining || !users.isEmpty { return removals }
        } else {
            try checkRemovalByID(of: image, references, users: users, force: force)
            for reference in references { try untag(reference, &removals) }
            if !users.isEmpty { return removals }
        }
        removals += try delete(image.record.id)
        try sweep()
        return removals
    }

    /// Every name of an image, tags and digests, sorted as docker sorts them: by their full text.
    func references(of image: String) throws(ContainerError) -> [ImageName] {
        let names = try database.imageTags() + database.imageDigests()
        return names.filter { $0.image == image }.sorted { $0.text < $1.text }
    }

    /// Removes a tag, and with the last one of a repository its digests; or a digest.
    /// - Returns: whether the image has other names.
    private func untag(
        _ reference: ImageReference, _ references: [ImageName], _ removals: inout [ImageRemoval]
    ) throws(ContainerError) -> Bool {
        var remaining = references
        func take(_ isMeant: (ImageName) -> Bool) throws(ContainerError) {
            for name in remaining where isMeant(name) { try untag(name, &removals) }
            remaining.removeAll(where: isMeant)
        }
        try take { $0.repository == reference.repository && $0.reference == reference.tagOrDigest }
        let hasTags = remaining.contains { $0.repository == reference.repository && !$0.isDigest }
        if reference.digest == nil, !hasTags { try take { $0.repository == reference.repository } }
        return !remaining.isEmpty
    }

    private func checkRemovalByID(
        of image: StoredImage, _ references: [ImageName], users: [ImageUser], force: Bool
    ) throws(ContainerError) {
        let id = image.record.id.prefix(12)
        if let user = users.first(where: \.isRunning) {
            throw Self.inUse(
                "delete \(id) (cannot be forced) - image is being used by running container \(user.id)", user)
        }
        if force { return }
        if !references.isEmpty, !Self.isSingle(references) {
            throw ContainerError(
                .conflict,
                "conflict: unable to delete \(id) (must be forced) - image is referenced in multiple repositories",
                hint: "use -f, or remove it by its names")
        }
        if let user = users.first {
            throw Self.inUse(
                "delete \(id) (must be forced) - image is being used by stopped container \(user.id)", user)
        }
    }

    private static func inUse(_ words: String, _ user: ImageUser) -> ContainerError {
        ContainerError(
            .conflict, "conflict: unable to \(words)",
            hint: user.isRunning ? "stop and remove the container first" : "remove the container first, or use -f")
    }

    /// Whether all names are of one repository, and at most one of them is a tag; false for none (moby,
    /// `isSingleReference`).
    static func isSingle(_ references: [ImageName]) -> Bool {
        !references.isEmpty && Set(references.map(\.repository)).count == 1
            && references.count { !$0.isDigest } <= 1
    }

    func untag(_ name: ImageName, _ removals: inout [ImageRemoval]) throws(ContainerError) {
        if name.isDigest {
            try database.removeDigest(repository: name.repository, digest: name.reference)
        } else {
            try database.removeTag(repository: name.repository, tag: name.reference)
        }
        removals.append(.untagged(name.familiar))
    }

    /// Forgets an image; its blobs and layers lie there until the next sweep.
    func delete(_ id: String) throws(ContainerError) -> [ImageRemoval] {
        let layers = try database.removeImage(id: id)
        return ([id] + layers).map { .deleted("sha256:" + $0) }
    }

    /// Removes every blob and layer that no image needs, also what an interrupted pull left. While another process
    /// adds an image nothing is removed: the next sweep does it.
    /// - Returns: the bytes on the disk that are free now; nil when another process was adding an image.
    @discardableResult
    public func sweep() throws(ContainerError) -> Int64? {
        guard let lock = try FileLock.take(lockFile, .exclusive, waits: false) else { return nil }
        defer { withExtendedLifetime(lock) {} }
        let unused = try unusedContent(without: [])
        var freed: Int64 = 0
        for layer in unused.layers {
            freed += try snapshotter.diskUsage(of: layer)
            try snapshotter.removeLayer(layer)
        }
        for blob in unused.blobs {
            freed += try content.diskUsage(of: blob)
            try content.delete(blob)
        }
        try content.cleanUp()
        try snapshotter.cleanUp()
        return freed
    }

    /// What lies there and no image needs.
    /// - Parameter images: images that are taken for gone, by id.
    func unusedContent(without images: Set<String>) throws(ContainerError) -> (layers: [ChainID], blobs: [Digest]) {
        let inUse = try database.contentInUse(without: images)
        return (
            try snapshotter.layers().filter { !inUse.layers.contains($0.digest.hex) },
            try content.list().filter { !inUse.blobs.contains($0.hex) }
        )
    }
}

extension ImageName {
    /// Whether it is a name by digest.
    var isDigest: Bool { reference.contains(":") }
    /// In full: `docker.io/library/busybox:latest`.
    var text: String { repository + (isDigest ? "@" : ":") + reference }
    /// As docker prints it: `busybox:latest`.
    var familiar: String { ImageStore.familiar(repository) + (isDigest ? "@" : ":") + reference }
}

import ContainerDatabase
import ContainerStorage
import ContainerSystem
import FoundationEssentials
import OCISpec

/// The images of a state root, as people name them.
public struct ImageStore: Sendable {
    public let content: any ContentStore
    public let snapshotter: any Snapshotter
    public let database: MetadataDatabase
    let lockFile: String

    /// - Parameter folder: where the lock between pulls and removals stands.
    public init(content: any ContentStore, snapshotter: any Snapshotter, database: MetadataDatabase, folder: String) {
        self.content = content
        self.snapshotter = snapshotter
        self.database = database
        lockFile = folder + "/images.lock"
    }

    /// The image that a name, a name by digest, an id or the start of an id means.
    /// - Throws: `notFound` with docker's words; `conflict` when the start of an id fits several images.
    public func find(_ name: String) throws(ContainerError) -> StoredImage {
        if let image = try findIfPresent(name) { return image }
        let familiar = (try? ImageReference(parsing: name))?.familiar ?? name
        throw ContainerError(.notFound, "No such image: \(familiar)")
    }

    /// As `find`, for a platform that the image must be for.
    /// - Parameter platform: nil takes any; an image that a processor of the kind runs will do.
    /// - Throws: `notFound` also when it is for another platform.
    public func find(_ name: String, platform: Platform?) throws(ContainerError) -> StoredImage {
        let image = try find(name)
        if let platform, !platform.runs(image.config.platform) {
            throw ContainerError(
                .notFound,
                "image with reference \(name) was found but its platform (\(image.config.platform)) does not match the specified platform (\(platform))"
            )
        }
        return image
    }

    /// As `find`, with nil for an image that is not there.
    public func findIfPresent(_ name: String) throws(ContainerError) -> StoredImage? {
        let digits = name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : name
        let isHex =
            !digits.isEmpty && digits.count <= 64
            && digits.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) }
        if digits.count != 64, let reference = try? ImageReference(parsing: name),
            let record = try database.image(repository: reference.repository, reference: reference.tagOrDigest)
        {
            return try StoredImage(record, reference: reference)
        }
        guard isHex else {
            // A name that cannot be one deserves to be told why.
            _ = try ImageReference(parsing: name)
            return nil
        }
        let matches = try database.images(idPrefix: digits)
        guard matches.count < 2 else {
            throw ContainerError(.conflict, "image id \(name): it fits more than one image", hint: "give more digits")
        }
        return try matches.first.map { record throws(ContainerError) in try StoredImage(record, reference: nil) }
    }

    /// Runs while nothing that is not listed yet may be swept away.
    func whileAdding<Result>(_ body: () throws(ContainerError) -> Result) throws(ContainerError) -> Result {
        let lock = try FileLock.take(lockFile, .shared)
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// Adds an image whose blobs and layers are all there.
    func add(
        config: [UInt8], id: Digest, manifest: ImageManifest, manifestDigest: Digest, reference: ImageReference?,
        repositoryDigest: Digest?
    ) throws(ContainerError) -> StoredImage {
        let parsed = try StoredImage.parse(config)
        let chains = try ChainID.chain(of: parsed.rootfs.diffIDs)
        var size: Int64 = 0
        for chain in chains { size += try snapshotter.layer(chain).size }
        let blobs = [manifestDigest, id] + manifest.layers.map(\.digest)
        let record = ImageRecord(
            id: id.hex, manifest: manifestDigest.hex, config: config, layers: chains.map(\.digest.hex), size: size,
            added: Timestamp.now, blobs: blobs.map(\.hex))
        // A name by digest alone is no tag.
        let isTagged = reference != nil && (reference?.digest == nil || reference?.tag != nil)
        let tag = isTagged ? reference.map { ($0.repository, $0.tag ?? "latest") } : nil
        let digest = repositoryDigest.flatMap { digest in reference.map { ($0.repository, digest.description) } }
        try database.addImage(record, tag: tag, digest: digest)
        return try StoredImage(record, reference: reference)
    }
}

/// An image that is here, whole.
public struct StoredImage: Sendable {
    public let record: ImageRecord
    public let config: ImageConfig
    /// The name it was found by; nil when that was an id.
    public let reference: ImageReference?

    /// `sha256:` and 64 hexadecimal digits.
    public var id: String { "sha256:" + record.id }

    public var layers: [ChainID] { record.layers.compactMap { Digest(hex: $0).map { ChainID($0) } } }

    init(_ record: ImageRecord, reference: ImageReference?) throws(ContainerError) {
        self.record = record
        self.reference = reference
        config = try Self.parse(record.config)
    }

    /// The largest configuration that is read, in bytes.
    static let configLimit = 8 << 20

    static func parse(_ config: [UInt8]) throws(ContainerError) -> ImageConfig {
        try JSONBounds.check(config, name: "the image's configuration")
        let parsed: ImageConfig
        do throws(ContainerError) { parsed = try ImageConfig(json: config, name: "config.json") } catch {
            throw ContainerError(.corrupted, "the image's configuration is not one", cause: error.message)
        }
        try parsed.check()
        return parsed
    }
}

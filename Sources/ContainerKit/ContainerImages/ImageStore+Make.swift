import ContainerStorage
import ContainerSystem
import FoundationEssentials
import OCISpec

/// What a new image is made of besides its layer.
public struct NewImage: Sendable {
    public var reference: ImageReference?
    public var author: String?
    public var comment: String?
    /// How the layer came about, for `history`.
    public var createdBy: String?
    /// What it is for; nil is the base's, or the host's.
    public var platform: Platform?
    public var execution: ImageConfig.Execution

    public init(reference: ImageReference?, execution: ImageConfig.Execution = .init()) {
        self.reference = reference
        self.execution = execution
    }
}

extension ImageStore {
    /// Makes an image of a folder of the host: hard links, devices and attributes as they are.
    /// - Throws: `notFound` when there is no such folder.
    public func make(fromDirectory directory: String, _ image: NewImage) throws(ContainerError) -> StoredImage {
        try whileAdding { () throws(ContainerError) in
            let layer = try LayerStore(content: content, snapshotter: snapshotter).archive(directory: directory)
            return try make(layer, on: nil, image)
        }
    }

    /// Makes an image of a root file system in a tar, plain or compressed.
    public func make(fromTar tar: Descriptor, _ image: NewImage) throws(ContainerError) -> StoredImage {
        try whileAdding { () throws(ContainerError) in
            let layer = try LayerStore(content: content, snapshotter: snapshotter).importTar(tar)
            return try make(layer, on: nil, image)
        }
    }

    /// Makes an image of another one and what a container changed on it.
    /// - Parameters:
    ///   - snapshot: the container's snapshot; nothing should write to it meanwhile.
    ///   - mountTargets: see `LayerStore.commit`.
    public func make(
        fromSnapshot snapshot: String, on base: StoredImage, mountTargets: [String] = [], _ image: NewImage
    ) throws(ContainerError) -> StoredImage {
        try whileAdding { () throws(ContainerError) in
            let layer = try LayerStore(content: content, snapshotter: snapshotter)
                .commit(snapshot, parents: base.layers, mountTargets: mountTargets)
            return try make(layer, on: base, image)
        }
    }

    private func make(_ layer: StoredLayer, on base: StoredImage?, _ image: NewImage) throws(ContainerError)
        -> StoredImage
    {
        let created = Timestamp.format(Timestamp.now)
        let history = ImageConfig.History(
            created: created, createdBy: image.createdBy, author: image.author, comment: image.comment)
        let config = ImageConfig(
            platform: image.platform ?? base?.config.platform ?? .current, created: created, author: image.author,
            config: image.execution,
            rootfs: .init(diffIDs: (base?.config.rootfs.diffIDs ?? []) + [layer.diffID]),
            history: (base?.config.history ?? []) + [history])
        let configBytes = try Self.encode(config)
        let configBlob = try content.store(configBytes)
        let below = try base.map { base throws(ContainerError) in try self.manifest(of: base).0.layers } ?? []
        let manifest = ImageManifest(
            config: ContentDescriptor(
                mediaType: MediaType.ociConfig, digest: configBlob.digest, size: configBlob.size),
            layers: below.map(Self.asOCI) + [
                ContentDescriptor(mediaType: layer.mediaType, digest: layer.blob.digest, size: layer.blob.size)
            ])
        let manifestBlob = try content.store(try Self.encode(manifest))
        return try add(
            config: configBytes, id: configBlob.digest, manifest: manifest, manifestDigest: manifestBlob.digest,
            reference: image.reference, repositoryDigest: nil)
    }

    /// A manifest is of one family: docker's layers have the same bytes under OCI's names.
    private static func asOCI(_ layer: ContentDescriptor) -> ContentDescriptor {
        let types = [
            MediaType.dockerLayer: MediaType.ociLayer, MediaType.dockerLayerGzip: MediaType.ociLayerGzip,
            MediaType.dockerLayerZstd: MediaType.ociLayerZstd,
        ]
        var copy = layer
        copy.mediaType = types[layer.mediaType] ?? layer.mediaType
        return copy
    }

    static func encode(_ value: some Encodable) throws(ContainerError) -> [UInt8] {
        let encoder = JSONEncoder()
        // The same image has the same bytes, and so the same id, each time.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(value)) } catch {
            throw ContainerError(.systemFailure, "write an image's document", cause: "\(error)")
        }
    }
}

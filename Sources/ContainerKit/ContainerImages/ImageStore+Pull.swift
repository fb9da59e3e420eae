import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import OCISpec

public struct PullOutcome: Sendable {
    public let reference: ImageReference
    /// The digest by which the registry knows the image.
    public let digest: Digest
    public let image: StoredImage
    /// False when the name had this image already.
    public let isNew: Bool
}

extension ImageStore {
    /// Fetches an image and unpacks it. It is listed once all of it is here and verified; what a pull that was
    /// interrupted left is used by the next one.
    /// - Throws: `ContainerError` as `RegistryClient` and `Snapshotter`, in one line with the image's name.
    public func pull(
        _ reference: ImageReference, platform: Platform = .current, from client: RegistryClient,
        progress: @escaping TransferObserver
    ) throws(ContainerError) -> PullOutcome {
        try content.cleanUp()
        try snapshotter.cleanUp()
        return try whileAdding { () throws(ContainerError) in
            let resolved = try client.resolve(reference, platform: platform)
            let before = try database.image(repository: reference.repository, reference: reference.tagOrDigest)
            let configDescriptor = resolved.manifest.config
            let config = try fetchConfig(configDescriptor, from: reference, client)
            let parsed = try StoredImage.parse(config)
            try PlatformCheck.check(parsed, of: resolved, for: platform, name: reference.familiar)
            let diffIDs = parsed.rootfs.diffIDs
            try check(resolved.manifest, diffIDs, reference)
            try fetchLayers(resolved.manifest, diffIDs, of: reference, from: client, progress)
            try content.store(resolved.bytes, expected: resolved.digest)
            let image = try add(
                config: config, id: configDescriptor.digest, manifest: resolved.manifest,
                manifestDigest: resolved.digest, reference: reference, repositoryDigest: resolved.repositoryDigest)
            return PullOutcome(
                reference: reference, digest: resolved.repositoryDigest, image: image,
                isNew: before?.id != image.record.id)
        }
    }

    private func fetchConfig(
        _ descriptor: ContentDescriptor, from reference: ImageReference, _ client: RegistryClient
    ) throws(ContainerError) -> [UInt8] {
        guard [MediaType.ociConfig, MediaType.dockerConfig].contains(descriptor.mediaType) else {
            throw ContainerError(
                .unsupported, "pull \(reference.familiar): it is not a container image (\(descriptor.mediaType))")
        }
        if content.contains(descriptor.digest) { return try content.read(descriptor.digest, limit: 8 << 20) }
        let bytes = try client.fetchSmallBlob(descriptor, from: reference)
        try content.store(bytes, expected: descriptor.digest)
        return bytes
    }

    private func check(_ manifest: ImageManifest, _ diffIDs: [Digest], _ reference: ImageReference)
        throws(ContainerError)
    {
        if let foreign = manifest.layers.first(where: { MediaType.isForeignLayer($0.mediaType) }) {
            throw ContainerError(
                .unsupported, "pull \(reference.familiar): layer \(foreign.digest) is to be fetched from elsewhere",
                cause: "foreign layers are not supported")
        }
        guard manifest.layers.count == diffIDs.count else {
            throw ContainerError(
                .corrupted,
                "pull \(reference.familiar): the manifest has \(manifest.layers.count) layers, the configuration \(diffIDs.count)"
            )
        }
    }

    /// Fetches and unpacks what is not here.
    private func fetchLayers(
        _ manifest: ImageManifest, _ diffIDs: [Digest], of reference: ImageReference, from client: RegistryClient,
        _ progress: @escaping TransferObserver
    ) throws(ContainerError) {
        let chains = try ChainID.chain(of: diffIDs)
        var missing = [LayerPull.Layer]()
        for (index, descriptor) in manifest.layers.enumerated() {
            let layer = LayerPull.Layer(
                descriptor: descriptor, diffID: diffIDs[index], parents: Array(chains[..<index]))
            let isHere = snapshotter.contains(chains[index]) && content.contains(descriptor.digest)
            try progress(.layer(id: descriptor.shortID, status: isHere ? "Already exists" : "Pulling fs layer"))
            if !isHere { missing.append(layer) }
        }
        let pull = LayerPull(missing, of: reference, from: client, into: self, progress: progress)
        do throws(ContainerError) {
            try pull.run(atOnce: client.configuration.maxConcurrentDownloads)
        } catch {
            // The registry client says so itself, the snapshotter does not.
            let operation = "pull \(reference.familiar)"
            throw error.message.hasPrefix(operation) ? error : error.during(operation)
        }
    }
}

import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Dispatch
import OCISpec
import Synchronization

public struct PullOutcome: Sendable {
    public let reference: ImageReference
    /// The digest by which the registry knows the image.
    public let digest: Digest
    public let image: StoredImage
    /// False when the name had this image already.
    public let isNew: Bool
}

extension ImageStore {
    /// Layers that are fetched and unpacked at the same time.
    private static let parallelLayers = 4

    /// Fetches an image and unpacks it. It is listed once all of it is here and verified; what a pull that was
    /// interrupted left is used by the next one.
    /// - Throws: `ContainerError` as `RegistryClient` and `Snapshotter`, in one line with the image's name.
    public func pull(
        _ reference: ImageReference, platform: Platform = .current, from client: RegistryClient,
        progress: @escaping @Sendable (TransferEvent) -> Void
    ) throws(ContainerError) -> PullOutcome {
        try content.cleanUp()
        try snapshotter.cleanUp()
        return try whileAdding { () throws(ContainerError) in
            let resolved = try client.resolve(reference, platform: platform)
            let before = try database.image(repository: reference.repository, reference: reference.tagOrDigest)
            let configDescriptor = resolved.manifest.config
            let config = try fetchConfig(configDescriptor, from: reference, client)
            let diffIDs = try StoredImage.parse(config).rootfs.diffIDs
            try check(resolved.manifest, diffIDs, reference)
            let chains = try ChainID.chain(of: diffIDs)
            try fetchLayers(
                resolved.manifest.layers, diffIDs, chains, LayerSource(reference: reference, client: client), progress)
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

    private struct LayerSource {
        let reference: ImageReference
        let client: RegistryClient
    }

    private func fetchLayers(
        _ layers: [ContentDescriptor], _ diffIDs: [Digest], _ chains: [ChainID], _ source: LayerSource,
        _ progress: @escaping @Sendable (TransferEvent) -> Void
    ) throws(ContainerError) {
        var missing = [Int]()
        for index in layers.indices {
            let id = String(layers[index].digest.hex.prefix(12))
            let isHere = snapshotter.contains(chains[index]) && content.contains(layers[index].digest)
            progress(.layer(id: id, status: isHere ? "Already exists" : "Pulling fs layer"))
            if !isHere { missing.append(index) }
        }
        let work = Mutex((next: 0, failure: ContainerError?.none))
        let indexes = missing
        // Fetched and unpacked side by side; a layer is there once the ones below it are. Work is taken from the bottom
        // up, so the lowest one never waits.
        let unpacked = indexes.map { _ in DispatchGroup() }
        unpacked.forEach { $0.enter() }
        DispatchQueue.concurrentPerform(iterations: min(Self.parallelLayers, indexes.count)) { _ in
            while let turn = work.withLock({ state -> Int? in
                guard state.next < indexes.count else { return nil }
                state.next += 1
                return state.next - 1
            }) {
                defer { unpacked[turn].leave() }
                let index = indexes[turn]
                do throws(ContainerError) {
                    if work.withLock({ $0.failure != nil }) { continue }
                    try fetch(layers[index], from: source, progress)
                    if work.withLock({ $0.failure != nil }) { continue }
                    _ = try snapshotter.unpack(
                        try content.open(layers[index].digest), compression: nil, diffID: diffIDs[index],
                        parents: Array(chains[..<index]),
                        awaitParents: { () throws(ContainerError) in
                            if turn > 0 { unpacked[turn - 1].wait() }
                            if let failure = work.withLock({ $0.failure }) { throw failure }
                        }, tee: nil)
                    progress(.layer(id: String(layers[index].digest.hex.prefix(12)), status: "Pull complete"))
                } catch {
                    work.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        if let failure = work.withLock({ $0.failure }) { throw failure.during("pull \(source.reference.familiar)") }
    }

    private func fetch(
        _ layer: ContentDescriptor, from source: LayerSource, _ progress: @Sendable (TransferEvent) -> Void
    ) throws(ContainerError) {
        if content.contains(layer.digest) { return }
        let id = String(layer.digest.hex.prefix(12))
        let ingest = try content.ingest(expected: layer.digest, size: layer.size)
        defer { ingest.cancel() }
        try source.client.fetchBlob(layer.digest, size: layer.size, from: source.reference) {
            bytes throws(ContainerError) in
            try ingest.write(bytes)
            progress(.progress(id: id, .downloading, done: ingest.written, total: layer.size))
        }
        _ = try ingest.commit()
        progress(.layer(id: id, status: "Download complete"))
    }
}

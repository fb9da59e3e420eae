import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec
import Synchronization

extension ImageStore {
    /// Sends an image under a name, its layers side by side; blobs that the registry has, in this repository or in one
    /// that they are known to be in, are left out, and all bytes go as they came.
    /// - Parameters:
    ///   - platform: the one that the image must be for; nil is any.
    ///   - progress: hears what happens, from several threads; what it throws ends the push.
    /// - Returns: the manifest's digest and size.
    /// - Throws: `notFound` when there is no such image; `ContainerError` as `RegistryClient`.
    public func push(
        _ reference: ImageReference, platform: Platform? = nil, to client: RegistryClient,
        progress: @escaping TransferObserver
    ) throws(ContainerError) -> StoredBlob {
        let image = try imageToPush(reference, platform: platform)
        let (manifest, bytes) = try manifest(of: image)
        var seen = Set<Digest>()
        let layers = manifest.layers.filter { seen.insert($0.digest).inserted }
        for layer in layers { try progress(.layer(id: layer.shortID, status: "Preparing")) }
        // Alone at first: whoever is first finds out how the registry wants to be spoken to.
        let hasConfig = try client.hasBlob(manifest.config.digest, in: reference)
        let pushes = layers.map { PendingPush(blob: $0, isShown: true) }
        let config = hasConfig ? [] : [PendingPush(blob: manifest.config, isShown: false)]
        try sideBySide(pushes + config, limit: client.configuration.maxConcurrentUploads) {
            push throws(ContainerError) in
            try self.push(push, to: reference, client, progress)
        }
        let type = manifest.mediaType ?? MediaType.ociManifest
        let digest = try client.pushManifest(bytes, mediaType: type, to: reference)
        try database.addDigest(
            repository: reference.repository, digest: digest.description, image: image.record.id)
        return StoredBlob(digest: digest, size: Int64(bytes.count))
    }

    /// The tags under which there are images of a repository.
    /// - Throws: `notFound` in docker's words when there is none.
    public func tagsToPush(_ reference: ImageReference) throws(ContainerError) -> [ImageReference] {
        var references = [ImageReference]()
        for name in try database.imageTags() where name.repository == reference.repository {
            references.append(try reference.withTag(name.reference))
        }
        guard !references.isEmpty else { throw Self.missing(reference) }
        return references
    }

    private struct PendingPush: Sendable {
        let blob: ContentDescriptor
        /// docker tells of layers only.
        let isShown: Bool
    }

    private static func missing(_ reference: ImageReference) -> ContainerError {
        ContainerError(
            .notFound, "An image does not exist locally with the tag: \(reference.familiarRepository)",
            hint: "ck images lists those that do")
    }

    private func imageToPush(_ reference: ImageReference, platform: Platform?) throws(ContainerError) -> StoredImage {
        guard reference.digest == nil else {
            throw ContainerError(
                .invalidArgument, "cannot push a digest reference", hint: "give the image a tag: ck tag")
        }
        guard let image = try findIfPresent(reference.description) else { throw Self.missing(reference) }
        guard let platform else { return image }
        let own = Platform(
            os: image.config.os, architecture: image.config.architecture, variant: image.config.variant)
        guard (try? Platform(parsing: own.description)) == platform else {
            throw ContainerError(
                .notFound,
                "image with reference \(reference.familiar) was found but does not provide the specified platform "
                    + "(\(platform))", cause: "it is for \(own)")
        }
        return image
    }

    private func push(
        _ push: PendingPush, to reference: ImageReference, _ client: RegistryClient,
        _ progress: @escaping TransferObserver
    ) throws(ContainerError) {
        let blob = push.blob
        let others = try database.repositories(holding: blob.digest.hex, on: reference.domain)
            .filter { $0 != reference.repository }.map { String($0.dropFirst(reference.domain.count + 1)) }
        let outcome = try client.pushBlob(blob.digest, size: blob.size, to: reference, mountingFrom: others) {
            offset throws(ContainerError) in
            try reader(of: blob, from: offset) { done throws(ContainerError) in
                if push.isShown { try progress(.progress(id: blob.shortID, .pushing, done: done, total: blob.size)) }
            }
        }
        guard push.isShown else { return }
        let status =
            switch outcome {
            case .alreadyThere: "Layer already exists"
            case .mounted(let repository): "Mounted from \(repository)"
            case .sent: "Pushed"
            }
        try progress(.layer(id: blob.shortID, status: status))
    }

    /// Does something to each of several things, some of them at a time; the first failure ends it.
    private func sideBySide<Item: Sendable>(
        _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let work = SharedWork()
        try Threads.run(min(limit, items.count)) { _ in
            while let turn = work.take(below: items.count) {
                do throws(ContainerError) { try body(items[turn]) } catch { work.fail(error) }
            }
        }
        if let failure = work.failure { throw failure }
    }

    /// The manifest of an image, parsed and as bytes.
    func manifest(of image: StoredImage) throws(ContainerError) -> (ImageManifest, [UInt8]) {
        guard let digest = Digest(hex: image.record.manifest) else {
            throw ContainerError(.corrupted, "image \(image.id): its manifest has no digest")
        }
        let bytes = try content.read(digest, limit: ManifestDocument.sizeLimit)
        guard case .manifest(let manifest) = try ManifestDocument.parse(bytes, contentType: nil).document else {
            throw ContainerError(.corrupted, "image \(image.id): its manifest is an index")
        }
        return (manifest, bytes)
    }

    /// - Parameter report: hears how many bytes of the blob have been read.
    private func reader(
        of blob: ContentDescriptor, from offset: Int64,
        report: @escaping @Sendable (Int64) throws(ContainerError) -> Void
    ) throws(ContainerError) -> RegistryClient.BlobReader {
        let file = try content.open(blob.digest)
        let position = Mutex(offset)
        return { buffer throws(ContainerError) in
            let start = position.withLock { $0 }
            let count = try system("read blob \(blob.digest)") {
                pread(file.raw, buffer.baseAddress, buffer.count, off_t(start))
            }
            position.withLock { $0 = start + Int64(count) }
            try report(start + Int64(count))
            return count
        }
    }
}

/// Which of several things is next, until one has failed.
private final class SharedWork: Sendable {
    private let state = Mutex((next: 0, failure: ContainerError?.none))

    var failure: ContainerError? { state.withLock { $0.failure } }

    func take(below count: Int) -> Int? {
        state.withLock { state in
            guard state.next < count, state.failure == nil else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    func fail(_ error: ContainerError) { state.withLock { $0.failure = $0.failure ?? error } }
}

import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec

extension ImageStore {
    /// Sends an image under a name; blobs that the registry has are left out, and all bytes go as they came.
    /// - Returns: the manifest's digest and size.
    /// - Throws: `notFound` when there is no such image; `ContainerError` as `RegistryClient`.
    public func push(
        _ reference: ImageReference, to client: RegistryClient, progress: (TransferEvent) -> Void
    ) throws(ContainerError) -> StoredBlob {
        let image = try find(reference.description)
        let (manifest, bytes) = try manifest(of: image)
        for layer in manifest.layers + [manifest.config] {
            let id = String(layer.digest.hex.prefix(12))
            let isSent = try client.pushBlob(layer.digest, size: layer.size, to: reference) {
                () throws(ContainerError) in try reader(of: layer.digest)
            }
            progress(.layer(id: id, status: isSent ? "Pushed" : "Layer already exists"))
        }
        let type = manifest.mediaType ?? MediaType.ociManifest
        let digest = try client.pushManifest(bytes, mediaType: type, to: reference)
        return StoredBlob(digest: digest, size: Int64(bytes.count))
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

    private func reader(of blob: Digest) throws(ContainerError) -> RegistryClient.BlobReader {
        let file = try content.open(blob)
        return { buffer throws(ContainerError) in
            try system("read blob \(blob)") { read(file.raw, buffer.baseAddress, buffer.count) }
        }
    }
}

import ContainerStorage
import ContainerSystem
import OCISpec

/// `manifest.json` of docker's archives, one entry (docker's image specification 1.2, "Combined Image JSON").
struct DockerArchiveImage: Codable {
    let config: String
    var repoTags: [String]?
    let layers: [String]

    enum CodingKeys: String, CodingKey {
        case config = "Config"
        case repoTags = "RepoTags"
        case layers = "Layers"
    }
}

/// `oci-layout` (OCI image specification, image-layout.md).
struct ImageLayoutMarker: Codable {
    var imageLayoutVersion = "1.0.0"
}

extension ImageStore {
    /// What containerd and docker call an image's whole name, and the specification its tag.
    static let fullNameAnnotation = "io.containerd.image.name"
    static let nameAnnotation = "org.opencontainers.image.ref.name"

    /// Writes images as an archive that is both an OCI layout and docker's format. The same images give the same bytes:
    /// blobs go as they came, sorted, with no times.
    /// - Parameters:
    ///   - names: by tag, with that; by repository alone, with all its tags; by id or digest, with no name.
    ///   - platform: what they must be for; nil takes any.
    /// - Throws: `notFound`, before anything is written.
    public func save(
        _ names: [String], platform: Platform? = nil, to output: Descriptor, outputName: String
    ) throws(ContainerError) {
        try whileAdding { () throws(ContainerError) in
            var images: [(image: StoredImage, tag: ImageReference?)] = []
            var meant: [String] = []
            for name in names { meant += try tags(meantBy: name) }
            for name in meant {
                let image = try find(name, platform: platform)
                let reference = image.reference.flatMap { $0.digest == nil ? $0 : nil }
                if !images.contains(where: { $0.image.id == image.id && $0.tag == reference }) {
                    images.append((image, reference))
                }
            }
            var blobs: Set<Digest> = []
            var index = ImageIndex(manifests: [])
            var archive: [String: DockerArchiveImage] = [:]
            for (image, tag) in images {
                let (manifest, bytes) = try manifest(of: image)
                guard let digest = Digest(hex: image.record.manifest) else { continue }
                blobs.formUnion([digest, manifest.config.digest] + manifest.layers.map(\.digest))
                let annotations = tag.map {
                    [Self.fullNameAnnotation: $0.description, Self.nameAnnotation: $0.tag ?? "latest"]
                }
                index.manifests.append(
                    ContentDescriptor(
                        mediaType: manifest.mediaType ?? MediaType.ociManifest, digest: digest,
                        size: Int64(bytes.count), annotations: annotations, platform: image.config.platform))
                var entry =
                    archive[image.id]
                    ?? DockerArchiveImage(
                        config: Self.path(manifest.config.digest), layers: manifest.layers.map { Self.path($0.digest) })
                if let tag { entry.repoTags = (entry.repoTags ?? []) + [tag.familiar] }
                archive[image.id] = entry
            }
            let writer = ArchiveWriter(output, name: outputName)
            try writer.addDirectory("blobs/")
            try writer.addDirectory("blobs/sha256/")
            for blob in blobs.sorted(by: { $0.hex < $1.hex }) {
                try writer.add(Self.path(blob), try content.open(blob), size: try content.size(of: blob))
            }
            try writer.add("index.json", try Self.encode(index))
            let inOrder = images.map(\.image.id).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            try writer.add("manifest.json", try Self.encode(inOrder.compactMap { archive[$0] }))
            try writer.add("oci-layout", try Self.encode(ImageLayoutMarker()))
            try writer.finish()
        }
    }

    /// All tags of a repository that is named without one, as docker saves them; else the name itself.
    private func tags(meantBy name: String) throws(ContainerError) -> [String] {
        guard let reference = try? ImageReference(parsing: name, defaultTag: nil), reference.tag == nil,
            reference.digest == nil
        else { return [name] }
        let tags = try database.imageTags().filter { $0.repository == reference.repository }
        return tags.isEmpty ? [name] : tags.map(\.text)
    }

    private static func path(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }
}

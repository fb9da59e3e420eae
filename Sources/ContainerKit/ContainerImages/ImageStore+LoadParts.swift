import ContainerStorage
import ContainerSystem
import FoundationEssentials
import OCISpec

extension ImageStore {
    /// Finds the images of an archive, whichever kind it is.
    /// - Throws: `corrupted` when it is none; `notFound` when it has none for the platform.
    func parts(of archive: LoadedArchive) throws(ContainerError) -> [LoadedArchive.Part] {
        let images: [DockerArchiveImage]? = try document("manifest.json", archive)
        var parts: [LoadedArchive.Part] = []
        var isArchive = false
        if let index: ImageIndex = try document("index.json", archive) {
            isArchive = true
            parts = try self.parts(of: index, archive, images ?? [])
        }
        if parts.isEmpty, let images, !images.isEmpty {
            isArchive = true
            for image in images {
                if let part = try part(of: image, archive) { parts.append(part) }
            }
        }
        if !isArchive, images == nil, let legacy = try legacyParts(of: archive) {
            isArchive = true
            parts = legacy
        }
        guard isArchive else {
            throw archive.corrupted(
                "it is no archive of images", cause: "it has neither a manifest.json nor an index.json",
                hint: "`import` takes the tar of a root file system")
        }
        guard !parts.isEmpty else {
            throw ContainerError(
                .notFound, "load \(archive.name): it has no image for \(archive.platform ?? .current)",
                hint: archive.platform == nil ? "choose another platform with --platform" : nil)
        }
        return parts
    }

    /// docker's format since 1.10.
    private func part(of image: DockerArchiveImage, _ archive: LoadedArchive) throws(ContainerError)
        -> LoadedArchive.Part?
    {
        func blob(_ path: String) throws(ContainerError) -> StoredBlob {
            guard let blob = archive.files.blob(path) else {
                throw archive.corrupted("\(path.prefix(300)) is missing")
            }
            return blob
        }
        let config = try content.read(try blob(image.config).digest, limit: StoredImage.configLimit)
        guard archive.takes(try StoredImage.parse(config)) else { return nil }
        return LoadedArchive.Part(
            config: config, layers: try image.layers.map { path throws(ContainerError) in try blob(path) },
            manifest: nil, names: try archive.references(image.repoTags ?? []))
    }

    /// A descriptor of an index, with the names that stand at it or at an index above.
    private struct Candidate {
        let descriptor: ContentDescriptor
        let names: [ImageReference]
    }

    private func parts(
        of index: ImageIndex, _ archive: LoadedArchive, _ images: [DockerArchiveImage]
    ) throws(ContainerError) -> [LoadedArchive.Part] {
        var parts: [LoadedArchive.Part] = []
        for entry in bestOfEachName(index.manifests, archive) {
            let candidate = Candidate(descriptor: entry, names: try names(of: entry, archive))
            guard let (manifest, bytes, names) = try resolve(candidate, archive, depth: 0) else { continue }
            let config = try content.read(manifest.config.digest, limit: StoredImage.configLimit)
            guard archive.takes(try StoredImage.parse(config)) else { continue }
            let others = images.filter { $0.config.contains(manifest.config.digest.hex) }.flatMap { $0.repoTags ?? [] }
            parts.append(
                LoadedArchive.Part(
                    config: config,
                    layers: manifest.layers.map { StoredBlob(digest: $0.digest, size: $0.size) },
                    manifest: (manifest, bytes),
                    names: names.isEmpty ? try archive.references(others) : names))
        }
        return parts
    }

    /// Of several images under one name, the one for the platform.
    private func bestOfEachName(_ entries: [ContentDescriptor], _ archive: LoadedArchive) -> [ContentDescriptor] {
        func name(_ entry: ContentDescriptor) -> String? {
            entry.annotations?[Self.fullNameAnnotation] ?? entry.annotations?[Self.nameAnnotation]
        }
        let groups = Dictionary(grouping: entries, by: name)
        return entries.filter { entry in
            guard let name = name(entry), let rivals = groups[name], Set(rivals.map(\.platform)).count > 1 else {
                return true
            }
            return ImageIndex(manifests: rivals).select(for: archive.platform ?? .current) == entry
        }
    }

    /// The manifest that a descriptor leads to; nil for one that the archive left out, or that is no image.
    private func resolve(
        _ candidate: Candidate, _ archive: LoadedArchive, depth: Int
    ) throws(ContainerError) -> (ImageManifest, [UInt8], [ImageReference])? {
        guard depth < 3 else { throw archive.corrupted("an index within an index within one") }
        let descriptor = candidate.descriptor
        guard let blob = archive.files.blob("blobs/sha256/\(descriptor.digest.hex)") else { return nil }
        guard blob.digest == descriptor.digest, blob.size == descriptor.size else {
            throw archive.corrupted("\(descriptor.digest) is not what its name says")
        }
        let bytes = try content.read(blob.digest, limit: ManifestDocument.sizeLimit)
        let document: ManifestDocument
        do throws(ContainerError) {
            document = try ManifestDocument.parse(bytes, contentType: descriptor.mediaType).document
        } catch {
            throw error.during("load \(archive.name)")
        }
        switch document {
        case .index(let inner):
            // An archive may leave out the platforms that nobody asked for.
            let present = inner.manifests.filter { archive.files.blob("blobs/sha256/\($0.digest.hex)") != nil }
            guard let entry = ImageIndex(manifests: present).select(for: archive.platform ?? .current) else {
                return nil
            }
            let own = try names(of: entry, archive)
            return try resolve(
                Candidate(descriptor: entry, names: candidate.names.isEmpty ? own : candidate.names), archive,
                depth: depth + 1)
        case .manifest(let manifest):
            guard [MediaType.ociConfig, MediaType.dockerConfig].contains(manifest.config.mediaType) else { return nil }
            for needed in [manifest.config] + manifest.layers {
                guard let found = archive.files.blob("blobs/sha256/\(needed.digest.hex)"),
                    found.digest == needed.digest, found.size == needed.size
                else {
                    throw archive.corrupted("the blob \(needed.digest) is missing, or not what its name says")
                }
            }
            return (manifest, bytes, candidate.names)
        }
    }

    /// containerd's whole name, or the specification's if it is one.
    private func names(of descriptor: ContentDescriptor, _ archive: LoadedArchive) throws(ContainerError)
        -> [ImageReference]
    {
        if let full = descriptor.annotations?[Self.fullNameAnnotation] { return try archive.references([full]) }
        // A tag alone names no image; skopeo writes the whole name when it is given one.
        guard let name = descriptor.annotations?[Self.nameAnnotation], name.contains(":") || name.contains("/") else {
            return []
        }
        return try archive.references([name])
    }

    func document<Document: Decodable>(_ path: String, _ archive: LoadedArchive) throws(ContainerError) -> Document? {
        guard let blob = archive.files.blob(path) else { return nil }
        let bytes = try content.read(blob.digest, limit: ManifestDocument.sizeLimit)
        try JSONBounds.check(bytes, name: path)
        do { return try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch {
            let cause = (error as? DecodingError).map(ManifestDocument.describe)
            throw archive.corrupted("\(path) is not what it should be", cause: cause)
        }
    }
}

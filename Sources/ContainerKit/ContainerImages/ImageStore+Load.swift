import ContainerDatabase
import ContainerStorage
import ContainerSystem
import FoundationEssentials
import OCISpec

/// An image that `load` brought.
public struct LoadedImage: Sendable, Equatable {
    public let id: String
    /// Its names, as docker prints them; empty for an image without any.
    public let names: [String]
}

extension ImageStore {
    /// Takes in the images of an archive: docker's of any age, or an OCI layout in a tar; compressed or not. It is read
    /// once, so a pipe will do. An image is listed once all of it is here and verified.
    /// - Throws: `corrupted` with what is wrong with it; nothing of it is listed then.
    public func load(_ source: Descriptor, name: String) throws(ContainerError) -> [LoadedImage] {
        try content.cleanUp()
        try snapshotter.cleanUp()
        do throws(ContainerError) {
            let loaded = try whileAdding { () throws(ContainerError) in
                let files = try takeIn(source, name)
                let parts = try parts(of: files, name)
                return try parts.map { part throws(ContainerError) in try add(part, files, name) }
            }
            try sweep()
            return loaded
        } catch {
            try? sweep()
            throw error
        }
    }

    /// What the archive held: every file is a blob by now.
    private struct ArchiveFiles {
        var blobs: [String: StoredBlob] = [:]
        var links: [String: String] = [:]

        /// Links are followed as docker's old archives need it: from one layer's folder to another's.
        func blob(_ path: String) -> StoredBlob? {
            var path = path
            for _ in 0..<8 {
                if let blob = blobs[path] { return blob }
                guard let target = links[path] else { return nil }
                // A hard link names a path of the archive, a symbolic one a path from where it stands.
                path = blobs[target] != nil ? target : Self.join(path, target)
            }
            return nil
        }

        private static func join(_ path: String, _ target: String) -> String {
            var parts = path.split(separator: "/").dropLast().map(String.init)
            for part in target.split(separator: "/") {
                if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
            }
            return parts.joined(separator: "/")
        }
    }

    /// One image of the archive.
    private struct Part {
        let config: [UInt8]
        /// Bottom first.
        let layers: [StoredBlob]
        /// The manifest as it came, where there is one.
        let manifest: (ImageManifest, [UInt8])?
        let names: [ImageReference]
    }

    private func takeIn(_ source: Descriptor, _ name: String) throws(ContainerError) -> ArchiveFiles {
        var files = ArchiveFiles()
        try ArchiveReader(source, name: name).forEach { path, entry, read throws(ContainerError) in
            switch entry {
            case .link(let target): files.links[path] = target
            case .file(let size):
                let ingest = try content.ingest(expected: nil, size: size)
                defer { ingest.cancel() }
                try read { bytes throws(ContainerError) in try ingest.write(bytes) }
                files.blobs[path] = try ingest.commit()
            }
        }
        return files
    }

    private func parts(of files: ArchiveFiles, _ name: String) throws(ContainerError) -> [Part] {
        let archive: [DockerArchiveImage]? = try document("manifest.json", files, name)
        if let index: ImageIndex = try document("index.json", files, name) {
            let parts = try parts(of: index, files, archive ?? [], name, depth: 0)
            if !parts.isEmpty { return parts }
        }
        guard let archive, !archive.isEmpty else {
            throw ContainerError(
                .corrupted, "load \(name): it is no archive of images",
                cause: "it has neither a manifest.json nor an index.json",
                hint: "`import` takes the tar of a root file system")
        }
        return try archive.map { image throws(ContainerError) in
            guard let config = files.blob(image.config) else {
                throw ContainerError(.corrupted, "load \(name): \(image.config) is missing")
            }
            let layers = try image.layers.map { path throws(ContainerError) in
                guard let blob = files.blob(path) else {
                    throw ContainerError(.corrupted, "load \(name): \(path) is missing")
                }
                return blob
            }
            return Part(
                config: try content.read(config.digest, limit: 8 << 20), layers: layers, manifest: nil,
                names: try (image.repoTags ?? []).map { text throws(ContainerError) in
                    try ImageReference(parsing: text)
                })
        }
    }

    /// The images of an index that are for this host; those of an index within it as well.
    private func parts(
        of index: ImageIndex, _ files: ArchiveFiles, _ archive: [DockerArchiveImage], _ name: String, depth: Int
    ) throws(ContainerError) -> [Part] {
        guard depth < 3 else { throw ContainerError(.corrupted, "load \(name): an index within an index within one") }
        var parts: [Part] = []
        for descriptor in index.manifests {
            // One image for many platforms is, here, the one for this host.
            if depth > 0, let platform = descriptor.platform,
                platform.os != Platform.current.os || platform.architecture != Platform.current.architecture
            {
                continue
            }
            // An archive may leave out the platforms that nobody asked for.
            guard let blob = files.blob("blobs/sha256/\(descriptor.digest.hex)") else { continue }
            guard blob.digest == descriptor.digest, blob.size == descriptor.size else {
                throw ContainerError(.corrupted, "load \(name): \(descriptor.digest) is not what its name says")
            }
            let bytes = try content.read(blob.digest, limit: ManifestDocument.sizeLimit)
            switch try ManifestDocument.parse(bytes, contentType: descriptor.mediaType).document {
            case .index(let inner): parts += try self.parts(of: inner, files, archive, name, depth: depth + 1)
            case .manifest(let manifest):
                guard
                    MediaType.ociConfig == manifest.config.mediaType
                        || MediaType.dockerConfig == manifest.config.mediaType
                else { continue }
                for needed in [manifest.config] + manifest.layers
                where files.blob("blobs/sha256/\(needed.digest.hex)")?.digest != needed.digest {
                    throw ContainerError(
                        .corrupted, "load \(name): the blob \(needed.digest) is missing, or not what its name says")
                }
                let config = try content.read(manifest.config.digest, limit: 8 << 20)
                parts.append(
                    Part(
                        config: config, layers: manifest.layers.map { StoredBlob(digest: $0.digest, size: $0.size) },
                        manifest: (manifest, bytes), names: try names(of: descriptor, manifest, archive)))
            }
        }
        return parts
    }

    /// containerd's whole name, the specification's if it is one, or what docker's part of the archive says.
    private func names(
        of descriptor: ContentDescriptor, _ manifest: ImageManifest, _ archive: [DockerArchiveImage]
    ) throws(ContainerError) -> [ImageReference] {
        if let full = descriptor.annotations?[Self.fullNameAnnotation] { return [try ImageReference(parsing: full)] }
        let hex = manifest.config.digest.hex
        let tags = archive.filter { $0.config.contains(hex) }.flatMap { $0.repoTags ?? [] }
        if !tags.isEmpty { return try tags.map { text throws(ContainerError) in try ImageReference(parsing: text) } }
        // A tag alone names no image; skopeo writes the whole name when it is given one.
        guard let name = descriptor.annotations?[Self.nameAnnotation], name.contains(":") || name.contains("/") else {
            return []
        }
        return [try ImageReference(parsing: name)]
    }

    private func add(_ part: Part, _ files: ArchiveFiles, _ name: String) throws(ContainerError) -> LoadedImage {
        let config = try Self.parse(part.config, name)
        let diffIDs = config.rootfs.diffIDs
        guard diffIDs.count == part.layers.count else {
            throw ContainerError(
                .corrupted, "load \(name): an image has \(part.layers.count) layers, its configuration \(diffIDs.count)"
            )
        }
        let chains = try ChainID.chain(of: diffIDs)
        var descriptors: [ContentDescriptor] = []
        for (index, layer) in part.layers.enumerated() {
            let file = try content.open(layer.digest)
            let compression = try LayerCompression.detect(file.firstBytes(8))
            guard let type = compression.mediaType else {
                throw ContainerError(
                    .unsupported, "load \(name): a layer is compressed with \(compression)",
                    hint: "gzip, zstd and none are")
            }
            descriptors.append(ContentDescriptor(mediaType: type, digest: layer.digest, size: layer.size))
            _ = try snapshotter.unpack(
                file, compression: compression, diffID: diffIDs[index], parents: Array(chains[..<index]), tee: nil)
        }
        let id = try content.store(part.config).digest
        let manifest: ImageManifest
        let bytes: [UInt8]
        if let whole = part.manifest {
            (manifest, bytes) = whole
        } else {
            manifest = ImageManifest(
                config: ContentDescriptor(
                    mediaType: MediaType.ociConfig, digest: id, size: Int64(part.config.count)), layers: descriptors)
            bytes = try Self.encode(manifest)
        }
        let digest = try content.store(bytes).digest
        for reference in part.names.isEmpty ? [nil] : part.names.map(Optional.some) {
            _ = try add(
                config: part.config, id: id, manifest: manifest, manifestDigest: digest, reference: reference,
                repositoryDigest: nil)
        }
        return LoadedImage(id: id.description, names: part.names.map(\.familiar))
    }

    private static func parse(_ config: [UInt8], _ name: String) throws(ContainerError) -> ImageConfig {
        do throws(ContainerError) { return try StoredImage.parse(config) } catch { throw error.during("load \(name)") }
    }

    private func document<Document: Decodable>(_ path: String, _ files: ArchiveFiles, _ name: String)
        throws(ContainerError) -> Document?
    {
        guard let blob = files.blob(path) else { return nil }
        let bytes = try content.read(blob.digest, limit: ManifestDocument.sizeLimit)
        do throws(ContainerError) { try JSONBounds.check(bytes, name: path) } catch {
            throw error.during("load \(name)")
        }
        do { return try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch {
            let cause = (error as? DecodingError).map(ManifestDocument.describe)
            throw ContainerError(.corrupted, "load \(name): \(path) is not what it should be", cause: cause)
        }
    }
}

import ContainerDatabase
import ContainerStorage
import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec

/// An image that `load` brought.
public struct LoadedImage: Sendable, Equatable {
    /// A name that another image had until now.
    public struct MovedName: Sendable, Equatable {
        public let name: String
        /// The image that has lost it.
        public let previous: String
    }

    public let id: String
    /// Its names, as docker prints them; empty for an image without any.
    public let names: [String]
    /// Those of its names that it took from other images.
    public var moved: [MovedName] = []

    public init(id: String, names: [String]) {
        self.id = id
        self.names = names
    }
}

extension ImageStore {
    /// Takes in the images of an archive: docker's of any age, or an OCI layout in a tar, compressed or not; or of a
    /// folder that holds what the tar would. It is read once, so a pipe will do. An image is listed once all of it is
    /// here and verified.
    /// - Parameters:
    ///   - platform: the images for this platform only; nil takes the host's of an image that is there for many.
    ///   - progress: hears of the layers; what it throws ends the load.
    /// - Throws: `corrupted` with what is wrong with it; `notFound` when there is none for the platform. Nothing of it is
    ///   listed then.
    public func load(
        _ source: Descriptor, name: String, platform: Platform? = nil, progress: @escaping TransferObserver = { _ in }
    ) throws(ContainerError) -> [LoadedImage] {
        try content.cleanUp()
        try snapshotter.cleanUp()
        do throws(ContainerError) {
            let loaded = try whileAdding { () throws(ContainerError) in
                let archive = LoadedArchive(files: try takeIn(source, name), name: name, platform: platform)
                let parts = try parts(of: archive)
                // All of them are whole before the first is listed.
                let ready = try parts.map { part throws(ContainerError) in try prepare(part, name, progress) }
                return try ready.map { image throws(ContainerError) in try list(image) }
            }
            try sweep()
            return loaded
        } catch {
            _ = try? sweep()
            // What is wrong with a document in it does not say where the document was.
            throw error.message.hasPrefix("load \(name)") ? error : error.during("load \(name)")
        }
    }

    /// Few enough that nobody waits for hours until he hears that it is no archive of images.
    private static let maximumEntries = 100_000

    private func takeIn(_ source: Descriptor, _ name: String) throws(ContainerError) -> ArchiveFiles {
        var files = ArchiveFiles()
        try checkFolder(source, name)
        var limits = UnpackLimits()
        limits.entries = Self.maximumEntries
        try ArchiveReader(source, name: name, limits: limits).forEach { path, entry, read throws(ContainerError) in
            switch entry {
            case .link(let target): files.add(link: target, at: path)
            case .file(let size):
                let ingest = try content.ingest(expected: nil, size: size)
                defer { ingest.cancel() }
                try read { bytes throws(ContainerError) in try ingest.write(bytes) }
                files.add(try ingest.commit(), at: path)
            }
        }
        return files
    }

    /// Somebody's whole disk is not read before he hears that it is no archive.
    private func checkFolder(_ source: Descriptor, _ name: String) throws(ContainerError) {
        var status = stat()
        try system("stat \(name)") { fstat(source.raw, &status) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return }
        let folder = RootedDirectory(source, name: name)
        for file in ["index.json", "manifest.json", "repositories"] where (try? folder.openRegular(file)) != nil {
            return
        }
        throw ContainerError(
            .corrupted, "load \(name): it is no folder of images",
            cause: "it has neither an index.json nor a manifest.json nor a file named repositories")
    }

    /// An image of an archive whose blobs and layers are here.
    private struct PreparedImage {
        let config: [UInt8]
        let id: Digest
        let manifest: ImageManifest
        let manifestDigest: Digest
        let names: [ImageReference]
    }

    private func prepare(
        _ part: LoadedArchive.Part, _ name: String, _ progress: @escaping TransferObserver
    ) throws(ContainerError) -> PreparedImage {
        let config = try StoredImage.parse(part.config)
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
            let descriptor = ContentDescriptor(mediaType: type, digest: layer.digest, size: layer.size)
            descriptors.append(descriptor)
            try progress(.layer(id: descriptor.shortID, status: "Loading layer"))
            _ = try snapshotter.unpack(
                ByteSource(file).reporting(descriptor, .loading, to: progress), compression: compression,
                diffID: diffIDs[index], parents: Array(chains[..<index]), awaitParents: nil, tee: nil)
            try progress(.layer(id: descriptor.shortID, status: "Loaded"))
        }
        let id = try content.store(part.config).digest
        if let (manifest, bytes) = part.manifest {
            return PreparedImage(
                config: part.config, id: id, manifest: manifest, manifestDigest: try content.store(bytes).digest,
                names: part.names)
        }
        let manifest = ImageManifest(
            config: ContentDescriptor(mediaType: MediaType.ociConfig, digest: id, size: Int64(part.config.count)),
            layers: descriptors)
        return PreparedImage(
            config: part.config, id: id, manifest: manifest,
            manifestDigest: try content.store(try Self.encode(manifest)).digest, names: part.names)
    }

    private func list(_ image: PreparedImage) throws(ContainerError) -> LoadedImage {
        var loaded = LoadedImage(id: image.id.description, names: image.names.map(\.familiar))
        for reference in image.names.isEmpty ? [nil] : image.names.map(Optional.some) {
            if let reference,
                let previous = try database.image(repository: reference.repository, reference: reference.tagOrDigest),
                previous.id != image.id.hex
            {
                loaded.moved.append(.init(name: reference.familiar, previous: "sha256:" + previous.id))
            }
            _ = try add(
                config: image.config, id: image.id, manifest: image.manifest, manifestDigest: image.manifestDigest,
                reference: reference, repositoryDigest: nil)
        }
        return loaded
    }
}

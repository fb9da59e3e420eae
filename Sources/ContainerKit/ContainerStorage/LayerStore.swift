import ContainerSystem
import Glibc
import OCISpec

/// Makes layers: of a container's changes, of a folder, of somebody's root file system in a tar. Each ends up as a blob
/// in the content store and unpacked in the snapshotter.
public struct LayerStore: Sendable {
    public let content: any ContentStore
    public let snapshotter: any Snapshotter

    public init(content: any ContentStore, snapshotter: any Snapshotter) {
        self.content = content
        self.snapshotter = snapshotter
    }

    /// Stores what a container changed as a layer on top of its image.
    /// - Parameters:
    ///   - id: the snapshot; nothing should write to it meanwhile.
    ///   - parents: the chain of its image, bottom first.
    ///   - mountTargets: where things were mounted: the empty files and folders that this took are no change.
    /// - Throws: `ContainerError` with the file that cannot be stored.
    public func commit(
        _ id: String, parents: [ChainID], mountTargets: [String] = [], compression: LayerCompression = .gzip
    ) throws(ContainerError) -> StoredLayer {
        let upper = try snapshotter.upperDirectory(id)
        let remains = try MountRemains(
            of: mountTargets, upper: try Descriptor.open(upper, O_RDONLY | O_DIRECTORY),
            below: try snapshotter.view(nil, layers: parents))
        return try store(
            .overlayUpper, upper, omitting: remains.paths, parents: parents, compression: compression)
    }

    /// What a container changed of its image, in the order of paths, as `docker diff` goes by it.
    /// - Parameters: as `commit`.
    /// - Throws: `ContainerError` with the path that cannot be read; what `body` throws.
    public func changes(
        of id: String, parents: [ChainID], mountTargets: [String] = [],
        _ body: (FileChange) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let below = try snapshotter.view(nil, layers: parents)
        let remains = try MountRemains(
            of: mountTargets, upper: try Descriptor.open(try snapshotter.upperDirectory(id), O_RDONLY | O_DIRECTORY),
            below: below)
        try below.changes(
            to: try snapshotter.view(id, layers: parents), comparing: .times, leavingOut: remains.paths, body)
    }

    /// Stores a folder of the host as the one layer of an image: hard links, devices and attributes as they are.
    /// - Throws: `ContainerError` with the file that cannot be stored.
    public func archive(
        directory: String, compression: LayerCompression = .gzip
    ) throws(ContainerError) -> StoredLayer {
        try store(.directory, directory, parents: [], compression: compression)
    }

    /// Stores a root file system (a tar, plain or compressed in any way that `LayerCompression` knows) as the one layer
    /// of an image.
    /// - Throws: as `Snapshotter.unpack`.
    public func importTar(
        _ tar: Descriptor, compression: LayerCompression = .gzip
    ) throws(ContainerError) -> StoredLayer {
        let ingest = try content.ingest(expected: nil, size: nil)
        defer { ingest.cancel() }
        let compressor = try LayerCompressor(compression) { bytes throws(ContainerError) in try ingest.write(bytes) }
        let layer = try snapshotter.unpack(tar, compression: nil, diffID: nil, parents: []) {
            bytes throws(ContainerError) in try compressor.write(bytes)
        }
        try compressor.finish()
        return StoredLayer(blob: try ingest.commit(), mediaType: compression.mediaType ?? "", layer: layer)
    }

    private func store(
        _ source: TarWriter.Source, _ directory: String, omitting: Set<CPath> = [], parents: [ChainID],
        compression: LayerCompression
    ) throws(ContainerError) -> StoredLayer {
        let ingest = try content.ingest(expected: nil, size: nil)
        defer { ingest.cancel() }
        let compressor = try LayerCompressor(compression) { bytes throws(ContainerError) in try ingest.write(bytes) }
        let writer = try TarWriter(source) { bytes throws(ContainerError) in try compressor.write(bytes) }
        let diffID = try writer.write(directory, omitting: omitting)
        try compressor.finish()
        let blob = try ingest.commit()
        // Unpacked from what was written: what is here is what others get. Should that fail, the blob stays for the next
        // prune: another image may have the same.
        let layer = try snapshotter.unpack(
            try content.open(blob.digest), compression: compression, diffID: diffID, parents: parents, tee: nil)
        return StoredLayer(blob: blob, mediaType: compression.mediaType ?? "", layer: layer)
    }
}

/// A layer that is stored and unpacked.
public struct StoredLayer: Hashable, Sendable {
    public let blob: StoredBlob
    public let mediaType: String
    public let layer: UnpackedLayer

    public var diffID: Digest { layer.diffID }
    public var chainID: ChainID { layer.chainID }

    public init(blob: StoredBlob, mediaType: String, layer: UnpackedLayer) {
        self.blob = blob
        self.mediaType = mediaType
        self.layer = layer
    }
}

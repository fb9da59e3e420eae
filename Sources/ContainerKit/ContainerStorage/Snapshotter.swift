import ContainerSystem
import OCISpec

/// Unpacked layers, and the writable folders of containers on top of them.
public protocol Snapshotter: Sendable {
    /// Whether the layer is unpacked, whole.
    func contains(_ layer: ChainID) -> Bool

    /// What is known of an unpacked layer.
    /// - Throws: `notFound`.
    func layer(_ layer: ChainID) throws(ContainerError) -> UnpackedLayer

    /// What an unpacked layer takes on the disk in bytes, hard links counted once.
    /// - Throws: `notFound`.
    func diskUsage(of layer: ChainID) throws(ContainerError) -> Int64

    /// Unpacks the tar of a layer on top of others. Nothing of it is seen before it is whole. While another process unpacks
    /// a layer of the same diffID, this waits for it and then has nothing left to do.
    /// - Parameters:
    ///   - tar: read to its end.
    ///   - compression: nil to go by the first bytes.
    ///   - diffID: what the uncompressed tar must hash to; nil when it is to be found out.
    ///   - parents: the chain below, bottom first.
    ///   - awaitParents: returns once the chain below is unpacked; nil when it is. Most layers do not look at what is
    ///     below them, so that several of an image can be unpacked at the same time.
    ///   - tee: receives the uncompressed tar as well.
    /// - Throws: `corrupted` with the entry that is malformed or leads out of the layer, or when the diffID is another;
    ///   `exhausted` when the disk is full or a limit is passed. Nothing is left behind then.
    func unpack(
        _ tar: ByteSource, compression: LayerCompression?, diffID: Digest?, parents: [ChainID],
        awaitParents: (() throws(ContainerError) -> Void)?,
        tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)?
    ) throws(ContainerError) -> UnpackedLayer

    /// The layers that are there, sorted.
    func layers() throws(ContainerError) -> [ChainID]

    /// Removes a layer; one that is not there is fine. Nothing may be mounted on it.
    func removeLayer(_ layer: ChainID) throws(ContainerError)

    /// Makes the writable folders of a container.
    /// - Parameters:
    ///   - id: letters, digits, `_`, `.` and `-`.
    ///   - layers: the chain, bottom first; none for an empty root.
    /// - Throws: `conflict` when there is one of that name; `notFound` when a layer is not unpacked.
    func prepare(_ id: String, layers: [ChainID]) throws(ContainerError) -> OverlayMount

    /// The mount of a snapshot that is there.
    func mount(_ id: String, layers: [ChainID]) throws(ContainerError) -> OverlayMount

    /// Removes the writable folders of a container; those that are not there are fine.
    func remove(_ id: String) throws(ContainerError)

    /// The names of the snapshots that are there, sorted.
    func snapshots() throws(ContainerError) -> [String]

    /// What the container would see, read without a mount.
    func view(_ id: String?, layers: [ChainID]) throws(ContainerError) -> LayeredView

    /// The folder with everything of a snapshot.
    /// - Throws: `invalidArgument` for a name that cannot be one.
    func folder(_ id: String) throws(ContainerError) -> String

    /// The folder with the container's own files.
    func upperDirectory(_ id: String) throws(ContainerError) -> String

    /// Removes what processes that no longer live left half-made or half-removed.
    func cleanUp() throws(ContainerError)
}

/// A layer that lies unpacked.
public struct UnpackedLayer: Hashable, Sendable {
    public let chainID: ChainID
    public let diffID: Digest
    /// The sum of the sizes of its files in bytes.
    public let size: Int64

    public init(chainID: ChainID, diffID: Digest, size: Int64) {
        self.chainID = chainID
        self.diffID = diffID
        self.size = size
    }
}

/// What to hand to mount(2) for a container's root, in a mount namespace of its own.
public struct OverlayMount: Hashable, Sendable {
    /// Where the relative paths start: the caller changes to it first. mount(2) takes one page of options.
    public let workingDirectory: String
    /// Top first, relative to `workingDirectory`.
    public let lowerdirs: [String]
    /// Relative to `workingDirectory`.
    public let upperdir: String
    /// Relative to `workingDirectory`.
    public let workdir: String
    /// An empty folder to mount on, absolute. All containers share it, each in its own mount namespace.
    public let target: String
    /// Nothing is synchronised to the disk, at no time: for what is thrown away at its end (Linux 5.10,
    /// filesystems/overlayfs, "Volatile mount"). Such a snapshot cannot be mounted a second time.
    public var isVolatile = false

    public init(workingDirectory: String, lowerdirs: [String], upperdir: String, workdir: String, target: String) {
        self.workingDirectory = workingDirectory
        self.lowerdirs = lowerdirs
        self.upperdir = upperdir
        self.workdir = workdir
        self.target = target
    }

    /// The options of the mount. Redirects and metadata-only copies are off: a diff would not understand them, and a
    /// layer must not bring its own.
    public var options: String {
        "lowerdir=\(lowerdirs.joined(separator: ":")),upperdir=\(upperdir),workdir=\(workdir)"
            + ",index=off,redirect_dir=off,metacopy=off" + (isVolatile ? ",volatile" : "")
    }
}

extension Snapshotter {
    /// As the other, of a file from where it stands, on layers that are there.
    public func unpack(
        _ tar: Descriptor, compression: LayerCompression?, diffID: Digest?, parents: [ChainID],
        tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)?
    ) throws(ContainerError) -> UnpackedLayer {
        try unpack(
            ByteSource(tar), compression: compression, diffID: diffID, parents: parents, awaitParents: nil, tee: tee)
    }

    /// Unpacks a blob of a content store.
    /// - Throws: as `unpack(_:compression:diffID:parents:tee:)`; `notFound` when there is no such blob.
    public func unpack(
        blob: Digest, from store: some ContentStore, diffID: Digest, parents: [ChainID]
    ) throws(ContainerError) -> UnpackedLayer {
        try unpack(try store.open(blob), compression: nil, diffID: diffID, parents: parents, tee: nil)
    }
}

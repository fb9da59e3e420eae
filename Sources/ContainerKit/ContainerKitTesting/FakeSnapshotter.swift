import ContainerStorage
import ContainerSystem
import OCISpec
import Synchronization

/// Layers and snapshots without a file system: keeps their names and sizes, and unpacks nothing. A layer counts as many
/// bytes as its tar has; what a tar must hash to is checked where the tar is not compressed.
public final class FakeSnapshotter: Snapshotter {
    private struct State {
        var layers: [ChainID: UnpackedLayer] = [:]
        var snapshots: [String: [ChainID]] = [:]
        var failures: [Digest: ContainerError] = [:]
        var cleanUps = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Lets the unpacking of a layer fail, until it is told otherwise.
    public func fail(_ diffID: Digest, with error: ContainerError?) {
        state.withLock { $0.failures[diffID] = error }
    }

    /// How often leftovers were to be removed.
    public var cleanUpCount: Int { state.withLock { $0.cleanUps } }

    public func contains(_ layer: ChainID) -> Bool { state.withLock { $0.layers[layer] != nil } }

    public func layer(_ layer: ChainID) throws(ContainerError) -> UnpackedLayer {
        guard let found = state.withLock({ $0.layers[layer] }) else {
            throw ContainerError(.notFound, "layer \(layer): it is not unpacked")
        }
        return found
    }

    public func diskUsage(of layer: ChainID) throws(ContainerError) -> Int64 { try self.layer(layer).size }

    public func unpack(
        _ tar: ByteSource, compression: LayerCompression?, diffID: Digest?, parents: [ChainID],
        awaitParents: (() throws(ContainerError) -> Void)?,
        tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)?
    ) throws(ContainerError) -> UnpackedLayer {
        let bytes = try tar.readAll(limit: 1 << 30)
        let isPlain = (compression ?? .detect(bytes)) == .none
        let actual = isPlain || diffID == nil ? try SHA256Hasher.digest(bytes) : diffID
        guard let actual, diffID == nil || diffID == actual else {
            throw ContainerError(.corrupted, "unpack layer: its bytes have another digest")
        }
        if let failure = state.withLock({ $0.failures[actual] }) { throw failure }
        if let tee {
            // The closure's error type is lost in the standard library's rethrow.
            let result = bytes.withUnsafeBytes { buffer in
                Result { () throws(ContainerError) in try tee(buffer) }
            }
            try result.get()
        }
        try awaitParents?()
        for parent in parents { _ = try layer(parent) }
        let chain = try ChainID(parent: parents.last, diffID: actual)
        let layer = UnpackedLayer(chainID: chain, diffID: actual, size: Int64(bytes.count))
        state.withLock { $0.layers[chain] = layer }
        return layer
    }

    public func layers() throws(ContainerError) -> [ChainID] {
        state.withLock { $0.layers.keys.sorted { $0.digest.hex < $1.digest.hex } }
    }

    public func removeLayer(_ layer: ChainID) throws(ContainerError) { state.withLock { $0.layers[layer] = nil } }

    public func prepare(_ id: String, layers: [ChainID]) throws(ContainerError) -> OverlayMount {
        for chain in layers { _ = try layer(chain) }
        let isNew = state.withLock { state in
            guard state.snapshots[id] == nil else { return false }
            state.snapshots[id] = layers
            return true
        }
        guard isNew else { throw ContainerError(.conflict, "snapshot \(id): there is one of that name") }
        return try mount(id, layers: layers)
    }

    public func mount(_ id: String, layers: [ChainID]) throws(ContainerError) -> OverlayMount {
        guard state.withLock({ $0.snapshots[id] != nil }) else {
            throw ContainerError(.notFound, "snapshot \(id): there is none")
        }
        return OverlayMount(
            workingDirectory: "/fake/layers", lowerdirs: layers.reversed().map(\.shortName), upperdir: "../\(id)/upper",
            workdir: "../\(id)/work", target: "/fake/merged")
    }

    public func remove(_ id: String) throws(ContainerError) { state.withLock { $0.snapshots[id] = nil } }

    public func snapshots() throws(ContainerError) -> [String] { state.withLock { $0.snapshots.keys.sorted() } }

    /// A container without a single file.
    public func view(_ id: String?, layers: [ChainID]) throws(ContainerError) -> LayeredView {
        try LayeredView(directories: [])
    }

    public func folder(_ id: String) throws(ContainerError) -> String {
        throw ContainerError(.unsupported, "snapshot \(id): it has no folder, as it is a fake")
    }

    public func upperDirectory(_ id: String) throws(ContainerError) -> String {
        try folder(id)
    }

    public func cleanUp() throws(ContainerError) { state.withLock { $0.cleanUps += 1 } }
}

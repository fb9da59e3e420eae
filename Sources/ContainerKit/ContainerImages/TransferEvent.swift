import ContainerSystem
import OCISpec

/// What happens during a pull or a push, for whoever shows it.
public enum TransferEvent: Sendable, Equatable {
    public enum Phase: String, Sendable, CaseIterable {
        /// Compressed bytes, from a registry.
        case downloading
        /// Compressed bytes, into the snapshotter.
        case extracting
        /// Compressed bytes, to a registry.
        case pushing
    }

    /// A layer's new state in docker's words: `Pulling fs layer`, `Download complete`, `Pull complete`, `Pushed`.
    /// - Parameter id: the first 12 digits of the layer's digest.
    case layer(id: String, status: String)
    /// How far a layer is, in bytes; many of them come, none is needed.
    case progress(id: String, Phase, done: Int64, total: Int64)
}

/// Hears of a transfer's events, from several of its threads at once. What it throws ends the transfer.
public typealias TransferObserver = @Sendable (TransferEvent) throws(ContainerError) -> Void

extension ContentDescriptor {
    /// A layer as docker shows it: the first 12 digits of its digest.
    var shortID: String { String(digest.hex.prefix(12)) }
}

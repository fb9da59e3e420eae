import ContainerStorage
import ContainerSystem
import OCISpec
import Synchronization

/// What happens during a pull or a push, for whoever shows it.
public enum TransferEvent: Sendable, Equatable {
    public enum Phase: String, Sendable, CaseIterable {
        /// Compressed bytes, from a registry.
        case downloading
        /// Compressed bytes, into the snapshotter.
        case extracting
        /// Compressed bytes, to a registry.
        case pushing
        /// Compressed bytes of an archive's layer, into the snapshotter.
        case loading
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

extension ByteSource {
    /// Bytes of a layer between two reports.
    private static let reportStep: Int64 = 256 << 10

    /// The same bytes; whoever reads them makes them known.
    func reporting(
        _ layer: ContentDescriptor, _ phase: TransferEvent.Phase, to observer: @escaping TransferObserver
    ) -> ByteSource {
        let done = Mutex<(all: Int64, reported: Int64)>((0, 0))
        return ByteSource { buffer throws(ContainerError) in
            let count = try self.read(buffer)
            let report = done.withLock { done -> Int64? in
                done.all += Int64(count)
                guard done.all - done.reported >= Self.reportStep else { return nil }
                done.reported = done.all
                return done.all
            }
            if let report {
                try observer(.progress(id: layer.shortID, phase, done: report, total: layer.size))
            }
            return count
        }
    }
}

/// Counts what a copy has come to, in bytes of the tar that it would make: what docker counts.
public final class CopyProgress {
    public private(set) var bytes: Int64 = 0
    private let observer: (Int64) -> Void
    private static let block: Int64 = 512

    /// - Parameter observer: hears the count as it grows.
    public init(_ observer: @escaping (Int64) -> Void = { _ in }) { self.observer = observer }

    func add(bytes count: Int64) {
        bytes += count
        observer(bytes)
    }

    func add(header count: Int64, padding size: Int64 = 0) {
        let rest = size % Self.block
        add(bytes: count * Self.block + (rest > 0 ? Self.block - rest : 0))
    }

    /// The end of a tar.
    func finish() { add(bytes: 2 * Self.block) }
}

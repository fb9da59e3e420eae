import ContainerEngine
import Synchronization

/// The lines of a pull, as docker prints them into a pipe.
final class PullReport: Sendable {
    private let reference: ReferenceText
    private let line: @Sendable (String) -> Void
    private let hasBegun = Mutex(false)

    init(_ reference: String, line: @escaping @Sendable (String) -> Void) {
        self.reference = ReferenceText(reference)
        self.line = line
    }

    func show(_ event: TransferEvent) {
        begin()
        if case .layer(let id, let status) = event { line("\(id): \(status)") }
    }

    func finish(digest: String, isNew: Bool) {
        begin()
        line("Digest: \(digest)")
        line("Status: \(isNew ? "Downloaded newer image" : "Image is up to date") for \(reference.familiar)")
    }

    // Only when the registry has answered: a name that is not there has an error alone.
    private func begin() {
        hasBegun.withLock { hasBegun in
            if !hasBegun { line("\(reference.tag ?? reference.digest ?? ""): Pulling from \(reference.path)") }
            hasBegun = true
        }
    }
}

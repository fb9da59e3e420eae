import ContainerNames
import ContainerSystem
import Synchronization

/// Keeps who is served, and serves nobody.
public final class FakeNames: NameRegistry {
    private let ids = Mutex<Set<String>>([])

    public init() {}

    /// The containers whose names were told and not taken back.
    public var served: Set<String> { ids.withLock { $0 } }

    public func update(_ id: String, pid: Int32) throws(ContainerError) { ids.withLock { _ = $0.insert(id) } }

    public func remove(_ id: String) throws(ContainerError) { ids.withLock { _ = $0.remove(id) } }
}

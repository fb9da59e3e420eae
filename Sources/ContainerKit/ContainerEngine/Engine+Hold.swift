import ContainerDatabase
import ContainerSystem
import Glibc

/// One process at a time changes what a container is doing. The lock is the container's folder itself: it is there as
/// long as the container is, and keeps its identity when a removal renames it.
extension Engine {
    /// The right to change a container's state. It is held for the change, never for as long as a container may take to
    /// stop.
    /// - Throws: `notFound` for one that was removed meanwhile; `conflict` for one that is being removed.
    func hold(_ record: ContainerRecord) throws(ContainerError) -> FileLock {
        let folder = folders(record.id).folder
        do throws(ContainerError) {
            let file = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
            if let lock = try FileLock.take(file, .exclusive, name: folder), lock.holds(folder) { return lock }
        } catch {
            guard error.code == .notFound else { throw error }
        }
        throw try gone(record)
    }

    /// Why a container has no folder any more, or none yet.
    private func gone(_ record: ContainerRecord) throws(ContainerError) -> ContainerError {
        guard try isThere(record) else {
            return ContainerError(.notFound, "No such container: \(record.name)")
        }
        switch state(of: record) {
        case .removing:
            return ContainerError(.conflict, "removal of container \(record.name) is already in progress")
        case .dead:
            return ContainerError(
                .conflict, "container \(record.name) is marked for removal",
                cause: "its removal was interrupted", hint: "finish it with rm")
        default: return ContainerError(.conflict, "container \(record.name) is being made by another process")
        }
    }

    /// Whether a container without a folder is still one. At the end of a removal there is nothing left but the record,
    /// for an instant; longer than that it is one that was interrupted right there.
    private func isThere(_ record: ContainerRecord) throws(ContainerError) -> Bool {
        for _ in 0..<100 {
            guard try database.container(id: record.id) != nil else { return false }
            guard state(of: record) == .dead, !Files.exists(folders(record.id).removedFolder) else { return true }
            usleep(5000)
        }
        return true
    }

    /// The right to remove a container, also one whose removal was interrupted.
    /// - Throws: as `hold`.
    func holdForRemoval(_ record: ContainerRecord) throws(ContainerError) -> FileLock? {
        let folders = folders(record.id)
        if Files.exists(folders.folder) { return try hold(record) }
        switch state(of: record) {
        case .dead: guard try isThere(record) else { throw try gone(record) }
        // Who makes it has a folder within milliseconds; after that it is a maker that failed and lives on.
        case .created where record.created > Timestamp.now - 10: throw try gone(record)
        case .created: break
        default: throw try gone(record)
        }
        guard Files.exists(folders.removedFolder) else { return nil }
        let file = try Descriptor.open(folders.removedFolder, O_RDONLY | O_DIRECTORY)
        guard let lock = try FileLock.take(file, .exclusive, waits: false, name: folders.removedFolder) else {
            throw try gone(record)
        }
        return lock
    }

    /// What a container that is held does once its supervisor has finished what it is doing.
    ///
    /// A supervisor still cleans up when its program has ended, and still sets up when its client was killed; both take
    /// milliseconds.
    /// - Throws: `unavailable` when it takes more than 12 seconds.
    func settledState(of record: ContainerRecord) throws(ContainerError) -> ContainerState {
        let deadline = Timestamp.now + 12
        while true {
            let state = state(of: record)
            switch state {
            case .running(let running) where !running.hasStarted || !running.process.isAlive: break
            case .exited where folders(record.id).supervisor?.isAlive == true: break
            default: return state
            }
            guard Timestamp.now < deadline else {
                throw ContainerError(
                    .unavailable, "the supervisor (ck-shim) of container \(record.name) does not come to an end",
                    hint: "rm -f removes the container")
            }
            usleep(2000)
        }
    }
}

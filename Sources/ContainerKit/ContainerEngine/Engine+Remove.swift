import ContainerCgroups
import ContainerDatabase
import ContainerSystem
import Glibc

extension Engine {
    /// Removes a container and all that it wrote.
    /// - Parameters:
    ///   - force: a running one is killed first.
    ///   - volumes: the volumes that it alone uses and that have no name of the user's go too.
    /// - Throws: `notFound`; `conflict` when it runs and `force` is false, and when another process removes it.
    public func removeContainer(_ name: String, force: Bool = false, volumes: Bool = false) throws(ContainerError) {
        let record = try find(name)
        // One whose document is damaged can still be removed.
        let configuration = try? Self.decode(record)
        let lock = try holdForRemoval(record)
        defer { withExtendedLifetime(lock) {} }
        do throws(ContainerError) {
            let state = try settledState(of: record)
            guard force || !state.isAlive else { throw Self.cannotRemove(record, state) }
        } catch {
            guard force, error.code == .unavailable else { throw error }
        }
        try endForRemoval(record, configuration)
        if volumes || configuration?.autoRemove == true { try removeAnonymousVolumes(of: record.id) }
        if try discard(record.id) {
            if let configuration { note("destroy", record, configuration) }
        } else if configuration?.autoRemove != true {
            // Of several that are at it, the others; one that vanishes by itself may have been quicker.
            throw ContainerError(.notFound, "No such container: \(name)")
        }
    }

    private static func cannotRemove(_ record: ContainerRecord, _ state: ContainerState) -> ContainerError {
        let reason: ContainerError
        if case .paused = state {
            reason = ContainerError(.conflict, "container is paused and must be unpaused first")
        } else {
            reason = ContainerError(
                .conflict, "container is \(state.name): stop the container before removing or force remove")
        }
        return reason.during("cannot remove container \"/\(record.name)\"")
    }

    /// Kills whatever lives of a container that is held: the lock stays ours, so nobody starts it again.
    private func endForRemoval(_ record: ContainerRecord, _ configuration: ContainerConfiguration?)
        throws(ContainerError)
    {
        if let end = try sendStop(record, configuration, signal: SIGKILL, seconds: nil) {
            try awaitEnd(end, of: record, configuration, seconds: 0)
        } else if case .running(let running) = state(of: record) {
            // It never came to its start.
            try running.process.signal(SIGKILL)
            try running.shim.signal(SIGKILL)
            guard running.shim.waitForEnd(milliseconds: 12_000) else { throw Self.hasNotEnded(record) }
        }
    }

    /// Removes whatever there is of a container that does not run. The rename tells everybody, also after an
    /// interruption; the record goes last, so that a removal that was interrupted can be done again.
    /// - Returns: whether there was a record.
    @discardableResult
    func discard(_ id: String) throws(ContainerError) -> Bool {
        let folders = folders(id)
        // What a supervisor that was killed has left.
        try withdrawPorts(of: id)
        if rename(folders.folder, folders.removedFolder) != 0, errno != ENOENT {
            throw ContainerError(.current, "remove container \(Identifier.short(id))")
        }
        try endOrphans(id)
        if Files.exists(folders.networkIsShared) { try removeOldLinks(of: id) }
        try snapshotter.remove(id)
        removeCard(of: id)
        try Files.removeTree(folders.runFolder)
        try Files.removeTree(folders.removedFolder)
        return try database.removeContainer(id: id)
    }
}

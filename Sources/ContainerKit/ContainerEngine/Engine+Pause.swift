import ContainerCgroups
import ContainerDatabase
import ContainerSystem
import Glibc

extension Engine {
    /// Holds all processes of a container still (the kernel's freezer).
    /// - Throws: `notFound`; `conflict` when it does not run, or is paused already.
    public func pauseContainer(_ name: String) throws(ContainerError) {
        let record = try find(name)
        let lock = try hold(record)
        defer { withExtendedLifetime(lock) {} }
        switch state(of: record) {
        case .running(let running) where running.hasStarted: break
        case .paused: throw ContainerError(.conflict, "container \(record.id) is already paused")
        case .restarting: throw Self.isRestarting(record)
        default: throw Self.notRunning(record)
        }
        try freeze(record)
        note("pause", record, try Self.decode(record))
    }

    /// Lets a paused container go on.
    /// - Throws: `notFound`; `conflict` when it is not paused.
    public func unpauseContainer(_ name: String) throws(ContainerError) {
        let record = try find(name)
        let lock = try hold(record)
        defer { withExtendedLifetime(lock) {} }
        guard case .paused = state(of: record) else {
            throw ContainerError(.conflict, "container \(record.id) is not paused")
        }
        try thaw(record)
        note("unpause", record, try Self.decode(record))
    }

    /// The marker comes before the freeze and goes after the thaw, so that who finds it asks the kernel.
    func freeze(_ record: ContainerRecord) throws(ContainerError) {
        let marker = folders(record.id).pauseMarker
        _ = try Descriptor.open(marker, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        do throws(ContainerError) { try cgroup(of: record.id).freeze() } catch {
            unlink(marker)
            throw error.during("cannot pause container \(record.id)")
        }
    }

    func thaw(_ record: ContainerRecord) throws(ContainerError) {
        try cgroup(of: record.id).thaw()
        unlink(folders(record.id).pauseMarker)
    }

    func isFrozen(_ id: String) -> Bool {
        guard let cgroup = try? cgroup(of: id), let isFrozen = try? cgroup.isFrozen() else { return false }
        return isFrozen
    }

    func cgroup(of id: String) throws(ContainerError) -> Cgroup {
        try Cgroup(existing: cgroupPath(id), host: try CgroupHost.detect())
    }

    /// docker's words.
    static func isRestarting(_ record: ContainerRecord) -> ContainerError {
        ContainerError(
            .conflict, "Container \(record.id) is restarting, wait until the container is running")
    }
}

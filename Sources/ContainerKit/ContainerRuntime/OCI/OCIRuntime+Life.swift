import CKLinux
import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

extension OCIRuntime {
    /// Starts the program of a created container.
    /// - Throws: `conflict` for one in another state; `commandNotExecutable` and others when the program does not run after
    ///   all: the container has stopped then.
    public func start(_ id: String) throws(ContainerError) {
        let folder = try StateFolder(root: root, id: id)
        let lock = try folder.lock(id)
        defer { withExtendedLifetime(lock) {} }
        let record = try folder.read(id)
        let status = status(of: record, in: folder)
        guard status == .created else {
            let hint = status == .running ? "already started" : "only a created container can be started"
            throw ContainerError(.conflict, "cannot start container \(id): it is \(status.rawValue)", hint: hint)
        }
        let hooks = try lateHooks(of: record)
        let starter = try connect(to: folder)
        // Whoever takes the name away is the one who starts it.
        try system("start container \(id)") { unlink(folder.startSocket) }
        do throws(ContainerError) {
            try StartReport.start(starter) { (try? self.specification(of: id))?.process.args ?? [] }
        } catch { throw error.during("start container \(id)") }
        guard let hooks = hooks?.poststart else { return }
        HookRunner.runAll(hooks, "poststart", state: stateAfterStart(of: record), warn: warn)
    }

    /// What poststart hooks are told, also when the program has ended by then.
    func stateAfterStart(of record: ContainerRecord) -> OCIState {
        OCIState(
            id: record.id, status: .running, pid: record.process?.pid ?? 0, bundle: record.bundle,
            annotations: record.annotations)
    }

    /// Read only where there is such a hook in it.
    private func lateHooks(of record: ContainerRecord) throws(ContainerError) -> RuntimeSpec.Hooks? {
        record.hasLateHooks ? try specification(of: record.id).hooks : nil
    }

    private func connect(to folder: StateFolder) throws(ContainerError) -> Descriptor {
        let place = try Descriptor.open(folder.path, CK_O_PATH | O_DIRECTORY)
        let socket = Descriptor(
            owning: try system("make a socket") {
                Glibc.socket(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The folder by its descriptor, for a path may be longer than an address (unix(7)).
        let path = "/proc/self/fd/\(place.raw)/start"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        try system("connect to \(folder.startSocket)") {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket.raw, $0, size) }
            }
        }
        return socket
    }

    /// - Throws: `conflict` (`container not running`) for one that has stopped.
    public func kill(_ id: String, signal: Int32, all: Bool) throws(ContainerError) {
        let folder = try StateFolder(root: root, id: id)
        let record = try folder.read(id)
        let status = status(of: record, in: folder)
        guard let process = record.process, status != .stopped || all else {
            throw ContainerError(.conflict, "cannot kill container \(id): container not running")
        }
        let cgroup = try cgroup(of: record)
        // Without a pid namespace the others survive the first one.
        let kills = signal == SIGKILL && !record.namespaces.contains(.pid)
        if kills || (all && signal == SIGKILL) {
            try cgroup.kill()
        } else if all {
            for pid in try cgroup.processes() { _ = Glibc.kill(pid, signal) }
        } else if try !process.signal(signal) {
            throw ContainerError(.conflict, "cannot kill container \(id): container not running")
        }
        // What is frozen does not die.
        if signal == SIGKILL, status == .paused { try? cgroup.thaw() }
    }

    /// Deletes what is left of a container that has stopped.
    /// - Throws: `conflict` for one that has not stopped, unless `force` is set, which kills it.
    public func delete(_ id: String, force: Bool) throws(ContainerError) {
        let folder = try StateFolder(root: root, id: id)
        let lock = try folder.lock(id)
        defer { withExtendedLifetime(lock) {} }
        guard let record = try readOrForget(folder, id, force) else { return }
        let cgroup = try cgroup(of: record)
        let status = status(of: record, in: folder)
        if status != .stopped {
            guard force || record.process == nil else {
                throw ContainerError(
                    .conflict, "cannot delete container \(id) that is not stopped: it is \(status.rawValue)",
                    hint: "stop it first, or use --force")
            }
            _ = try record.process?.signal(SIGKILL)
        }
        // One that has ended by itself leaves nobody behind, as a rule: one look instead of one at every tree.
        let isEmpty = status == .stopped && (try? cgroup.processes().isEmpty) == true
        if !isEmpty { try cgroup.kill() }
        if status != .stopped, let process = record.process, !process.waitForEnd(milliseconds: 10_000),
            process.isAlive
        {
            throw ContainerError(.conflict, "delete container \(id): process \(process.pid) does not end")
        }
        let hooks = try lateHooks(of: record)
        do throws(ContainerError) { try cgroup.delete() } catch {
            guard error.code == .conflict else { throw error }
            try cgroup.kill()
            try cgroup.delete()
        }
        record.unmountRoot()
        try folder.remove()
        guard let hooks = hooks?.poststop else { return }
        let state = OCIState(
            id: record.id, status: .stopped, bundle: record.bundle, annotations: record.annotations)
        HookRunner.runAll(hooks, "poststop", state: state, warn: warn)
    }

    /// A folder without a record is that of a creation that was killed; nil when it has been removed.
    private func readOrForget(_ folder: StateFolder, _ id: String, _ force: Bool) throws(ContainerError)
        -> ContainerRecord?
    {
        do throws(ContainerError) { return try folder.read(id) } catch {
            guard force, error.code == .notFound else { throw error }
            try folder.remove()
            return nil
        }
    }
}

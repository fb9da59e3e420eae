import ContainerSystem
import Glibc

extension Cgroup {
    /// The processes in the cgroup and in those below it, as ids in the caller's PID namespace; those that it cannot see
    /// are left out. Empty when the cgroup is gone.
    /// - Throws: `ContainerError` with the errno.
    public func processes() throws(ContainerError) -> [Int32] {
        let primary = ["pids", "freezer", "memory"].lazy.compactMap { host.mountPoint(of: $0) }.first
        guard let root = primary ?? host.unified ?? host.hierarchies.first?.mountPoint else { return [] }
        return try processes(below: [root + path])
    }

    private func processes(below roots: [String]) throws(ContainerError) -> [Int32] {
        var found = Set<Int32>()
        var folders = roots
        while let folder = folders.popLast() {
            do {
                let text = try fileSystem.read(folder + "/cgroup.procs", limit: 64 << 20)
                // 0 is a process of a namespace that cannot be seen from here; as a target of kill(2) it is ourselves.
                found.formUnion(CgroupText.words(text).compactMap { Int32($0) }.filter { $0 > 0 })
                folders += try fileSystem.childDirectories(folder).map { folder + "/" + $0 }
            } catch {
                // Gone between two calls, or (ENODEV) just now.
                guard error.rawValue == ENOENT || error.rawValue == ENODEV else {
                    throw ContainerError(error, "list the processes of the cgroup \(path)")
                }
            }
        }
        return found.sorted()
    }

    /// Kills every process in the cgroup and below it (SIGKILL) and waits until none is left, frozen ones too.
    /// A fork bomb cannot outrun it: the kernel kills them at once, or they are frozen first.
    /// - Throws: `conflict` when some are left after the time (milliseconds).
    public func kill(timeout: Int = 10_000) throws(ContainerError) {
        let folders = directories
        let start = SteadyClock.nanoseconds
        var wait: UInt32 = 200
        if let unified = directoryForClone { try? fileSystem.write(unified + "/cgroup.kill", "1") }
        while true {
            var left = try processes(below: folders)
            if left.isEmpty { return }
            // A frozen process of version 1 dies only when it is thawed; a running one must not fork while we list.
            if host.kind != .unified || !fileSystem.exists(folders[0] + "/cgroup.kill") {
                try? freeze(timeout: 100)
                left = try processes(below: folders)
                for process in left { try? fileSystem.send(SIGKILL, to: process) }
                try? thaw()
            }
            guard SteadyClock.nanoseconds - start < UInt64(timeout) * 1_000_000 else {
                throw ContainerError(
                    .conflict, "kill the processes of the cgroup \(path): \(left.count) are left",
                    hint: "process \(left.first ?? 0) may be waiting for a device or a network file system")
            }
            usleep(wait)
            wait = min(wait * 2, 20_000)
        }
    }

    /// Stops every process in the cgroup where it is, and waits until all stand still.
    /// - Throws: `systemFailure` after the time (milliseconds); the processes run again then. `unsupported` without
    ///   a freezer.
    public func freeze(timeout: Int = 10_000) throws(ContainerError) {
        do { try switchFreezer(true, timeout: timeout) } catch {
            try? thaw()
            throw error
        }
    }

    /// Lets frozen processes run on.
    public func thaw() throws(ContainerError) {
        do throws(ContainerError) { try switchFreezer(false, timeout: 10_000) } catch {
            // What waited for them was their end, and the group went with them.
            guard try !freezer().exists else { throw error }
        }
    }

    /// Whether the processes are frozen.
    public func isFrozen() throws(ContainerError) -> Bool { try freezer().isFrozen() }

    private func switchFreezer(_ frozen: Bool, timeout: Int) throws(ContainerError) {
        let freezer = try freezer()
        let start = SteadyClock.nanoseconds
        try freezer.request(frozen)
        var wait: UInt32 = 100
        while try freezer.isFrozen() != frozen {
            guard SteadyClock.nanoseconds - start < UInt64(timeout) * 1_000_000 else {
                throw ContainerError(
                    .systemFailure, "\(frozen ? "freeze" : "thaw") the cgroup \(path): not done after \(timeout) ms")
            }
            usleep(wait)
            wait = min(wait * 2, 10_000)
            // Version 1 can hang in FREEZING when a process forks meanwhile, until it is asked again.
            if freezer.isVersion1 { try freezer.request(frozen) }
        }
    }

    private func freezer() throws(ContainerError) -> Freezer {
        if let root = host.mountPoint(of: "freezer") {
            return Freezer(directory: root + path, isVersion1: true, fileSystem: fileSystem)
        }
        guard let directory = directoryForClone else {
            let field = CgroupField("", "to pause a container")
            throw CgroupFailure.missing("freezer", for: field).error
        }
        return Freezer(directory: directory, isVersion1: false, fileSystem: fileSystem)
    }
}

private struct Freezer {
    let directory: String
    let isVersion1: Bool
    let fileSystem: any CgroupFileSystem

    var exists: Bool { fileSystem.exists(directory) }

    func request(_ frozen: Bool) throws(ContainerError) {
        let file = directory + (isVersion1 ? "/freezer.state" : "/cgroup.freeze")
        let value = isVersion1 ? (frozen ? "FROZEN" : "THAWED") : (frozen ? "1" : "0")
        do { try fileSystem.write(file, value) } catch { throw ContainerError(error, "write \(value) to \(file)") }
    }

    func isFrozen() throws(ContainerError) -> Bool {
        let file = directory + (isVersion1 ? "/freezer.state" : "/cgroup.events")
        do {
            let text = try fileSystem.read(file, limit: 4096)
            // FREEZING counts as neither; a caller that waits for THAWED sees that at once.
            return isVersion1 ? text.hasPrefix("FROZEN") : CgroupText.value("frozen", in: text) == 1
        } catch { throw ContainerError(error, "read \(file)") }
    }
}

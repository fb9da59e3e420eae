import ContainerSystem
import Glibc

extension Cgroup {
    /// How often to begin anew while another process removes the parent under our hands, and to wait for processes
    /// that are still leaving.
    private static let attempts = 100

    /// What every cgroup of a unified host gets.
    private static let usualControllers = ["cpuset", "cpu", "io", "memory", "pids"]

    /// Makes one folder of the cgroup and prepares it to be joined.
    /// - Parameter controllers: those of version 2 that are needed.
    func makeDirectory(_ directory: String, for controllers: Set<String>) throws(CgroupFailure) {
        let root = String(directory.dropLast(path.utf8.count))
        let isUnified = root == host.unified
        let isCpuset = host.mountPoint(of: "cpuset") == root
        for _ in 0..<Cgroup.attempts {
            do throws(Errno) {
                if isUnified && (host.kind == .unified || !controllers.isEmpty) {
                    try makeParents(root) { folder throws(Errno) in try enableControllers(controllers, in: folder) }
                }
                do throws(Errno) {
                    try fileSystem.makeDirectory(directory)
                } catch  where error.rawValue == ENOENT {
                    try makeParents(root) { _ throws(Errno) in }
                    try fileSystem.makeDirectory(directory)
                } catch  where error.rawValue == EEXIST {
                    guard try fileSystem.read(directory + "/cgroup.procs", limit: 4 << 20).isEmpty else {
                        throw Errno(rawValue: EEXIST)
                    }
                }
                if isCpuset { try inheritCpuset(root) }
                return
            } catch  where Cgroup.isGone(error) {
                // Somebody removed the parent as empty between our calls: begin anew.
                continue
            } catch {
                throw CgroupFailure(explained(error, directory))
            }
        }
        throw CgroupFailure(ContainerError(.conflict, "make folder \(directory): its parent keeps disappearing"))
    }

    /// ENODEV is what a file answers that was opened just before its folder went.
    private static func isGone(_ failure: Errno) -> Bool { failure.rawValue == ENOENT || failure.rawValue == ENODEV }

    /// Makes the folders above the cgroup; `prepare` is given each, the root of the tree first.
    private func makeParents(_ root: String, prepare: (String) throws(Errno) -> Void) throws(Errno) {
        var folder = root
        try prepare(folder)
        for name in path.split(separator: "/").dropLast() {
            folder += "/" + name
            do { try fileSystem.makeDirectory(folder) } catch  where error.rawValue == EEXIST {}
            try prepare(folder)
        }
    }

    /// A version 1 cpuset starts empty, and cannot be joined before it has CPUs and memory nodes: take the parent's.
    private func inheritCpuset(_ root: String) throws(Errno) {
        for file in ["/cpuset.cpus", "/cpuset.mems"] {
            var folder = root
            var inherited = try fileSystem.read(folder + file, limit: 65536)
            for name in path.split(separator: "/") {
                folder += "/\(name)"
                let own = try fileSystem.read(folder + file, limit: 65536)
                if CgroupText.words(own).isEmpty {
                    try fileSystem.write(folder + file, inherited)
                } else {
                    inherited = own
                }
            }
        }
    }

    /// Hands controllers of version 2 down to a cgroup that is there, if it does not have them.
    func enable(_ controllers: Set<String>) throws(CgroupFailure) {
        guard let folder = directoryForClone, let root = host.unified, !controllers.isEmpty else { return }
        do throws(Errno) {
            let available = CgroupText.words(try fileSystem.read(folder + "/cgroup.controllers", limit: 4096))
            if controllers.isSubset(of: available) { return }
            try makeParents(root) { folder throws(Errno) in try enableControllers(controllers, in: folder) }
        } catch {
            if Cgroup.isGone(error), !exists { throw CgroupFailure(gone) }
            throw CgroupFailure(explained(error, folder))
        }
    }

    var gone: ContainerError { ContainerError(.notFound, "the cgroup \(path) is gone") }

    /// Hands the controllers of a version 2 cgroup down to its children: on a hybrid host only those that are needed.
    private func enableControllers(_ needed: Set<String>, in folder: String) throws(Errno) {
        let available = CgroupText.words(try fileSystem.read(folder + "/cgroup.controllers", limit: 4096))
        let enabled = CgroupText.words(try fileSystem.read(folder + "/cgroup.subtree_control", limit: 4096))
        let usual = host.kind == .unified ? Cgroup.usualControllers : []
        let wanted = (usual + needed.subtracting(usual).sorted()).filter {
            available.contains($0) && !enabled.contains($0)
        }
        guard !wanted.isEmpty else { return }
        let file = folder + "/cgroup.subtree_control"
        do {
            try fileSystem.write(file, wanted.map { "+" + $0 }.joined(separator: " "))
        } catch  where !Cgroup.isGone(error) {
            // One write is all or nothing, and nobody may need the controller that cannot be had.
            for controller in wanted {
                do { try fileSystem.write(file, "+" + controller) } catch {
                    if needed.contains(controller) { throw error }
                }
            }
        }
    }

    private func explained(_ failure: Errno, _ directory: String) -> ContainerError {
        switch failure.rawValue {
        case EEXIST:
            return ContainerError(
                .conflict, "\(directory) is in use: it has processes",
                hint: "another container runs under this cgroup path")
        case EBUSY:
            return ContainerError(
                failure, "enable the cgroup controllers above \(directory)",
                hint: "on cgroup v2 a cgroup cannot have both processes and limited children, and one above has "
                    + "processes (ck may itself run in a container): move them into a cgroup of their own first")
        case EACCES, EPERM, EROFS:
            let own = CgroupHost.ownPath(fileSystem: fileSystem)
            return ContainerError(
                failure, "make folder \(directory)",
                hint: own.map { "run as root, or give a cgroup parent that is delegated to you, below \($0)" })
        default:
            return ContainerError(failure, "make folder \(directory)")
        }
    }

    /// Removes the cgroup, whatever cgroups were made in it, and the library's own folder above when it is empty.
    /// What is gone already is fine. Kills nothing: waits a little for processes that are still leaving.
    /// - Throws: `conflict` when processes remain.
    public func delete() throws(ContainerError) {
        for directory in directories {
            do { try remove(directory, depth: 0) } catch {
                throw ContainerError(
                    error, "remove the cgroup \(directory)",
                    hint: error.rawValue == EBUSY ? "processes are still in it" : nil)
            }
            removeOwnFolders(above: directory)
        }
    }

    private func removeOwnFolders(above directory: String) {
        let names = path.split(separator: "/")
        let own = [Cgroup.ownFolder, Cgroup.ociFolder].contains { $0.dropFirst() == names[0] }
        guard own, names.count > 1 else { return }
        var folder = directory
        for name in names.reversed().dropLast() {
            folder.removeLast(name.utf8.count + 1)
            // Busy with a sibling, or removed by one: both are fine.
            do { try fileSystem.removeDirectory(folder) } catch { return }
        }
    }

    private func remove(_ directory: String, depth: Int) throws(Errno) {
        for attempt in 0... {
            do {
                return try fileSystem.removeDirectory(directory)
            } catch {
                switch error.rawValue {
                case ENOENT, ENODEV: return
                case EBUSY, ENOTEMPTY:
                    guard attempt < Cgroup.attempts, depth < 64 else { throw error }
                    let children = (try? fileSystem.childDirectories(directory)) ?? []
                    for child in children { try remove(directory + "/" + child, depth: depth + 1) }
                    if children.isEmpty { usleep(attempt < 20 ? 500 : 10_000) }
                default: throw error
                }
            }
        }
    }
}

import ContainerSystem
import Glibc

extension Cgroup {
    /// A cgroup below this one, for a process that joins it (`runc exec --cgroup`).
    /// - Parameter subpath: relative to this cgroup, with or without a slash in front; `/` is the cgroup itself.
    /// - Throws: `invalidArgument` for a path that leads outside; `notFound` for one that is missing in any tree.
    public func below(_ subpath: String) throws(ContainerError) -> Cgroup {
        let names = subpath.split(separator: "/").filter { $0 != "." }
        guard !names.contains("..") else {
            throw ContainerError(
                .invalidArgument, "cgroup path '\(subpath)' leads outside of the container's cgroup \(path)")
        }
        if names.isEmpty { return self }
        let child = try Cgroup(
            existing: path + "/" + names.joined(separator: "/"), host: host, fileSystem: fileSystem)
        for directory in child.directories where !fileSystem.exists(directory) {
            throw ContainerError(.notFound, "cgroup path '\(subpath)': there is no folder \(directory)")
        }
        return child
    }

    /// Gives the cgroup to a user, who then manages what is below it: the folder and the files that the kernel says are
    /// safe (`/sys/kernel/cgroup/delegate`, cgroups(7); config-linux.md, "Cgroup ownership"). Only version 2 can be
    /// delegated: elsewhere nothing is done.
    /// - Parameter owner: the user, as the host counts.
    /// - Throws: `ContainerError` with the errno.
    public func delegate(to owner: UInt32) throws(ContainerError) {
        guard host.kind == .unified, let folder = directoryForClone else { return }
        let listed = (try? fileSystem.read("/sys/kernel/cgroup/delegate", limit: 65536)).map(CgroupText.words)
        let files = (listed ?? ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"])
            .filter { !$0.contains("/") }
        for path in [folder] + files.map({ folder + "/" + $0 }) {
            do throws(Errno) {
                try fileSystem.changeOwner(path, to: owner)
            } catch {
                // Not every cgroup has every file.
                if error.rawValue == ENOENT, path != folder { continue }
                throw ContainerError(error, "give \(path) to user \(owner)")
            }
        }
    }
}

import ContainerSystem
import Glibc

/// The folders of volumes: `NAME/_data` in one folder, as docker has them. Whether there is a volume of a name is the
/// database's to say; what is left of one that it has forgotten is never shown to the next of its name.
public struct VolumeFolders: Sendable {
    public let root: String

    public init(root: String) { self.root = root }

    /// Where a volume's files are.
    public func data(_ name: String) -> String { "\(root)/\(name)/_data" }

    /// Everything of a volume.
    public func folder(_ name: String) -> String { "\(root)/\(name)" }

    /// Held while volumes are added to the database or removed from it, so that a name and its folder go together.
    /// - Throws: `ContainerError` when the folder cannot be made.
    public func lock() throws(ContainerError) -> FileLock {
        try Files.makeDirectory(root, mode: 0o701)
        let folder = try Descriptor.open(root, O_RDONLY | O_DIRECTORY)
        guard let lock = try FileLock.take(folder, .exclusive, name: root) else {
            throw ContainerError(.unavailable, "lock \(root)")
        }
        return lock
    }

    /// Makes the folder of a volume; with the lock held.
    /// - Parameter isNew: whatever lies there belongs to a volume that is gone.
    public func make(_ name: String, isNew: Bool) throws(ContainerError) {
        if isNew { try discard(name) }
        try Files.makeDirectory(folder(name), mode: 0o701)
        try Files.makeDirectory(data(name))
    }

    /// Puts a volume's folder out of sight, for `cleanUp()`; with the lock held. One that is not there is fine.
    public func discard(_ name: String) throws(ContainerError) {
        var status = stat()
        guard lstat(folder(name), &status) == 0 else { return }
        try system("remove volume \(name)") {
            rename(folder(name), "\(root)/.removed-\(name)-\(getpid())-\(status.st_ino)")
        }
    }

    /// Removes what was put out of sight, by whomever.
    public func cleanUp() throws(ContainerError) {
        for name in try Files.list(root) where name.hasPrefix(".removed-") { try Files.removeTree("\(root)/\(name)") }
    }

    /// Fills a volume that is empty with what an image has at a path: files, owners, modes, attributes and times.
    /// - Parameter view: of the image's layers.
    /// - Throws: `exhausted` on a full disk; what was copied is taken away then, or by the next that fills the volume.
    public func fill(_ name: String, from view: LayeredView, at path: String) throws(ContainerError) {
        guard let source = try view.subtree(at: path) else { return }
        let folder = try Descriptor.open(folder(name), O_RDONLY | O_DIRECTORY)
        // Another container may be about to fill it as well.
        let lock = try FileLock.take(folder, .exclusive, name: "volume \(name)")
        defer { withExtendedLifetime(lock) {} }
        let mark = self.folder(name) + "/filling"
        if Files.exists(mark) { try empty(name) }
        let target = try Descriptor.open(data(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard try target.entries(name: data(name), limit: 1).isEmpty else { return }
        try Files.replace(mark, with: [UInt8]())
        do throws(ContainerError) {
            try TreeCopy(to: target, name: "volume \(name)").copy(source)
        } catch {
            try? empty(name)
            unlink(mark)
            throw error.during("fill volume \(name) with \(path) of the image")
        }
        unlink(mark)
    }

    private func empty(_ name: String) throws(ContainerError) {
        let target = try Descriptor.open(data(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        for entry in try target.entries(name: data(name)) {
            try Files.removeTree(entry, in: target, path: "volume \(name)")
        }
    }
}

extension VolumeFolders {
    /// The bytes that a volume's files take on the disk, hard links counted once.
    public func diskUsage(_ name: String) throws(ContainerError) -> Int64 {
        guard Files.exists(data(name)) else { return 0 }
        var bytes: Int64 = 0
        var seen = Set<UInt64>()
        var walk = LayeredWalk(try LayeredView(directories: [data(name)]))
        while let entry = try walk.next() {
            let status = try entry.status()
            if status.st_nlink > 1, status.type != S_IFDIR, !seen.insert(UInt64(status.st_ino)).inserted { continue }
            bytes += Int64(status.st_blocks) * 512
        }
        return bytes
    }
}

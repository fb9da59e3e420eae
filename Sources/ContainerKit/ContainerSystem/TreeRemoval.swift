import CKLinux
import Glibc

extension Files {
    /// Removes a file or a folder with all that is in it; one that is not there is fine.
    ///
    /// Works by descriptor: no link is followed, and no mount point is entered (openat2(2), `RESOLVE_NO_XDEV`), so
    /// nothing outside the tree can be removed whatever the tree holds. Depth is not bounded by descriptors or stack.
    /// - Throws: `ContainerError` with the path and the errno; `conflict` when something is mounted in the tree.
    public static func removeTree(_ path: String) throws(ContainerError) {
        try removeTree(path.utf8CString.map { $0 }, in: AT_FDCWD, path: path)
    }

    /// Removes an entry of an open folder with all that is in it (see `removeTree(_:)`).
    package static func removeTree(_ name: CPath, in directory: Descriptor, path: String) throws(ContainerError) {
        try removeTree(name, in: directory.raw, path: path)
    }

    private static func removeTree(_ name: CPath, in directory: CInt, path: String) throws(ContainerError) {
        if unlinkat(directory, name, 0) == 0 || errno == ENOENT || errno == ENOTDIR { return }
        guard errno == EISDIR || errno == EPERM else { throw ContainerError(.current, "remove \(path)") }
        if unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
        guard errno == ENOTEMPTY || errno == EEXIST else { throw ContainerError(.current, "remove \(path)") }
        let top = try system("remove \(path)") {
            openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        try TreeRemoval(top: Descriptor(owning: top), path: path).empty()
        if unlinkat(directory, name, AT_REMOVEDIR) != 0, errno != ENOENT {
            throw ContainerError(.current, "remove \(path)")
        }
    }
}

private final class TreeRemoval {
    private let top: Descriptor
    private let path: String
    private var moved = 0

    /// Deeper folders are moved to the top first, so that a hostile depth costs neither descriptors nor stack.
    private static let maximumDepth = 64
    /// Names that are held at a time: a folder may have millions.
    private static let batch = 4096

    init(top: Descriptor, path: String) {
        self.top = top
        self.path = path
    }

    func empty() throws(ContainerError) {
        // Again while folders come up from below.
        while true {
            let names = try top.entries(name: path, limit: Self.batch)
            if names.isEmpty { return }
            for name in names { try remove(name, from: top, depth: 1) }
        }
    }

    private func remove(_ name: CPath, from parent: Descriptor, depth: Int) throws(ContainerError) {
        if unlinkat(parent.raw, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw failure(name) }
        if unlinkat(parent.raw, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
        guard errno == ENOTEMPTY || errno == EEXIST || errno == EACCES else { throw failure(name) }
        if depth > Self.maximumDepth {
            return try moveToTop(name, from: parent)
        }
        let directory = try open(name, in: parent)
        while true {
            let names = try directory.entries(name: path, limit: Self.batch)
            for entry in names { try remove(entry, from: directory, depth: depth + 1) }
            if names.count < Self.batch { break }
        }
        // What was moved to the top has left this folder, so it is empty now.
        if unlinkat(parent.raw, name, AT_REMOVEDIR) != 0, errno != ENOENT { throw failure(name) }
    }

    private func moveToTop(_ name: CPath, from parent: Descriptor) throws(ContainerError) {
        repeat {
            moved += 1
            if renameat(parent.raw, name, top.raw, "..removing-\(getpid())-\(moved)") == 0 { return }
            // The tree may hold the very names that we make up.
        } while [EEXIST, ENOTEMPTY, ENOTDIR].contains(errno)
        throw failure(name)
    }

    private func open(_ name: CPath, in parent: Descriptor) throws(ContainerError) -> Descriptor {
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let resolve = UInt64(CK_RESOLVE_NO_XDEV | CK_RESOLVE_NO_SYMLINKS | CK_RESOLVE_BENEATH)
        var raw = ck_openat2(parent.raw, name, flags, 0, resolve)
        if raw == -1, errno == EACCES, fchmodat(parent.raw, name, 0o700, 0) == 0 {
            raw = ck_openat2(parent.raw, name, flags, 0, resolve)
        }
        if raw >= 0 { return Descriptor(owning: raw) }
        if errno == EXDEV {
            throw ContainerError(
                .conflict, "remove \(path)", cause: "\(name.text) is a mount point",
                hint: "unmount it first")
        }
        throw failure(name)
    }

    private func failure(_ name: CPath) -> ContainerError {
        ContainerError(.current, "remove \(path) (at \(name.text))")
    }
}

import CKLinux
import ContainerSystem
import Glibc

/// A folder that files are copied into. Everything in it is made, opened and changed by descriptor, and no link on the way
/// is followed, so that nothing lands elsewhere whatever others do to the folder meanwhile.
final class CopyTarget {
    private let directory: Descriptor
    /// What messages call the folder.
    private let name: String
    /// Where a path of an archive may lead through links: the root that the folder is in, and its path there.
    private let root: (RootedDirectory, path: CPath)?
    /// Whether device nodes may be made, and on which file system only.
    private let devices: DevicePolicy
    /// The folder that the last entry went into, and the times that it goes back to once it is left.
    private var last: (path: CPath, directory: Descriptor, time: timespec)?

    enum DevicePolicy {
        case everywhere
        /// In a container's own files; in what is shared with the host they would be everybody's.
        case onFileSystem(dev_t)
    }

    /// How often a name that somebody else takes again and again is tried.
    private static let patience = 100

    /// - Parameter directory: open; by path alone will do.
    init(
        _ directory: Descriptor, name: String, root: (RootedDirectory, path: CPath)? = nil, devices: DevicePolicy
    ) throws(ContainerError) {
        self.directory = directory
        self.name = name
        self.root = root
        self.devices = devices
        try check(directory, "")
    }

    // MARK: - Folders

    func makeDirectory(_ path: EntryPath, _ attributes: FileAttributes) throws(ContainerError) {
        if path.isRoot { return }
        let parent = try parent(of: path)
        if mkdirat(parent.raw, path.name, 0o700) != 0 {
            guard errno == EEXIST else { throw failure("make folder", path) }
            var status = stat()
            guard fstatat(parent.raw, path.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw failure("stat", path)
            }
            guard status.type == S_IFDIR else {
                throw ContainerError(
                    .conflict, "cannot overwrite non-directory \"\(text(path))\" with directory \"\(name)\"")
            }
        }
        let raw = openat(parent.raw, path.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if raw < 0 { throw failure("open", path) }
        let folder = Descriptor(owning: raw)
        try check(folder, text(path))
        // It may be the very folder that is still to be left.
        leave()
        try set(attributes, of: folder, path)
    }

    /// Which folder was made, so that it is told when it is met again while it is filled.
    func identity(of path: EntryPath) -> FileIdentity? {
        var status = stat()
        let (folder, name) = path.isRoot ? (directory, path.name) : ((try? parent(of: path)) ?? directory, path.name)
        return fstatat(folder.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? FileIdentity(status) : nil
    }

    /// The open folder that holds the entry; one that is missing is made where an archive has none for it.
    private func parent(of path: EntryPath) throws(ContainerError) -> Descriptor {
        let folder = path.parent
        if folder.isRoot {
            leave()
            return directory
        }
        let raw = folder.path
        if let last, last.path == raw { return last.directory }
        let found: Descriptor
        if let existing = try open(folder) {
            found = existing
        } else {
            guard root != nil else { throw failure("open", folder, ENOENT) }
            try makeMissing(folder)
            guard let made = try open(folder) else { throw failure("open", folder, ENOENT) }
            found = made
        }
        leave()
        try check(found, text(folder))
        last = (raw, found, try found.status(text(folder)).st_mtim)
        return found
    }

    private func makeMissing(_ folder: EntryPath) throws(ContainerError) {
        let above = try parent(of: folder)
        if mkdirat(above.raw, folder.name, 0o755) != 0, errno != EEXIST { throw failure("make folder", folder) }
    }

    private func open(_ folder: EntryPath) throws(ContainerError) -> Descriptor? {
        let raw = ck_openat2(
            directory.raw, folder.path, UInt64(CK_O_PATH | O_DIRECTORY), 0,
            UInt64(CK_RESOLVE_BENEATH | CK_RESOLVE_NO_SYMLINKS))
        if raw >= 0 { return Descriptor(owning: raw) }
        switch errno {
        case ENOENT: return nil
        case ELOOP, ENOTDIR:
            guard let root else { throw failure("open", folder, ELOOP) }
            // A link of the container's own, /lib perhaps, leads where it leads in the container.
            return try root.0.open(root.path.dropLast() + [47] + folder.path, CK_O_PATH | O_DIRECTORY)
        default: throw failure("open", folder)
        }
    }

    private func check(_ folder: Descriptor, _ path: String) throws(ContainerError) {
        guard folder.isKernels() else { return }
        throw ContainerError(
            .invalidArgument, "copy to \(path.isEmpty ? name : path)", cause: "it shows the kernel and holds no files")
    }

    private func leave() {
        guard let last else { return }
        self.last = nil
        utimensat(last.directory.raw, ".", [last.time, last.time], 0)
    }

    /// After the last entry.
    func finish() { leave() }

    // MARK: - Files

    /// Makes an empty file in place of what is there; `close(_:)` ends it.
    func makeFile(_ path: EntryPath) throws(ContainerError) -> Descriptor {
        let parent = try parent(of: path)
        let raw = try make(path, in: parent) {
            openat(parent.raw, path.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        return Descriptor(owning: raw)
    }

    /// Gives a file that has all its bytes what else it has.
    func close(_ file: Descriptor, _ path: EntryPath, _ attributes: FileAttributes) throws(ContainerError) {
        try set(attributes, of: file, path)
    }

    /// Takes away a file that did not get all its bytes.
    func discard(_ path: EntryPath) {
        guard let parent = try? parent(of: path) else { return }
        unlinkat(parent.raw, path.name, 0)
    }

    func makeLink(_ path: EntryPath, to target: CPath, _ attributes: FileAttributes) throws(ContainerError) {
        let parent = try parent(of: path)
        _ = try make(path, in: parent) { symlinkat(target, parent.raw, path.name) }
        if let owner = attributes.owner {
            try check(fchownat(parent.raw, path.name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), "own", path)
        }
        _ = utimensat(parent.raw, path.name, [attributes.time, attributes.time], AT_SYMLINK_NOFOLLOW)
    }

    /// A FIFO or a device.
    func makeNode(_ path: EntryPath, _ attributes: FileAttributes) throws(ContainerError) {
        let parent = try parent(of: path)
        if attributes.type != S_IFIFO, case .onFileSystem(let device) = devices,
            try parent.status(text(path)).st_dev != device
        {
            throw ContainerError(
                .permissionDenied, "copy to \(text(path))",
                cause: "a device is made in the container's own files only, not in what it shares with the host")
        }
        _ = try make(path, in: parent) {
            mknodat(parent.raw, path.name, attributes.type | 0o600, attributes.device)
        }
        // By path alone: to open a device has effects.
        let raw = openat(parent.raw, path.name, CK_O_PATH | O_NOFOLLOW | O_CLOEXEC)
        if raw < 0 { throw failure("open", path) }
        let node = Descriptor(owning: raw)
        guard try node.status(text(path)).type == attributes.type else {
            throw ContainerError(.conflict, "copy to \(text(path)): it was replaced meanwhile")
        }
        let handle = "/proc/self/fd/\(raw)"
        if let owner = attributes.owner { try check(chown(handle, owner.uid, owner.gid), "own", path) }
        try check(chmod(handle, attributes.mode), "change mode of", path)
        _ = utimensat(AT_FDCWD, handle, [attributes.time, attributes.time], 0)
    }

    /// One more name of a file that was copied before.
    func makeHardLink(_ path: EntryPath, to target: EntryPath) throws(ContainerError) {
        guard !target.isRoot, target.path != path.path else {
            throw ContainerError(.corrupted, "\"\(text(path))\" is a link to itself")
        }
        let folder: Descriptor
        if target.parent.isRoot {
            folder = directory
        } else if let found = try open(target.parent) {
            folder = found
        } else {
            throw failure("link to", target, ENOENT)
        }
        let parent = try parent(of: path)
        _ = try make(path, in: parent) { linkat(folder.raw, target.name, parent.raw, path.name, 0) }
    }

    /// Runs a call that makes something; what has the name makes way, unless it is a folder.
    private func make(_ path: EntryPath, in parent: Descriptor, _ call: () -> CInt) throws(ContainerError) -> CInt {
        for _ in 0..<Self.patience {
            let result = call()
            if result != -1 { return result }
            if errno == EINTR { continue }
            guard errno == EEXIST else { throw failure("make", path) }
            // In another mount namespace than the container's, unlinkat(2) would take the mount away with the name.
            if ck_is_mount_point(parent.raw, path.name) == 1 { throw failure("replace", path, EBUSY) }
            guard unlinkat(parent.raw, path.name, 0) != 0, errno != ENOENT else { continue }
            if errno == EISDIR || errno == EPERM {
                throw ContainerError(
                    .conflict, "cannot overwrite directory \"\(text(path))\" with non-directory \"\(name)\"")
            }
            throw failure("replace", path)
        }
        throw ContainerError(.conflict, "copy to \(text(path)): somebody else makes it again and again")
    }

    // MARK: - Attributes

    /// Owner, then mode (a change of owner clears setuid), then attributes (and capabilities), then times.
    private func set(_ attributes: FileAttributes, of file: Descriptor, _ path: EntryPath) throws(ContainerError) {
        if let owner = attributes.owner { try check(fchown(file.raw, owner.uid, owner.gid), "own", path) }
        try check(fchmod(file.raw, attributes.mode), "change mode of", path)
        for (name, value) in attributes.extended {
            let result = fsetxattr(file.raw, name, value, value.count, 0)
            if result != 0, errno != ENOTSUP, errno != EPERM {
                throw failure("set attribute \(name.printable) of", path)
            }
        }
        _ = futimens(file.raw, [attributes.time, attributes.time])
    }

    private func check(_ result: CInt, _ operation: String, _ path: EntryPath) throws(ContainerError) {
        if result != 0 { throw failure(operation, path) }
    }

    // MARK: - Messages

    func text(_ path: EntryPath) -> String { name.hasSuffix("/") ? name + path.text : "\(name)/\(path.text)" }

    private func failure(_ operation: String, _ path: EntryPath, _ number: CInt = errno) -> ContainerError {
        var error = ContainerError(Errno(rawValue: number), "\(operation) \(text(path))")
        switch number {
        case EBUSY: error.hint = "something is mounted there: write to it from inside, with exec"
        case EROFS: error.hint = nil
        case ENOSPC: error.hint = "free some space there"
        default: break
        }
        return error
    }
}

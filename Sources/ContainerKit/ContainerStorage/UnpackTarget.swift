import CKLinux
import ContainerSystem
import Glibc

/// The folder that a layer unpacks into. Every path is resolved by descriptor in it (openat2(2), `RESOLVE_IN_ROOT`): a
/// link that an earlier entry made may lead about within the layer, as it will in the container, but never out.
final class UnpackTarget {
    let root: Descriptor
    /// The layers below: a folder that the archive does not describe, but has files in, looks as it does there.
    private let below: LayersBelow
    /// The folder that the last entry went into, and the times that it goes back to once it is left: each file that is
    /// made in a folder changes them. Kept on the disk and not here, as a layer may have folders without number.
    private var lastParent: (path: CPath, directory: Descriptor, time: timespec)?
    private var rootTime: timespec?

    init(root: Descriptor, below: LayersBelow) {
        self.root = root
        self.below = below
    }

    /// The open folder that holds the entry; missing ones are made.
    func parent(of path: EntryPath) throws(ContainerError) -> Descriptor {
        try directory(path.parent, for: path)
    }

    private func directory(_ path: EntryPath, for entry: EntryPath) throws(ContainerError) -> Descriptor {
        if path.isRoot { return root }
        let raw = path.path
        if let lastParent, lastParent.path == raw { return lastParent.directory }
        let directory: Descriptor
        if let existing = try open(path, for: entry) {
            directory = existing
        } else {
            try makeImplicit(path, for: entry)
            guard let made = try open(path, for: entry) else {
                throw EntryPath.failure(entry.text, "\(path.text) is not a folder of the layer")
            }
            directory = made
        }
        leaveParent()
        var status = stat()
        try system("unpack layer: stat \(path.text)") { fstat(directory.raw, &status) }
        lastParent = (raw, directory, status.st_mtim)
        return directory
    }

    private func open(_ path: EntryPath, for entry: EntryPath) throws(ContainerError) -> Descriptor? {
        let raw = ck_openat2(
            root.raw, path.path, UInt64(CK_O_PATH | O_DIRECTORY), 0,
            UInt64(CK_RESOLVE_IN_ROOT | CK_RESOLVE_NO_MAGICLINKS))
        if raw >= 0 { return Descriptor(owning: raw) }
        switch errno {
        case ENOENT, ENOTDIR: return nil
        case ELOOP: throw EntryPath.failure(entry.text, "\(path.text): too many symbolic links")
        default: throw ContainerError(.current, "unpack layer: open \(path.text)")
        }
    }

    /// Makes a folder that the archive has files in but no entry for.
    private func makeImplicit(_ path: EntryPath, for entry: EntryPath) throws(ContainerError) {
        let parent = try directory(path.parent, for: entry)
        try makeDirectory(path, in: parent, isImplicit: true)
    }

    /// Makes a folder, or keeps the one that is there; what else has the name makes way, unless the folder is implicit.
    func makeDirectory(_ path: EntryPath, in parent: Descriptor, isImplicit: Bool) throws(ContainerError) {
        let name = path.name
        if mkdirat(parent.raw, name, 0o755) != 0 {
            guard errno == EEXIST else { throw ContainerError(.current, "unpack layer: make folder \(path.text)") }
            var status = stat()
            try system("unpack layer: stat \(path.text)") { fstatat(parent.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
            if status.type == S_IFDIR { return }
            guard !isImplicit || status.isWhiteout else {
                throw EntryPath.failure(path.text, "files are put into it, but it is not a folder of the layer")
            }
            try replace(path, in: parent)
            try system("unpack layer: make folder \(path.text)") { mkdirat(parent.raw, name, 0o755) }
            // What stood here, a whiteout or a file, hid a folder below; this one hides it too.
            try ExtendedAttributes.setOpaque(parent, name, text: path.text)
        }
        if isImplicit, let model = try below.view().directory(path.components) {
            try copyAttributes(of: model, to: name, in: parent, text: path.text)
        }
    }

    private func copyAttributes(
        of model: Descriptor, to name: CPath, in parent: Descriptor, text: String
    ) throws(ContainerError) {
        var status = stat()
        try system("stat \(text)") { fstat(model.raw, &status) }
        try system("change owner of \(text)") {
            fchownat(parent.raw, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)
        }
        try system("change mode of \(text)") { fchmodat(parent.raw, name, status.st_mode & 0o7777, 0) }
    }

    /// Takes away what an earlier entry of the archive (or a whiteout of it) put there.
    func replace(_ path: EntryPath, in parent: Descriptor) throws(ContainerError) {
        // Beside the root's own entries, the last folder may be what goes.
        if path.parent.isRoot { leaveParent() }
        try Files.removeTree(path.name, in: parent, path: path.text)
    }

    /// Runs a call that makes something; when the name is taken, what is there makes way.
    func make(_ path: EntryPath, in parent: Descriptor, _ call: () -> CInt) throws(ContainerError) -> CInt {
        let result = call()
        if result != -1 { return result }
        if errno == EEXIST {
            try replace(path, in: parent)
            return try system("unpack layer: make \(path.text)", call)
        }
        throw ContainerError(.current, "unpack layer: make \(path.text)")
    }

    /// Hides a name of the layers below, whatever the order of the archive: what this layer itself has there stays.
    func whiteOut(_ target: EntryPath, in parent: Descriptor) throws(ContainerError) {
        if mknodat(parent.raw, target.name, S_IFCHR, 0) == 0 { return }
        guard errno == EEXIST else {
            throw ContainerError(.current, "unpack layer: make whiteout of \(target.text)")
        }
        var status = stat()
        try system("unpack layer: stat \(target.text)") {
            fstatat(parent.raw, target.name, &status, AT_SYMLINK_NOFOLLOW)
        }
        if status.type == S_IFDIR { try ExtendedAttributes.setOpaque(parent, target.name, text: target.text) }
    }

    /// Hides everything below in a folder.
    func makeOpaque(_ directory: EntryPath, in parent: Descriptor) throws(ContainerError) {
        guard directory.isRoot else {
            return try ExtendedAttributes.setOpaque(parent, [46, 0], text: directory.text)
        }
        // overlayfs does not look for the attribute on the root of a layer: hide each name of its own.
        for name in try below.view().rootNames() { try whiteOut(EntryPath(components: [name]), in: root) }
    }

    /// A hard link to a file of this layer; links to links are links to the link.
    func link(_ path: EntryPath, in parent: Descriptor, to target: EntryPath) throws(ContainerError) {
        guard !target.isRoot, target.path != path.path else {
            throw EntryPath.failure(path.text, "a hard link to \(target.text)")
        }
        guard let folder = target.parent.isRoot ? root : try open(target.parent, for: path) else {
            throw EntryPath.failure(path.text, "a hard link to \(target.text), which the layer does not have")
        }
        var status = stat()
        guard fstatat(folder.raw, target.name, &status, AT_SYMLINK_NOFOLLOW) == 0, !status.isWhiteout else {
            throw EntryPath.failure(path.text, "a hard link to \(target.text), which the layer does not have")
        }
        guard status.type != S_IFDIR else {
            throw EntryPath.failure(path.text, "a hard link to the folder \(target.text)")
        }
        var existing = stat()
        if fstatat(parent.raw, path.name, &existing, AT_SYMLINK_NOFOLLOW) == 0, existing.st_ino == status.st_ino {
            return
        }
        _ = try make(path, in: parent) { linkat(folder.raw, target.name, parent.raw, path.name, 0) }
    }

    /// Sets the times of a folder that the archive describes.
    func setTime(of path: EntryPath, in parent: Descriptor, to time: timespec) throws(ContainerError) {
        if path.isRoot {
            rootTime = time
            return
        }
        // It may be the very folder that is still to be left.
        leaveParent()
        try system("unpack layer: set times of \(path.text)") {
            utimensat(parent.raw, path.name, [time, time], AT_SYMLINK_NOFOLLOW)
        }
    }

    /// After the last entry.
    func finish() {
        leaveParent()
        if let rootTime { futimens(root.raw, [rootTime, rootTime]) }
    }

    private func leaveParent() {
        guard let last = lastParent else { return }
        lastParent = nil
        utimensat(last.directory.raw, ".", [last.time, last.time], 0)
    }
}

/// The layers below one that is being unpacked, looked at when they are first needed.
final class LayersBelow {
    private let open: () throws(ContainerError) -> LayeredView
    private var opened: LayeredView?

    init(_ open: @escaping () throws(ContainerError) -> LayeredView) { self.open = open }

    func view() throws(ContainerError) -> LayeredView {
        if let opened { return opened }
        let view = try open()
        opened = view
        return view
    }
}

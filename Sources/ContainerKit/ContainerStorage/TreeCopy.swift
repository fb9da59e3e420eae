import CKLinux
import ContainerSystem
import Glibc

/// Copies what a view of layers shows into an empty folder, with owners, modes, attributes, times and hard links. Names
/// are resolved by descriptor on both sides, and no link is followed.
struct TreeCopy {
    private struct Inode: Hashable {
        let device: dev_t
        let number: ino_t
    }

    private let root: Descriptor
    /// What errors call the target.
    private let name: String
    /// Files with several names, by where the first one was made.
    private var made: [Inode: CPath] = [:]
    /// Folders get their times last: each file that is made in one changes them.
    private var folders: [(path: CPath, status: stat)] = []
    private var parent: (path: CPath, folder: Descriptor)

    init(to root: Descriptor, name: String) {
        self.root = root
        self.name = name
        parent = ([], root)
    }

    func copy(_ view: LayeredView) throws(ContainerError) {
        var copy = self
        var walk = LayeredWalk(view)
        while let entry = try walk.next() { try copy.make(entry) }
        for folder in copy.folders.reversed() {
            try copy.enter(folder.path)
            utimensat(copy.parent.folder.raw, Self.last(folder.path), Self.times(folder.status), AT_SYMLINK_NOFOLLOW)
        }
        if let top = view.root.first {
            var status = stat()
            try system("stat the image's folder") { fstat(top.raw, &status) }
            try copy.dress([46, 0], in: copy.root, from: ExtendedAttributes.path(top, [46, 0]), status)
            futimens(copy.root.raw, Self.times(status))
        }
    }

    private mutating func make(_ entry: LayeredWalk.Entry) throws(ContainerError) {
        try enter(entry.path)
        let status = try entry.status()
        let folder = parent.folder
        switch entry.node {
        case .directory(let merged):
            try system("make \(entry.text) in \(name)") { mkdirat(folder.raw, entry.name, 0o700) }
            folders.append((entry.path, status))
            try dress(entry.name, in: folder, from: ExtendedAttributes.path(merged[0], [46, 0]), status)
        case .other(let source, let sourceName, _):
            let inode = Inode(device: status.st_dev, number: status.st_ino)
            if status.st_nlink > 1, let first = made[inode] {
                return try link(first, to: entry)
            }
            try makeFile(entry, status, source, sourceName)
            try dress(entry.name, in: folder, from: ExtendedAttributes.path(source, sourceName), status)
            utimensat(folder.raw, entry.name, Self.times(status), AT_SYMLINK_NOFOLLOW)
            if status.st_nlink > 1 { made[inode] = entry.path }
        }
    }

    private func makeFile(
        _ entry: LayeredWalk.Entry, _ status: stat, _ source: Descriptor, _ sourceName: CPath
    ) throws(ContainerError) {
        let folder = parent.folder
        switch status.type {
        case S_IFREG:
            let input = try LayeredView.open(sourceName, in: source, path: entry.text)
            let raw = try system("make \(entry.text) in \(name)") {
                openat(folder.raw, entry.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            }
            let output = Descriptor(owning: raw)
            var offset: off_t = 0
            while try system("copy \(entry.text) to \(name)", { sendfile(raw, input.raw, &offset, 1 << 30) }) > 0 {}
            withExtendedLifetime(output) {}
        case S_IFLNK:
            let target = try LayeredView.target(of: sourceName, in: source)
            try system("make \(entry.text) in \(name)") { symlinkat(target, folder.raw, entry.name) }
        default:
            try system("make \(entry.text) in \(name)") {
                mknodat(folder.raw, entry.name, status.type | 0o600, status.st_rdev)
            }
        }
    }

    private func link(_ first: CPath, to entry: LayeredWalk.Entry) throws(ContainerError) {
        let folder = try open(Self.parent(of: first))
        let target = parent.folder
        try system("link \(entry.text) in \(name)") {
            linkat(folder.raw, Self.last(first), target.raw, entry.name, 0)
        }
    }

    /// Owner first: a change of it takes set-user-ID and capabilities away.
    private func dress(_ entry: CPath, in folder: Descriptor, from source: CPath, _ status: stat) throws(ContainerError)
    {
        try system("change owner of \(entry.text) in \(name)") {
            fchownat(folder.raw, entry, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)
        }
        if status.type != S_IFLNK {
            try system("change mode of \(entry.text) in \(name)") {
                fchmodat(folder.raw, entry, status.st_mode & 0o7777, 0)
            }
        }
        for (attribute, value) in try ExtendedAttributes.list(source, name: entry.text)
        where ExtendedAttributes.belongsInLayer(attribute) {
            let target = ExtendedAttributes.path(folder, entry)
            let result = value.withUnsafeBytes { bytes in
                Result { () throws(ContainerError) in
                    try ExtendedAttributes.set(target, attribute, bytes, name: "\(entry.text) in \(name)")
                }
            }
            try result.get()
        }
    }

    /// Makes the folder of an entry the present one.
    private mutating func enter(_ path: CPath) throws(ContainerError) {
        let folder = Self.parent(of: path)
        if folder != parent.path { parent = (folder, try open(folder)) }
    }

    private func open(_ path: CPath) throws(ContainerError) -> Descriptor {
        if path.isEmpty { return root }
        let raw = try system("open \((path + [0]).text) in \(name)") {
            ck_openat2(
                root.raw, path + [0], UInt64(O_RDONLY | O_DIRECTORY), 0,
                UInt64(CK_RESOLVE_IN_ROOT | CK_RESOLVE_NO_MAGICLINKS))
        }
        return Descriptor(owning: raw)
    }

    /// Without the terminating zero.
    private static func parent(of path: CPath) -> CPath {
        path.lastIndex(of: 47).map { CPath(path[..<$0]) } ?? []
    }

    private static func last(_ path: CPath) -> CPath {
        CPath(path[(path.lastIndex(of: 47).map { $0 + 1 } ?? 0)...])
    }

    private static func times(_ status: stat) -> [timespec] { [status.st_atim, status.st_mtim] }
}

import CKLinux
import ContainerSystem
import Glibc

/// What is in a container's own files only because something was mounted there: empty files and folders that nobody made on
/// purpose. docker keeps them in a layer of their own, so that they are no change and in no image.
struct MountRemains {
    /// Relative to the root, as C strings.
    private(set) var paths: Set<CPath> = []

    /// - Parameters:
    ///   - targets: where things are mounted, from the root on.
    ///   - upper: the container's own files.
    ///   - below: its image.
    init(of targets: [String], upper: Descriptor, below: LayeredView) throws(ContainerError) {
        var candidates = Set<[CPath]>()
        for target in targets {
            let parts = target.split(separator: "/").map { CPath($0.utf8.map(CChar.init(bitPattern:))) + [0] }
            for count in stride(from: 1, through: parts.count, by: 1) { candidates.insert(Array(parts[..<count])) }
        }
        // What is in a folder comes before the folder.
        for components in candidates.sorted(by: { $0.count > $1.count })
        where try Self.isRemains(components, upper, below, paths) {
            paths.insert(EntryPath(components: components).path)
        }
    }

    private static func isRemains(
        _ components: [CPath], _ upper: Descriptor, _ below: LayeredView, _ known: Set<CPath>
    ) throws(ContainerError) -> Bool {
        let path = EntryPath(components: components)
        let raw = ck_openat2(
            upper.raw, path.path, UInt64(CK_O_PATH | O_NOFOLLOW), 0,
            UInt64(CK_RESOLVE_BENEATH | CK_RESOLVE_NO_SYMLINKS | CK_RESOLVE_NO_XDEV))
        guard raw >= 0 else { return false }
        let entry = Descriptor(owning: raw)
        let status = try entry.status(path.text)
        let original = try below.statusOfEntry(components)
        if status.type == S_IFREG { return original == nil && status.st_size == 0 && status.st_nlink == 1 }
        guard status.type == S_IFDIR else { return false }
        if let original {
            guard original.st_mode == status.st_mode, original.st_uid == status.st_uid,
                original.st_gid == status.st_gid, !ExtendedAttributes.isOpaque(at: entry)
            else { return false }
        }
        return try entry.entries(name: path.text).allSatisfy { name in
            known.contains(EntryPath(components: components + [name]).path)
        }
    }
}

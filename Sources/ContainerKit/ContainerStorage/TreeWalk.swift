import CKLinux
import ContainerSystem
import Glibc

/// Everything in a folder, folders before what is in them, names sorted by their bytes; by descriptor, no link followed,
/// no mount point entered unless that is asked for. Depth costs no descriptors.
struct TreeWalk {
    struct Entry {
        /// Relative to the folder.
        let path: CPath
        let name: CPath
        /// The open folder that holds it.
        let parent: Descriptor
        let status: stat
        var text: String { path.text }
    }

    private let root: Descriptor
    private let name: String
    private var pending = [CPath]()
    private var current: (path: CPath, directory: Descriptor)
    /// Whether what is in a folder belongs to it; nil: unless something is mounted there.
    private let descends: ((Descriptor, stat) -> Bool)?

    init(_ directory: String) throws(ContainerError) {
        try self.init(try Descriptor.open(directory, O_RDONLY | O_DIRECTORY), name: directory)
    }

    /// - Parameters:
    ///   - directory: open for reading.
    ///   - name: what errors call it.
    ///   - crossesMounts: goes into what is mounted in the folder as well, where it answers true; nil: into nothing.
    init(_ directory: Descriptor, name: String, crossesMounts: ((Descriptor, stat) -> Bool)? = nil)
        throws(ContainerError)
    {
        root = directory
        descends = crossesMounts
        self.name = name
        current = ([], root)
        try push(root, [])
    }

    /// The status of the folder itself.
    func rootStatus() throws(ContainerError) -> stat {
        var status = stat()
        try system("stat \(name)") { fstat(root.raw, &status) }
        return status
    }

    var rootDescriptor: Descriptor { root }

    /// The next entry, nil at the end. What vanishes meanwhile is left out.
    mutating func next() throws(ContainerError) -> Entry? {
        while let path = pending.popLast() {
            let slash = path.lastIndex(of: 47)
            let parentPath = slash.map { CPath(path[..<$0]) } ?? []
            if parentPath != current.path { current = (parentPath, try open(parentPath + [0])) }
            let name = CPath(path[(slash.map { $0 + 1 } ?? 0)...])
            var status = stat()
            if fstatat(current.directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                if errno == ENOENT { continue }
                throw ContainerError(.current, "stat \(path.text) in \(self.name)")
            }
            let entry = Entry(path: path, name: name, parent: current.directory, status: status)
            if status.type == S_IFDIR {
                let directory = try open(path)
                if descends?(directory, status) ?? true { try push(directory, CPath(path.dropLast())) }
            }
            return entry
        }
        return nil
    }

    private mutating func push(_ directory: Descriptor, _ path: CPath) throws(ContainerError) {
        let names = try directory.entries(name: "\(name)/\((path + [0]).text)")
        let sorted = names.sorted { right, left in
            left.lexicographicallyPrecedes(right) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) }
        }
        pending += sorted.map { path.isEmpty ? $0 : path + [47] + $0 }
    }

    private func open(_ path: CPath) throws(ContainerError) -> Descriptor {
        if path == [0] { return root }
        let crossing = descends == nil ? CK_RESOLVE_NO_XDEV : 0
        let raw = try system("open \(path.text) in \(name)") {
            ck_openat2(
                root.raw, path, UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW), 0,
                UInt64(CK_RESOLVE_BENEATH | CK_RESOLVE_NO_SYMLINKS | crossing))
        }
        return Descriptor(owning: raw)
    }
}

/// What a folder takes.
public struct DiskUsage: Hashable, Sendable {
    /// The sizes of the files in bytes, hard links counted once.
    public var size: Int64 = 0
    /// What they take on the disk in bytes.
    public var allocated: Int64 = 0
    /// Files, folders, links and devices.
    public var entries = 0

    /// Measures a folder of the host, by descriptor.
    /// - Throws: `ContainerError` with what could not be read.
    public init(of directory: String) throws(ContainerError) {
        var seen = Set<ino_t>()
        var walk = try TreeWalk(directory)
        while let entry = try walk.next() {
            let status = entry.status
            entries += 1
            if status.st_nlink > 1, status.type != S_IFDIR, !seen.insert(status.st_ino).inserted { continue }
            allocated += Int64(status.st_blocks) * 512
            if status.type == S_IFREG { size += Int64(status.st_size) }
        }
    }
}

import CKLinux
import ContainerSystem
import Glibc

/// Copies a file or a folder from one place to another; the kernel copies the bytes.
struct TreeCopier {
    private let source: CopySource
    private let target: CopyTarget
    private let keepsOwner: Bool
    private let progress: CopyProgress
    /// Where each file that has several names was copied to first.
    private var firstNames: [FileIdentity: EntryPath] = [:]
    /// The copy of the folder, which may lie in the folder itself: a container may show it.
    private var made: FileIdentity?

    init(_ source: CopySource, to target: CopyTarget, keepsOwner: Bool, progress: CopyProgress) {
        self.source = source
        self.target = target
        self.keepsOwner = keepsOwner
        self.progress = progress
    }

    /// - Parameter name: what the copy is called in the target; nil: what is in the folder goes right into it.
    mutating func run(as name: CPath?) throws(ContainerError) {
        let top = EntryPath(components: name.map { [$0] } ?? [])
        if source.isDirectory {
            var walk = try source.walk()
            try copyDirectory(top, walk.rootDescriptor, try walk.rootStatus())
            made = target.identity(of: top)
            while let entry = try walk.next() {
                try copy(entry, to: EntryPath(components: top.components + Self.components(entry.path)))
            }
        } else {
            let located = source.located
            try copy(
                TreeWalk.Entry(
                    path: located.name, name: located.name, parent: located.parent, status: source.status), to: top)
        }
        target.finish()
    }

    private static func components(_ path: CPath) -> [CPath] {
        path.dropLast().split(separator: 47).map { CPath($0) + [0] }
    }

    private mutating func copy(_ entry: TreeWalk.Entry, to path: EntryPath) throws(ContainerError) {
        let status = entry.status
        let attributes = FileAttributes(status, keepsOwner: keepsOwner)
        if status.st_nlink > 1, status.type != S_IFDIR, status.type != S_IFSOCK {
            if let first = firstNames[FileIdentity(status)] {
                progress.add(header: 1)
                return try target.makeHardLink(path, to: first)
            }
            firstNames[FileIdentity(status)] = path
        }
        switch status.type {
        case S_IFREG: try copyFile(entry, to: path)
        case S_IFDIR:
            guard FileIdentity(status) != made else {
                throw ContainerError(.invalidArgument, "cannot copy a directory, \(source.path), into itself")
            }
            let raw = openat(entry.parent.raw, entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            // It has gone, or is something else by now; so is what was in it.
            guard raw >= 0 else { throw ContainerError(.current, "open \(entry.text) in \(source.path)") }
            let folder = Descriptor(owning: raw)
            try copyDirectory(path, folder, try folder.status(entry.text))
        case S_IFLNK:
            try target.makeLink(path, to: LayeredView.target(of: entry.name, in: entry.parent), attributes)
            progress.add(header: 1)
        // A socket lives as long as the process behind it.
        case S_IFSOCK: break
        default:
            try target.makeNode(path, attributes)
            progress.add(header: 1)
        }
    }

    private func copyDirectory(_ path: EntryPath, _ folder: Descriptor, _ status: stat) throws(ContainerError) {
        progress.add(header: 1)
        var attributes = FileAttributes(status, keepsOwner: keepsOwner)
        attributes.extended = try extended(of: folder)
        try target.makeDirectory(path, attributes)
    }

    private func copyFile(_ entry: TreeWalk.Entry, to path: EntryPath) throws(ContainerError) {
        let text = entry.text
        guard let (data, status) = try entry.parent.openRegular(entry.name, path: text) else { return }
        var attributes = FileAttributes(status, keepsOwner: keepsOwner)
        attributes.extended = try extended(of: data)
        let file = try target.makeFile(path)
        do throws(ContainerError) {
            try copyBytes(from: data, status, to: file, text)
        } catch {
            target.discard(path)
            throw error
        }
        try target.close(file, path, attributes)
        progress.add(header: 1, padding: Int64(status.st_size))
    }

    /// Files with holes keep them.
    private func copyBytes(from data: Descriptor, _ status: stat, to file: Descriptor, _ text: String)
        throws(ContainerError)
    {
        let size = Int64(status.st_size)
        var copier = ContentCopier(from: data, to: file, path: text, name: text)
        guard Int64(status.st_blocks) * 512 < size else {
            _ = try copier.copy(atMost: size) { progress.add(bytes: $0) }
            return
        }
        var offset: off_t = 0
        while offset < size {
            let start = lseek(data.raw, offset, CK_SEEK_DATA)
            if start < 0 { break }
            let end = lseek(data.raw, start, CK_SEEK_HOLE)
            guard start < size, end > start, lseek(data.raw, start, SEEK_SET) >= 0,
                lseek(file.raw, start, SEEK_SET) >= 0
            else { break }
            _ = try copier.copy(atMost: min(Int64(end), size) - Int64(start)) { progress.add(bytes: $0) }
            offset = end
        }
        try system("extend \(text)") { ftruncate(file.raw, off_t(size)) }
    }

    private func extended(of file: Descriptor) throws(ContainerError) -> [(name: String, value: [UInt8])] {
        try ExtendedAttributes.list(of: file, name: source.path)
            .filter { FileAttributes.isCopied($0.name, keepsOwner: keepsOwner) }
    }
}

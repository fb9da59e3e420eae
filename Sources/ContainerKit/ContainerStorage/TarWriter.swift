import CKArchive
import CKLinux
import ContainerSystem
import Glibc
import OCISpec

/// Writes a folder as the tar of a layer (pax, POSIX.1-2001), sorted, so that the same folder gives the same bytes.
final class TarWriter {
    /// What the folder is.
    enum Source {
        /// Files as they are.
        case directory
        /// The upper folder of an overlay: its whiteouts and opaque folders become those of the image specification.
        case overlayUpper
        /// What a container sees of its layers: there are no whiteouts, and names that would be some are only names.
        case view
    }

    private let source: Source
    private let sink: LayerCompressor.Sink
    private var hasher: SHA256Hasher
    private let archive: OpaquePointer
    private var failure: ContainerError?
    /// The first name of each file that has several.
    private var firstNames = [FileIdentity: CPath]()
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    /// - Parameter sink: receives the uncompressed tar.
    init(_ source: Source, sink: @escaping LayerCompressor.Sink) throws(ContainerError) {
        try ArchiveLibrary.load()
        self.source = source
        self.sink = sink
        hasher = try SHA256Hasher()
        guard let archive = ck_archive_write_new() else { throw ContainerError(.exhausted, "write layer: no memory") }
        self.archive = archive
        try check(ck_archive_write_set_format_pax(archive))
        // One of the two forms that libarchive knows is enough, and this is the one that container tools read.
        try check(ck_archive_write_set_format_option(archive, "pax", "xattrheader", "SCHILY"))
        try check(ck_archive_write_set_bytes_per_block(archive, 10240))
        try check(ck_archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            ck_archive_write_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, writer, bytes, count in
                    Unmanaged<TarWriter>.fromOpaque(writer!).takeUnretainedValue()
                        .accept(UnsafeRawBufferPointer(start: bytes, count: count))
                }, nil))
    }

    deinit {
        _ = ck_archive_write_fail(archive)
        _ = ck_archive_write_free(archive)
    }

    /// Writes all of the folder and the end of the archive.
    /// - Parameter omitted: what is not written, by its path.
    /// - Returns: the digest of the tar.
    func write(_ directory: String, omitting omitted: Set<CPath> = []) throws(ContainerError) -> Digest {
        try archiving { () throws(ContainerError) in
            var walk = try TreeWalk(directory)
            let root = TreeWalk.Entry(
                path: [46, 0], name: [46, 0], parent: walk.rootDescriptor, status: try walk.rootStatus())
            if source == .directory { try write(root) }
            while let entry = try walk.next() { if !omitted.contains(entry.path) { try write(entry) } }
        }
        return hasher.finalize()
    }

    /// Runs what writes the entries, and ends the archive.
    func archiving(_ body: () throws(ContainerError) -> Void) throws(ContainerError) {
        try ArchiveLibrary.withLocale("C.UTF-8") { () throws(ContainerError) in
            try body()
            try check(ck_archive_write_close(archive))
        }
    }

    func write(_ file: TreeWalk.Entry) throws(ContainerError) {
        guard source == .view || !file.name.starts(with: LayerName.prefix) else {
            throw ContainerError(
                .unsupported, "write layer: \(file.text)", cause: "a layer cannot hold a name that begins with .wh.",
                hint: "rename or remove the file")
        }
        // A socket lives as long as the process behind it; tar has no type for it.
        if file.status.type == S_IFSOCK { return }
        if source == .overlayUpper, file.status.isWhiteout { return try writeMarker(for: file, isOpaque: false) }
        try writeEntry(file)
        if source == .overlayUpper, file.status.type == S_IFDIR,
            ExtendedAttributes.get(ExtendedAttributes.path(file.parent, file.name), ExtendedAttributes.opaque) == [121]
        {
            try writeMarker(for: file, isOpaque: true)
        }
    }

    private func writeEntry(_ file: TreeWalk.Entry) throws(ContainerError) {
        guard let entry = ck_archive_entry_new() else { throw ContainerError(.exhausted, "write layer: no memory") }
        defer { ck_archive_entry_free(entry) }
        let status = file.status
        ck_archive_entry_set_pathname(
            entry, status.type == S_IFDIR ? CPath(file.path.dropLast()) + [47, 0] : file.path)
        ck_archive_entry_set_perm(entry, status.st_mode & 0o7777)
        ck_archive_entry_set_uid(entry, Int64(status.st_uid))
        ck_archive_entry_set_gid(entry, Int64(status.st_gid))
        ck_archive_entry_set_mtime(entry, status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        ck_archive_entry_set_size(entry, 0)
        ck_archive_entry_set_filetype(entry, status.type)
        if status.st_nlink > 1, status.type != S_IFDIR {
            if let first = firstNames[FileIdentity(status)] {
                ck_archive_entry_set_hardlink(entry, first)
                return try writeHeader(entry, file.text)
            }
            firstNames[FileIdentity(status)] = file.path
        }
        for (name, value) in try ExtendedAttributes.list(
            ExtendedAttributes.path(file.parent, file.name), name: file.text)
        where ExtendedAttributes.belongsInLayer(name) {
            ck_archive_entry_xattr_add_entry(entry, name, value, value.count)
        }
        switch status.type {
        case S_IFREG:
            return try writeRegular(file, entry)
        case S_IFLNK:
            var target = CPath(repeating: 0, count: Int(PATH_MAX))
            try system("read link \(file.text)") {
                readlinkat(file.parent.raw, file.name, &target, target.count - 1)
            }
            ck_archive_entry_set_symlink(entry, target)
        case S_IFCHR, S_IFBLK:
            ck_archive_entry_set_rdevmajor(entry, dev_t(ck_major(status.st_rdev)))
            ck_archive_entry_set_rdevminor(entry, dev_t(ck_minor(status.st_rdev)))
        default: break
        }
        try writeHeader(entry, file.text)
    }

    private func writeRegular(_ file: TreeWalk.Entry, _ entry: OpaquePointer) throws(ContainerError) {
        guard let (data, status) = try file.parent.openRegular(file.name, path: file.text) else { return }
        let size = Int(status.st_size)
        ck_archive_entry_set_size(entry, Int64(size))
        try writeHeader(entry, file.text)
        var rest = size
        // Exactly the announced size, should somebody be writing to it: the archive stays well-formed.
        while rest > 0 {
            let wanted = min(rest, buffer.count)
            var count = try system("read \(file.text)") { read(data.raw, &buffer, wanted) }
            if count == 0 {
                buffer = [UInt8](repeating: 0, count: buffer.count)
                count = wanted
            }
            let written = ck_archive_write_data(archive, buffer, count)
            if let failure { throw failure }
            guard written == count else {
                throw ContainerError(
                    .systemFailure, "write layer: \(file.text)", cause: ArchiveLibrary.message(archive))
            }
            rest -= count
        }
    }

    private func writeMarker(for file: TreeWalk.Entry, isOpaque: Bool) throws(ContainerError) {
        let path: CPath
        if isOpaque {
            path = file.path.dropLast() + [47] + LayerName.opaqueName
        } else {
            path = file.path.dropLast(file.name.count) + LayerName.prefix + file.name
        }
        guard let entry = ck_archive_entry_new() else { throw ContainerError(.exhausted, "write layer: no memory") }
        defer { ck_archive_entry_free(entry) }
        ck_archive_entry_set_pathname(entry, path)
        ck_archive_entry_set_filetype(entry, regularFile)
        ck_archive_entry_set_perm(entry, 0o600)
        ck_archive_entry_set_size(entry, 0)
        ck_archive_entry_set_mtime(entry, 0, 0)
        try writeHeader(entry, path.text)
    }

    private func writeHeader(_ entry: OpaquePointer, _ text: String) throws(ContainerError) {
        let status = ck_archive_write_header(archive, entry)
        if let failure { throw failure }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN else {
            throw ContainerError(.unsupported, "write layer: \(text)", cause: ArchiveLibrary.message(archive))
        }
    }

    private func accept(_ bytes: UnsafeRawBufferPointer) -> Int {
        // An export has no digest that anybody asks for.
        if source != .view { hasher.update(bytes) }
        do throws(ContainerError) {
            try sink(bytes)
            return bytes.count
        } catch {
            failure = failure ?? error
            return -1
        }
    }

    private func check(_ status: CInt) throws(ContainerError) {
        if let failure { throw failure }
        try ArchiveLibrary.check(status, archive, "write layer")
    }
}

import CKArchive
import CKLinux
import ContainerSystem
import Glibc

/// Unpacks a tar that anybody may have made into a folder of a container (`docker cp - CONTAINER:PATH`). Compressed ones are
/// inflated in this process: no program is run for it.
struct ArchiveExtractor {
    private let stream: LayerStream
    private let limits: UnpackLimits
    private let target: CopyTarget
    /// Where the folder is in its root, for what leads out of it.
    private let folder: String
    private var entries = 0
    private var size: Int64 = 0

    init(
        _ source: ByteSource, to target: CopyTarget, folder: String, limits: UnpackLimits, progress: CopyProgress
    ) throws(ContainerError) {
        stream = try LayerStream(source, compression: nil, limits: limits) { bytes throws(ContainerError) in
            progress.add(bytes: Int64(bytes.count))
        }
        self.limits = limits
        self.target = target
        self.folder = folder
    }

    /// - Throws: `corrupted` with the entry that is malformed or leads out; `exhausted` when a limit or the disk is.
    mutating func run() throws(ContainerError) {
        try ArchiveLibrary.withLocale("C") { () throws(ContainerError) in try readEntries() }
        target.finish()
        _ = try stream.finish()
    }

    private mutating func readEntries() throws(ContainerError) {
        guard let archive = ck_archive_read_new() else { throw ContainerError(.exhausted, "read archive: no memory") }
        defer { _ = ck_archive_read_free(archive) }
        try check(ck_archive_read_set_format(archive, ARCHIVE_FORMAT_TAR), archive)
        try check(
            ck_archive_read_open(
                archive, Unmanaged.passUnretained(stream).toOpaque(), nil,
                { archive, stream, block in
                    guard let bytes = Unmanaged<LayerStream>.fromOpaque(stream!).takeUnretainedValue().nextOrFail()
                    else { return -1 }
                    block!.pointee = bytes.baseAddress
                    return bytes.count
                }, nil), archive)
        var entry: OpaquePointer?
        while true {
            let status = stream.readingHeader { ck_archive_read_next_header(archive, &entry) }
            if status == ARCHIVE_EOF, stream.failure == nil { return }
            try check(status, archive)
            guard let entry else { continue }
            entries += 1
            guard entries <= limits.entries else {
                throw ContainerError(.exhausted, "read archive: more than \(limits.entries) entries")
            }
            try unpack(entry, from: archive)
            _ = ck_archive_read_data_skip(archive)
        }
    }

    private func check(_ status: CInt, _ archive: OpaquePointer) throws(ContainerError) {
        if let failure = stream.failure { throw failure }
        try ArchiveLibrary.check(status, archive, "read archive")
    }

    private mutating func unpack(_ entry: OpaquePointer, from archive: OpaquePointer) throws(ContainerError) {
        let path = try ArchivePath.parse(ck_archive_entry_pathname(entry), in: folder)
        if let hardLink = ck_archive_entry_hardlink(entry) {
            guard let original = try? ArchivePath.parse(hardLink, in: folder) else {
                throw ContainerError(
                    .corrupted,
                    "invalid hardlink \"\(target.text(path))\" -> \"\(String(cString: hardLink).printable)\"")
            }
            return try target.makeHardLink(path, to: original)
        }
        let attributes = try attributes(of: entry, path)
        if path.isRoot {
            guard attributes.type == S_IFDIR else {
                throw ContainerError(.corrupted, "an entry of the archive has no name")
            }
            return
        }
        switch attributes.type {
        case S_IFREG: try unpackFile(path, attributes, entry, archive)
        case S_IFDIR: try target.makeDirectory(path, attributes)
        case S_IFLNK:
            guard let link = ck_archive_entry_symlink(entry), link[0] != 0 else {
                throw ContainerError(.corrupted, "\"\(target.text(path))\" is a symbolic link to nothing")
            }
            let destination = CPath(UnsafeBufferPointer(start: link, count: strlen(link) + 1))
            guard ArchivePath.staysInside(destination, from: path) else {
                throw ContainerError(
                    .corrupted, "invalid symlink \"\(target.text(path))\" -> \"\(destination.text)\"")
            }
            try target.makeLink(path, to: destination, attributes)
        case S_IFIFO, S_IFCHR, S_IFBLK: try target.makeNode(path, attributes)
        default: throw ContainerError(.corrupted, "\"\(target.text(path))\" is a file of an unknown type")
        }
    }

    private mutating func unpackFile(
        _ path: EntryPath, _ attributes: FileAttributes, _ entry: OpaquePointer, _ archive: OpaquePointer
    ) throws(ContainerError) {
        let announced = ck_archive_entry_size(entry)
        // A file of holes takes no bytes of the tar.
        guard announced >= 0, announced <= limits.bytes - size else {
            throw ContainerError(
                .exhausted, "\"\(target.text(path))\" has \(announced) bytes",
                cause: "the files of an archive may have \(limits.bytes) together")
        }
        let file = try target.makeFile(path)
        do throws(ContainerError) {
            try write(to: file, path, size: announced, archive)
        } catch {
            target.discard(path)
            throw error
        }
        size += announced
        try target.close(file, path, attributes)
    }

    private func write(to file: Descriptor, _ path: EntryPath, size: Int64, _ archive: OpaquePointer)
        throws(ContainerError)
    {
        var end: Int64 = 0
        while true {
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let status = ck_archive_read_data_block(archive, &bytes, &count, &offset)
            try check(status, archive)
            if status == ARCHIVE_EOF { break }
            var written = 0
            while written < count {
                written += try system("write \(target.text(path))") {
                    pwrite(file.raw, bytes! + written, count - written, off_t(offset) + written)
                }
            }
            end = max(end, offset + Int64(count))
        }
        guard end <= size else {
            throw ContainerError(.corrupted, "\"\(target.text(path))\" is longer than its header says")
        }
        if end < size { try system("extend \(target.text(path))") { ftruncate(file.raw, off_t(size)) } }
    }

    private func attributes(of entry: OpaquePointer, _ path: EntryPath) throws(ContainerError) -> FileAttributes {
        // An id of all ones means "leave as it is" to chown(2).
        guard let uid = UInt32(exactly: ck_archive_entry_uid(entry)), uid != UInt32.max,
            let gid = UInt32(exactly: ck_archive_entry_gid(entry)), gid != UInt32.max
        else { throw ContainerError(.corrupted, "\"\(target.text(path))\": owner or group out of range") }
        let nanoseconds = ck_archive_entry_mtime_nsec(entry)
        var attributes = FileAttributes(
            type: mode_t(ck_archive_entry_filetype(entry)) & S_IFMT,
            mode: mode_t(ck_archive_entry_perm(entry)) & 0o7777, owner: (uid, gid),
            time: timespec(
                tv_sec: ck_archive_entry_mtime(entry),
                tv_nsec: (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0))
        attributes.device = ck_makedev(
            UInt32(truncatingIfNeeded: ck_archive_entry_rdevmajor(entry)),
            UInt32(truncatingIfNeeded: ck_archive_entry_rdevminor(entry)))
        guard ck_archive_entry_xattr_reset(entry) > 0 else { return attributes }
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while ck_archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name, FileAttributes.isCopied(String(cString: name), keepsOwner: true) else { continue }
            attributes.extended.append(
                (String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: size))))
        }
        return attributes
    }
}

/// Names in an archive, as docker takes them: from the folder on, whatever they begin with; `..` is taken out, as long as
/// it stays inside.
enum ArchivePath {
    /// - Throws: `corrupted` when it leads out of the folder.
    static func parse(_ raw: UnsafePointer<CChar>?, in folder: String) throws(ContainerError) -> EntryPath {
        guard let raw, raw[0] != 0 else { throw ContainerError(.corrupted, "an entry of the archive has no name") }
        let bytes = UnsafeBufferPointer(start: raw, count: strlen(raw))
        guard bytes.count < Int(PATH_MAX) else {
            throw ContainerError(.corrupted, "an entry of the archive has a name longer than 4095 bytes")
        }
        var components: [CPath] = []
        for part in bytes.split(separator: 47) where !part.elementsEqual([46]) {
            guard part.elementsEqual([46, 46]) else {
                components.append(CPath(part) + [0])
                continue
            }
            guard components.popLast() != nil else {
                throw ContainerError(
                    .corrupted, "\"\(String(cString: raw).printable)\" is outside of \"\(folder.printable)\"")
            }
        }
        return EntryPath(components: components)
    }

    /// Whether a symbolic link leads to what the archive's folder holds; from the root on is the container's own business.
    static func staysInside(_ link: CPath, from path: EntryPath) -> Bool {
        if link.first == 47 { return true }
        var depth = path.components.count - 1
        for part in link.dropLast().split(separator: 47) where !part.elementsEqual([46]) {
            depth += part.elementsEqual([46, 46]) ? -1 : 1
            if depth < 0 { return false }
        }
        return true
    }
}

import CKArchive
import CKLinux
import ContainerSystem
import Glibc
import OCISpec

/// Unpacks the tar of a layer into an empty folder, in the form that overlayfs reads (OCI image specification, layer.md;
/// the kernel's overlayfs.rst). Reads it once, from beginning to end.
struct LayerUnpacker {
    private let stream: LayerStream
    private let limits: UnpackLimits
    private let target: UnpackTarget
    private var entries = 0
    /// The sum of the sizes of the files in bytes.
    private(set) var unpackedSize: Int64 = 0
    /// Whether the archive has an entry for the root itself.
    private(set) var describesRoot = false

    init(stream: LayerStream, limits: UnpackLimits, target: UnpackTarget) {
        self.stream = stream
        self.limits = limits
        self.target = target
    }

    /// - Returns: the digest of the uncompressed tar.
    /// - Throws: `corrupted` with the entry that is malformed or leads out; `exhausted` when a limit or the disk is.
    mutating func run() throws(ContainerError) -> Digest {
        try ArchiveLibrary.withLocale("C") { () throws(ContainerError) in try readEntries() }
        target.finish()
        return try stream.finish()
    }

    private mutating func readEntries() throws(ContainerError) {
        guard let archive = ck_archive_read_new() else {
            throw ContainerError(.exhausted, "unpack layer: no memory")
        }
        defer { _ = ck_archive_read_free(archive) }
        try check(ck_archive_read_set_format(archive, ARCHIVE_FORMAT_TAR), archive)
        let status = ck_archive_read_open(
            archive, Unmanaged.passUnretained(stream).toOpaque(), nil,
            { archive, stream, block in
                guard let bytes = Unmanaged<LayerStream>.fromOpaque(stream!).takeUnretainedValue().nextOrFail() else {
                    return -1
                }
                block!.pointee = bytes.baseAddress
                return bytes.count
            }, nil)
        try check(status, archive)
        var entry: OpaquePointer?
        while true {
            let status = stream.readingHeader { ck_archive_read_next_header(archive, &entry) }
            if status == ARCHIVE_EOF, stream.failure == nil { return }
            try check(status, archive)
            guard let entry else { continue }
            entries += 1
            guard entries <= limits.entries else {
                throw ContainerError(.exhausted, "unpack layer: more than \(limits.entries) entries")
            }
            try unpack(entry, from: archive)
            _ = ck_archive_read_data_skip(archive)
        }
    }

    private func check(_ status: CInt, _ archive: OpaquePointer) throws(ContainerError) {
        if let failure = stream.failure { throw failure }
        try ArchiveLibrary.check(status, archive, "unpack layer: read tar")
    }

    private mutating func unpack(_ entry: OpaquePointer, from archive: OpaquePointer) throws(ContainerError) {
        let path = try EntryPath(ck_archive_entry_pathname(entry))
        let hardLink = ck_archive_entry_hardlink(entry)
        let type = mode_t(ck_archive_entry_filetype(entry)) & S_IFMT
        switch try LayerName(path) {
        case .ordinary: break
        case .ignored: return
        case .opaque, .whiteout:
            guard hardLink != nil || type == S_IFREG else {
                throw EntryPath.failure(path.text, "a whiteout is an empty file")
            }
            return try applyWhiteout(path)
        }
        if path.isRoot {
            guard hardLink == nil, type == S_IFDIR else {
                throw EntryPath.failure(path.text, "the root of a layer is a folder")
            }
            describesRoot = true
            return try setAttributes(of: [46, 0], in: target.root, from: entry, path: path, type: S_IFDIR)
        }
        let parent = try target.parent(of: path)
        if let hardLink {
            let target = try EntryPath(hardLink)
            guard try LayerName(target) == .ordinary else {
                throw EntryPath.failure(path.text, "a hard link to a whiteout")
            }
            return try self.target.link(path, in: parent, to: target)
        }
        try make(path, type: type, in: parent, from: entry, archive)
    }

    private func applyWhiteout(_ path: EntryPath) throws(ContainerError) {
        let parent = try target.parent(of: path)
        if case .whiteout(let name) = try LayerName(path) {
            try target.whiteOut(EntryPath(components: path.parent.components + [name]), in: parent)
        } else {
            try target.makeOpaque(path.parent, in: parent)
        }
    }

    private mutating func make(
        _ path: EntryPath, type: mode_t, in parent: Descriptor, from entry: OpaquePointer, _ archive: OpaquePointer
    ) throws(ContainerError) {
        let name = path.name
        switch type {
        case S_IFREG:
            let raw = try target.make(path, in: parent) {
                openat(parent.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            }
            try writeData(from: archive, entry, to: Descriptor(owning: raw), path)
        case S_IFDIR:
            try target.makeDirectory(path, in: parent, isImplicit: false)
        case S_IFLNK:
            guard let link = ck_archive_entry_symlink(entry), link[0] != 0 else {
                throw EntryPath.failure(path.text, "a symbolic link to nothing")
            }
            _ = try target.make(path, in: parent) { symlinkat(link, parent.raw, name) }
        case S_IFIFO:
            _ = try target.make(path, in: parent) { mknodat(parent.raw, name, S_IFIFO | 0o600, 0) }
        case S_IFCHR, S_IFBLK:
            let device = ck_makedev(
                UInt32(truncatingIfNeeded: ck_archive_entry_rdevmajor(entry)),
                UInt32(truncatingIfNeeded: ck_archive_entry_rdevminor(entry)))
            _ = try target.make(path, in: parent) { mknodat(parent.raw, name, type | 0o600, device) }
        default:
            throw EntryPath.failure(path.text, "a file of an unknown type")
        }
        try setAttributes(of: name, in: parent, from: entry, path: path, type: type)
    }

    private mutating func writeData(
        from archive: OpaquePointer, _ entry: OpaquePointer, to file: Descriptor, _ path: EntryPath
    ) throws(ContainerError) {
        let size = ck_archive_entry_size(entry)
        // A file of holes takes no bytes of the tar.
        guard size >= 0, size <= limits.bytes - unpackedSize else {
            throw ContainerError(
                .exhausted, "unpack layer: \(path.text) has \(size) bytes",
                cause: "the files of a layer may have \(limits.bytes) together")
        }
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
                written += try system("unpack layer: write \(path.text)") {
                    pwrite(file.raw, bytes! + written, count - written, off_t(offset) + written)
                }
            }
            end = max(end, offset + Int64(count))
        }
        guard end <= size else { throw EntryPath.failure(path.text, "longer than its header says") }
        // A sparse file may end in a hole.
        if end < size { try system("unpack layer: extend \(path.text)") { ftruncate(file.raw, off_t(size)) } }
        unpackedSize += size
    }

    /// Owner, then mode (a change of owner clears setuid), then attributes (and capabilities), then times.
    private mutating func setAttributes(
        of name: CPath, in parent: Descriptor, from entry: OpaquePointer, path: EntryPath, type: mode_t
    ) throws(ContainerError) {
        let text = path.text
        // An id of all ones means "leave as it is" to chown(2).
        guard let uid = UInt32(exactly: ck_archive_entry_uid(entry)), uid != UInt32.max,
            let gid = UInt32(exactly: ck_archive_entry_gid(entry)), gid != UInt32.max
        else { throw EntryPath.failure(text, "owner or group out of range") }
        try system("unpack layer: change owner of \(text)") {
            fchownat(parent.raw, name, uid, gid, AT_SYMLINK_NOFOLLOW)
        }
        if type != S_IFLNK {
            let mode = mode_t(ck_archive_entry_perm(entry)) & 0o7777
            try system("unpack layer: change mode of \(text)") { fchmodat(parent.raw, name, mode, 0) }
        }
        try setExtendedAttributes(of: name, in: parent, from: entry, text)
        let nanoseconds = ck_archive_entry_mtime_nsec(entry)
        let time = timespec(
            tv_sec: ck_archive_entry_mtime(entry), tv_nsec: (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0)
        if type == S_IFDIR {
            try target.setTime(of: path, in: parent, to: time)
        } else {
            try system("unpack layer: set times of \(text)") {
                utimensat(parent.raw, name, [time, time], AT_SYMLINK_NOFOLLOW)
            }
        }
    }

    private func setExtendedAttributes(
        of name: CPath, in parent: Descriptor, from entry: OpaquePointer, _ text: String
    ) throws(ContainerError) {
        guard ck_archive_entry_xattr_reset(entry) > 0 else { return }
        let path = ExtendedAttributes.path(parent, name)
        var attribute: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while ck_archive_entry_xattr_next(entry, &attribute, &value, &size) == ARCHIVE_OK {
            guard let attribute else { continue }
            let key = String(cString: attribute)
            if ExtendedAttributes.isOverlay(key) { continue }
            try ExtendedAttributes.set(path, key, UnsafeRawBufferPointer(start: value, count: size), name: text)
        }
    }
}

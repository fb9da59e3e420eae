import CKArchive
import ContainerSystem
import Glibc

/// Writes a tar of plain files (pax, POSIX.1-2001) whose bytes depend on nothing but their names and contents.
public final class ArchiveWriter {
    private let output: Descriptor
    private let name: String
    private let archive: OpaquePointer
    private var failure: ContainerError?

    /// - Parameters:
    ///   - output: a file or a pipe.
    ///   - name: what errors call it.
    /// - Throws: `unsupported` when libarchive is not installed.
    public init(_ output: Descriptor, name: String) throws(ContainerError) {
        try ArchiveLibrary.load()
        self.output = output
        self.name = name
        guard let archive = ck_archive_write_new() else { throw ContainerError(.exhausted, "write \(name): no memory") }
        self.archive = archive
        try check(ck_archive_write_set_format_pax(archive))
        try check(ck_archive_write_set_bytes_per_block(archive, 1 << 20))
        try check(ck_archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            ck_archive_write_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, writer, bytes, count in
                    Unmanaged<ArchiveWriter>.fromOpaque(writer!).takeUnretainedValue()
                        .accept(UnsafeRawBufferPointer(start: bytes, count: count))
                }, nil))
    }

    deinit {
        _ = ck_archive_write_fail(archive)
        _ = ck_archive_write_free(archive)
    }

    public func addDirectory(_ path: String) throws(ContainerError) {
        try header(path, type: folderFile, mode: 0o755, size: 0)
    }

    public func add(_ path: String, _ bytes: [UInt8]) throws(ContainerError) {
        try header(path, type: regularFile, mode: 0o644, size: Int64(bytes.count))
        try write(bytes, bytes.count, path)
    }

    /// Adds `size` bytes of a file, from where it stands.
    /// - Throws: `corrupted` when it has fewer.
    public func add(_ path: String, _ file: Descriptor, size: Int64) throws(ContainerError) {
        try header(path, type: regularFile, mode: 0o644, size: size)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var rest = size
        while rest > 0 {
            let count = try system("read \(path)") { read(file.raw, &buffer, min(buffer.count, Int(clamping: rest))) }
            guard count > 0 else { throw ContainerError(.corrupted, "write \(name): \(path) is too short") }
            try write(buffer, count, path)
            rest -= Int64(count)
        }
    }

    /// Writes the end of the archive.
    public func finish() throws(ContainerError) { try check(ck_archive_write_close(archive)) }

    private func header(_ path: String, type: UInt32, mode: mode_t, size: Int64) throws(ContainerError) {
        guard let entry = ck_archive_entry_new() else { throw ContainerError(.exhausted, "write \(name): no memory") }
        defer { ck_archive_entry_free(entry) }
        ck_archive_entry_set_pathname(entry, path)
        ck_archive_entry_set_filetype(entry, type)
        ck_archive_entry_set_perm(entry, mode)
        ck_archive_entry_set_size(entry, size)
        ck_archive_entry_set_mtime(entry, 0, 0)
        try check(ck_archive_write_header(archive, entry))
    }

    private func write(_ bytes: [UInt8], _ count: Int, _ path: String) throws(ContainerError) {
        let written = ck_archive_write_data(archive, bytes, count)
        if let failure { throw failure }
        guard written == count else {
            throw ContainerError(.systemFailure, "write \(name): \(path)", cause: ArchiveLibrary.message(archive))
        }
    }

    private func accept(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(ContainerError) {
            try output.writeAll(bytes, name: name)
            return bytes.count
        } catch {
            failure = failure ?? error
            return -1
        }
    }

    private func check(_ status: CInt) throws(ContainerError) {
        if let failure { throw failure }
        try ArchiveLibrary.check(status, archive, "write \(name)")
    }
}

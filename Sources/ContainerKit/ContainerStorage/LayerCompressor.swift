import CKArchive
import ContainerSystem
import Glibc

/// Takes the bytes of a layer's tar, gives them on compressed. The same bytes give the same result (no time of day).
final class LayerCompressor {
    typealias Sink = (UnsafeRawBufferPointer) throws(ContainerError) -> Void

    private let sink: Sink
    private var archive: OpaquePointer?
    private var failure: ContainerError?

    /// - Throws: `unsupported` for a compression that is only read.
    init(_ compression: LayerCompression, sink: @escaping Sink) throws(ContainerError) {
        self.sink = sink
        guard compression != .none else { return }
        guard compression.mediaType != nil else {
            throw ContainerError(.unsupported, "write layer: there are no layers in \(compression.rawValue)")
        }
        try ArchiveLibrary.load()
        guard let archive = ck_archive_write_new() else { throw ContainerError(.exhausted, "write layer: no memory") }
        self.archive = archive
        try check(ck_archive_write_set_format_raw(archive))
        try check(ck_archive_write_add_filter(archive, compression.filter))
        if compression == .gzip {
            try check(ck_archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
            // Half the time of zlib's own choice for a twentieth more bytes.
            try check(ck_archive_write_set_filter_option(archive, "gzip", "compression-level", "3"))
        }
        try check(ck_archive_write_set_bytes_per_block(archive, 64 << 10))
        try check(ck_archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            ck_archive_write_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, compressor, bytes, count in
                    Unmanaged<LayerCompressor>.fromOpaque(compressor!).takeUnretainedValue()
                        .accept(UnsafeRawBufferPointer(start: bytes, count: count))
                }, nil))
        guard let entry = ck_archive_entry_new() else { throw ContainerError(.exhausted, "write layer: no memory") }
        defer { ck_archive_entry_free(entry) }
        ck_archive_entry_set_pathname(entry, "layer")
        ck_archive_entry_set_filetype(entry, regularFile)
        try check(ck_archive_write_header(archive, entry))
    }

    deinit {
        guard let archive else { return }
        // Without this the library would write the rest out.
        _ = ck_archive_write_fail(archive)
        _ = ck_archive_write_free(archive)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ContainerError) {
        guard let archive else { return try sink(bytes) }
        let count = ck_archive_write_data(archive, bytes.baseAddress, bytes.count)
        if let failure { throw failure }
        guard count == bytes.count else {
            throw ContainerError(.systemFailure, "compress layer", cause: ArchiveLibrary.message(archive))
        }
    }

    /// Gives the last bytes on.
    func finish() throws(ContainerError) {
        guard let archive else { return }
        try check(ck_archive_write_close(archive))
        self.archive = nil
        _ = ck_archive_write_free(archive)
    }

    private func accept(_ bytes: UnsafeRawBufferPointer) -> Int {
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
        if let archive { try ArchiveLibrary.check(status, archive, "compress layer") }
    }
}

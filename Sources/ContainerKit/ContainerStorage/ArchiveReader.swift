import CKArchive
import ContainerSystem
import Glibc

/// Reads the plain files of a tar, compressed or not, once from its beginning to its end; so a pipe will do. Or of a
/// folder that holds what the tar would.
public struct ArchiveReader {
    /// What an entry is; folders, devices and the like are passed over.
    public enum Entry: Sendable, Equatable {
        case file(size: Int64)
        /// A symbolic or hard link, with what it names.
        case link(String)
    }

    public typealias Sink = (UnsafeRawBufferPointer) throws(ContainerError) -> Void

    private let source: Descriptor
    private let name: String
    private let limits: UnpackLimits

    /// - Parameter name: what errors call it.
    public init(_ source: Descriptor, name: String, limits: UnpackLimits = UnpackLimits()) {
        self.source = source
        self.name = name
        self.limits = limits
    }

    /// Calls `body` for each file and link, with its path (without `./` before it) and a way to read its bytes; what is
    /// not read is passed over.
    /// - Throws: `corrupted` when it is no archive; `exhausted` beyond a limit; what `body` throws.
    public func forEach(
        _ body: (_ path: String, _ entry: Entry, _ read: (Sink) throws(ContainerError) -> Void) throws(ContainerError)
            -> Void
    ) throws(ContainerError) {
        if try isFolder { return try readFolder(body) }
        let stream = try LayerStream(ByteSource(source, name: name), compression: nil, limits: limits)
        try ArchiveLibrary.withLocale("C") { () throws(ContainerError) in try read(stream, body) }
    }

    private func read(
        _ stream: LayerStream,
        _ body: (String, Entry, (Sink) throws(ContainerError) -> Void) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        guard let archive = ck_archive_read_new() else { throw ContainerError(.exhausted, "read \(name): no memory") }
        defer { _ = ck_archive_read_free(archive) }
        func check(_ status: CInt) throws(ContainerError) {
            if let failure = stream.failure { throw failure }
            try ArchiveLibrary.check(status, archive, "read \(name)")
        }
        try check(ck_archive_read_set_format(archive, ARCHIVE_FORMAT_TAR))
        try check(
            ck_archive_read_open(
                archive, Unmanaged.passUnretained(stream).toOpaque(), nil,
                { archive, stream, block in
                    guard let bytes = Unmanaged<LayerStream>.fromOpaque(stream!).takeUnretainedValue().nextOrFail()
                    else { return -1 }
                    block!.pointee = bytes.baseAddress
                    return bytes.count
                }, nil))
        var entry: OpaquePointer?
        var count = 0
        while true {
            let status = stream.readingHeader { ck_archive_read_next_header(archive, &entry) }
            if status == ARCHIVE_EOF, stream.failure == nil { return }
            try check(status)
            count += 1
            guard count <= limits.entries else {
                throw ContainerError(.exhausted, "read \(name): more than \(limits.entries) entries")
            }
            guard let entry, let path = ck_archive_entry_pathname(entry) else { continue }
            var text = Substring(String(cString: path))
            while text.hasPrefix("./") { text = text.dropFirst(2) }
            let link = ck_archive_entry_symlink(entry) ?? ck_archive_entry_hardlink(entry)
            if let link {
                try body(String(text), .link(String(cString: link))) { _ in }
            } else if mode_t(ck_archive_entry_filetype(entry)) & S_IFMT == S_IFREG {
                try body(String(text), .file(size: ck_archive_entry_size(entry))) { sink throws(ContainerError) in
                    while true {
                        var bytes: UnsafeRawPointer?
                        var count = 0
                        var offset: la_int64_t = 0
                        let status = ck_archive_read_data_block(archive, &bytes, &count, &offset)
                        try check(status)
                        if status == ARCHIVE_EOF { return }
                        try sink(UnsafeRawBufferPointer(start: bytes, count: count))
                    }
                }
            }
            _ = ck_archive_read_data_skip(archive)
        }
    }

    private var isFolder: Bool {
        get throws(ContainerError) {
            var status = stat()
            try system("stat \(name)") { fstat(source.raw, &status) }
            return status.type == S_IFDIR
        }
    }

    /// By descriptor, and no link is followed: one that is there is an entry like any other.
    private func readFolder(
        _ body: (String, Entry, (Sink) throws(ContainerError) -> Void) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        var walk = try TreeWalk(source, name: name)
        var count = 0
        while let file = try walk.next() {
            count += 1
            guard count <= limits.entries else {
                throw ContainerError(.exhausted, "read \(name): more than \(limits.entries) entries")
            }
            switch file.status.type {
            case S_IFLNK:
                try body(file.text, .link(try LayeredView.target(of: file.name, in: file.parent).text)) { _ in }
            case S_IFREG:
                let data = try LayeredView.open(file.name, in: file.parent, path: file.text)
                try body(file.text, .file(size: Int64(file.status.st_size))) { sink throws(ContainerError) in
                    try Self.read(data, file.text, sink)
                }
            default: break
            }
        }
    }

    private static func read(_ file: Descriptor, _ path: String, _ sink: Sink) throws(ContainerError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try system("read \(path)") { Glibc.read(file.raw, buffer.baseAddress, buffer.count) }
            if count == 0 { return }
            try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

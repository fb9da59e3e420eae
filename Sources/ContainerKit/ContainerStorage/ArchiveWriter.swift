import CKLinux
import ContainerSystem
import Glibc

/// Writes a tar of plain files (ustar, POSIX.1-1988; pax for what is larger than 8 GiB) whose bytes depend on nothing but
/// their names and contents. The kernel copies the contents; they never come into this process where it can.
public final class ArchiveWriter {
    private let output: Descriptor
    private let name: String
    /// Headers and small files that are not written yet.
    private var pending: [UInt8] = []
    private static let block = 512
    /// The largest size that eleven octal digits can tell.
    private static let largestSize: Int64 = 0o77777777777

    /// - Parameters:
    ///   - output: a file or a pipe.
    ///   - name: what errors call it.
    public init(_ output: Descriptor, name: String) {
        self.output = output
        self.name = name
        // A reader that is as fast as we are then wakes a sixteenth as often. What is no pipe, or may not, stays as it is.
        _ = fcntl(output.raw, CK_F_SETPIPE_SZ, 1 << 20)
    }

    public func addDirectory(_ path: String) throws(ContainerError) {
        try header(path, type: UInt8(ascii: "5"), mode: 0o755, size: 0)
    }

    public func add(_ path: String, _ bytes: [UInt8]) throws(ContainerError) {
        try header(path, type: UInt8(ascii: "0"), mode: 0o644, size: Int64(bytes.count))
        pending += bytes
        pad(Int64(bytes.count))
    }

    /// Adds `size` bytes of a file, from where it stands.
    /// - Throws: `corrupted` when it has fewer.
    public func add(_ path: String, _ file: Descriptor, size: Int64) throws(ContainerError) {
        try header(path, type: UInt8(ascii: "0"), mode: 0o644, size: size)
        try flush()
        var copier = ContentCopier(from: file, to: output, path: path, name: name)
        try copier.copy(size)
        pad(size)
    }

    /// Writes the end of the archive.
    public func finish() throws(ContainerError) {
        pending += [UInt8](repeating: 0, count: 2 * Self.block)
        try flush()
    }

    private func flush() throws(ContainerError) {
        try output.writeAll(pending, name: name)
        pending.removeAll(keepingCapacity: true)
    }

    private func pad(_ size: Int64) {
        let rest = Int(size % Int64(Self.block))
        if rest > 0 { pending += [UInt8](repeating: 0, count: Self.block - rest) }
    }

    private func header(_ path: String, type: UInt8, mode: Int64, size: Int64) throws(ContainerError) {
        guard path.utf8.count <= 100 else {
            throw ContainerError(.unsupported, "write \(name): the name \(path) is too long")
        }
        if size > Self.largestSize {
            let record = Self.record("size", String(size))
            block("pax", type: UInt8(ascii: "x"), mode: 0o644, size: Int64(record.count))
            pending += record
            pad(Int64(record.count))
        }
        block(path, type: type, mode: mode, size: min(size, Self.largestSize))
    }

    /// `LENGTH KEY=VALUE\n`, the length that of all of it.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while String(length).utf8.count + rest.utf8.count != length {
            length = String(length).utf8.count + rest.utf8.count
        }
        return Array((String(length) + rest).utf8)
    }

    private func block(_ path: String, type: UInt8, mode: Int64, size: Int64) {
        var block = [UInt8](repeating: 0, count: Self.block)
        func put(_ offset: Int, _ text: some Sequence<UInt8>) {
            for (index, byte) in text.enumerated() { block[offset + index] = byte }
        }
        func put(_ offset: Int, octal value: Int64, digits: Int) {
            let text = String(value, radix: 8)
            put(offset, (String(repeating: "0", count: digits - text.count) + text).utf8)
        }
        put(0, path.utf8)
        put(100, octal: mode, digits: 7)
        put(108, octal: 0, digits: 7)
        put(116, octal: 0, digits: 7)
        put(124, octal: size, digits: 11)
        put(136, octal: 0, digits: 11)
        block[156] = type
        put(257, "ustar\0".utf8)
        put(263, "00".utf8)
        put(148, "        ".utf8)
        put(148, octal: block.reduce(0) { $0 + Int64($1) }, digits: 6)
        block[154] = 0
        pending += block
    }
}

import CKLinux
import Glibc

/// An open file descriptor that is closed with its last reference. Always close-on-exec.
public final class Descriptor: Sendable {
    public let raw: CInt

    /// Takes over an open descriptor.
    public init(owning raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// Opens a path of the host (open(2)); `O_CLOEXEC` is added.
    /// - Throws: `ContainerError` with the path and the errno.
    public static func open(_ path: String, _ flags: CInt, mode: mode_t = 0) throws(ContainerError) -> Descriptor {
        Descriptor(owning: try system("open \(path)") { Glibc.open(path, flags | O_CLOEXEC, mode) })
    }

    /// A pipe (pipe(7)).
    public static func pipe() throws(ContainerError) -> (reader: Descriptor, writer: Descriptor) {
        var ends: [CInt] = [-1, -1]
        try system("make a pipe") { ck_pipe(&ends) }
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    /// Reads until the end or until `limit` bytes have come; more than `limit` is an error.
    public func readAll(limit: Int, name: String) throws(ContainerError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let chunk = try readChunk(bytes.count < 4096 ? 4096 : 65536, name: name)
            if chunk.isEmpty { return bytes }
            bytes += chunk
            guard bytes.count <= limit else {
                throw ContainerError(.corrupted, "read \(name): larger than \(limit) bytes")
            }
        }
    }

    /// What one read(2) gives; empty at the end. Small files are read by the dozen: no buffer is set to zero first.
    private func readChunk(_ size: Int, name: String) throws(ContainerError) -> [UInt8] {
        var failure: ContainerError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(ContainerError) {
                count = try system("read \(name)") { read(raw, buffer.baseAddress, size) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes every byte (write(2) may take several calls).
    public func writeAll(_ bytes: some Collection<UInt8>, name: String) throws(ContainerError) {
        var rest = ArraySlice(bytes)
        while !rest.isEmpty {
            let count = try system("write \(name)") { rest.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) } }
            rest = rest.dropFirst(count)
        }
    }

    /// As the other, without a copy.
    public func writeAll(_ bytes: UnsafeRawBufferPointer, name: String) throws(ContainerError) {
        var done = 0
        while done < bytes.count {
            done += try system("write \(name)") { write(raw, bytes.baseAddress! + done, bytes.count - done) }
        }
    }

    /// The first bytes of a file, wherever it stands; fewer when it has no more.
    public func firstBytes(_ count: Int) throws(ContainerError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = try system("read") { pread(raw, &bytes, count, 0) }
        return Array(bytes[..<found])
    }
}

import ContainerSystem
import Glibc

/// Bytes from a file, a pipe or elsewhere, once from their beginning to their end.
public struct ByteSource: Sendable {
    public typealias Read = @Sendable (UnsafeMutableRawBufferPointer) throws(ContainerError) -> Int

    /// Puts the next bytes into the buffer and answers how many; waits for the first of them, and answers 0 at the end.
    public let read: Read

    public init(_ read: @escaping Read) { self.read = read }

    /// A file or a pipe, from where it stands.
    /// - Parameter name: what errors call it.
    public init(_ file: Descriptor, name: String = "layer") {
        read = { buffer throws(ContainerError) in
            try system("read \(name)") { Glibc.read(file.raw, buffer.baseAddress, buffer.count) }
        }
    }

    /// All that is to come.
    /// - Throws: `corrupted` when that is more than `limit` bytes.
    public func readAll(limit: Int) throws(ContainerError) -> [UInt8] {
        var bytes = [UInt8]()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(buffer)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw ContainerError(.corrupted, "read: larger than \(limit) bytes") }
        }
    }
}

import CKLinux
import ContainerSystem
import Glibc

/// Copies from a file in the fastest way that works for what is written to.
struct ContentCopier {
    private enum Way { case range, send, buffer }

    let from: Descriptor
    let to: Descriptor
    let path: String
    let name: String
    private var way = Way.range
    private var buffer: [UInt8] = []

    init(from: Descriptor, to: Descriptor, path: String, name: String) {
        self.from = from
        self.to = to
        self.path = path
        self.name = name
    }

    /// - Throws: `corrupted` when the file has fewer bytes.
    mutating func copy(_ size: Int64) throws(ContainerError) {
        guard try copy(atMost: size) == size else {
            throw ContainerError(.corrupted, "write \(name): \(path) is too short")
        }
    }

    /// - Returns: how many bytes there were.
    mutating func copy(atMost size: Int64, _ progress: (Int64) -> Void = { _ in }) throws(ContainerError) -> Int64 {
        var rest = size
        while rest > 0 {
            guard let count = try copySome(Int(clamping: min(rest, Self.piece))) else { continue }
            guard count > 0 else { break }
            rest -= Int64(count)
            progress(Int64(count))
        }
        return size - rest
    }

    /// Of that many bytes one call copies; between two there is time for somebody who watches.
    private static let piece: Int64 = 64 << 20

    /// - Returns: how many bytes; nil when another way is to be tried.
    private mutating func copySome(_ limit: Int) throws(ContainerError) -> Int? {
        switch way {
        case .range:
            let count = copy_file_range(from.raw, nil, to.raw, nil, limit, 0)
            return try result(count, otherwise: .send)
        case .send:
            let count = sendfile(to.raw, from.raw, nil, limit)
            return try result(count, otherwise: .buffer)
        case .buffer:
            if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 1 << 20) }
            let count = try system("read \(path)") { read(from.raw, &buffer, min(buffer.count, limit)) }
            let written = buffer.withUnsafeBytes { bytes in
                Result { () throws(ContainerError) in
                    try to.writeAll(UnsafeRawBufferPointer(rebasing: bytes[..<count]), name: name)
                }
            }
            try written.get()
            return count
        }
    }

    private mutating func result(_ count: Int, otherwise next: Way) throws(ContainerError) -> Int? {
        if count >= 0 {
            // On some file systems a range that cannot be copied counts as none.
            if count == 0, case .range = way {
                way = next
                return nil
            }
            return count
        }
        switch errno {
        case EINTR: return nil
        case EAGAIN:
            var request = pollfd(fd: to.raw, events: Int16(POLLOUT), revents: 0)
            _ = poll(&request, 1, -1)
            return nil
        case EINVAL, ENOSYS, EXDEV, EBADF, EOPNOTSUPP, EPERM, ETXTBSY:
            way = next
            return nil
        default: throw ContainerError(.current, "write \(name)")
        }
    }
}

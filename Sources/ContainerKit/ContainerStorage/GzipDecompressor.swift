import CKInflate
import ContainerSystem
import Glibc

/// gzip (RFC 1952), one member or many, by ISA-L.
final class GzipDecompressor: LayerDecompressor {
    private let input: LayerInput
    private let state: UnsafeMutableRawPointer
    /// Small enough to stay in the processor's cache until the bytes are hashed and written.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var isAtEnd = false
    /// Between two members, or behind the last one.
    private var isFinished = false

    /// - Returns: nil when the library is not installed.
    init?(_ input: LayerInput) {
        guard ck_inflate_is_available() != 0, let state = ck_gzip_new() else { return nil }
        self.input = input
        self.state = state
    }

    deinit {
        free(state)
        buffer.deallocate()
    }

    func next() throws(ContainerError) -> UnsafeRawBufferPointer {
        var filled = 0
        while filled < buffer.count {
            if rest.isEmpty, !isAtEnd {
                rest = try input.next()
                isAtEnd = rest.isEmpty
            }
            if isFinished {
                if rest.isEmpty { break }
                ck_gzip_next_member(state)
            }
            let count = try inflate(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            isFinished = ck_gzip_is_finished(state) != 0
            // What it holds back comes without more input; when nothing does, something is missing.
            if count == 0, isAtEnd, !isFinished {
                throw ContainerError(.corrupted, "decompress layer (gzip): truncated", hint: "fetch the image again")
            }
            filled += count
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<filled])
    }

    /// - Returns: how many bytes came out.
    private func inflate(_ output: UnsafeMutableRawBufferPointer) throws(ContainerError) -> Int {
        var unread = UInt32(rest.count)
        var unfilled = UInt32(output.count)
        let result = ck_gzip_inflate(state, rest.baseAddress, &unread, output.baseAddress, &unfilled)
        guard result >= 0, result != ISAL_NEED_DICT else {
            throw ContainerError(.corrupted, "decompress layer (gzip)", cause: Self.cause(result))
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[(rest.count - Int(unread))...])
        return output.count - Int(unfilled)
    }

    private static func cause(_ result: CInt) -> String {
        switch result {
        case ISAL_INCORRECT_CHECKSUM: "its checksum is wrong"
        case ISAL_INVALID_WRAPPER, ISAL_UNSUPPORTED_METHOD: "there is no gzip where one should begin"
        default: "its bytes are damaged"
        }
    }
}

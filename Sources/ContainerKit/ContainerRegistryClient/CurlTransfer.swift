import CKCurl
import ContainerSystem

/// What one transfer has got so far; libcurl's callbacks lead here.
final class CurlTransfer {
    private(set) var head: HTTPResponseHead?
    /// What a callback threw: libcurl only learns that it must stop.
    private(set) var stop: ContainerError?
    private var onBody: ((HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void)?
    private var body: HTTPRequest.Body?
    private var headerBytes = 0
    /// Nothing moved for longer than the request allows.
    private(set) var isStalled = false
    private let stallTimeout: Double
    private var moved: Int64 = 0
    private var lastMove = RetryClock.system.now()

    /// Headers beyond this end the transfer.
    private static let headerLimit = 64 << 10
    private static let abort = Int(CURL_READFUNC_ABORT)

    init(
        onBody: @escaping (HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void,
        body: HTTPRequest.Body?, stallTimeout: Double
    ) {
        self.stallTimeout = stallTimeout
        self.onBody = onBody
        self.body = body
    }

    /// Lets go of the caller's closures, which must not outlive the call.
    func finish() {
        onBody = nil
        body = nil
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        // The context is the transfer that `perform` keeps alive during the call.
        Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        // A body without a status line does not happen: libcurl refuses HTTP/0.9.
        guard let head, let onBody else { return 0 }
        do {
            try onBody(head, bytes)
            return bytes.count
        } catch {
            stop = error
            // Fewer than came is libcurl's signal to give up; an empty piece is never delivered.
            return 0
        }
    }

    func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerLimit else {
            stop = ContainerError(.corrupted, "the answer's headers are larger than \(Self.headerLimit >> 10) KiB")
            return 0
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingWhitespace()
        if line.hasPrefix("HTTP/") {
            // A new status line: what came before was an interim answer (100, or a proxy's).
            let status = line.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
            head = HTTPResponseHead(status: status)
        } else if let colon = line.firstIndex(of: ":") {
            let value = String(line[line.index(after: colon)...]).trimmingWhitespace()
            head?.headers.append(HTTPHeader(String(line[..<colon]), value))
        }
        return bytes.count
    }

    /// Called about once a second, and more often while bytes move.
    func progress(_ bytes: Int64) -> CInt {
        let now = RetryClock.system.now()
        if bytes + Int64(headerBytes) != moved {
            moved = bytes + Int64(headerBytes)
            lastMove = now
        }
        isStalled = now - lastMove > stallTimeout
        return isStalled ? 1 : 0
    }

    func send(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let body else { return 0 }
        do {
            return try body.read(buffer)
        } catch {
            stop = error
            return Self.abort
        }
    }
}

extension String {
    /// Without blanks, tabs and line ends at both ends.
    func trimmingWhitespace() -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        guard let start = utf8.firstIndex(where: { !isBlank($0) }), let end = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[start...end])
    }
}

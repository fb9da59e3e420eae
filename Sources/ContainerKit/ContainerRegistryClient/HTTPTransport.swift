import ContainerSystem
import Synchronization

/// One HTTP request. Redirects are never followed by a transport: who may see credentials is decided above it.
public struct HTTPRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    /// A body that the transport reads while it sends: fills the buffer, answers how much, 0 at the end.
    public struct Body: Sendable {
        /// Bytes.
        public var size: Int64
        public var read: @Sendable (UnsafeMutableRawBufferPointer) throws(ContainerError) -> Int

        public init(
            size: Int64, read: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(ContainerError) -> Int
        ) {
            self.size = size
            self.read = read
        }

        /// Bytes in memory; read once.
        public init(_ bytes: [UInt8]) {
            let rest = Rest(bytes)
            self.init(size: Int64(bytes.count)) { rest.read(into: $0) }
        }

        private final class Rest: Sendable {
            private let bytes: Mutex<ArraySlice<UInt8>>

            init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes[...]) }

            func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
                bytes.withLock { bytes in
                    let piece = bytes.prefix(buffer.count)
                    buffer.copyBytes(from: piece)
                    bytes = bytes.dropFirst(piece.count)
                    return piece.count
                }
            }
        }
    }

    public var method: Method
    public var url: HTTPAddress
    public var headers: [HTTPHeader]
    public var body: Body?
    /// Takes any certificate: for registries that the user called insecure.
    public var acceptsAnyCertificate = false
    /// What the registry's certificate is checked against beside the system's authorities, and what it gets to see.
    public var certificates = TLSCertificates()
    /// The way there; nil is the direct one.
    public var proxy: HTTPProxy?
    /// Seconds until the connection, TLS included, must stand.
    public var connectTimeout: Double = 5
    /// Seconds without a byte after which the transfer counts as dead.
    public var stallTimeout: Double = 15

    public init(method: Method = .get, url: HTTPAddress, headers: [HTTPHeader] = [], body: Body? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

public struct HTTPHeader: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Status and headers of an answer.
public struct HTTPResponseHead: Sendable {
    public var status: Int
    public var headers: [HTTPHeader]

    public init(status: Int, headers: [HTTPHeader] = []) {
        self.status = status
        self.headers = headers
    }

    /// The first header of that name, whatever its case.
    public subscript(name: String) -> String? { all(name).first }

    public func all(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return headers.filter { $0.name.lowercased() == wanted }.map(\.value)
    }
}

/// Why there is no whole answer.
public struct TransportFailure: Error, Sendable {
    public enum Kind: Sendable, Equatable {
        /// No connection: refused, unreachable, timed out while connecting.
        case connect
        /// The name has no address.
        case nameNotFound
        /// No TLS at the other end, or a certificate that is not trusted.
        case tls
        /// The proxy cannot be reached, or does not lead there.
        case proxy
        /// What came back is not HTTP.
        case notHTTP
        /// The connection broke, or the body ended before its length.
        case interrupted
        /// Nothing came for too long.
        case stalled
        /// The receiver or the sender of the body threw this.
        case stopped(ContainerError)
        /// The transport itself does not work; nothing was sent.
        case unusable(ContainerError)
    }

    public var kind: Kind
    /// What the transport knows about it, for a message.
    public var detail: String

    public init(_ kind: Kind, _ detail: String = "") {
        self.kind = kind
        self.detail = detail
    }
}

/// Sends requests. The seam under the registry client: tests answer from memory.
public protocol HTTPTransport: Sendable {
    /// Sends one request and waits for the whole answer; may be called from many threads at once.
    /// - Parameter onBody: gets each piece of the body as it comes, with the head before it. What it throws ends the
    ///   transfer at once, as `TransportFailure.Kind.stopped`.
    func perform(
        _ request: HTTPRequest,
        onBody: (HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void
    ) throws(TransportFailure) -> HTTPResponseHead
}

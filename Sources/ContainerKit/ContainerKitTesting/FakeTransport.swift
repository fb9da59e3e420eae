import ContainerRegistryClient
import ContainerSystem
import Synchronization

/// A registry without a network: answers requests from memory and remembers them.
public final class FakeTransport: HTTPTransport {
    /// What a request is answered with.
    public struct Answer: Sendable {
        public var status: Int
        public var headers: [HTTPHeader]
        /// In the pieces in which it comes.
        public var body: [[UInt8]]
        /// Comes after the body; without a status line when `status` is 0.
        public var failure: TransportFailure?

        public init(
            status: Int = 200, headers: [HTTPHeader] = [], body: [[UInt8]] = [], failure: TransportFailure? = nil
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.failure = failure
        }

        public static func status(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> Answer {
            Answer(status: status, headers: headers.map { HTTPHeader($0, $1) }, body: [Array(body.utf8)])
        }

        public static func bytes(_ bytes: [UInt8], _ headers: [String: String] = [:]) -> Answer {
            Answer(headers: headers.map { HTTPHeader($0, $1) }, body: [bytes])
        }

        public static func failure(_ kind: TransportFailure.Kind, _ detail: String = "") -> Answer {
            Answer(status: 0, failure: TransportFailure(kind, detail))
        }
    }

    /// A request that came.
    public struct Seen: Sendable {
        public let method: HTTPRequest.Method
        public let url: String
        public let headers: [HTTPHeader]
        public let body: [UInt8]
        public let acceptsAnyCertificate: Bool
        public let certificates: TLSCertificates
        public let proxy: HTTPProxy?

        public var authorization: String? { headers.first { $0.name == "Authorization" }?.value }
        public var range: String? { headers.first { $0.name == "Range" }?.value }
    }

    private let seen = Mutex<[Seen]>([])
    private let answer: @Sendable (HTTPRequest) -> Answer

    /// - Parameter answer: asked for each request.
    public init(_ answer: @escaping @Sendable (HTTPRequest) -> Answer) { self.answer = answer }

    /// Gives the answers in turn, the last one for ever.
    public convenience init(inTurn answers: [Answer]) {
        let turn = Turn()
        self.init { _ in answers[min(turn.next(), answers.count - 1)] }
    }

    public var requests: [Seen] { seen.withLock { $0 } }
    public var urls: [String] { requests.map(\.url) }

    public func perform(
        _ request: HTTPRequest, onBody: (HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void
    ) throws(TransportFailure) -> HTTPResponseHead {
        let body: [UInt8]
        do throws(ContainerError) {
            body = try Self.contents(of: request.body)
        } catch {
            throw TransportFailure(.stopped(error))
        }
        seen.withLock {
            $0.append(
                Seen(
                    method: request.method, url: request.url.description, headers: request.headers, body: body,
                    acceptsAnyCertificate: request.acceptsAnyCertificate, certificates: request.certificates,
                    proxy: request.proxy))
        }
        var request = request
        request.body = request.body.map { _ in HTTPRequest.Body(body) }
        let answer = answer(request)
        let head = HTTPResponseHead(status: answer.status, headers: answer.headers)
        do throws(ContainerError) {
            for piece in answer.body where !piece.isEmpty {
                try piece.withUnsafeBufferPointer { bytes throws(ContainerError) in
                    try onBody(head, UnsafeRawBufferPointer(bytes))
                }
            }
        } catch {
            throw TransportFailure(.stopped(error))
        }
        if let failure = answer.failure { throw failure }
        return head
    }

    private static func contents(of body: HTTPRequest.Body?) throws(ContainerError) -> [UInt8] {
        guard let body else { return [] }
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var failure: ContainerError?
            let count = buffer.withUnsafeMutableBytes { buffer in
                do throws(ContainerError) { return try body.read(buffer) } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}

private final class Turn: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0 - 1
        }
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Synchronization

@testable import ContainerRegistryClient

/// Answers requests from memory and remembers them.
final class FakeTransport: HTTPTransport {
    struct Answer {
        var status = 200
        var headers: [HTTPHeader] = []
        var body: [[UInt8]] = []
        /// Comes after the body; without a status line when `status` is 0.
        var failure: TransportFailure?

        static func status(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> Answer {
            Answer(status: status, headers: headers.map { HTTPHeader($0, $1) }, body: [Array(body.utf8)])
        }

        static func bytes(_ bytes: [UInt8], _ headers: [String: String] = [:]) -> Answer {
            Answer(headers: headers.map { HTTPHeader($0, $1) }, body: [bytes])
        }

        static func failure(_ kind: TransportFailure.Kind, _ detail: String = "") -> Answer {
            Answer(status: 0, failure: TransportFailure(kind, detail))
        }
    }

    struct Seen {
        var method: HTTPRequest.Method
        var url: String
        var headers: [HTTPHeader]
        var acceptsAnyCertificate: Bool

        var authorization: String? { headers.first { $0.name == "Authorization" }?.value }
        var range: String? { headers.first { $0.name == "Range" }?.value }
    }

    private let seen = Mutex<[Seen]>([])
    private let answer: @Sendable (HTTPRequest) -> Answer

    init(_ answer: @escaping @Sendable (HTTPRequest) -> Answer) { self.answer = answer }

    /// Gives the answers in turn, the last one for ever.
    convenience init(inTurn answers: [Answer]) {
        let turn = Counter()
        let answers = Box(answers)
        self.init { _ in answers.value[min(turn.next(), answers.value.count - 1)] }
    }

    var requests: [Seen] { seen.withLock { $0 } }
    var urls: [String] { requests.map(\.url) }

    func perform(
        _ request: HTTPRequest, onBody: (HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void
    ) throws(TransportFailure) -> HTTPResponseHead {
        seen.withLock {
            $0.append(
                Seen(
                    method: request.method, url: request.url.description, headers: request.headers,
                    acceptsAnyCertificate: request.acceptsAnyCertificate))
        }
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
}

/// Immutable after it is made.
final class Box<Value>: @unchecked Sendable {
    // Unchecked: nothing writes to the value.
    let value: Value
    init(_ value: Value) { self.value = value }
}

final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0 - 1
        }
    }
}

/// SHA-256 from the system's libcrypto, loaded here so that the module under test needs none.
struct TestHasher: DigestHasher {
    private typealias Function =
        @convention(c) (UnsafeRawPointer?, Int, UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>?
    private var bytes: [UInt8] = []

    init() {}

    mutating func update(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

    mutating func finalize() -> Digest { sha256(bytes) }

    static func hash(_ bytes: [UInt8]) -> String {
        let library = dlopen("libcrypto.so.3", RTLD_NOW)
        let function = unsafeBitCast(dlsym(library, "SHA256"), to: Function.self)
        var digest = [UInt8](repeating: 0, count: 32)
        _ = bytes.withUnsafeBytes { function($0.baseAddress, $0.count, &digest) }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

func sha256(_ bytes: [UInt8]) -> Digest { Digest(hex: TestHasher.hash(bytes))! }

/// An image of one layer, ready to be served.
struct TestImage {
    let config: [UInt8]
    let layer: [UInt8]
    let manifest: [UInt8]
    let index: [UInt8]

    init(layer: [UInt8] = Array("layer".utf8)) {
        let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
        let manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
            "config":{"mediaType":"\(MediaType.ociConfig)","digest":"\(sha256(config))","size":\(config.count)},\
            "layers":[{"mediaType":"\(MediaType.ociLayer)","digest":"\(sha256(layer))","size":\(layer.count)}]}
            """.utf8)
        self.config = config
        self.layer = layer
        self.manifest = manifest
        index = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[\
            {"mediaType":"\(MediaType.ociManifest)","digest":"\(sha256(manifest))","size":\(manifest.count),\
            "platform":{"os":"linux","architecture":"amd64"}}]}
            """.utf8)
    }

    var manifestAnswer: FakeTransport.Answer {
        .bytes(
            manifest, ["Content-Type": MediaType.ociManifest, "Docker-Content-Digest": sha256(manifest).description])
    }

    var indexAnswer: FakeTransport.Answer { .bytes(index, ["Content-Type": MediaType.ociIndex]) }
}

/// Time that passes only when somebody sleeps.
final class TestClock: Sendable {
    private let time = Mutex(0.0)
    var now: Double { time.withLock { $0 } }
    var retryClock: RetryClock {
        RetryClock(now: { self.now }, sleep: { seconds in self.time.withLock { $0 += seconds } })
    }
}

func client(
    _ transport: any HTTPTransport, credential: RegistryCredential? = nil, insecure: InsecureRegistries = .loopbackOnly,
    clock: TestClock = TestClock()
) -> RegistryClient {
    RegistryClient(
        transport: transport, credentials: { _ in credential }, insecure: insecure, patience: RegistryPatience(),
        clock: clock.retryClock, makeHasher: { TestHasher() })
}

func failure<Result>(_ body: () throws(ContainerError) -> Result) -> ContainerError? {
    do {
        _ = try body()
        return nil
    } catch { return error }
}

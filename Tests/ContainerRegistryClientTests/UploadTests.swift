import ContainerKitTesting
import ContainerSystem
import OCISpec
import Synchronization
import Testing

@testable import ContainerRegistryClient

/// A registry's upload end: keeps what it is sent, and breaks off where it is told to.
private final class UploadRegistry: Sendable {
    struct State {
        var stored: [UInt8] = []
        var isComplete = false
        var uploads = 0
        /// Bytes after which each of the next requests with a body breaks.
        var breaks: [Int]
        /// The registry has no such upload any more.
        var forgets = false
    }

    let state: Mutex<State>
    let digest: Digest
    let chunk: Int?
    let mountable: String?

    init(_ digest: Digest, chunk: Int? = nil, breaks: [Int] = [], forgets: Bool = false, mountable: String? = nil) {
        state = Mutex(State(breaks: breaks, forgets: forgets))
        self.digest = digest
        self.chunk = chunk
        self.mountable = mountable
    }

    func answer(_ request: HTTPRequest) -> FakeTransport.Answer {
        let body = Self.bytes(request.body)
        return state.withLock { state in
            let place = "/upload/\(state.uploads)?state=x"
            switch request.method {
            case .head: return .status(404)
            case .post:
                if let mountable, request.url.target.contains("from=\(mountable)") { return .status(201) }
                state.uploads += 1
                state.stored = []
                var headers = ["Location": "/upload/\(state.uploads)?state=x"]
                if let chunk { headers["OCI-Chunk-Min-Length"] = "\(chunk)" }
                return .status(202, headers)
            case .get:
                return state.forgets
                    ? .status(404)
                    : .status(204, ["Range": "0-\(max(0, state.stored.count - 1))", "Location": place])
            case .patch, .put:
                if let length = state.breaks.first, !body.isEmpty {
                    state.breaks.removeFirst()
                    state.stored += body.prefix(length)
                    return .failure(.interrupted)
                }
                state.stored += body
                guard request.method == .put else {
                    return .status(202, ["Range": "0-\(state.stored.count - 1)", "Location": place])
                }
                state.isComplete = sha256(state.stored) == digest
                return state.isComplete ? .status(201) : .status(400)
            case .delete: return .status(204)
            }
        }
    }

    private static func bytes(_ body: HTTPRequest.Body?) -> [UInt8] {
        guard let body else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(body.size))
        let count = bytes.withUnsafeMutableBytes { (try? body.read($0)) ?? 0 }
        return Array(bytes[..<count])
    }
}

@Suite struct UploadTests {
    let blob = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private func push(_ registry: UploadRegistry, mountingFrom repositories: [String] = []) throws -> (
        outcome: RegistryClient.BlobPush, requests: [FakeTransport.Seen]
    ) {
        let transport = FakeTransport { registry.answer($0) }
        let outcome = try client(transport).pushBlob(
            registry.digest, size: Int64(blob.count), to: try ImageReference(parsing: "localhost:5000/x"),
            mountingFrom: repositories
        ) { offset in HTTPRequest.Body(Array(blob.dropFirst(Int(offset)))).read }
        return (outcome, transport.requests)
    }

    @Test func `a blob goes in one piece`() throws {
        let registry = UploadRegistry(sha256(blob))
        let (outcome, requests) = try push(registry)
        #expect(outcome == .sent)
        #expect(requests.map(\.method) == [.head, .post, .put])
        #expect(registry.state.withLock { $0.isComplete })
        #expect(requests[2].url == "http://localhost:5000/upload/1?state=x&digest=\(registry.digest)")
    }

    @Test func `what broke goes on where it ended`() throws {
        let registry = UploadRegistry(sha256(blob), breaks: [1_200_000, 1_100_000])
        let (outcome, requests) = try push(registry)
        #expect(outcome == .sent && registry.state.withLock { $0.isComplete && $0.uploads == 1 })
        let ranges = requests.compactMap { request in request.headers.first { $0.name == "Content-Range" }?.value }
        #expect(ranges == ["1200000-2999999", "2300000-2999999"])
        #expect(requests.map(\.method) == [.head, .post, .put, .get, .patch, .get, .patch, .put])
    }

    @Test func `an upload that was forgotten begins anew`() throws {
        let registry = UploadRegistry(sha256(blob), breaks: [1_200_000], forgets: true)
        let (_, requests) = try push(registry)
        #expect(registry.state.withLock { $0.isComplete && $0.uploads == 2 })
        #expect(requests.map(\.method) == [.head, .post, .put, .get, .post, .put])
    }

    @Test func `an upload that never gets on is given up`() throws {
        let registry = UploadRegistry(sha256(blob), breaks: Array(repeating: 10, count: 50))
        let error = #expect(throws: ContainerError.self) { try push(registry) }
        #expect(error?.code == .unavailable)
        #expect(registry.state.withLock { $0.breaks.count } == 47)
    }

    @Test func `a registry gets the chunks that it asks for`() throws {
        let registry = UploadRegistry(sha256(blob), chunk: 1_000_000)
        let (_, requests) = try push(registry)
        // Smaller than the least that is worth a round trip: one.
        #expect(requests.map(\.method) == [.head, .post, .patch, .put])
        #expect(registry.state.withLock { $0.isComplete })
        #expect(requests[3].body.isEmpty)
    }

    @Test func `a blob is mounted without its bytes`() throws {
        let registry = UploadRegistry(sha256(blob), mountable: "team/base")
        let (outcome, requests) = try push(registry, mountingFrom: ["other/one", "team/base", "third/one"])
        #expect(outcome == .mounted(from: "team/base"))
        #expect(requests.map(\.method) == [.head, .post, .post])
        #expect(
            requests[2].url
                == "http://localhost:5000/v2/x/blobs/uploads/?mount=\(registry.digest)&from=team/base")
        #expect(requests.allSatisfy { $0.body.isEmpty })
    }

    @Test func `a mount that is not to be had is an upload`() throws {
        let registry = UploadRegistry(sha256(blob))
        let (outcome, requests) = try push(registry, mountingFrom: ["one", "two"])
        #expect(outcome == .sent)
        // The first mount's upload is not needed any more.
        #expect(requests.map(\.method) == [.head, .post, .post, .delete, .put])
    }

    @Test func `a token for a mount says both repositories`() throws {
        let digest = sha256(blob)
        let registry = UploadRegistry(digest, mountable: "base")
        let transport = FakeTransport { request in
            if request.url.port == 5001 { return .status(200, [:], #"{"token":"\#(request.url.target.count)"}"#) }
            guard request.headers.contains(where: { $0.name == "Authorization" }) else {
                return .status(401, ["WWW-Authenticate": #"Bearer realm="http://localhost:5001/t",service="r""#])
            }
            return registry.answer(request)
        }
        let outcome = try client(transport).pushBlob(
            digest, size: Int64(blob.count), to: try ImageReference(parsing: "localhost:5000/x"), mountingFrom: ["base"]
        ) { _ throws(ContainerError) in throw ContainerError(.conflict, "no bytes are needed") }
        #expect(outcome == .mounted(from: "base"))
        let asked = transport.urls.filter { $0.contains(":5001") }
        #expect(asked.last?.contains("scope=repository:x:pull,push&scope=repository:base:pull") == true, "\(asked)")
    }

    /// No bytes and no login go where a registry's answer must not lead.
    @Test(arguments: [
        "file:///etc/passwd", "http://169.254.169.254/x", "ftp://a/b", "/x\r\nHost: evil", "http://user@evil/", "",
        "http://[fe80::1]/x", "http://2852039166/",
    ])
    func `an upload to nowhere is refused`(location: String) throws {
        let transport = FakeTransport { request in
            request.method == .head ? .status(404) : .status(202, ["Location": location])
        }
        let error = failure { () throws(ContainerError) in
            try client(transport).pushBlob(sha256(blob), size: 1, to: try ImageReference(parsing: "localhost:5000/x")) {
                _ throws(ContainerError) in throw ContainerError(.conflict, "it was opened")
            }
        }
        #expect(error?.message.hasSuffix("does not say where to upload to") == true, "\(error as Any)")
        #expect(transport.requests.count == 2)
    }
}

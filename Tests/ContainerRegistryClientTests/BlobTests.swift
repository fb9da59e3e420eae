import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct BlobTests {
    let content = Array("0123456789".utf8)
    let reference: ImageReference

    init() throws { reference = try ImageReference(parsing: "example.com/x") }

    private func fetch(_ transport: FakeTransport, size: Int64 = 10, credential: RegistryCredential? = nil)
        -> (bytes: [UInt8], error: ContainerError?)
    {
        let client = client(transport, credential: credential)
        var bytes = [UInt8]()
        let error = failure { () throws(ContainerError) in
            try client.fetchBlob(sha256(content), size: size, from: reference) { bytes.append(contentsOf: $0) }
        }
        return (bytes, error)
    }

    @Test func `a blob comes whole`() {
        let transport = FakeTransport(inTurn: [.init(body: [[0x30], Array(content[1...])])])
        let result = fetch(transport)
        #expect(result.bytes == content)
        #expect(result.error == nil)
        #expect(transport.urls == ["https://example.com/v2/x/blobs/\(sha256(content))"])
    }

    @Test func `a byte too many ends the transfer at once`() {
        let pieces = [content] + Array(repeating: [UInt8](repeating: 0, count: 1 << 16), count: 1000)
        let result = fetch(FakeTransport(inTurn: [.init(body: pieces)]))
        #expect(result.bytes == content)
        #expect(result.error?.code == .corrupted)
        #expect(result.error?.message.contains("larger than the 10 bytes") == true)
    }

    @Test func `a short blob is truncated and not asked for again`() {
        let transport = FakeTransport(inTurn: [.bytes(Array(content[..<4]))])
        let result = fetch(transport)
        #expect(result.error?.code == .corrupted)
        #expect(result.error?.message.contains("truncated: 4 of the 10 bytes") == true)
        #expect(transport.requests.count == 1)
    }

    @Test func `a broken connection is taken up where it broke`() {
        let content = content
        let transport = FakeTransport { request in
            if !request.headers.contains(where: { $0.name == "Range" }) {
                return .init(body: [Array(content[..<4])], failure: TransportFailure(.interrupted))
            }
            return .init(
                status: 206, headers: [HTTPHeader("Content-Range", "bytes 4-9/10")], body: [Array(content[4...])])
        }
        let result = fetch(transport)
        #expect(result.bytes == content)
        #expect(result.error == nil)
        #expect(transport.requests.map(\.range) == [nil, "bytes=4-"])
    }

    @Test func `a server without ranges sends it all again and each byte counts once`() {
        let transport = FakeTransport(inTurn: [
            .init(body: [Array(content[..<4])], failure: TransportFailure(.interrupted)),
            .init(body: [Array(content[..<3]), Array(content[3...])]),
        ])
        let result = fetch(transport)
        #expect(result.bytes == content)
        #expect(result.error == nil)
    }

    @Test func `another range than asked for is refused`() {
        let transport = FakeTransport(inTurn: [
            .init(body: [Array(content[..<4])], failure: TransportFailure(.interrupted)),
            .init(status: 206, headers: [HTTPHeader("Content-Range", "bytes 0-9/10")], body: [content]),
        ])
        let result = fetch(transport)
        #expect(result.error?.code == .corrupted)
        #expect(result.bytes == Array(content[..<4]))
    }

    @Test func `a connection that breaks again and again is given up`() {
        let transport = FakeTransport(inTurn: [
            .init(body: [[0x30]], failure: TransportFailure(.interrupted, "reset")),
            .init(failure: TransportFailure(.interrupted, "reset")),
        ])
        let result = fetch(transport)
        #expect(result.error?.code == .unavailable)
        #expect(result.error?.message.contains("ended after 1 of 10 bytes") == true)
        #expect(transport.requests.count <= 5)
    }

    @Test func `the receiver's own error comes back`() {
        let transport = FakeTransport(inTurn: [.bytes(content)])
        let error = failure { () throws(ContainerError) in
            try client(transport).fetchBlob(sha256(content), size: 10, from: reference) { _ throws(ContainerError) in
                throw ContainerError(.exhausted, "write blob")
            }
        }
        #expect(error?.code == .exhausted)
        #expect(transport.requests.count == 1)
    }

    @Test func `a small blob is checked against its digest`() throws {
        var descriptor = ContentDescriptor(mediaType: MediaType.ociConfig, digest: sha256(content), size: 10)
        let good = FakeTransport(inTurn: [.bytes(content)])
        #expect(try client(good).fetchSmallBlob(descriptor, from: reference) == content)
        let bad = FakeTransport(inTurn: [.bytes(content.reversed())])
        let error = failure { () throws(ContainerError) in
            try client(bad).fetchSmallBlob(descriptor, from: reference)
        }
        #expect(error?.code == .corrupted)
        #expect(error?.message.contains("does not match its digest") == true)
        descriptor.size = 1 << 40
        #expect(
            failure { () throws(ContainerError) in try client(good).fetchSmallBlob(descriptor, from: reference) } != nil
        )
        #expect(good.requests.count == 1)
    }

    @Test func `a missing blob is named`() {
        let body = #"{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#
        let error = fetch(FakeTransport(inTurn: [.status(404, [:], body)])).error
        #expect(error?.code == .notFound)
        #expect(error?.message == "pull example.com/x:latest: blob \(sha256(content)) not found")
    }
}

@Suite struct RedirectTests {
    let content = Array("0123456789".utf8)
    let login = RegistryCredential(user: "ann", password: "s3cret")

    private func follow(_ location: String, from name: String = "example.com/x") throws -> (
        requests: [FakeTransport.Seen], error: ContainerError?
    ) {
        let content = content
        let reference = try ImageReference(parsing: name)
        let host = HTTPAddress(scheme: .https, authority: reference.registryHost, target: "/")!.host
        let transport = FakeTransport { request in
            guard request.url.host == host, request.url.target.hasPrefix("/v2/"), !request.url.target.contains("moved")
            else { return .bytes(content) }
            guard request.headers.contains(where: { $0.name == "Authorization" }) else {
                return .status(401, ["WWW-Authenticate": #"Basic realm="x""#])
            }
            return .status(307, ["Location": location])
        }
        let client = client(transport, credential: login)
        let error = failure { () throws(ContainerError) in
            try client.fetchBlob(sha256(content), size: 10, from: reference) { _ in }
        }
        return (transport.requests, error)
    }

    @Test(arguments: [
        "https://cdn.example.com/b?sig=1", "https://example.com:8443/b", "//other.example.com/b",
        "https://xexample.com/b",
    ])
    func `credentials do not go to another host or port`(location: String) throws {
        let result = try follow(location)
        #expect(result.error == nil)
        #expect(result.requests.count == 3)
        #expect(result.requests[1].authorization != nil)
        #expect(result.requests[2].authorization == nil)
    }

    @Test(arguments: ["/v2/moved", "https://example.com/v2/moved", "https://EXAMPLE.com:443/v2/moved", "moved"])
    func `credentials stay with the same origin`(location: String) throws {
        let result = try follow(location)
        #expect(result.error == nil)
        #expect(result.requests.last?.authorization != nil)
    }

    @Test(arguments: [
        "http://example.com/v2/moved", "http://127.0.0.1/x", "file:///etc/passwd", "ftp://example.com/x", "",
        "https://user:pass@cdn.example.com/", "https://cdn.example.com\r\nX: y/", "https://cdn.example.com\\@x/",
        "https://169.254.169.254/latest", "https://[fe80::1]/", "https://localhost/", "https://127.0.0.1/",
        "https://[::1]/", "https://0.0.0.0/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/",
        "https://a.localhost/", "gopher:x", "https:///x", "https://cdn.example.com:0/",
        "https://cdn.example.com:99999/",
    ])
    func `a redirect that is no safe address is refused`(location: String) throws {
        let result = try follow(location)
        #expect(result.error?.code == .unavailable)
        #expect(result.error?.message.contains("redirects") == true)
        #expect(result.requests.count == 2)
    }

    @Test func `a certificate is checked wherever a local registry leads to`() throws {
        let result = try follow("https://cdn.example.com/b", from: "localhost:5000/x")
        #expect(result.requests.last?.acceptsAnyCertificate == false)
        #expect(result.requests.last?.authorization == nil)
        let local = try follow("https://127.0.0.1/b", from: "localhost:5000/x")
        #expect(local.requests.last?.acceptsAnyCertificate == true)
        #expect(local.requests.last?.authorization == nil)
    }

    @Test func `redirects in a circle end`() throws {
        let transport = FakeTransport(inTurn: [.status(302, ["Location": "/v2/x"])])
        let reference = try ImageReference(parsing: "example.com/x")
        let error = failure { () throws(ContainerError) in try client(transport).resolve(reference) }
        #expect(error?.cause == "more than 5 redirects")
        #expect(transport.requests.count == 6)
    }

    @Test func `another host's challenge gets no answer`() throws {
        let reference = try ImageReference(parsing: "example.com/x")
        let transport = FakeTransport { request in
            request.url.host == "example.com"
                ? .status(307, ["Location": "https://evil.example.com/b"])
                : .status(401, ["WWW-Authenticate": #"Basic realm="x""#])
        }
        let error = failure { () throws(ContainerError) in
            try client(transport, credential: login).fetchBlob(sha256(content), size: 10, from: reference) { _ in }
        }
        #expect(error?.code == .permissionDenied)
        #expect(transport.requests.allSatisfy { $0.authorization == nil })
        #expect(transport.requests.count == 2)
    }
}

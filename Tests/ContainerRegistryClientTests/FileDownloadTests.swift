import ContainerKitTesting
import ContainerRegistryClient
import ContainerSystem
import Glibc
import Synchronization
import Testing

/// A file of a web server, for `import URL`.
@Suite struct FileDownloadTests {
    private func fetch(_ url: String, _ transport: FakeTransport, limit: Int64 = 1000) throws -> [UInt8] {
        var template = Array("/tmp/ck-download-test-XXXXXX".utf8CString)
        let file = Descriptor(owning: mkstemp(&template))
        unlink(template)
        try FileDownload(transport: transport).fetch(url, to: file, limit: limit)
        _ = lseek(file.raw, 0, SEEK_SET)
        return try file.readAll(limit: 1 << 20, name: "the download")
    }

    private func failure(_ url: String, _ transport: FakeTransport, limit: Int64 = 1000) -> ContainerError? {
        do { _ = try fetch(url, transport, limit: limit) } catch { return error as? ContainerError }
        return nil
    }

    @Test func aFileIsFetched() throws {
        let transport = FakeTransport(inTurn: [
            .status(302, ["Location": "/there"]), .status(307, ["Location": "https://other.example/x"], "moved"),
            .init(body: [[1, 2], [3]]),
        ])
        #expect(try fetch("http://a.example/here", transport) == [1, 2, 3])
        #expect(transport.urls == ["http://a.example/here", "http://a.example/there", "https://other.example/x"])
        #expect(transport.requests.allSatisfy { $0.authorization == nil && !$0.acceptsAnyCertificate })
    }

    @Test func proxiesAreAskedAndRedirectsAskAgain() throws {
        let seen = Mutex<[String?]>([])
        let transport = FakeTransport { request in
            seen.withLock { $0.append(request.proxy?.description) }
            return request.url.host == "a.example" ? .status(302, ["Location": "http://b.example/"]) : .bytes([1])
        }
        var proxies = ProxySettings()
        proxies.http = "http://proxy.example:3128"
        proxies.exceptions = "b.example"
        try FileDownload(transport: transport, proxies: proxies)
            .fetch("http://a.example/", to: try Descriptor.open("/dev/null", O_WRONLY), limit: 10)
        #expect(seen.withLock { $0 } == ["proxy.example:3128", nil])
    }

    @Test(arguments: [
        "ftp://a.example/x", "file:///etc/passwd", "http://", "https://user@a.example/", "http://a.example/\u{1b}[2J",
    ])
    func otherAddressesAreRefused(_ url: String) {
        let error = failure(url, FakeTransport(inTurn: [.status(200)]))
        #expect(error?.code == .invalidArgument && error?.description.contains("\u{1b}") == false)
    }

    @Test(arguments: [
        ("file:///etc/passwd", "http or https"), ("http://b.example/x", "to plain http"), ("", "http or https"),
        ("https://127.0.0.1/x", "on this machine or on its link"), ("https://localhost/", "on this machine"),
        ("https://169.254.169.254/latest", "on this machine or on its link"),
    ])
    func redirectsThatAreNotFollowed(_ location: String, _ words: String) {
        let error = failure("https://a.example/x", FakeTransport(inTurn: [.status(302, ["Location": location])]))
        #expect(error?.description.contains(words) == true, "\(error.debugDescription)")
    }

    @Test func redirectsInCirclesEnd() {
        let transport = FakeTransport(inTurn: [.status(301, ["Location": "/x"])])
        #expect(failure("http://a.example/x", transport)?.message.contains("more than 5 redirects") == true)
        #expect(transport.requests.count == 6)
    }

    @Test func whatGoesWrongIsOneClearLine() {
        func words(_ answer: FakeTransport.Answer) -> String {
            failure("http://a.example/x", FakeTransport(inTurn: [answer]))?.description ?? ""
        }
        #expect(words(.status(404)) == "download http://a.example/x: there is no such file: HTTP 404")
        #expect(words(.status(503, [:], "secret")) == "download http://a.example/x: the server refused: HTTP 503")
        #expect(words(.failure(.connect, "refused")) == "download http://a.example/x: no connection: refused")
        #expect(words(.failure(.interrupted)).hasSuffix("the connection broke"))
    }

    @Test func aFileBeyondTheLimitIsNotTaken() {
        let transport = FakeTransport(inTurn: [.init(body: [[1, 2], [3]])])
        #expect(failure("http://a.example/x", transport, limit: 2)?.code == .exhausted)
        #expect(failure("http://a.example/x", transport, limit: 3) == nil)
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerRegistryClient

/// libcurl for real, against servers that misbehave.
@Suite struct CurlTransportTests {
    private func get(_ port: UInt16, stall: Double = 5, scheme: String = "http", headers: [HTTPHeader] = [])
        -> Result<(head: HTTPResponseHead, body: [UInt8]), TransportFailure>
    {
        var request = HTTPRequest(url: HTTPAddress("\(scheme)://127.0.0.1:\(port)/x")!, headers: headers)
        request.stallTimeout = stall
        var body = [UInt8]()
        do throws(TransportFailure) {
            let head = try CurlTransport().perform(request) { _, bytes in body.append(contentsOf: bytes) }
            return .success((head, body))
        } catch { return .failure(error) }
    }

    private func answered(_ answer: String, linger: UInt32 = 0, stall: Double = 5, scheme: String = "http") throws
        -> Result<(head: HTTPResponseHead, body: [UInt8]), TransportFailure>
    {
        let server = try LoopbackServer(answer: Array(answer.utf8), linger: linger)
        defer { server.stop() }
        return get(server.port, stall: stall, scheme: scheme)
    }

    private func kind<Value>(_ result: Result<Value, TransportFailure>) -> TransportFailure.Kind? {
        if case .failure(let failure) = result { failure.kind } else { nil }
    }

    @Test func `head and body arrive`() throws {
        let result = try answered(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-A:  b \r\nx-a: c\r\n\r\nno")
        let (head, body) = try result.get()
        #expect(head.status == 404)
        #expect(head.all("X-a") == ["b", "c"])
        #expect(body == Array("no".utf8))
    }

    @Test func `a body that ends early is interrupted`() throws {
        let result = try answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123")
        #expect(kind(result) == .interrupted)
    }

    @Test func `what is not HTTP is recognised`() throws {
        #expect(try kind(answered("SSH-2.0-OpenSSH_9.2\r\n")) == .notHTTP)
        #expect(try kind(answered("")) == .interrupted)
        #expect(try kind(answered("HTTP/1.0 400 Bad Request\r\n\r\nno", scheme: "https")) == .tls)
    }

    @Test func `nobody at the port is a failed connection`() throws {
        let result = get(try LoopbackServer.freePort())
        #expect(kind(result) == .connect)
        if case .failure(let failure) = result { #expect(failure.detail == "ECONNREFUSED: Connection refused") }
    }

    @Test func `a peer that goes silent is given up`() throws {
        let started = RetryClock.system.now()
        let silent = try answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123", linger: 6000, stall: 1)
        #expect(kind(silent) == .stalled)
        #expect(RetryClock.system.now() - started < 5)
    }

    @Test func `headers without end are cut off`() throws {
        let line = "X-A: " + String(repeating: "a", count: 1000) + "\r\n"
        let result = try answered("HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 200) + "\r\n")
        guard case .stopped(let error)? = kind(result) else {
            Issue.record("\(result)")
            return
        }
        #expect(error.message.contains("headers are larger"))
    }

    @Test func `a header with a line break is not sent`() throws {
        let result = get(1, headers: [HTTPHeader("X", "a\r\nHost: b")])
        guard case .unusable? = kind(result) else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `a missing library names the package`() {
        let error = failure { () throws(ContainerError) in try CurlLibrary(name: "libcurl-not-there.so.4") }
        #expect(error?.code == .unsupported)
        #expect(error?.hint == "install it: apt install libcurl4")
    }

    @Test func `the whole client gives a clear word for each`() throws {
        let reference = try ImageReference(parsing: "127.0.0.1:\(LoopbackServer.freePort())/x")
        let error = failure { () throws(ContainerError) in
            try client(CurlTransport()).resolve(reference)
        }
        #expect(error?.message == "pull \(reference): cannot connect to \(reference.domain)")
        let server = try LoopbackServer(answer: Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
        defer { server.stop() }
        let other = try ImageReference(parsing: "127.0.0.1:\(server.port)/x")
        let stranger = failure { () throws(ContainerError) in try client(CurlTransport()).resolve(other) }
        #expect(stranger?.message == "pull \(other): \(other.domain) does not answer like a registry")
    }
}

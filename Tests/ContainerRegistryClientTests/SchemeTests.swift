import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct SchemeTests {
    let image = TestImage()

    private func urls(
        _ name: String, configuration: RegistryConfiguration = .direct,
        _ answer: @escaping @Sendable (HTTPRequest) -> FakeTransport.Answer
    ) throws -> (origins: [String], error: ContainerError?, requests: [FakeTransport.Seen]) {
        let transport = FakeTransport(answer)
        let reference = try ImageReference(parsing: name)
        let client = client(transport, configuration: configuration)
        let error = failure { () throws(ContainerError) in
            _ = try client.resolve(reference, platform: Platform(architecture: "amd64"))
            _ = try client.resolve(reference, platform: Platform(architecture: "amd64"))
        }
        return (transport.urls.map { String($0.prefix { $0 != "v" }) }, error, transport.requests)
    }

    @Test(arguments: ["localhost:5000/x", "127.0.0.9:5000/x", "[::1]:5000/x"])
    func `a registry on this machine is asked in plain HTTP first`(name: String) throws {
        let image = image
        let seen = try urls(name) { _ in image.manifestAnswer }
        #expect(seen.error == nil)
        #expect(seen.origins.allSatisfy { $0.hasPrefix("http://") })
    }

    @Test func `one that speaks TLS is recognised and remembered`() throws {
        let image = image
        let talkative = try urls("localhost:5000/x") {
            $0.url.scheme == .http ? .status(400, [:], "this is HTTPS") : image.manifestAnswer
        }
        #expect(talkative.error == nil)
        #expect(talkative.origins == ["http://localhost:5000/", "https://localhost:5000/", "https://localhost:5000/"])
        #expect(talkative.requests.last?.acceptsAnyCertificate == true)
        for kind in [TransportFailure.Kind.notHTTP, .interrupted] {
            let silent = try urls("localhost:5000/x") {
                $0.url.scheme == .http ? .failure(kind) : image.manifestAnswer
            }
            #expect(silent.error == nil)
        }
    }

    @Test func `the answer of the right scheme is the one that is told`() throws {
        let missing = try urls("localhost:5000/x") {
            $0.url.scheme == .http ? .status(400) : .status(404, ["Docker-Distribution-Api-Version": "registry/2.0"])
        }
        #expect(missing.error?.message == "manifest for localhost:5000/x:latest not found")
        let closed = try urls("localhost:5000/x") {
            $0.url.scheme == .http ? .status(400) : .status(401, ["WWW-Authenticate": #"Basic realm="x""#])
        }
        #expect(closed.error?.message == "pull localhost:5000/x:latest: the registry asks for a login")
        let plain = try urls("localhost:5000/x") { $0.url.scheme == .http ? .status(400) : .failure(.tls) }
        #expect(plain.error?.cause == "status 400")
    }

    @Test func `a distant registry is never asked in plain HTTP`() throws {
        let seen = try urls("example.com/x") { _ in .failure(.tls, "wrong version number") }
        #expect(seen.origins == ["https://example.com/"])
        #expect(seen.requests[0].acceptsAnyCertificate == false)
        #expect(seen.error?.message == "pull example.com/x:latest: no trusted TLS connection to example.com:443")
        let evil = try urls("127.0.0.1.example.com/x") { _ in .failure(.tls) }
        #expect(evil.origins.allSatisfy { $0.hasPrefix("https://") })
    }

    @Test func `one that is called insecure is asked with TLS first`() throws {
        let image = image
        let seen = try urls("example.com:5000/x", configuration: .insecure("example.com:5000")) {
            $0.url.scheme == .https ? .failure(.tls) : image.manifestAnswer
        }
        #expect(seen.error == nil)
        #expect(
            seen.origins == ["https://example.com:5000/", "http://example.com:5000/", "http://example.com:5000/"])
    }

    @Test func `docker's registry has a host of its own`() throws {
        let image = image
        let seen = try urls("x") { _ in image.manifestAnswer }
        #expect(seen.requests[0].url == "https://registry-1.docker.io/v2/library/x/manifests/latest")
    }

    @Test func `an impossible port is refused before anything is sent`() throws {
        let seen = try urls("localhost:99999/x") { _ in .failure(.connect) }
        #expect(seen.error?.code == .invalidArgument)
        #expect(seen.requests.isEmpty)
    }
}

import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

/// Certificates and proxies, as each request gets them.
@Suite struct TrustTests {
    let image = TestImage()

    /// Asks for an image with these files among the certificates.
    private func requests(
        _ name: String, files: [String], _ change: (inout RegistryConfiguration) throws -> Void = { _ in },
        lookup: [String: String] = [:], answer: @escaping @Sendable (HTTPRequest) -> FakeTransport.Answer
    ) throws -> [FakeTransport.Seen] {
        let root = "/tmp/containerkit-trust-\(UInt64.random(in: .min ... .max))"
        defer { try? Files.removeTree(root) }
        for file in files {
            let path = "\(root)/\(file)"
            try Files.makeDirectory(String(path[..<path.lastIndex(of: "/")!]))
            try Files.replace(path, with: [])
        }
        var configuration = RegistryConfiguration.direct
        configuration.certificateFolders = [root]
        try change(&configuration)
        let transport = FakeTransport(answer)
        let client = client(
            transport, configuration: configuration,
            lookup: HostLookup { lookup[$0].flatMap { InternetAddress($0) }.map { [$0] } ?? [] })
        _ = try client.resolve(try ImageReference(parsing: name), platform: Platform(architecture: "amd64"))
        return transport.requests
    }

    private let ownFiles = ["example.com/ca.crt", "example.com/me.cert", "example.com/me.key"]

    @Test func `a client certificate is for its own registry, an authority for what it names too`() throws {
        let image = image
        let seen = try requests("example.com/x", files: ownFiles) { request in
            switch request.url.host {
            case "auth.example.com": .status(200, [:], #"{"token":"t"}"#)
            case "cdn.example.com": image.manifestAnswer
            default:
                request.headers.contains { $0.name == "Authorization" }
                    ? .status(307, ["Location": "https://cdn.example.com/x"])
                    : .status(401, ["WWW-Authenticate": #"Bearer realm="https://auth.example.com/t""#])
            }
        }
        #expect(seen.map { $0.certificates.client != nil } == [true, false, true, false])
        #expect(seen.allSatisfy { $0.certificates.authorities.map { $0.hasSuffix("/example.com/ca.crt") } == [true] })
        #expect(seen.allSatisfy { !$0.acceptsAnyCertificate })
        let other = try requests("other.example.com/x", files: ownFiles) { _ in image.manifestAnswer }
        #expect(other[0].certificates.isEmpty)
    }

    @Test func `a registry on this machine is held to its authority, where it has one`() throws {
        let image = image
        let trusted = try requests("localhost:5000/x", files: ["localhost:5000/ca.crt"]) { _ in image.manifestAnswer }
        #expect(trusted.map(\.url) == ["https://localhost:5000/v2/x/manifests/latest"])
        #expect(!trusted[0].acceptsAnyCertificate)
        // A certificate to show says that there is TLS, not whom to trust.
        let files = ["localhost:5000/a.cert", "localhost:5000/a.key"]
        let shown = try requests("localhost:5000/x", files: files) { _ in image.manifestAnswer }
        #expect(shown[0].url.hasPrefix("https:") && shown[0].acceptsAnyCertificate)
        #expect(shown[0].certificates.client != nil)
    }

    @Test func `a registry in an insecure block needs no trusted certificate`() throws {
        let image = image
        for (address, isInsecure) in [("10.1.2.3", true), ("10.2.2.3", false)] {
            let seen = try requests(
                "r.lan:5000/x", files: [], { $0.insecure = try InsecureRegistries(["10.1.0.0/16"]) },
                lookup: ["r.lan": address]
            ) { _ in image.manifestAnswer }
            #expect(seen[0].acceptsAnyCertificate == isInsecure)
        }
    }

    @Test func `a proxy leads to all but this machine`() throws {
        let image = image
        func proxy(_ name: String) throws -> String? {
            try requests(name, files: [], { $0.proxies.https = "proxy.lan:3128" }) { request in
                request.url.scheme == .https ? image.manifestAnswer : .status(400)
            }.last?.proxy?.description
        }
        #expect(try proxy("example.com/x") == "proxy.lan:3128")
        #expect(try proxy("localhost:5000/x") == nil)
        let error = #expect(throws: ContainerError.self) {
            try requests("example.com/x", files: [], { $0.proxies.https = "ftp://x:s3cret@y" }) { _ in .status(200) }
        }
        #expect(error?.message == "pull example.com/x:latest: the https proxy is no address")
    }
}

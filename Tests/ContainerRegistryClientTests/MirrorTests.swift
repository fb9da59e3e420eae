import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct MirrorTests {
    let image = TestImage()

    private func configuration(_ mirrors: String...) throws -> RegistryConfiguration {
        var configuration = RegistryConfiguration.direct
        configuration.mirrors["docker.io"] = try mirrors.map { text throws(ContainerError) in try RegistryMirror(text) }
        return configuration
    }

    private func resolve(_ client: RegistryClient, _ name: String = "x") throws(ContainerError) -> ResolvedImage {
        try client.resolve(try ImageReference(parsing: name), platform: Platform(architecture: "amd64"))
    }

    @Test func `mirrors are asked in order, then the registry`() throws {
        let image = image
        let transport = FakeTransport { request in
            switch request.url.host {
            case "one.example.com": .failure(.connect)
            case "two.example.com": .status(404)
            default: image.manifestAnswer
            }
        }
        let client = client(
            transport, configuration: try configuration("https://one.example.com", "https://two.example.com/hub/"))
        _ = try resolve(client)
        #expect(transport.urls.prefix(3).allSatisfy { $0 == "https://one.example.com/v2/library/x/manifests/latest" })
        #expect(
            transport.urls.suffix(2) == [
                "https://two.example.com/hub/v2/library/x/manifests/latest",
                "https://registry-1.docker.io/v2/library/x/manifests/latest",
            ])
        // One that is down is left alone for a while; one that lacked an image is not.
        let before = transport.requests.count
        _ = try resolve(client, "y")
        #expect(
            transport.urls.dropFirst(before) == [
                "https://two.example.com/hub/v2/library/y/manifests/latest",
                "https://registry-1.docker.io/v2/library/y/manifests/latest",
            ])
    }

    @Test func `other registries have no mirrors`() throws {
        let image = image
        let transport = FakeTransport { _ in image.manifestAnswer }
        let client = client(transport, configuration: try configuration("https://one.example.com"))
        _ = try resolve(client, "example.com/x")
        #expect(transport.urls == ["https://example.com/v2/x/manifests/latest"])
    }

    @Test func `a mirror's bytes are checked as any others`() throws {
        let image = image
        let other = TestImage(layer: Array("other".utf8))
        let transport = FakeTransport { request in
            request.url.host == "one.example.com" ? other.manifestAnswer : image.manifestAnswer
        }
        let client = client(transport, configuration: try configuration("https://one.example.com"))
        let found = try resolve(client, "x@\(sha256(image.manifest))")
        #expect(found.bytes == image.manifest)
        #expect(transport.urls.count == 2)
    }

    @Test func `what a mirror began another one ends`() throws {
        let layer = image.layer
        let transport = FakeTransport { request in
            switch request.url.host {
            case "one.example.com": .bytes(Array(layer.prefix(2)))
            default:
                FakeTransport.Answer(
                    status: 206, headers: [HTTPHeader("Content-Range", "bytes 2-4/5")],
                    body: [Array(layer.dropFirst(2))])
            }
        }
        let client = client(transport, configuration: try configuration("https://one.example.com"))
        var bytes = [UInt8]()
        try client.fetchBlob(sha256(layer), size: 5, from: try ImageReference(parsing: "x")) {
            bytes.append(contentsOf: $0)
        }
        #expect(bytes == layer)
        #expect(transport.requests.map(\.range) == [nil, "bytes=2-"])
    }

    /// What the receiver of the bytes says is final: a full disk is not the mirror's fault.
    @Test func `the receiver's own failure ends it`() throws {
        let transport = FakeTransport(inTurn: [.bytes(image.layer)])
        let client = client(transport, configuration: try configuration("https://one.example.com"))
        let error = failure { () throws(ContainerError) in
            try client.fetchBlob(sha256(image.layer), size: 5, from: try ImageReference(parsing: "x")) {
                _ throws(ContainerError) in throw ContainerError(.exhausted, "no space")
            }
        }
        #expect(error?.code == .exhausted)
        #expect(transport.requests.count == 1)
    }

    @Test func `each has a login of its own, and pushes go to the registry`() throws {
        let image = image
        let transport = FakeTransport { request in
            let sent = request.headers.first { $0.name == "Authorization" }?.value
            guard let sent else { return .status(401, ["WWW-Authenticate": #"Basic realm="r""#]) }
            if request.url.host == "one.example.com", sent != RegistryCredential(user: "m", password: "m").basic {
                return .status(401)
            }
            return request.method == .head ? .status(200) : image.manifestAnswer
        }
        let client = RegistryClient(
            transport: transport,
            credentials: { registry in
                registry == "one.example.com:8443"
                    ? RegistryCredential(user: "m", password: "m")
                    : registry == "docker.io" ? RegistryCredential(user: "hub", password: "s3cret") : nil
            }, configuration: try configuration("https://one.example.com:8443"), patience: RegistryPatience(),
            clock: TestClock().retryClock, makeHasher: { TestHasher() })
        _ = try resolve(client)
        #expect(try client.hasBlob(sha256(image.layer), in: try ImageReference(parsing: "x")))
        let hub = RegistryCredential(user: "hub", password: "s3cret").basic
        for request in transport.requests {
            #expect(!request.url.contains("one.example.com") || request.authorization != hub)
        }
        #expect(transport.urls.last == "https://registry-1.docker.io/v2/library/x/blobs/\(sha256(image.layer))")
    }
}

import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct ResolveTests {
    let image = TestImage()
    let reference: ImageReference
    let amd64 = Platform(architecture: "amd64")

    init() throws { reference = try ImageReference(parsing: "localhost:5000/x") }

    private func error(_ answers: FakeTransport.Answer..., reference other: ImageReference? = nil) -> ContainerError? {
        let transport = FakeTransport(inTurn: answers)
        return failure { () throws(ContainerError) in
            try client(transport).resolve(other ?? reference, platform: amd64)
        }
    }

    @Test func `a manifest by tag takes one request`() throws {
        let transport = FakeTransport(inTurn: [image.manifestAnswer])
        let found = try client(transport).resolve(reference, platform: amd64)
        #expect(transport.urls == ["http://localhost:5000/v2/x/manifests/latest"])
        #expect(found.digest == sha256(image.manifest))
        #expect(found.repositoryDigest == found.digest)
        #expect(found.bytes == image.manifest)
        let accept = transport.requests[0].headers.first { $0.name == "Accept" }?.value ?? ""
        for type in [
            MediaType.ociIndex, MediaType.ociManifest, MediaType.dockerManifest, MediaType.dockerManifestList,
        ] {
            #expect(accept.contains(type))
        }
    }

    @Test func `an index leads to the platform's manifest by digest`() throws {
        let transport = FakeTransport(inTurn: [image.indexAnswer, image.manifestAnswer])
        let found = try client(transport).resolve(reference, platform: amd64)
        #expect(transport.urls.last == "http://localhost:5000/v2/x/manifests/\(sha256(image.manifest))")
        #expect(found.repositoryDigest == sha256(image.index))
        #expect(found.digest == sha256(image.manifest))
        let missing = failure { () throws(ContainerError) in
            try client(transport).resolve(reference, platform: Platform(architecture: "s390x"))
        }
        #expect(missing == nil || missing?.code == .notFound)
    }

    @Test func `a platform that is not there is named with those that are`() {
        let transport = FakeTransport(inTurn: [image.indexAnswer])
        let error = failure { () throws(ContainerError) in
            try client(transport).resolve(reference, platform: Platform(architecture: "s390x"))
        }
        #expect(error?.code == .notFound)
        #expect(
            error?.description
                == "pull localhost:5000/x:latest: no matching manifest for linux/s390x in the manifest list entries "
                + "(it is there for linux/amd64)")
    }

    @Test func `an index that holds itself ends`() {
        // No index can hold its own digest, so the second answer is caught as a wrong one.
        #expect(error(image.indexAnswer, image.indexAnswer)?.code == .corrupted)
    }

    @Test func `the bytes must match every digest that is known`() throws {
        let pinned = reference.withDigest(sha256(image.manifest))
        let transport = FakeTransport(inTurn: [image.manifestAnswer])
        _ = try client(transport).resolve(pinned, platform: amd64)
        #expect(transport.urls[0].hasSuffix("/manifests/\(sha256(image.manifest))"))

        var other = image.manifestAnswer
        other.body = [image.manifest + [0x20]]
        let byDigest = error(.bytes(other.body[0], ["Content-Type": MediaType.ociManifest]), reference: pinned)
        #expect(byDigest?.code == .corrupted)
        #expect(byDigest?.message.contains("does not match its digest") == true)
        let byHeader = error(other)
        #expect(byHeader?.code == .corrupted)
        #expect(byHeader?.message.contains("registry's digest") == true)
        #expect(error(image.indexAnswer, .bytes(other.body[0]))?.code == .corrupted)
    }

    @Test func `a tag that is not there is told in docker's words`() {
        let body = #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"latest"}}]}"#
        let error = error(.status(404, [:], body))
        #expect(error?.code == .notFound)
        #expect(
            error?.description
                == "manifest for localhost:5000/x:latest not found: manifest unknown (check the name and the tag)")
    }

    @Test func `what is no registry is said to be none`() {
        let page = error(.status(404, ["Content-Type": "text/html"], "<html>"))
        #expect(page?.cause == "localhost:5000 does not answer like a registry")
        let web = error(.bytes(Array("<html>".utf8), ["Content-Type": "text/html; charset=utf-8"]))
        #expect(web?.code == .unavailable)
        #expect(web?.message.contains("does not answer like a registry") == true)
        #expect(error(.failure(.notHTTP))?.message.contains("does not answer like a registry") == true)
        #expect(error(.bytes(Array("{}".utf8)))?.code == .corrupted)
    }

    @Test(arguments: [
        (401, ContainerError.Code.permissionDenied, "the registry asks for a login"),
        (403, .permissionDenied, "access denied by localhost:5000"),
        (429, .unavailable, "localhost:5000 takes no more requests for now"),
        (500, .unavailable, "the registry at localhost:5000 failed"),
        (418, .unavailable, "unexpected answer from localhost:5000"),
    ])
    func `each refusal has its own words`(status: Int, code: ContainerError.Code, words: String) {
        let body = #"{"errors":[{"code":"DENIED","message":"no \u001b[31mway"}]}"#
        let error = error(.status(status, [:], body))
        #expect(error?.code == code)
        #expect(error?.message == "pull localhost:5000/x:latest: " + words)
        #expect(error?.cause?.contains("denied: no") == true)
        #expect(error?.description.contains("\u{1b}") == false)
    }

    @Test func `a registry that is down is named with its port`() {
        let clock = TestClock()
        let transport = FakeTransport(inTurn: [.failure(.connect, "ECONNREFUSED: Connection refused")])
        let error = failure { () throws(ContainerError) in
            try client(transport, clock: clock).resolve(reference, platform: amd64)
        }
        #expect(
            error?.description
                == "pull localhost:5000/x:latest: cannot connect to localhost:5000: ECONNREFUSED: Connection refused "
                + "(is the registry running?)")
        #expect(transport.requests.count == 3)
        #expect(clock.now < 2)
    }

    @Test func `what passes is tried again, what stays is not`() throws {
        let busy = FakeTransport(inTurn: [
            .status(503), .failure(.interrupted), image.manifestAnswer,
        ])
        // The interrupted answer makes the client look for TLS too, which ends the same way for this fake.
        _ = try client(busy).resolve(reference, platform: amd64)
        let gone = FakeTransport(inTurn: [.status(404)])
        #expect(failure { () throws(ContainerError) in try client(gone).resolve(reference) } != nil)
        #expect(gone.requests.count == 1)
    }

    @Test func `Retry-After is honoured up to the budget`() throws {
        let clock = TestClock()
        let short = FakeTransport(inTurn: [.status(429, ["Retry-After": "2"]), image.manifestAnswer])
        _ = try client(short, clock: clock).resolve(reference, platform: amd64)
        #expect(clock.now == 2)
        let long = FakeTransport(inTurn: [.status(429, ["Retry-After": "3600"])])
        let error = failure { () throws(ContainerError) in try client(long).resolve(reference) }
        #expect(long.requests.count == 1)
        #expect(error?.hint == "try again in 60 min")
    }

    @Test func `an answer without end is cut off`() {
        let piece = [UInt8](repeating: 0x20, count: 1 << 20)
        let endless = FakeTransport.Answer(body: Array(repeating: piece, count: 100))
        #expect(error(endless)?.message.contains("larger than 4 MiB") == true)
        let angry = FakeTransport.Answer(status: 403, body: Array(repeating: piece, count: 100))
        #expect(error(angry)?.code == .permissionDenied)
    }
}

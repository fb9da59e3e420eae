import ContainerImages
import ContainerKitTesting
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import OCISpec
import Synchronization
import Testing

/// Registries that serve other things than they say: one clear error, nothing listed, nothing kept (rows 39 to 42 of
/// Documentation/Threats.md).
@Suite struct HostileRegistryTests {
    private let name = "localhost:5000/app:1"
    private let image: TestImage

    init() throws { image = try TestImage(["base", "top"]) }

    /// Serves documents by tag or digest, the image's blobs otherwise.
    private func registry(
        _ documents: [String: (bytes: [UInt8], type: String)], headers: [String: String] = [:],
        changed: [[UInt8]: [UInt8]] = [:]
    ) -> FakeTransport {
        let blobs = image.registry(changed: changed)
        return FakeTransport { request in
            let parts = request.url.target.split(separator: "/")
            guard parts.count > 2, parts[parts.count - 2] == "manifests" else { return Self.answer(blobs, request) }
            guard let document = documents[String(parts[parts.count - 1])] else { return .status(404) }
            return .bytes(document.bytes, headers.merging(["Content-Type": document.type]) { $1 })
        }
    }

    private static func answer(_ transport: FakeTransport, _ request: HTTPRequest) -> FakeTransport.Answer {
        var bytes = [UInt8]()
        let head = try? transport.perform(request) { _, piece in bytes.append(contentsOf: piece) }
        return FakeTransport.Answer(status: head?.status ?? 500, headers: head?.headers ?? [], body: [bytes])
    }

    /// - Returns: the error, after nothing of it was found to have stayed.
    private func refused(_ registry: FakeTransport, as name: String? = nil, platform: Platform? = nil) throws
        -> ContainerError?
    {
        try Fixture.with { (fixture: Fixture) throws in
            let error = failure {
                _ = try fixture.pull(
                    name ?? self.name, from: registry, platform: platform ?? Platform(architecture: "amd64"))
            }
            #expect(error?.description.contains("\n") == false)
            // A lower layer that came whole and right serves the next pull.
            let top = try #require(try image.chain().last)
            #expect(try fixture.store.list().isEmpty && !fixture.snapshotter.layers().contains(top))
            return error
        }
    }

    private func manifest(_ old: String = "", _ new: String = "") -> [UInt8] {
        Array(String(decoding: image.manifestBytes, as: UTF8.self).replacing(old.isEmpty ? "\0" : old, with: new).utf8)
    }

    private func index(_ entries: String) -> [UInt8] {
        Array(#"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entries)]}"#.utf8)
    }

    private func entry(_ digest: String, size: Int, architecture: String = "amd64") -> String {
        #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(digest)","size":\#(size),"#
            + #""platform":{"os":"linux","architecture":"\#(architecture)"}}"#
    }

    private func digest(_ bytes: [UInt8]) throws -> String { try SHA256Hasher.digest(bytes).description }

    // MARK: - Row 39

    @Test func row39AManifestThatIsAnother() throws {
        let other = try digest(Array("other".utf8))
        let bytes = image.manifestBytes
        let byDigest = try refused(
            registry([other: (bytes, MediaType.ociManifest)]), as: "localhost:5000/app@\(other)")
        #expect(byDigest?.code == .corrupted && byDigest?.description.contains("does not match its digest") == true)
        let byHeader = try refused(
            registry(["1": (bytes, MediaType.ociManifest)], headers: ["Docker-Content-Digest": other]))
        #expect(byHeader?.description.contains("does not match the registry's digest") == true)
    }

    @Test func row39AnEntryOfAnIndexThatIsAnother() throws {
        let bytes = image.manifestBytes
        let right = try digest(bytes)
        let wrong = try digest(Array("x".utf8))
        let cases = [
            (entry(wrong, size: bytes.count), wrong, "does not match its digest"),
            (entry(right, size: bytes.count + 1), right, "does not match its size"),
            (entry(right, size: bytes.count - 1), right, "does not match its size"),
            (entry(right, size: 1 << 40), right, "is too large"),
        ]
        for (entry, served, words) in cases {
            let error = try refused(
                registry(["1": (index(entry), MediaType.ociIndex), served: (bytes, MediaType.ociManifest)]))
            #expect(error?.code == .corrupted && error?.description.contains(words) == true, "\(error as Any)")
        }
    }

    @Test func row39ABlobOfAnotherSize() throws {
        for blob in image.layers + [image.configBytes] {
            for changed in [Array(blob.dropLast()), blob + [0], [], blob + Array(repeating: 0, count: 100_000)] {
                let error = try refused(
                    registry(["1": (image.manifestBytes, MediaType.ociManifest)], changed: [blob: changed]))
                #expect(error?.code == .corrupted, "\(error as Any)")
            }
            // The manifest may lie about the size as well.
            let size = "\(try digest(blob))\",\"size\":\(blob.count)"
            for lie in ["1", "\(blob.count + 1)", "9000000000000000000"] {
                let bytes = manifest(size, "\(try digest(blob))\",\"size\":\(lie)")
                let error = try refused(registry(["1": (bytes, MediaType.ociManifest)]))
                #expect(error != nil, "\(lie)")
            }
        }
    }

    @Test(arguments: [
        "sha256:../../../../etc/passwd", "sha256:", "sha512:" + String(repeating: "a", count: 128),
        "md5:" + String(repeating: "a", count: 32), "SHA256:" + String(repeating: "a", count: 64),
        "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "a", count: 63), "../../x", "",
        "sha256:" + String(repeating: "a", count: 63) + "/", "sha256-" + String(repeating: "a", count: 64),
    ])
    func row39ADigestThatIsNone(text: String) throws {
        for blob in [image.layers[1], image.configBytes] {
            let server = registry(["1": (manifest(try digest(blob), text), MediaType.ociManifest)])
            #expect(try refused(server)?.code == .corrupted)
            #expect(server.urls.count == 1, "\(server.urls)")
        }
        let server = registry(["1": (index(entry(text, size: 10)), MediaType.ociIndex)])
        #expect(try refused(server)?.code == .corrupted)
        #expect(server.urls.count == 1)
        #expect(throws: ContainerError.self) { try ImageReference(parsing: "localhost:5000/app@" + text) }
    }

    // MARK: - Rows 40 and 41

    @Test func row40ADocumentThatIsTwoThings() throws {
        let both = manifest("\"layers\":", "\"manifests\":[],\"layers\":")
        for type in [MediaType.ociManifest, MediaType.ociIndex, "application/json", ""] {
            let error = try refused(registry(["1": (both, type)]))
            #expect(error?.code == .corrupted && error?.description.contains("ambiguous") == true, "\(type)")
        }
        let other = try refused(registry(["1": (image.manifestBytes, MediaType.ociIndex)]))
        #expect(other?.description.contains("ambiguous") == true, "it calls itself a manifest: \(other as Any)")
        let silent = manifest("\"mediaType\":\"\(MediaType.ociManifest)\",", "")
        #expect(try refused(registry(["1": (silent, MediaType.ociIndex)]))?.code == .corrupted)
    }

    @Test func row41Schema1() throws {
        let document = Array(#"{"schemaVersion":1,"name":"app","tag":"1","fsLayers":[],"history":[]}"#.utf8)
        for type in ["application/vnd.docker.distribution.manifest.v1+prettyjws", "application/json"] {
            let error = try refused(registry(["1": (document, type)]))
            #expect(error?.code == .unsupported && error?.description.contains("schema 1") == true, "\(error as Any)")
        }
    }

    /// An index cannot hold its own digest, but a registry can serve it under any.
    @Test func row41IndexesWithoutEnd() throws {
        let nested = #"{"mediaType":"\#(MediaType.ociIndex)","digest":"DIGEST","size":SIZE}"#
        var documents: [String: (bytes: [UInt8], type: String)] = [:]
        var inner = index(entry(try digest(image.manifestBytes), size: image.manifestBytes.count))
        documents[try digest(image.manifestBytes)] = (image.manifestBytes, MediaType.ociManifest)
        for _ in 0..<100 {
            documents[try digest(inner)] = (inner, MediaType.ociIndex)
            inner = index(
                nested.replacing("DIGEST", with: try digest(inner)).replacing("SIZE", with: "\(inner.count)"))
        }
        documents["1"] = (inner, MediaType.ociIndex)
        let server = registry(documents)
        let error = try refused(server)
        #expect(error?.code == .corrupted && error?.description.contains("nested too deeply") == true)
        #expect(server.urls.count < 10)
    }

    @Test func row41AnImageForAnotherPlatform() throws {
        var foreign = image
        foreign.config.architecture = "s390x"
        let bytes = foreign.manifestBytes
        let list = index(entry(try digest(bytes), size: bytes.count))
        let blobs = foreign.registry()
        let server = FakeTransport { request in
            request.url.target.hasSuffix("/manifests/1")
                ? .bytes(list, ["Content-Type": MediaType.ociIndex]) : Self.answer(blobs, request)
        }
        let error = try refused(server)
        #expect(
            error?.message == "image with reference localhost:5000/app:1 was found but does not match the specified "
                + "platform: wanted linux/amd64, actual: linux/s390x", "\(error as Any)")
        let none = try refused(
            registry(["1": (list, MediaType.ociIndex)]), platform: Platform(architecture: "riscv64"))
        #expect(none?.code == .notFound && none?.description.contains("no matching manifest") == true)
    }

    // MARK: - Row 42

    /// CVE-2020-15157: bytes from where the manifest says, and a login for whoever asks there.
    @Test func row42ALayerFromElsewhereIsNotFetched() throws {
        let urls = #""urls":["http://localhost:6000/layer","https://169.254.169.254/latest"],"#
        for type in [
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        ] {
            var foreign = image
            foreign.layerType = type
            let text = String(decoding: foreign.manifestBytes, as: UTF8.self)
            let bytes = Array(
                text.replacing("\"mediaType\":\"\(type)\",", with: urls + "\"mediaType\":\"\(type)\",").utf8)
            let server = registry(["1": (bytes, MediaType.ociManifest)])
            let error = try refused(server)
            #expect(error?.code == .unsupported && error?.description.contains("foreign") == true, "\(error as Any)")
            #expect(server.urls.allSatisfy { $0.hasPrefix("http://localhost:5000/") }, "\(server.urls)")
        }
        // An ordinary layer's addresses are not followed either: the registry itself is asked.
        let bytes = manifest(
            "\"mediaType\":\"\(MediaType.ociLayer)\",", urls + "\"mediaType\":\"\(MediaType.ociLayer)\",")
        let server = registry(["1": (bytes, MediaType.ociManifest)])
        try Fixture.with { (fixture: Fixture) throws in _ = try fixture.pull(name, from: server) }
        #expect(server.urls.allSatisfy { $0.hasPrefix("http://localhost:5000/") })
    }
}

import ContainerSystem
import FoundationEssentials
import Testing

@testable import OCISpec

private let digest = "sha256:" + String(repeating: "1", count: 64)
private let config =
    #""config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest)","size":2}"#
private let layers = #""layers":[{"mediaType":"x","digest":"\#(digest)","size":3,"annotations":null,"urls":null}]"#
private let manifests = #""manifests":[{"mediaType":"x","digest":"\#(digest)","size":3}]"#

private func parse(_ fields: String..., type: String? = MediaType.ociManifest) throws(ContainerError)
    -> (document: ManifestDocument, mediaType: String)
{
    try ManifestDocument.parse(Array(("{" + fields.joined(separator: ",") + "}").utf8), contentType: type)
}

private func refusal(_ fields: String..., type: String? = MediaType.ociManifest) -> ContainerError? {
    do {
        let text = "{" + fields.joined(separator: ",") + "}"
        _ = try ManifestDocument.parse(Array(text.utf8), contentType: type)
        return nil
    } catch { return error }
}

@Suite struct ManifestDocumentTests {
    let version = #""schemaVersion":2"#

    @Test func `an image and an index are told apart`() throws {
        guard case .manifest(let image) = try parse(version, config, layers).document else {
            Issue.record("not an image")
            return
        }
        #expect(image.layers.map(\.size) == [3])
        let list = try parse(version, manifests, type: MediaType.dockerManifestList + "; charset=utf-8")
        #expect(list.mediaType == MediaType.dockerManifestList)
        guard case .index(let index) = list.document else {
            Issue.record("not an index")
            return
        }
        #expect(index.manifests.count == 1)
        let stated = #""mediaType":"\#(MediaType.dockerManifest)""#
        #expect(
            try parse(version, stated, config, layers, type: "application/json").mediaType == MediaType.dockerManifest)
        #expect(try parse(version, manifests, type: nil).mediaType == MediaType.ociIndex)
        guard case .manifest(let empty) = try parse(version, config, #""layers":null"#).document else {
            Issue.record("not an image")
            return
        }
        #expect(empty.layers.isEmpty)
    }

    @Test func `a document that could be two things is refused`() {
        for type in [MediaType.ociManifest, MediaType.ociIndex, nil] {
            #expect(refusal(version, config, layers, manifests, type: type)?.code == .corrupted)
            #expect(refusal(version, #""layers":[]"#, manifests, type: type)?.code == .corrupted)
        }
        let stated = #""mediaType":"\#(MediaType.ociManifest)""#
        #expect(refusal(version, stated, config, layers, type: MediaType.dockerManifest)?.code == .corrupted)
        #expect(refusal(version, config, layers, type: MediaType.ociIndex)?.code == .corrupted)
        #expect(refusal(version, manifests, type: MediaType.ociManifest)?.code == .corrupted)
    }

    @Test func `what is no image of today is refused with a clear word`() {
        let old = refusal(
            #""schemaVersion":1,"fsLayers":[]"#, type: "application/vnd.docker.distribution.manifest.v1+json")
        #expect(old?.code == .unsupported)
        #expect(old?.message.contains("schema 1") == true)
        #expect(refusal(version, config, layers, type: "text/html")?.code == .unsupported)
        #expect(refusal(config, layers)?.code == .corrupted)
        #expect(refusal("not json")?.description == "manifest is malformed: not JSON")
        let traversal = config.replacing(digest, with: "sha256:../../etc/passwd")
        #expect(refusal(version, traversal, layers)?.cause?.contains("not a sha256 digest") == true)
        #expect(refusal(version, config.replacing(#""size":2"#, with: #""size":-2"#), layers)?.code == .corrupted)
        #expect(refusal(version, layers)?.description == "manifest is malformed: no .config")
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal(version, #""layers":"# + deep)?.code == .corrupted)
        let large = [UInt8](repeating: 0x20, count: ManifestDocument.sizeLimit + 1)
        #expect(throws: ContainerError.self) { try ManifestDocument.parse(large, contentType: nil) }
    }

    @Test func `hostile text does not reach the terminal`() {
        let error = refusal(version, config, layers, type: "text/\u{1b}[31m" + String(repeating: "x", count: 9999))
        #expect(error?.description.utf8.allSatisfy { (0x20...0x7e).contains($0) } == true)
        #expect((error?.description.count ?? 0) < 300)
    }
}

@Suite struct ImageConfigTests {
    @Test func `docker's keys survive a round trip`() throws {
        let text = """
            {"architecture":"arm64","author":null,"config":{"ArgsEscaped":true,"Cmd":["sh"],"Entrypoint":["/e"],\
            "Env":["A=b"],"ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Interval":1000000000,"Test":["NONE"]},\
            "Labels":{"a":"b"},"OnBuild":["RUN x"],"Shell":["/bin/sh","-c"],"StopSignal":"SIGINT","User":"0:0",\
            "Volumes":{"/data":{}},"WorkingDir":"/w"},"created":"2024-01-02T03:04:05.123456789Z",\
            "history":[{"created_by":"x","empty_layer":true}],"os":"linux","os.version":"1",\
            "rootfs":{"diff_ids":["\(digest)"],"type":"layers"},"variant":"v8"}
            """
        let value = try JSONDecoder().decode(ImageConfig.self, from: Data(text.utf8))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let again = String(decoding: try encoder.encode(value), as: UTF8.self)
        #expect(again == text.replacing(#""author":null,"#, with: ""))
        #expect(value.platform.runs(Platform(architecture: "arm64")))
    }

    @Test func `null stands for nothing`() throws {
        let text = """
            {"architecture":"amd64","os":"linux","history":null,"rootfs":{"type":"layers","diff_ids":null},
             "config":{"Env":null,"Cmd":null,"ExposedPorts":{"80/tcp":null},"Volumes":null,"Labels":null,"User":null}}
            """
        let value = try JSONDecoder().decode(ImageConfig.self, from: Data(text.utf8))
        #expect(value.rootfs.diffIDs.isEmpty)
        #expect(value.config?.exposedPorts?.keys.sorted() == ["80/tcp"])
        #expect(value.config?.env == nil)
    }
}

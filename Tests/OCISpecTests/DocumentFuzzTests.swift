import ContainerSystem
import FoundationEssentials
import Glibc
import Testing

@testable import OCISpec

/// Documents that were right, with values exchanged, fields doubled or gone, and bytes changed.
@Suite struct DocumentFuzzTests {
    private static func setting(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    private static let digest = "sha256:" + String(repeating: "1", count: 64)
    private static let documents = [
        """
        {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":"\(MediaType.ociConfig)",\
        "digest":"\(digest)","size":2},"layers":[{"mediaType":"\(MediaType.ociLayerGzip)","digest":"\(digest)",\
        "size":3,"urls":["http://x"],"annotations":{"a":"b"}}],"annotations":{"c":"d"}}
        """,
        """
        {"schemaVersion":2,"manifests":[{"mediaType":"\(MediaType.ociManifest)","digest":"\(digest)","size":3,\
        "platform":{"architecture":"arm64","os":"linux","os.version":"1","os.features":["x"],"variant":"v8"}}]}
        """,
        """
        {"architecture":"amd64","os":"linux","created":"2024-01-02T03:04:05Z","config":{"Env":["A=b"],"Cmd":["sh"],\
        "ExposedPorts":{"80/tcp":{}},"User":"0","Healthcheck":{"Interval":1,"Test":["NONE"]}},\
        "rootfs":{"type":"layers","diff_ids":["\(digest)"]},"history":[{"created_by":"x","empty_layer":true}]}
        """,
    ]
    private static let values = [
        "null", "true", "-1", "0", "1", "2", "1e400", "-0", "9223372036854775807", "9223372036854775808", "0.5",
        "18446744073709551616", "[]", "{}", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\u001b[2J\\n\"",
        "[[[[[[[[]]]]]]]]", "\"sha256:../../x\"", "\"sha512:\(String(repeating: "a", count: 128))\"", "[null]", "[1]",
        "{\"a\":{}}", "\"application/vnd.oci.image.index.v1+json\"", "\"\(String(repeating: "y", count: 5000))\"", "",
    ]
    private static let keys = [
        "schemaVersion", "mediaType", "config", "layers", "manifests", "digest", "size", "fsLayers", "rootfs", "os",
        "architecture", "diff_ids", "platform", "annotations", "history", "Env", "urls", "artifactType", "subject",
    ]

    private static func changed(_ random: inout SplitMix) -> [UInt8] {
        var text = Array(documents[random.below(documents.count)].utf8)
        for _ in 0...random.below(4) where !text.isEmpty {
            let key = Array("\"\(keys[random.below(keys.count)])\":".utf8)
            let value = Array(values[random.below(values.count)].utf8)
            let place = random.below(text.count)
            let ends = text.indices.filter {
                [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(text[$0])
            }
            let colons = text.indices.filter { text[$0] == UInt8(ascii: ":") }
            switch random.below(6) {
            case 0: text[place] = UInt8(random.below(256))
            case 1: text.removeSubrange(place..<min(text.count, place + 1 + random.below(20)))
            case 2: text.removeLast(random.below(text.count))
            case 3:
                // A field more, perhaps one that is there already.
                guard let start = text.firstIndex(of: UInt8(ascii: "{")) else { continue }
                text.insert(contentsOf: key + value + [UInt8(ascii: ",")], at: start + 1)
            default:
                // Another value.
                guard !colons.isEmpty else { continue }
                let colon = colons[random.below(colons.count)]
                text.replaceSubrange(colon + 1..<(ends.first { $0 > colon } ?? text.count), with: value)
            }
        }
        return text
    }

    @Test func changedDocumentsAreReadOrRefused() {
        var random = SplitMix(seed: UInt64(Self.setting("CK_FUZZ_SEED", 1)))
        let types = [nil, MediaType.ociManifest, MediaType.ociIndex, MediaType.dockerManifest, "x/\u{1b}", ""]
        var (read, refused) = (0, 0)
        for round in 0..<Self.setting("CK_FUZZ_ROUNDS", 2000) {
            let bytes = Self.changed(&random)
            do throws(ContainerError) {
                let (document, _) = try ManifestDocument.parse(bytes, contentType: types[random.below(types.count)])
                read += 1
                switch document {
                case .manifest(let manifest):
                    #expect(manifest.layers.allSatisfy { $0.size >= 0 && $0.digest.hex.utf8.count == 64 })
                case .index(let index): #expect(index.manifests.allSatisfy { $0.size >= 0 })
                }
            } catch {
                refused += 1
                #expect([.corrupted, .unsupported].contains(error.code), "round \(round): \(error)")
                #expect(error.description.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "round \(round): \(error)")
                #expect(error.description.utf8.count < 1000, "round \(round)")
            }
            _ = try? JSONDecoder().decode(ImageConfig.self, from: Data(bytes))
        }
        #expect(read > 0 && refused > 0)
    }
}

import ContainerSystem
import FoundationEssentials
import Testing

@testable import OCISpec

/// `Codable` writes what the reader of our own reads.
@Suite struct RuntimeSpecWritingTests {
    private func written(_ spec: RuntimeSpec) throws -> [UInt8] { Array(try JSONEncoder().encode(spec)) }

    @Test func whatIsWrittenIsReadAsTheSame() throws {
        let whole = RuntimeSpecReadingTests.wholeSpec
        #expect(try RuntimeSpec(json: written(whole)) == whole)
        for name in Fixture.names {
            let spec = try RuntimeSpec(json: try Fixture.read(name))
            #expect(try RuntimeSpec(json: written(spec)) == spec, "\(name)")
        }
    }

    @Test func namesAreThoseOfTheSpecificationAndWhatIsNotSetIsLeftOut() throws {
        var spec = RuntimeSpec(process: .init(args: ["sh"]), root: .init(path: "rootfs"))
        spec.linux.namespaces = [.init(.mount), .init(.network, path: "/run/netns/x")]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(
            String(decoding: try encoder.encode(spec), as: UTF8.self) == """
                {"linux":{"namespaces":[{"type":"mount"},{"path":"/run/netns/x","type":"network"}]},"mounts":[],\
                "ociVersion":"1.2.0","process":{"args":["sh"],"cwd":"/","env":[],"user":{"gid":0,"uid":0}},\
                "root":{"path":"rootfs"}}
                """)
    }

    /// Every name of the whole document, which is written by hand, is written by the encoder too.
    @Test func noNameIsMissing() throws {
        func names(_ bytes: [UInt8]) -> Set<String> {
            var found = Set<String>()
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\"", omittingEmptySubsequences: false)
            for index in stride(from: 1, to: parts.count - 1, by: 2) where parts[index + 1].first == ":" {
                found.insert(String(parts[index]))
            }
            return found
        }
        #expect(
            names(Array(RuntimeSpecReadingTests.whole.utf8)) == names(try written(RuntimeSpecReadingTests.wholeSpec)))
    }
}

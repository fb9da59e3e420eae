import ContainerSystem
import Testing

@testable import OCISpec

private func index(_ platforms: String?...) -> ImageIndex {
    ImageIndex(
        manifests: platforms.enumerated().map { number, name in
            ContentDescriptor(
                mediaType: MediaType.ociManifest,
                digest: Digest(hex: String(repeating: String(number), count: 64))!, size: 1,
                platform: name.map { text in
                    let fields = text.split(separator: "/").map(String.init)
                    return Platform(os: fields[0], architecture: fields[1], variant: fields.count > 2 ? fields[2] : nil)
                })
        })
}

private func chosen(_ index: ImageIndex, _ platform: String) throws -> Int? {
    let entry = index.select(for: try Platform(parsing: platform))
    return entry.map { entry in index.manifests.firstIndex(of: entry)! }
}

@Suite struct PlatformTests {
    @Test func `the exact platform wins`() throws {
        let list = index("linux/386", "linux/arm/v7", "linux/amd64", "linux/arm64/v8", "windows/amd64")
        #expect(try chosen(list, "linux/amd64") == 2)
        #expect(try chosen(list, "linux/arm64") == 3)
        #expect(try chosen(list, "linux/arm64/v8") == 3)
        #expect(try chosen(list, "linux/arm/v7") == 1)
        #expect(try chosen(list, "windows/amd64") == 4)
        #expect(try chosen(list, "linux/s390x") == nil)
    }

    @Test func `what a processor also runs is second choice`() throws {
        #expect(try chosen(index("linux/386"), "linux/amd64") == 0)
        #expect(try chosen(index("linux/arm/v6", "linux/arm/v7"), "linux/arm64") == 1)
        #expect(try chosen(index("linux/arm64"), "linux/arm/v7") == nil)
        #expect(try chosen(index("linux/arm/v7", "linux/arm/v5"), "linux/arm/v6") == 1)
        #expect(try chosen(index("linux/amd64/v3", "linux/amd64"), "linux/amd64") == 1)
        #expect(try chosen(index("linux/amd64", "linux/amd64/v2"), "linux/amd64/v3") == 1)
    }

    @Test func `attestations never match and an entry without platform comes last`() throws {
        #expect(try chosen(index("unknown/unknown", "linux/amd64"), "linux/amd64") == 1)
        #expect(try chosen(index("unknown/unknown"), "linux/amd64") == nil)
        #expect(try chosen(index(nil, "linux/386"), "linux/amd64") == 1)
        #expect(try chosen(index("linux/s390x", nil), "linux/amd64") == 1)
    }

    @Test func `names of platforms are read and normalised`() throws {
        #expect(try Platform(parsing: "x86_64") == Platform(architecture: "amd64"))
        #expect(try Platform(parsing: "linux/aarch64").description == "linux/arm64")
        #expect(try Platform(parsing: "linux/armhf").description == "linux/arm/v7")
        #expect(Platform.current.runs(Platform.current))
        for bad in ["", "a/b/c/d", "linux/", "linux/amd 64", "linux/\u{e9}"] {
            #expect(throws: ContainerError.self) { try Platform(parsing: bad) }
        }
    }
}

import ContainerSystem
import Glibc
import Testing

@testable import ContainerStorage

/// Changes archives the way that matters to their readers: fields of headers with checksums that fit again, records of
/// extended headers, blocks that are doubled, moved or gone, and plain bytes.
struct TarMutator {
    var random: SplitMix

    private static let numbers = [
        "", "0", "7777777", "77777777777", "-1", "1", "4294967295", "9223372036854775807", "99999999999999999999", "8 ",
    ]
    private static let names = [
        "", ".", "..", "/", "//", "../x", "a/../b", "a", "a/b", ".wh.a", ".wh.", ".wh..wh..opq", ".wh..wh.x", "a/",
        "/a",
        "\u{ff}\u{fe}", String(repeating: "n", count: 99), "a\0b", "./././", "b/.wh.a", "a/.wh..wh..opq",
    ]
    private static let types = Array("01234567xgLKSVDMNA\u{0}".utf8)
    private static let records = [
        "path", "linkpath", "size", "uid", "gid", "mtime", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name",
        "GNU.sparse.realsize", "GNU.sparse.map", "GNU.sparse.numblocks", "GNU.sparse.size", "GNU.sparse.offset",
        "SCHILY.xattr.user.a", "SCHILY.xattr.trusted.overlay.opaque", "SCHILY.xattr.security.capability",
        "SCHILY.xattr.", "LIBARCHIVE.xattr.a", "SCHILY.fflags", "SCHILY.acl.access", "hdrcharset", "SCHILY.devmajor",
    ]

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }

    /// An archive of its own making, changed in one to five ways.
    mutating func archive() -> [UInt8] {
        var tar = Tar()
        for _ in 0..<random.below(12) { addEntry(&tar) }
        var blocks = tar.bytes
        for _ in 0...random.below(5) where blocks.count > 1024 { change(&blocks) }
        return blocks
    }

    private mutating func addEntry(_ tar: inout Tar) {
        var pax: [(String, [UInt8])] = []
        for _ in 0..<max(0, random.below(6) - 2) {
            let value = random.below(2) == 0 ? pick(Self.numbers) : pick(Self.names)
            pax.append((pick(Self.records), Array(value.utf8)))
        }
        let type = random.below(2) == 0 ? UInt8(ascii: "0") : pick(Self.types)
        tar.add(
            pick(Self.names), type: Character(UnicodeScalar(type)),
            data: [UInt8](repeating: 97, count: pick([0, 0, 1, 5, 511, 512, 513, 3000])), uid: random.below(70000),
            link: pick(Self.names), device: (random.below(2), random.below(3)), pax: pax)
    }

    private mutating func change(_ blocks: inout [UInt8]) {
        let block = random.below(blocks.count / 512) * 512
        switch random.below(7) {
        case 0, 1, 2:
            // A field of the header that starts here, if one does.
            let (start, width) = pick([
                (0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (156, 1), (157, 100), (257, 8), (329, 8),
                (337, 8), (345, 155), (386, 24), (482, 1), (483, 12),
            ])
            let text = Array((random.below(2) == 0 ? pick(Self.numbers) : pick(Self.names)).utf8)
            for index in 0..<width { blocks[block + start + index] = index < text.count ? text[index] : 0 }
            if random.below(4) == 0 { blocks[block + start] = 0x80 | UInt8(random.below(128)) }
            if width == 1 { blocks[block + start] = pick(Self.types) }
            Tar.sum(&blocks, at: block)
        case 3:
            blocks[random.below(blocks.count)] = UInt8(random.below(256))
        case 4:
            blocks.insert(contentsOf: blocks[block..<block + 512], at: random.below(blocks.count / 512) * 512)
        case 5:
            blocks.removeSubrange(block..<block + 512)
        default:
            blocks.removeLast(random.below(blocks.count))
        }
    }
}

@Suite struct LayerFuzzTests {
    /// Rounds of `CK_FUZZ_ROUNDS`, or as many as take a few seconds; with `CK_FUZZ_SEED` another sequence.
    private static func setting(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    /// Whatever comes is taken or refused, with the words and the code of a refusal; what is outside stays as it is, and
    /// a refusal leaves nothing behind.
    @Test func changedLayersAreTakenOrRefused() throws {
        let scratch = try Scratch()
        let canary = scratch("canary")
        try Files.makeDirectory(canary)
        var mutator = TarMutator(random: SplitMix(seed: UInt64(Self.setting("CK_FUZZ_SEED", 1))))
        var limits = UnpackLimits()
        limits.bytes = 16 << 20
        let snapshotter = try scratch.snapshotter(limits)
        var below = Tar()
        for name in ["a/b", "b/a", "n"] { below.file(name, "below") }
        let parent = try scratch.unpack(below).layer.chainID
        var (taken, refused) = (0, 0)
        for round in 0..<Self.setting("CK_FUZZ_ROUNDS", 400) {
            var bytes = mutator.archive()
            if mutator.random.below(4) == 0 { bytes = try compressed(bytes, &mutator.random) }
            let file = try scratch.write("layer", bytes)
            do throws(ContainerError) {
                let layer = try snapshotter.unpack(file, compression: nil, diffID: nil, parents: [parent], tee: nil)
                taken += 1
                try snapshotter.removeLayer(layer.chainID)
            } catch {
                refused += 1
                let codes: [ContainerError.Code] = [.corrupted, .exhausted, .unsupported, .invalidArgument]
                #expect(codes.contains(error.code), "round \(round): \(error)")
                #expect(error.description.utf8.count < 1000 && !error.description.contains("\n"), "round \(round)")
            }
            let left = try Files.list(scratch("overlay/layers"))
            #expect(left.count == 1, "round \(round): \(left)")
        }
        #expect(try Files.list(canary).isEmpty)
        #expect(Set(try Files.list(scratch.path)) == ["overlay", "layer", "canary", "layer.tar"])
        #expect(taken > 0 && refused > 0, "\(taken) taken, \(refused) refused")
    }

    private func compressed(_ bytes: [UInt8], _ random: inout SplitMix) throws -> [UInt8] {
        var result = [UInt8]()
        let compressor = try LayerCompressor(random.below(2) == 0 ? .gzip : .zstd) { result += $0 }
        try bytes.withUnsafeBytes { try compressor.write($0) }
        try compressor.finish()
        for _ in 0..<random.below(3) { result[random.below(result.count)] = UInt8(random.below(256)) }
        if random.below(4) == 0 { result.removeLast(random.below(result.count)) }
        return result
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Synchronization
import Testing

@testable import ContainerStorage

/// What is compressed comes out whole, however it arrives.
@Suite struct DecompressionTests {
    private static let text = Array((0..<4000).map { "line \($0 * 7919 % 1000)\n" }.joined().utf8)

    /// Hands out so many bytes at a time.
    private static func source(_ bytes: [UInt8], piece: Int) -> ByteSource {
        let position = Mutex(0)
        return ByteSource { buffer in
            position.withLock { position in
                let count = min(piece, bytes.count - position, buffer.count)
                buffer.copyBytes(from: bytes[position..<(position + count)])
                position += count
                return count
            }
        }
    }

    private static func unpack(_ bytes: [UInt8], piece: Int = 1 << 20, _ compression: LayerCompression? = nil) throws
        -> [UInt8]
    {
        var result = [UInt8]()
        let stream = try LayerStream(
            source(bytes, piece: piece), compression: compression, limits: UnpackLimits()
        ) { result += $0 }
        let digest = try stream.finish()
        #expect(try digest == SHA256Hasher.digest(result))
        return result
    }

    @Test(arguments: [1, 2, 7, 10, 19, 4096, 1 << 20]) func itMayComeInAnyPieces(_ piece: Int) throws {
        let members = try gzip(Self.text) + gzip([]) + gzip(Array("end".utf8))
        #expect(try Self.unpack(members, piece: piece) == Self.text + Array("end".utf8))
    }

    /// A header with everything that one may have (RFC 1952, 2.3).
    @Test(arguments: [1, 3, 1 << 20]) func aLongHeaderIsPassedOver(_ piece: Int) throws {
        let plain = try gzip(Self.text)
        #expect(plain[3] == 0, "no flags, and ten bytes of header")
        let header: [UInt8] =
            [0x1f, 0x8b, 8, 4 | 8 | 16, 1, 2, 3, 4, 0, 3, 5, 0] + Array("extra".utf8) + Array("name\0".utf8)
            + Array("a comment\0".utf8)
        #expect(try Self.unpack(header + plain[10...], piece: piece) == Self.text)
    }

    @Test func whatIsDamagedIsRefused() throws {
        let whole = try gzip(Self.text)
        func cause(_ bytes: [UInt8]) -> String? {
            do {
                _ = try Self.unpack(bytes, piece: 100)
                return nil
            } catch {
                #expect((error as? ContainerError)?.code == .corrupted, "\(error)")
                return "\(error)"
            }
        }
        var wrong = whole
        wrong[wrong.count - 6] ^= 1
        #expect(cause(wrong)?.contains("checksum") == true)
        #expect(cause(whole + Array("rubbish behind it".utf8)) != nil)
        for length in [11, 100, whole.count / 2, whole.count - 1] {
            #expect(cause(Array(whole[..<length]))?.contains("truncated") == true, "\(length)")
        }
        var torn = whole
        for index in 200..<260 { torn[index] = 0xff }
        #expect(cause(torn) != nil)
    }

    /// Random damage is an error or, where it hits what does not matter, no change; never a crash or an endless loop.
    @Test func anyDamageHasAnEnd() throws {
        let whole = try gzip(Array(Self.text[..<3000]))
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
            if random(3) == 0 { bytes.removeLast(random(bytes.count)) }
            do {
                _ = try Self.unpack(bytes, piece: 1 + random(600), .gzip)
            } catch {
                #expect(error is ContainerError)
            }
        }
    }

    /// Both ways of reading gzip give the same.
    @Test func libarchiveReadsTheSame() throws {
        let bytes = try gzip(Self.text) + gzip(Self.text)
        let slow = try ArchiveDecompressor(LayerInput(Self.source(bytes, piece: 999)), .gzip)
        var result = [UInt8]()
        while true {
            let block = try slow.next()
            if block.isEmpty { break }
            result += block
        }
        #expect(result == Self.text + Self.text)
        #expect(GzipDecompressor(LayerInput(Self.source(bytes, piece: 999))) != nil, "ISA-L is here")
    }
}

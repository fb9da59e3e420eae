import CKLinux
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

@Suite struct UnpackTests {
    @Test func unpacksEveryKindOfFile() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.folder("./", mode: 0o751)
        tar.folder("bin/", mode: 0o1777)
        tar.add("bin/su", data: Array("su".utf8), mode: 0o4755, uid: 1, gid: 2, mtime: 1_234_567_890)
        tar.hardLink("bin/sudo", "bin/su")
        tar.symlink("sh", "/bin/busybox")
        tar.hardLink("sh2", "/sh")
        tar.add("fifo", type: "6", mode: 0o600)
        tar.add("null", type: "3", mode: 0o666, device: (1, 3))
        tar.add("loop", type: "4", mode: 0o660, device: (7, 9))
        tar.file("/absolute//and/./deep", "x")
        tar.add(
            "x", data: [1],
            pax: [
                ("path", Array("café".utf8) + [0x65, 0xcc, 0x81]), ("mtime", Array("5.000000007".utf8)),
                ("SCHILY.xattr.user.k", [0, 1, 2]),
                ("SCHILY.xattr.security.capability", [1, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12)),
                ("SCHILY.xattr.trusted.overlay.opaque", [121]), ("SCHILY.xattr.user.overlay.redirect", [47]),
                ("uid", Array("4000000000".utf8)),
            ])
        let (layer, diff) = try scratch.unpack(tar)
        #expect(layer.size == 4)
        #expect(try layer.diffID == SHA256Hasher.digest(tar.bytes))
        #expect(status(diff)!.st_mode & 0o7777 == 0o751)
        #expect(status(diff + "/bin")!.st_mode & 0o7777 == 0o1777)
        #expect(status(diff + "/bin")!.st_mtim.tv_sec == 1_000_000_000)
        let su = status(diff + "/bin/su")!
        #expect(su.st_mode & 0o7777 == 0o4755 && su.st_uid == 1 && su.st_gid == 2 && su.st_mtim.tv_sec == 1_234_567_890)
        #expect(status(diff + "/bin/sudo")!.st_ino == su.st_ino)
        #expect(status(diff + "/sh")!.type == S_IFLNK)
        #expect(status(diff + "/sh2")!.st_ino == status(diff + "/sh")!.st_ino)
        #expect(status(diff + "/fifo")!.type == S_IFIFO)
        #expect(status(diff + "/null")!.type == S_IFCHR && status(diff + "/null")!.st_rdev == ck_makedev(1, 3))
        #expect(status(diff + "/loop")!.type == S_IFBLK && status(diff + "/loop")!.st_rdev == ck_makedev(7, 9))
        #expect(text(diff + "/absolute/and/deep") == "x")
        // The second é is a letter and an accent: bytes stay as they are.
        let odd = diff + "/cafée\u{301}"
        #expect(status(odd)?.st_uid == 4_000_000_000)
        #expect(status(odd)?.st_mtim.tv_nsec == 7)
        #expect(attribute(odd, "user.k") == [0, 1, 2])
        #expect(attribute(odd, "security.capability")?.count == 20)
        #expect(attribute(odd, "trusted.overlay.opaque") == nil)
        #expect(attribute(odd, "user.overlay.redirect") == nil)
    }

    @Test func laterEntriesReplaceEarlierOnes() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", "1")
        tar.file("a", "2")
        tar.file("d/inner", "1")
        tar.file("d", "file now")
        tar.symlink("l", "a")
        tar.file("l", "through?")
        tar.file("e", "1")
        tar.folder("e")
        tar.file("e/f", "1")
        tar.folder("e")
        let (_, diff) = try scratch.unpack(tar)
        #expect(text(diff + "/a") == "2")
        #expect(text(diff + "/d") == "file now")
        #expect(status(diff + "/l")!.type == S_IFREG)
        #expect(text(diff + "/e/f") == "1")
    }

    @Test func followsLinksOfTheLayerWithinTheLayer() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.folder("usr/lib")
        tar.symlink("lib", "usr/lib")
        tar.file("lib/x", "1")
        tar.symlink("usr/abs", "/usr/lib")
        tar.file("usr/abs/y", "2")
        tar.symlink("up", "../../../../usr")
        tar.file("up/z", "3")
        let (_, diff) = try scratch.unpack(tar)
        #expect(text(diff + "/usr/lib/x") == "1")
        #expect(text(diff + "/usr/lib/y") == "2")
        #expect(text(diff + "/usr/z") == "3")
    }

    @Test func sparseFilesKeepTheirHoles() throws {
        let scratch = try Scratch()
        var tar = Tar()
        var data = Array("1\n1048576\n5\n".utf8)
        data += [UInt8](repeating: 0, count: 512 - data.count) + Array("hello".utf8)
        tar.add(
            "GNUSparseFile.0/s", data: data,
            pax: [
                ("GNU.sparse.major", [49]), ("GNU.sparse.minor", [48]), ("GNU.sparse.name", Array("s".utf8)),
                ("GNU.sparse.realsize", Array("4194304".utf8)),
            ])
        let (_, diff) = try scratch.unpack(tar)
        let sparse = status(diff + "/s")!
        #expect(sparse.st_size == 4_194_304)
        #expect(sparse.st_blocks * 512 < 1 << 20)
        #expect(try Files.read(diff + "/s")[1_048_576..<1_048_581] == ArraySlice("hello".utf8))
    }

    @Test(arguments: [LayerCompression.none, .gzip, .zstd])
    func hashesTheWholeTarWhateverItsCompression(_ compression: LayerCompression) throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", String(repeating: "x", count: 300_000))
        // More than the end of the archive: it belongs to the diffID.
        let bytes = tar.bytes + [UInt8](repeating: 0, count: 20_000) + Array("trailing".utf8)
        var compressed = [UInt8]()
        let compressor = try LayerCompressor(compression) { compressed += $0 }
        try bytes.withUnsafeBytes { try compressor.write($0) }
        try compressor.finish()
        #expect(LayerCompression.detect(compressed) == compression)
        let diffID = try SHA256Hasher.digest(bytes)
        let snapshotter = try scratch.snapshotter()
        let layer = try snapshotter.unpack(
            try scratch.write("layer", compressed), compression: nil, diffID: diffID, parents: [], tee: nil)
        #expect(layer == UnpackedLayer(chainID: ChainID(diffID), diffID: diffID, size: 300_000))
        #expect(try snapshotter.layer(layer.chainID) == layer)
        if compression != .none {
            // Cut short, it is an error, and nothing is left.
            let short = try scratch.write("short", Array(compressed.dropLast(compressed.count / 2)))
            #expect { try snapshotter.unpack(short, compression: nil, diffID: nil, parents: [], tee: nil) } throws: {
                ($0 as? ContainerError)?.code == .corrupted
            }
            #expect(try Files.list(scratch("overlay/layers")).count == 1)
        }
    }

    @Test func readsNoCompressionWithinCompression() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", "1")
        let twice = try scratch.write("twice", try gzip(try gzip(tar.bytes)))
        #expect(throws: ContainerError.self) {
            try scratch.snapshotter().unpack(twice, compression: nil, diffID: nil, parents: [], tee: nil)
        }
    }

    @Test func anEmptyLayerIsALayer() throws {
        let scratch = try Scratch()
        let (layer, diff) = try scratch.unpack(Tar())
        #expect(layer.size == 0)
        #expect(try Files.list(diff).isEmpty)
        let zero = try scratch.snapshotter().unpack(
            try scratch.write("zero", []), compression: nil, diffID: nil, parents: [], tee: nil)
        #expect(zero.diffID.hex.hasPrefix("e3b0c442"))
    }

    @Test func anotherDiffIDIsRefusedAndLeavesNothing() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", "1")
        let other = try SHA256Hasher.digest("other".utf8)
        let file = try scratch.write("layer", tar.bytes)
        #expect {
            try scratch.snapshotter().unpack(file, compression: nil, diffID: other, parents: [], tee: nil)
        } throws: {
            ($0 as? ContainerError)?.code == .corrupted && "\($0)".contains(other.hex)
        }
        #expect(try Files.list(scratch("overlay/layers")).isEmpty)
    }

    @Test func impliedFoldersLookAsInTheLayersBelow() throws {
        let scratch = try Scratch()
        var base = Tar()
        base.folder("./", mode: 0o750)
        base.folder("tmp", mode: 0o1777)
        base.add("home", type: "5", mode: 0o700, uid: 7, gid: 8)
        let below = try scratch.unpack(base).layer.chainID
        var top = Tar()
        top.file("tmp/a/b", "1")
        top.file("home/c", "1")
        let (_, diff) = try scratch.unpack(top, on: [below])
        #expect(status(diff)!.st_mode & 0o7777 == 0o750)
        #expect(status(diff + "/tmp")!.st_mode & 0o7777 == 0o1777)
        #expect(status(diff + "/tmp/a")!.st_mode & 0o7777 == 0o755)
        #expect(status(diff + "/home")!.st_uid == 7)
    }
}

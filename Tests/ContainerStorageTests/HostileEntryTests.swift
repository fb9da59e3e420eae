import CKLinux
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

/// Entries that look like an attack and do no harm: each is taken, within the layer.
@Suite struct HostileEntryTests {
    private func gnu(_ tar: inout Tar, long name: String, type: Character = "L") {
        tar.add("././@LongLink", type: type, data: Array(name.utf8) + [0])
    }

    @Test func namesStayWithinTheLayer() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("//double//slash", "1")
        // Since the first tar, a file whose name ends so is a folder.
        tar.file("folder//")
        tar.file("/./a/././b", "2")
        tar.file("...", "3")
        // What follows a zero is not part of the name, in the header as in an extended one.
        tar.add("zero\0/../../../../canary", data: [52])
        tar.add("x", data: [53], pax: [("path", Array("pax\0/../../canary".utf8))])
        gnu(&tar, long: "/etc/" + String(repeating: "n", count: 200))
        tar.file("short", "6")
        tar.file("\\..\\canary", "7")
        let (_, diff) = try scratch.unpack(tar)
        #expect(text(diff + "/double/slash") == "1" && text(diff + "/a/b") == "2" && text(diff + "/...") == "3")
        #expect(text(diff + "/zero") == "4" && text(diff + "/pax") == "5" && text(diff + "/\\..\\canary") == "7")
        #expect(text(diff + "/etc/" + String(repeating: "n", count: 200)) == "6")
        let entries = try Files.list(diff).count
        #expect(status(diff + "/folder")!.type == S_IFDIR && entries == 8)
    }

    @Test func longNamesLeadNowhereElse() throws {
        for (name, type) in [("../x", "L"), (String(repeating: "a/", count: 3000), "L"), ("../../etc/shadow", "K")] {
            let scratch = try Scratch()
            var tar = Tar()
            gnu(&tar, long: name, type: Character(type))
            tar.add("short", type: type == "K" ? "1" : "0", link: "short-link")
            #expect(throws: ContainerError.self) { try scratch.unpack(tar) }
            #expect(try Files.list(scratch("overlay/layers")).isEmpty)
        }
    }

    /// An entry takes the place of a link; none is opened, owned, changed or whited out through it.
    @Test func linksAreReplacedAndNotFollowed() throws {
        let scratch = try Scratch()
        let outside = scratch("outside")
        try Files.makeDirectory(outside)
        try Files.replace(outside + "/canary", with: [49])
        let before = status(outside)!
        var tar = Tar()
        for name in ["dir", "file", "fifo", "hard"] { tar.symlink(name, outside) }
        tar.folder("dir", mode: 0o777)
        tar.file("dir/canary", "2")
        tar.file("file", "3", mode: 0o4777)
        tar.add("fifo", type: "6", mode: 0o777, uid: 99)
        tar.file("real", "4")
        tar.hardLink("hard", "real")
        tar.symlink("leaf", outside + "/canary")
        // The link is what gets another name, owner and time; what it leads to is not of the layer.
        tar.hardLink("leaf2", "leaf")
        tar.add("leaf3", type: "2", mode: 0o777, uid: 99, link: outside + "/canary")
        let (_, diff) = try scratch.unpack(tar)
        #expect(text(outside + "/canary") == "1" && status(outside + "/canary")!.st_nlink == 1)
        #expect(status(outside)!.st_mode == before.st_mode && status(outside)!.st_mtim.tv_sec == before.st_mtim.tv_sec)
        #expect(status(outside + "/canary")!.st_uid == 0 && status(diff + "/leaf3")!.st_uid == 99)
        #expect(text(diff + "/dir/canary") == "2" && status(diff + "/dir")!.type == S_IFDIR)
        #expect(status(diff + "/fifo")!.type == S_IFIFO && text(diff + "/hard") == "4")
        #expect(status(diff + "/leaf2")!.type == S_IFLNK)
    }

    @Test func whiteoutsThroughLinksStayWithin() throws {
        let scratch = try Scratch()
        var base = Tar()
        base.file("usr/lib/a", "1")
        base.file("usr/lib/b", "1")
        let below = try scratch.unpack(base).layer.chainID
        var tar = Tar()
        tar.folder("usr/lib")
        tar.symlink("lib", "../../../../usr/lib")
        tar.file("lib/.wh.a")
        let top = try scratch.unpack(tar, on: [below]).layer.chainID
        let seen = try withMounted(try scratch.snapshotter().prepare("x", layers: [below, top])) {
            try Files.list($0 + "/usr/lib")
        }
        #expect(seen == ["b"])
    }

    @Test func hardLinksGetTheFoldersTheyNeed() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", "1")
        tar.hardLink("no/such/folder/b", "a")
        let (layer, diff) = try scratch.unpack(tar)
        #expect(status(diff + "/no/such/folder/b")?.st_ino == status(diff + "/a")!.st_ino)
        // A file of another layer has another inode: there is nothing to link to, and a copy is not a link.
        var top = Tar()
        top.hardLink("c", "a")
        #expect {
            try scratch.unpack(top, on: [layer.chainID])
        } throws: {
            "\($0)".contains("a hard link to a, which the layer does not have")
        }
    }

    /// Attributes that steer overlayfs do not come out of a layer, whatever way they are spelled.
    @Test func overlayAttributesAreLeftOut() throws {
        let scratch = try Scratch()
        var base = Tar()
        base.file("d/below", "1")
        let below = try scratch.unpack(base).layer.chainID
        var tar = Tar()
        let names = [
            "SCHILY.xattr.trusted.overlay.opaque", "SCHILY.xattr.user.overlay.opaque",
            "SCHILY.xattr.trusted.overlay.redirect", "SCHILY.xattr.trusted.overlay.metacopy",
            "SCHILY.xattr.trusted.overlay.overlay.opaque", "LIBARCHIVE.xattr.trusted%2Eoverlay.opaque",
        ]
        tar.add(
            "d", type: "5", mode: 0o755,
            pax: names.map { ($0, $0.hasPrefix("LIB") ? Array("eQ==".utf8) : [121]) }
                + [("SCHILY.xattr.user.mine", [49])])
        let (layer, diff) = try scratch.unpack(tar, on: [below])
        let found = try ExtendedAttributes.list(CPath((diff + "/d").utf8CString), name: "d")
        #expect(found.map(\.name) == ["user.mine"])
        let seen = try withMounted(try scratch.snapshotter().prepare("x", layers: [below, layer.chainID])) {
            try Files.list($0 + "/d")
        }
        #expect(seen == ["below"])
    }

    @Test func ownersAndTimesAtTheirLimits() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add("a", pax: [("uid", Array("4294967294".utf8)), ("mtime", Array("99999999999999".utf8))])
        tar.add("b", pax: [("mtime", Array("-99999999999999.5".utf8))])
        tar.file("c", mode: 0o7777)
        let (_, diff) = try scratch.unpack(tar)
        #expect(status(diff + "/a")!.st_uid == UInt32.max - 1 && status(diff + "/c")!.st_mode & 0o7777 == 0o7777)
        for id in ["-1", "4294967295", "18446744073709551615", "99999999999999999999"] {
            var tar = Tar()
            tar.add("a", pax: [("gid", Array(id.utf8))])
            do {
                _ = try scratch.unpack(tar)
                Issue.record("gid \(id) was taken")
            } catch { #expect("\(error)".contains("out of range"), "\(id): \(error)") }
        }
    }

    /// GNU's three spellings of a file with holes, and a map that lies.
    @Test func sparseFilesOfEveryFormat() throws {
        let scratch = try Scratch()
        var tar = Tar()
        let hello = Array("hello".utf8)
        func format00(_ name: String, _ pairs: [(Int, Int)], size: Int) {
            var pax: [(String, [UInt8])] = [
                ("GNU.sparse.size", Array("\(size)".utf8)), ("GNU.sparse.numblocks", Array("\(pairs.count)".utf8)),
            ]
            for (offset, count) in pairs {
                pax.append(("GNU.sparse.offset", Array("\(offset)".utf8)))
                pax.append(("GNU.sparse.numbytes", Array("\(count)".utf8)))
            }
            tar.add(name, data: hello, pax: pax)
        }
        format00("zero", [(4096, 5)], size: 8192)
        tar.add(
            "one", data: hello,
            pax: [
                ("GNU.sparse.size", Array("8192".utf8)), ("GNU.sparse.numblocks", [49]),
                ("GNU.sparse.map", Array("4096,5".utf8)),
            ])
        let (_, diff) = try scratch.unpack(tar)
        for name in ["zero", "one"] {
            let bytes = try Files.read("\(diff)/\(name)")
            #expect(bytes.count == 8192 && Array(bytes[4096..<4101]) == hello && bytes[..<4096].allSatisfy { $0 == 0 })
        }
        for (pairs, size) in [
            ([(4096, 5)], 10), ([(-5, 5)], 100), ([(Int.max - 2, 5)], 100), ([(4096, 5)], Int.max), ([(0, 500)], 8192),
        ] {
            tar = Tar()
            format00("lie", pairs, size: size)
            do {
                let (_, diff) = try scratch.unpack(tar)
                // libarchive may make something of it: then it is no larger than it says.
                #expect(status(diff + "/lie")!.st_size <= size, "\(pairs) of \(size)")
            } catch { #expect((error as? ContainerError)?.code != .systemFailure, "\(pairs) of \(size): \(error)") }
        }
    }

    /// Names that are made up while a deep tree is taken away may be in the tree.
    @Test func aTreeWithTheNamesOfItsRemovalGoes() throws {
        let scratch = try Scratch()
        var tar = Tar()
        for number in 1...3 { tar.file("..removing-\(getpid())-\(number)", "x") }
        tar.file("..removing-\(getpid())-4/x", "x")
        for folder in ["aa", "zz"] {
            tar.add("x", data: [1], pax: [("path", Array("\(folder)/\(String(repeating: "deep/", count: 200))x".utf8))])
        }
        let layer = try scratch.unpack(tar).layer
        try scratch.snapshotter().removeLayer(layer.chainID)
        #expect(try Files.list(scratch("overlay/layers")).isEmpty)
    }

    @Test func aFolderKeepsItsTimeWhateverTheOrder() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.add(".", type: "5", mode: 0o755, mtime: 1_000)
        tar.add("d", type: "5", mode: 0o755, mtime: 2_000)
        tar.file("d/a", "1")
        tar.add("e", type: "5", mode: 0o755, mtime: 3_000)
        tar.file("e/a", "1")
        tar.file("d/b", "1")
        tar.file("d/a", "2")
        tar.symlink("l", "d")
        tar.file("l/c", "1")
        tar.add("d/sub", type: "5", mode: 0o755, mtime: 4_000)
        tar.file("d/sub/x", "1")
        tar.file("late/x", "1")
        tar.add("late", type: "5", mode: 0o755, mtime: 5_000)
        tar.hardLink("d/sub/y", "d/sub/x")
        let (_, diff) = try scratch.unpack(tar)
        let times = ["", "/d", "/e", "/d/sub", "/late"].map { status(diff + $0)!.st_mtim.tv_sec }
        #expect(times == [1_000, 2_000, 3_000, 4_000, 5_000])
    }

    /// Found by changing archives at random: a name with a line's end made two lines of an error.
    @Test func errorsAreOneLineWhateverTheName() throws {
        for name in ["a\n\u{1b}[2Jb/../x", "\u{9b}31m\u{2028}/.wh..", "\r../.."] {
            let scratch = try Scratch()
            var tar = Tar()
            tar.file(name, "x")
            do {
                try scratch.unpack(tar)
                Issue.record("\(name) was taken")
            } catch {
                #expect("\(error)".unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(error)")
                #expect(!"\(error)".contains("\u{2028}"))
            }
        }
    }
}

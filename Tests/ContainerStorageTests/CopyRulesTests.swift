import CKLinux
import ContainerSystem
import Glibc
import Testing

@testable import ContainerStorage

/// The table of `docker cp`, and what names mean in it.
@Suite struct CopyRulesTests {
    @Test(arguments: [
        ("/a/b", "b", "/a", false, false), ("/a/b/", "b", "/a", true, false), ("/a/b/.", ".", "/a/b", true, true),
        ("/", "/", "/", true, true), (".", ".", "/", true, true), ("/a//b//", "b", "/a", true, false),
        ("a", "a", "/", false, false), ("/.", ".", "/", true, true), ("/a/..", "/", "/", false, true),
        ("/a/b/..", "a", "/", false, false),
        ("/a/../b/c", "c", "/b", false, false), ("/./", ".", "/", true, true),
    ])
    func whatAPathSays(text: String, base: String, parent: String, assertsDirectory: Bool, namesContents: Bool) {
        let path = CopyPath(text)
        #expect(path.base == base && path.parent == parent)
        #expect(path.assertsDirectory == assertsDirectory && path.namesContents == namesContents)
    }

    @Test func whereACopyGoes() throws {
        for isDirectory in [false, true] {
            #expect(try CopyRules.placement(sourceIsDirectory: isDirectory, at: .directory) == .into)
            #expect(
                try CopyRules.placement(sourceIsDirectory: isDirectory, at: .missing(assertsDirectory: false))
                    == .named)
        }
        #expect(try CopyRules.placement(sourceIsDirectory: false, at: .file) == .named)
        #expect(try CopyRules.placement(sourceIsDirectory: true, at: .missing(assertsDirectory: true)) == .named)
        let overFile = #expect(throws: ContainerError.self) {
            try CopyRules.placement(sourceIsDirectory: true, at: .file)
        }
        #expect(overFile?.message == "cannot copy directory")
        let noFolder = #expect(throws: ContainerError.self) {
            try CopyRules.placement(sourceIsDirectory: false, at: .missing(assertsDirectory: true))
        }
        #expect(noFolder?.message == "no such directory")
    }

    @Test func namesInArchives() throws {
        func parse(_ text: String) throws -> String { try ArchivePath.parse(text, in: "/d").text }
        #expect(try parse("/abs/x") == "abs/x" && parse("./a//b/.") == "a/b" && parse("a/../b") == "b")
        #expect(try parse("..a/b..") == "..a/b.." && parse(".") == "/" && parse("a/..") == "/")
        for text in ["..", "../x", "a/../../x", "/../x", ""] {
            #expect(throws: ContainerError.self, "\(text)") { try parse(text) }
        }
        let long = #expect(throws: ContainerError.self) { try parse(String(repeating: "x/", count: 3000)) }
        #expect(long?.code == .corrupted)
        func stays(_ link: String, _ path: String) throws -> Bool {
            ArchivePath.staysInside(CPath(link.utf8CString), from: try ArchivePath.parse(path, in: "/"))
        }
        #expect(try stays("/etc", "l") && stays("../x", "a/l") && stays("a/../b", "l") && stays(".", "l"))
        #expect(try !stays("..", "l") && !stays("a/../../b", "l") && !stays("../../x", "a/l"))
    }

    // MARK: - Trees

    private struct Place {
        let scratch: Scratch
        let root: RootedDirectory

        init() throws {
            scratch = try Scratch()
            for folder in ["root/d/sub", "root/etc", "outside", "host/tree/sub"] {
                try Files.makeDirectory(scratch(folder))
            }
            try Files.replace(scratch("outside/canary"), with: Array("canary".utf8))
            root = try RootedDirectory(scratch("root"))
        }

        func copyIn(_ source: String, _ target: String) throws {
            let host = try RootedDirectory("/")
            let found = try #require(try CopySource.find(scratch("host") + source, in: host, followsLink: false))
            try CopyDestination.find(target, in: root).take(found, keepsOwner: true, confinesDevices: true)
        }

        func text(_ path: String) throws -> String { try Files.readText(scratch(path)) }
    }

    @Test func treesAreCopiedWithAllThatTheyHave() throws {
        let place = try Place()
        let tree = place.scratch("host/tree")
        try Files.replace(tree + "/file", with: Array("text".utf8), mode: 0o640)
        chmod(tree + "/file", 0o640)
        link(tree + "/file", tree + "/sub/hard")
        symlink("../../../outside/canary", tree + "/link")
        mkfifo(tree + "/fifo", 0o600)
        let sparse = try Descriptor.open(tree + "/sparse", O_RDWR | O_CREAT, mode: 0o600)
        pwrite(sparse.raw, "end", 3, 50 << 20)
        setxattr(tree + "/file", "user.note", "kept", 4, 0)
        utimensat(AT_FDCWD, tree + "/sub", [timespec(tv_sec: 1, tv_nsec: 5), timespec(tv_sec: 1, tv_nsec: 5)], 0)
        try place.copyIn("/tree", "/copy")
        let copy = place.scratch("root/copy")
        var (file, hard, sub, holes) = (stat(), stat(), stat(), stat())
        lstat(copy + "/file", &file)
        lstat(copy + "/sub/hard", &hard)
        lstat(copy + "/sub", &sub)
        lstat(copy + "/sparse", &holes)
        #expect(file.st_mode == S_IFREG | 0o640 && file.st_ino == hard.st_ino && file.st_nlink == 2)
        #expect(sub.st_mtim.tv_sec == 1 && sub.st_mtim.tv_nsec == 5)
        #expect(holes.st_size == (50 << 20) + 3 && holes.st_blocks < 1000)
        #expect(try place.text("root/copy/file") == "text")
        var target = [CChar](repeating: 0, count: 100)
        #expect(readlink(copy + "/link", &target, 99) == 23)
        var value = [UInt8](repeating: 0, count: 10)
        #expect(getxattr(copy + "/file", "user.note", &value, 10) == 4)
        // Again, into what is there: it becomes `copy/tree`.
        try place.copyIn("/tree", "/copy")
        #expect(try place.text("root/copy/tree/sub/hard") == "text")
        try place.copyIn("/tree/.", "/copy")
        #expect(try Set(Files.list(copy)) == ["file", "sub", "link", "fifo", "sparse", "tree"])
    }

    @Test func linksOfTheTargetLeadNowhereElse() throws {
        let place = try Place()
        let outside = place.scratch("outside")
        try Files.replace(place.scratch("host/canary"), with: Array("new".utf8))
        symlink(outside, place.scratch("root/out"))
        symlink("../../../../../../../.." + outside + "/canary", place.scratch("root/canary"))
        symlink("/etc", place.scratch("root/inside"))
        symlink("loop", place.scratch("root/loop"))
        let missing = #expect(throws: ContainerError.self) { try place.copyIn("/canary", "/out/canary") }
        #expect(missing?.code == .notFound)
        #expect(throws: ContainerError.self) { try place.copyIn("/canary", "/canary") }
        #expect(throws: ContainerError.self) { try place.copyIn("/canary", "/loop") }
        try place.copyIn("/canary", "/inside/")
        #expect(try place.text("root/etc/canary") == "new" && place.text("outside/canary") == "canary")
        // A folder does not go through a link that has its name.
        symlink(outside, place.scratch("root/d/tree"))
        let through = #expect(throws: ContainerError.self) { try place.copyIn("/tree", "/d") }
        #expect(through?.description.contains("cannot overwrite non-directory") == true)
        #expect(try Files.list(outside) == ["canary"])
    }

    @Test func aFolderIsNotCopiedIntoItself() throws {
        let scratch = try Scratch()
        try Files.makeDirectory(scratch("tree/deep/er"))
        let root = try RootedDirectory(scratch(""))
        let source = try #require(try CopySource.find("/tree", in: root, followsLink: false))
        let error = #expect(throws: ContainerError.self) {
            try CopyDestination.find("/tree/deep/er", in: root).take(
                source, keepsOwner: true, confinesDevices: true)
        }
        #expect(error?.description.contains("into itself") == true)
    }

    @Test func whatComesOutIsNobodysSetuidProgram() throws {
        let place = try Place()
        let program = place.scratch("root/program")
        try Files.replace(program, with: [1], mode: 0o755)
        chmod(program, 0o6755)
        chown(program, 4242, 4242)
        chmod(program, 0o6755)
        let source = try #require(try CopySource.find("/program", in: place.root, followsLink: false))
        for (name, keeps) in [("plain", false), ("archive", true)] {
            try CopyDestination.find(place.scratch(name), in: try RootedDirectory("/")).take(
                source, keepsOwner: keeps, confinesDevices: false)
            var status = stat()
            lstat(place.scratch(name), &status)
            #expect(status.st_mode & 0o7777 == (keeps ? 0o6755 : 0o755), "\(name)")
            #expect(status.st_uid == (keeps && geteuid() == 0 ? 4242 : geteuid()), "\(name)")
        }
    }
}

import ContainerSystem
import Glibc
import Testing

@testable import ContainerStorage

@Suite struct LayeredViewTests {
    private func view(_ scratch: Scratch) throws -> LayeredView {
        for layer in ["upper", "top", "bottom"] { try Files.makeDirectory(scratch(layer)) }
        return try LayeredView(directories: ["upper", "top", "bottom"].map { scratch($0) })
    }

    @Test func followsLinksAcrossLayersAndNeverOut() throws {
        let scratch = try Scratch()
        let view = try view(scratch)
        try Files.makeDirectory(scratch("bottom/usr/etc"))
        try Files.makeDirectory(scratch("top/usr"))
        try Files.replace(scratch("bottom/usr/etc/passwd"), with: Array("root".utf8))
        symlink("/usr/etc", scratch("top/etc"))
        symlink("../../../../../../etc/passwd", scratch("upper/link"))
        symlink(scratch("canary"), scratch("upper/out"))
        try Files.replace(scratch("canary"), with: [1])
        #expect(try view.readFile("/etc/passwd") == Array("root".utf8))
        #expect(try view.readFile("link") == Array("root".utf8))
        #expect(try view.readFile("/../etc/./../etc/passwd") == Array("root".utf8))
        #expect(try view.status("/etc")?.type == S_IFDIR)
        #expect(try view.status("/") != nil)
        for path in ["/out", "/etc/passwd/x", "/nothing/x", "../\(scratch("canary"))"] {
            #expect { try view.readFile(path) } throws: { ($0 as? ContainerError)?.code == .notFound }
        }
    }

    @Test func refusesWhatIsNoSmallRegularFile() throws {
        let scratch = try Scratch()
        let view = try view(scratch)
        mkfifo(scratch("top/fifo"), 0o600)
        mknod(scratch("top/zero"), S_IFCHR | 0o666, dev_t(1 << 8 | 5))
        try Files.makeDirectory(scratch("top/folder"))
        symlink("circle", scratch("top/circle"))
        for path in ["fifo", "zero", "folder", "circle", "/"] {
            #expect { try view.readFile(path) } throws: { ($0 as? ContainerError)?.code == .invalidArgument }
        }
        try Files.replace(scratch("top/big"), with: [])
        truncate(scratch("top/big"), 1 << 40)
        #expect { try view.readFile("big") } throws: { ($0 as? ContainerError)?.code == .corrupted }
    }

    @Test func honoursWhiteoutsAndOpaqueFolders() throws {
        let scratch = try Scratch()
        let view = try view(scratch)
        try Files.makeDirectory(scratch("bottom/a"))
        try Files.replace(scratch("bottom/a/x"), with: [1])
        try Files.replace(scratch("bottom/y"), with: [1])
        try Files.replace(scratch("bottom/z"), with: [1])
        try Files.makeDirectory(scratch("top/a"))
        try setAttribute(scratch("top/a"), "trusted.overlay.opaque", [121])
        mknod(scratch("upper/y"), S_IFCHR, 0)
        // A folder over a file hides it, and a file under a folder is none of its own.
        try Files.makeDirectory(scratch("upper/z"))
        #expect(try view.status("a/x") == nil)
        #expect(try view.status("y") == nil)
        #expect(try view.status("z")?.type == S_IFDIR)
        #expect(try Set(view.rootNames().map(\.text)) == ["a", "z"])
    }
}

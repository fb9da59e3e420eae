import ContainerSystem
import Glibc
import Testing

@testable import ContainerStorage

@Suite struct VolumeFoldersTests {
    /// Two layers with a folder `/data`, and an empty volume `v`.
    private func made(_ scratch: Scratch) throws -> (view: LayeredView, volumes: VolumeFolders) {
        try Files.makeDirectory(scratch("bottom/data/sub"))
        try Files.makeDirectory(scratch("top/data"))
        try Files.replace(scratch("bottom/data/old"), with: Array("old".utf8))
        try Files.replace(scratch("bottom/data/sub/file"), with: Array("file".utf8), mode: 0o640)
        link(scratch("bottom/data/sub/file"), scratch("bottom/data/sub/same"))
        symlink("/etc/passwd", scratch("bottom/data/link"))
        mkfifo(scratch("bottom/data/fifo"), 0o600)
        try Files.replace(scratch("top/data/old"), with: Array("new".utf8))
        chmod(scratch("top/data"), 0o2750)
        symlink("data", scratch("top/alias"))
        let volumes = VolumeFolders(root: scratch("volumes"))
        let lock = try volumes.lock()
        try volumes.make("v", isNew: true)
        withExtendedLifetime(lock) {}
        return (try LayeredView(directories: [scratch("top"), scratch("bottom")]), volumes)
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func anEmptyVolumeIsFilled() throws {
        let scratch = try Scratch()
        let (view, volumes) = try made(scratch)
        try volumes.fill("v", from: view, at: "/alias")
        let data = volumes.data("v")
        #expect(try Files.list(data).sorted() == ["fifo", "link", "old", "sub"])
        #expect(try Files.readText(data + "/old") == "new", "the upper layer's")
        #expect(mode(data) == 0o2750 && mode(data + "/sub/file") == 0o640)
        var (one, other) = (stat(), stat())
        #expect(lstat(data + "/sub/file", &one) == 0 && lstat(data + "/sub/same", &other) == 0)
        #expect(one.st_ino == other.st_ino && one.st_nlink == 2)
        #expect(lstat(data + "/link", &one) == 0 && one.st_mode & S_IFMT == S_IFLNK)
        #expect(lstat(data + "/fifo", &one) == 0 && one.st_mode & S_IFMT == S_IFIFO)
        #expect(try Files.list(volumes.folder("v")) == ["_data"])
    }

    @Test func whatIsThereStays() throws {
        let scratch = try Scratch()
        let (view, volumes) = try made(scratch)
        try Files.replace(volumes.data("v") + "/mine", with: [1])
        try volumes.fill("v", from: view, at: "/data")
        #expect(try Files.list(volumes.data("v")) == ["mine"])
        for place in ["/nothing", "/data/old"] {
            unlink(volumes.data("v") + "/mine")
            try volumes.fill("v", from: view, at: place)
            #expect(try Files.list(volumes.data("v")).isEmpty, "there is no folder at \(place)")
        }
    }

    /// Whoever filled it was killed on the way.
    @Test func aFillingThatWasInterruptedIsDoneAgain() throws {
        let scratch = try Scratch()
        let (view, volumes) = try made(scratch)
        try Files.replace(volumes.folder("v") + "/filling", with: [UInt8]())
        try Files.replace(volumes.data("v") + "/half", with: [1])
        try volumes.fill("v", from: view, at: "/data")
        #expect(try Files.list(volumes.data("v")).sorted() == ["fifo", "link", "old", "sub"])
        #expect(try Files.list(volumes.folder("v")) == ["_data"])
    }

    @Test func whatIsLeftOfOneIsNobodyElses() throws {
        let scratch = try Scratch()
        let (_, volumes) = try made(scratch)
        try Files.replace(volumes.data("v") + "/secret", with: [1])
        try volumes.make("v", isNew: true)
        #expect(try Files.list(volumes.data("v")).isEmpty)
        try Files.replace(volumes.data("v") + "/kept", with: [1])
        try volumes.make("v", isNew: false)
        #expect(try Files.list(volumes.data("v")) == ["kept"] && volumes.diskUsage("v") > 0)
        try volumes.discard("v")
        try volumes.discard("nobody")
        #expect(try !Files.list(volumes.root).contains("v"))
        try volumes.cleanUp()
        #expect(try Files.list(volumes.root).isEmpty)
    }
}

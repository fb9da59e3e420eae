import CKLinux
import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

@Suite struct LayerStoreTests {
    private func makeTree(_ root: String) throws {
        try Files.makeDirectory(root + "/bin")
        try Files.makeDirectory(root + "/dev/ünïcode")
        try Files.replace(root + "/bin/su", with: Array("su".utf8))
        try system("chown") { chown(root + "/bin/su", 5, 6) }
        try system("chmod") { chmod(root + "/bin/su", 0o4755) }
        try setAttribute(root + "/bin/su", "user.k", [1, 0, 2])
        try setAttribute(
            root + "/bin/su", "security.capability", [1, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12))
        try system("link") { link(root + "/bin/su", root + "/bin/sudo") }
        try system("link") { symlink("/bin/su", root + "/sh") }
        try system("link") { link(root + "/sh", root + "/sh2") }
        try system("mknod") { mknod(root + "/dev/null", S_IFCHR | 0o666, ck_makedev(1, 3)) }
        try system("mknod") { mknod(root + "/dev/loop300", S_IFBLK | 0o660, ck_makedev(7, 300)) }
        try system("mkfifo") { mkfifo(root + "/dev/fifo", 0o600) }
        try Files.replace(root + "/empty", with: [])
        try Files.replace(root + "/big", with: (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        // A name that is no UTF-8, and one beyond what ustar holds.
        var bytes = CPath((root + "/raw-").utf8CString.dropLast()) + [-1, -2, 0]
        close(try system("creat") { creat(&bytes, 0o644) })
        let long = root + "/" + String(repeating: "l", count: 120) + "/" + String(repeating: "m", count: 200)
        try Files.makeDirectory(long)
        try Files.replace(long + "/" + String(repeating: "n", count: 255 - 32), with: [1])
        try system("chmod") { chmod(root + "/dev", 0o1700) }
        for name in ["/bin/su", "/big", "/bin", "/dev", ""] {
            utimensat(AT_FDCWD, root + name, [timespec(tv_sec: 77, tv_nsec: 99), timespec(tv_sec: 77, tv_nsec: 99)], 0)
        }
        try system("chmod") { chmod(root, 0o711) }
    }

    @Test(arguments: [LayerCompression.gzip, .zstd, .none])
    func aFolderComesBackAsItWas(_ compression: LayerCompression) throws {
        let scratch = try Scratch()
        let tree = scratch("tree")
        try makeTree(tree)
        let store = try scratch.layerStore()
        let layer = try store.archive(directory: tree, compression: compression)
        #expect(try describe(scratch.diff(layer.chainID)) == describe(tree))
        #expect(status(scratch.diff(layer.chainID))!.st_mode & 0o7777 == 0o711)
        #expect(status(scratch.diff(layer.chainID))!.st_mtim.tv_sec == 77)
        #expect(layer.mediaType == compression.mediaType)
        #expect(layer.chainID.digest == layer.diffID)
        #expect(try store.content.size(of: layer.blob.digest) == layer.blob.size)
        #expect(
            try store.archive(directory: tree, compression: compression) == layer, "the same folder, the same bytes")
        #expect(try store.content.list().count == 1)
        #expect(try Files.list(scratch("content/ingest")).isEmpty)
    }

    @Test func socketsAreLeftOutAndWhiteoutNamesRefused() throws {
        let scratch = try Scratch()
        let tree = scratch("tree")
        try Files.makeDirectory(tree)
        try system("mknod") { mknod(tree + "/socket", S_IFSOCK | 0o600, 0) }
        try Files.replace(tree + "/file", with: [1])
        let store = try scratch.layerStore()
        let layer = try store.archive(directory: tree)
        #expect(try Files.list(scratch.diff(layer.chainID)) == ["file"])
        try Files.replace(tree + "/.wh.file", with: [1])
        #expect { try store.archive(directory: tree) } throws: { ($0 as? ContainerError)?.code == .unsupported }
        #expect(try store.content.list().count == 1)
        #expect(try Files.list(scratch("content/ingest")).isEmpty)
    }

    @Test func aCommitSeesWhatTheContainerSaw() throws {
        let scratch = try Scratch()
        let store = try scratch.layerStore()
        var base = Tar()
        for name in ["etc/passwd", "etc/hosts", "gone", "folder/a", "folder/b", "dir/x", "moved/deep/x"] {
            base.file(name, name)
        }
        base.hardLink("linked", "gone")
        let parent = try scratch.unpack(base).layer.chainID
        let mount = try store.snapshotter.prepare("c1", layers: [parent])
        let seen = try withMounted(mount) { root in
            try Files.removeTree(root + "/gone")
            try Files.removeTree(root + "/dir")
            try Files.removeTree(root + "/folder")
            try Files.makeDirectory(root + "/folder/new")
            try Files.replace(root + "/etc/hosts", with: Array("changed".utf8))
            try system("chmod") { chmod(root + "/etc/passwd", 0o600) }
            try Files.replace(root + "/one", with: [1])
            try system("link") { link(root + "/one", root + "/two") }
            try system("chmod") { chmod(root, 0o700) }
            return try describe(root)
        }
        let layer = try store.commit("c1", parents: [parent])
        #expect(try layer.chainID == ChainID(parent: parent, diffID: layer.diffID))
        let committed = try store.snapshotter.prepare("c2", layers: [parent, layer.chainID])
        let (again, upper) = try withMounted(committed) { root in (try describe(root), try Files.list(root)) }
        #expect(again == seen)
        #expect(!upper.contains("gone") && !upper.contains("dir"))
        #expect(again.contains { $0.hasPrefix("folder/new ") } && !again.contains { $0.hasPrefix("folder/a ") })
        let view = try store.snapshotter.view(nil, layers: [parent, layer.chainID])
        #expect(try view.readFile("/etc/hosts") == Array("changed".utf8))
        #expect(try view.status("/folder/b") == nil)
    }

    @Test(arguments: [LayerCompression.none, .gzip, .zstd])
    func importsARootFileSystem(_ compression: LayerCompression) throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("etc/hostname", "box")
        var bytes = [UInt8]()
        let compressor = try LayerCompressor(compression) { bytes += $0 }
        try tar.bytes.withUnsafeBytes { try compressor.write($0) }
        try compressor.finish()
        let store = try scratch.layerStore()
        let file = try scratch.write("rootfs", bytes)
        let layer = try store.importTar(file)
        #expect(layer.mediaType == "application/vnd.oci.image.layer.v1.tar+gzip")
        #expect(try layer.diffID == SHA256Hasher.digest(tar.bytes))
        #expect(text(scratch.diff(layer.chainID) + "/etc/hostname") == "box")
        let blob = try store.content.open(layer.blob.digest)
        let hashed = try LayerStream(ByteSource(blob), compression: nil, limits: UnpackLimits()).finish()
        #expect(hashed == layer.diffID)
        // A second import of the same makes the same.
        #expect(try store.importTar(try scratch.write("rootfs", bytes)) == layer)
    }

    @Test func importOfSomethingElseLeavesNothing() throws {
        let scratch = try Scratch()
        let store = try scratch.layerStore()
        let file = try scratch.write("text", Array(String(repeating: "This is not a tar.\n", count: 100).utf8))
        #expect { try store.importTar(file) } throws: { ($0 as? ContainerError)?.code == .corrupted }
        #expect(try store.content.list().isEmpty)
        #expect(try Files.list(scratch("content/ingest")).isEmpty)
        #expect(try Files.list(scratch("overlay/layers")).isEmpty)
    }

    /// A tar with one file `a` that holds `1`, as tar, xz and bzip2 make it.
    private static let xz = """
        /Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AFhdADCAM1AYaImDAdzibiEFRld82HMQMMfN+ws7iIAl1Yi+Le9s1MOxcaKs1LxH\
        923626IDnZEL/57nAYcxG46pK+QtJ4MhgvoRRVUDTm4VIu0voNEXyMFQ0QAA9SSeVms+tDEAAXSAUAAAADokDSmxxGf7AgAAAAAE\
        WVo=
        """
    private static let bzip2 = """
        QlpoOTFBWSZTWRGgSysAAG/7hMmAAEBgAGWAAADgAJ4AAACACCAAVDSNNAA0NBFTSaNNA00GPr2nNENqKicy4qZWrQ3kqEBKMQRN\
        W5kHtmqhLnEwurDoVONAMyERAfF3JFOFCQEaBLKw
        """

    @Test(arguments: [(xz, LayerCompression.xz), (bzip2, .bzip2)])
    func importsWhatOthersCompress(_ text: String, _ compression: LayerCompression) throws {
        let bytes = [UInt8](try #require(Data(base64Encoded: text)))
        #expect(LayerCompression.detect(bytes) == compression)
        let scratch = try Scratch()
        let layer = try scratch.layerStore().importTar(try scratch.write("rootfs", bytes))
        #expect(layer.diffID.hex == "6031135296a6048e0778f54a58d6c76984f858dca77c466184ac056a93862b8d")
        #expect(layer.layer.size == 1)
    }
}

import CKLinux
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

@Suite struct SnapshotTests {
    @Test func whiteoutsHideTheLayersBelowWhateverTheirOrder() throws {
        let scratch = try Scratch()
        var base = Tar()
        for name in ["gone", "goneFolder/x", "opaque/old", "again/old", "late/old", "implied/old", "file", "kept"] {
            base.file(name, "base")
        }
        let below = try scratch.unpack(base).layer.chainID
        var top = Tar()
        top.file(".wh.gone")
        top.file(".wh.goneFolder")
        top.file("opaque/early", "top")
        top.file("opaque/.wh..wh..opq")
        top.file("opaque/new", "top")
        top.file(".wh.again")
        top.folder("again")
        top.file("again/new", "top")
        top.file("late/new", "top")
        top.file(".wh.late")
        top.file(".wh.implied")
        top.file("implied/new", "top")
        top.file("file", "top")
        top.file(".wh.file")
        top.file(".wh.nowhere")
        top.file(".wh..wh.plnk/1.2", "aufs")
        let (layer, diff) = try scratch.unpack(top, on: [below])
        #expect(status(diff + "/gone")!.isWhiteout)
        #expect(attribute(diff + "/opaque", "trusted.overlay.opaque") == [121])
        let expected = [
            "again", "again/new", "file", "implied", "implied/new", "kept", "late", "late/new", "opaque",
            "opaque/early", "opaque/new",
        ]
        let snapshotter = try scratch.snapshotter()
        let chain = [below, layer.chainID]
        let mount = try snapshotter.prepare("c1", layers: chain)
        #expect(try withMounted(mount) { try names($0) } == expected)
        let view = try snapshotter.view("c1", layers: chain)
        #expect(try view.readFile("/file") == Array("top".utf8))
        #expect(try view.status("/late/old") == nil)
        #expect(try view.status("/opaque/old") == nil)
        #expect(try view.status("/gone") == nil)
        #expect(try view.readFile("kept") == Array("base".utf8))
    }

    @Test func anOpaqueRootHidesAll() throws {
        let scratch = try Scratch()
        var base = Tar()
        base.file("etc/old")
        base.file("bin")
        let below = try scratch.unpack(base).layer.chainID
        var top = Tar()
        top.file("etc/new")
        top.file(".wh..wh..opq")
        top.file("own")
        let layer = try scratch.unpack(top, on: [below]).layer.chainID
        let mount = try scratch.snapshotter().prepare("c1", layers: [below, layer])
        #expect(try withMounted(mount) { try names($0) } == ["etc", "etc/new", "own"])
    }

    @Test func mountsOneHundredAndTwentySevenLayers() throws {
        let scratch = try Scratch()
        var chain = [ChainID]()
        for index in 0..<127 {
            var tar = Tar()
            tar.file("f\(index)", "\(index)")
            chain.append(try scratch.unpack(tar, on: chain).layer.chainID)
        }
        let snapshotter = try scratch.snapshotter()
        let id = String(repeating: "a", count: 64)
        let mount = try snapshotter.prepare(id, layers: chain)
        #expect(try withMounted(mount) { try Files.list($0).count } == 127)
        #expect(throws: ContainerError.self) {
            try snapshotter.prepare("more", layers: chain + chain)
        }
        #expect(try snapshotter.snapshots() == [id])
    }

    @Test func anImageWithoutLayersHasAnEmptyRoot() throws {
        let scratch = try Scratch()
        let snapshotter = try scratch.snapshotter()
        let mount = try snapshotter.prepare("c1", layers: [])
        let listed = try withMounted(mount) { root in
            try Files.replace(root + "/new", with: [1])
            return try names(root)
        }
        #expect(listed == ["new"])
        #expect(try Files.list(snapshotter.upperDirectory("c1")) == ["new"])
        try snapshotter.remove("c1")
        try snapshotter.remove("c1")
        #expect(try snapshotter.snapshots().isEmpty)
    }

    @Test func preparesOnlyWhatIsWhole() throws {
        let scratch = try Scratch()
        let snapshotter = try scratch.snapshotter()
        let missing = ChainID(try SHA256Hasher.digest("x".utf8))
        #expect { try snapshotter.prepare("c1", layers: [missing]) } throws: {
            ($0 as? ContainerError)?.code == .notFound
        }
        #expect(try snapshotter.snapshots().isEmpty)
        _ = try snapshotter.prepare("c1", layers: [])
        #expect { try snapshotter.prepare("c1", layers: []) } throws: { ($0 as? ContainerError)?.code == .conflict }
        for id in ["", "..", ".x", "a/b", "a,b", "a:b", String(repeating: "a", count: 129)] {
            #expect { try snapshotter.prepare(id, layers: []) } throws: {
                ($0 as? ContainerError)?.code == .invalidArgument
            }
        }
    }

    @Test func layersComeAndGo() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", "1")
        let (layer, diff) = try scratch.unpack(tar)
        let snapshotter = try scratch.snapshotter()
        #expect(try snapshotter.layers() == [layer.chainID])
        #expect(try scratch.unpack(tar).layer == layer, "twice is once")
        #expect(try Files.list(scratch("overlay/layers")).count == 1)
        // As after a crash between the folder and its name.
        unlink(scratch("overlay/l/\(layer.chainID.shortName)"))
        #expect(!snapshotter.contains(layer.chainID))
        let again = try snapshotter.unpack(
            try scratch.write("again", tar.bytes), compression: nil, diffID: layer.diffID, parents: [], tee: nil)
        #expect(again == layer && snapshotter.contains(layer.chainID))
        #expect(try DiskUsage(of: diff).size == 1)
        try snapshotter.removeLayer(layer.chainID)
        try snapshotter.removeLayer(layer.chainID)
        #expect(try snapshotter.layers().isEmpty && !snapshotter.contains(layer.chainID))
        #expect(try Files.list(scratch("overlay/l")) == ["empty"])
    }

    @Test func manyUnpackTheSameLayerAtOnce() async throws {
        let scratch = try Scratch()
        var tar = Tar()
        for index in 0..<200 { tar.file("d\(index % 7)/f\(index)", String(repeating: "x", count: index * 50)) }
        let snapshotter = try scratch.snapshotter()
        _ = try scratch.write("layer", tar.bytes)
        let path = scratch("layer")
        let layers = try await withThrowingTaskGroup(of: UnpackedLayer.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try snapshotter.unpack(
                        try Descriptor.open(path, O_RDONLY), compression: nil, diffID: nil, parents: [], tee: nil)
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(layers.count == 1)
        #expect(try Files.list(scratch("overlay/layers")).count == 1)
    }
}

private func names(_ root: String) throws -> [String] {
    try describe(root).map { String($0.prefix { $0 != " " }) }
}

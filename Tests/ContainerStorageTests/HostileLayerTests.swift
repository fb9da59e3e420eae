import CKLinux
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

/// Layers that mean harm: each is refused with its entry named, or does its harm within the layer; and a canary outside
/// is never touched.
@Suite struct HostileLayerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let tar: Tar
        /// A part of the error's text.
        let complaint: String

        init(_ name: String, _ complaint: String, _ build: (inout Tar) -> Void) {
            testDescription = name
            self.complaint = complaint
            var tar = Tar()
            build(&tar)
            self.tar = tar
        }
    }

    static let outside = "/var/tmp/ck-storage-canary-\(getpid())"

    static let refused: [Case] = [
        Case("dot dot", "leads out") { $0.file("../canary", "x") },
        Case("dot dot within", "leads out") { $0.file("a/../../canary", "x") },
        Case("absolute dot dot", "leads out") { $0.file("/../canary", "x") },
        Case("no name", "no name") { $0.file("", "x") },
        Case("long name", "longer than 255") {
            $0.add("x", pax: [("path", [UInt8](repeating: 97, count: 256))])
        },
        Case("long path", "longer than 4095") {
            $0.add("x", pax: [("path", Array(String(repeating: "ab/", count: 2000).utf8) + [97])])
        },
        Case("root as a file", "is a folder") { $0.file(".", "x") },
        Case("root as a link", "is a folder") { $0.symlink(".", "/") },
        Case("through an absolute link", "not a folder") {
            $0.symlink("a", outside)
            $0.file("a/canary", "x")
        },
        Case("through a relative link", "not a folder") {
            $0.symlink("a", "../../../../../../../..\(outside)")
            $0.file("a/canary", "x")
        },
        Case("through links of links", "not a folder") {
            $0.symlink("a", "b")
            $0.symlink("b", outside)
            $0.file("a/deep/canary", "x")
        },
        Case("through a link to itself", "symbolic links") {
            $0.symlink("a", "a")
            $0.file("a/x", "x")
        },
        Case("through a file", "not a folder") {
            $0.file("a", "x")
            $0.file("a/b", "x")
        },
        Case("hard link out", "leads out") { $0.hardLink("a", "../../../../..\(outside)/canary") },
        Case("hard link to an absolute path", "does not have") { $0.hardLink("a", "\(outside)/canary") },
        Case("hard link through a link", "does not have") {
            $0.symlink("l", outside)
            $0.hardLink("a", "l/canary")
        },
        Case("hard link to itself", "hard link to") { $0.hardLink("a", "a") },
        Case("hard link to a folder", "hard link to the folder") {
            $0.folder("d")
            $0.hardLink("a", "d")
        },
        Case("hard link to the root", "hard link to") { $0.hardLink("a", "/") },
        Case("hard link to a whiteout", "hard link to a whiteout") {
            $0.file(".wh.x")
            $0.hardLink("a", ".wh.x")
        },
        Case("whiteout of nothing", "valid whiteout") { $0.file(".wh.") },
        Case("whiteout of dot", "valid whiteout") { $0.file("d/.wh..") },
        Case("whiteout of dot dot", "valid whiteout") { $0.file("d/.wh...") },
        Case("whiteout as a folder", "empty file") { $0.folder(".wh.x") },
        Case("opaque as a folder", "empty file") { $0.folder("d/.wh..wh..opq") },
        Case("files in a whiteout", "valid whiteout") { $0.file(".wh.x/y") },
        Case("symbolic link to nothing", "") { $0.symlink("a", "") },
        Case("owner out of range", "out of range") { $0.add("a", pax: [("uid", Array("4294967295".utf8))]) },
        Case("damaged header", "read tar") {
            $0.add("a", type: "0", link: "x", device: (0o7777777, 0)); $0.damage()
        },
        Case("announces more than comes", "") {
            $0.file("a", "data"); $0.truncate()
        },
        Case("extended header beyond bounds", "") {
            $0.add("a", pax: [("comment", [UInt8](repeating: 97, count: 2 << 20))])
        },
    ]

    // One at a time: they share what stands outside.
    @Test(.serialized, arguments: refused) func isRefused(_ hostile: Case) throws {
        let scratch = try Scratch()
        // Exists while the test runs, so that what leads out would find something.
        try Files.makeDirectory(Self.outside)
        try Files.replace(Self.outside + "/canary-\(scratch.path.suffix(6))", with: [1])
        defer {
            unlink(Self.outside + "/canary-\(scratch.path.suffix(6))")
            rmdir(Self.outside)
        }
        #expect {
            try scratch.unpack(hostile.tar)
        } throws: { error in
            let error = error as? ContainerError
            return error?.code == .corrupted && error!.description.contains(hostile.complaint)
        }
        #expect(try Files.list(scratch("overlay/layers")).isEmpty, "the failed layer is gone")
        #expect(!Files.exists(Self.outside + "/canary"))
        #expect(!Files.exists(scratch("overlay/layers/canary")))
    }

    @Test func limitsEndABomb() throws {
        let scratch = try Scratch()
        func gzip(_ tar: Tar) throws -> Descriptor {
            var bytes = [UInt8]()
            let compressor = try LayerCompressor(.gzip) { bytes += $0 }
            try tar.bytes.withUnsafeBytes { try compressor.write($0) }
            try compressor.finish()
            return try scratch.write("bomb", bytes)
        }
        var zeros = Tar()
        zeros.add("zeros", data: [UInt8](repeating: 0, count: 8 << 20))
        var many = Tar()
        for index in 0..<100 { many.file("f\(index)") }
        var bytes = UnpackLimits()
        bytes.bytes = 1 << 20
        var ratio = UnpackLimits()
        ratio.ratioFrom = 1 << 20
        var entries = UnpackLimits()
        entries.entries = 99
        for (tar, limits) in [(zeros, bytes), (zeros, ratio), (many, entries)] {
            let file = try gzip(tar)
            #expect {
                try scratch.snapshotter(limits).unpack(file, compression: nil, diffID: nil, parents: [], tee: nil)
            } throws: {
                ($0 as? ContainerError)?.code == .exhausted
            }
            #expect(try Files.list(scratch("overlay/layers")).isEmpty)
        }
    }

    @Test func aTemporaryFolderOfAKilledProcessIsCleanedUp() throws {
        let scratch = try Scratch()
        let snapshotter = try scratch.snapshotter()
        let stale = scratch("overlay/layers/.unpacking-4194304-5-1")
        try Files.makeDirectory(stale + "/diff/deep/er")
        chmod(stale + "/diff/deep", 0)
        try snapshotter.cleanUp()
        #expect(!Files.exists(stale))
    }
}

extension Tar {
    mutating func damage() { change { $0[3] ^= 1 } }
    mutating func truncate() { change { $0 = Array($0.prefix(514)) } }
}

import ContainerSystem
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import ContainerStorage

/// What is different between two trees of layers, and all of one as a tar.
@Suite struct LayeredChangesTests {
    private func file(_ path: String, _ text: String = "x", mode: mode_t = 0o644) throws {
        if let slash = path.lastIndex(of: "/") { try Files.makeDirectory(String(path[..<slash])) }
        try Files.replace(path, with: Array(text.utf8), mode: mode)
        chmod(path, mode)
    }

    private func changes(_ before: [String], _ after: [String]) throws -> [String] {
        var lines: [String] = []
        try LayeredView(directories: before).changes(to: try LayeredView(directories: after)) { change in
            let delta = change.sizeAfter - change.sizeBefore
            lines.append("\(change.kind.rawValue) \(change.path)" + (delta == 0 ? "" : " \(delta)"))
        }
        return lines
    }

    @Test func aLayerOnTop() throws {
        let scratch = try Scratch()
        let (base, top) = (scratch("base"), scratch("top"))
        for name in ["a/kept", "a/changed", "a/gone", "b/deep/er/gone", "b/deep/x", "c", "same/1/2"] {
            try file("\(base)/\(name)")
        }
        try file(top + "/a/changed", "longer")
        try file(top + "/a/new/file", "abc")
        mknod(top + "/a/gone", S_IFCHR, 0)
        try Files.makeDirectory(top + "/b")
        mknod(top + "/b/deep", S_IFCHR, 0)
        try file(top + "/c", "y")
        #expect(
            try changes([base], [top, base]) == [
                "C /a", "C /a/changed 5", "D /a/gone -1", "A /a/new", "A /a/new/file 3", "C /b", "D /b/deep -2", "C /c",
            ])
        #expect(
            try changes([top, base], [base]) == [
                "C /a", "C /a/changed -5", "A /a/gone 1", "D /a/new -3", "C /b", "A /b/deep", "A /b/deep/er",
                "A /b/deep/er/gone 1", "A /b/deep/x 1", "C /c",
            ])
        #expect(try changes([top, base], [top, base]).isEmpty)
    }

    /// Layers that have nothing in common, but files that are the same.
    @Test func equalFilesAreEqualWhoeverWroteThem() throws {
        let scratch = try Scratch()
        for root in [scratch("one"), scratch("two")] {
            try file(root + "/bin/tool", String(repeating: "tool", count: 100_000), mode: 0o755)
            try file(root + "/mode")
            try file(root + "/owner")
            try file(root + "/attribute")
            symlink("target", root + "/link")
            symlink("one", root + "/other")
            mkfifo(root + "/fifo", 0o600)
            mknod(root + "/null", S_IFCHR | 0o666, dev_t(1 << 8 | 3))
        }
        var times = [timespec(tv_sec: 5, tv_nsec: 0), timespec(tv_sec: 5, tv_nsec: 0)]
        utimensat(AT_FDCWD, scratch("two/bin/tool"), &times, 0)
        #expect(try changes([scratch("one")], [scratch("two")]).isEmpty)
        chmod(scratch("two/mode"), 0o600)
        chown(scratch("two/owner"), 1000, 1000)
        try setAttribute(scratch("two/attribute"), "user.key", [1])
        unlink(scratch("two/other"))
        symlink("two", scratch("two/other"))
        unlink(scratch("two/null"))
        mknod(scratch("two/null"), S_IFCHR | 0o666, dev_t(1 << 8 | 5))
        // The last byte of many.
        let tool = try Descriptor.open(scratch("two/bin/tool"), O_WRONLY)
        #expect(pwrite(tool.raw, "L", 1, 399_999) == 1)
        #expect(
            try changes([scratch("one")], [scratch("two")]) == [
                "C /attribute", "C /bin", "C /bin/tool", "C /mode", "C /null", "C /other", "C /owner",
            ])
    }

    @Test func kindsThatChange() throws {
        let scratch = try Scratch()
        try file(scratch("one/a/x"))
        try file(scratch("one/b"))
        try file(scratch("two/a"), "file")
        try file(scratch("two/b/y"))
        symlink("b", scratch("one/c"))
        try Files.makeDirectory(scratch("two/c"))
        #expect(
            try changes([scratch("one")], [scratch("two")])
                == ["C /a 4", "D /a/x -1", "C /b -1", "A /b/y 1", "C /c"])
        #expect(try changes([], []).isEmpty && changes([], [scratch("two/c")]).isEmpty)
    }

    /// Names between which the separator would come, were it a byte like any other.
    @Test func aFolderIsFollowedByWhatIsInIt() throws {
        let scratch = try Scratch()
        for name in ["a/x", "a.b", "a-b", "a0", "a/\u{1}", "\u{fffd}"] { try file(scratch("one/" + name)) }
        try Files.makeDirectory(scratch("none"))
        #expect(
            try changes([scratch("none")], [scratch("one")]).map { $0.split(separator: " ")[1] }
                == ["/a", "/a/\u{1}", "/a/x", "/a-b", "/a.b", "/a0", "/\u{fffd}"])
    }

    @Test func depthCostsNoDescriptors() throws {
        let scratch = try Scratch()
        for layer in ["one", "two", "three"] {
            let path = scratch(layer) + String(repeating: "/d", count: 1500)
            try Files.makeDirectory(path)
            try file(path + "/" + layer)
        }
        let all = ["one", "two", "three"].map { scratch($0) }
        let lines = try changes([], all)
        #expect(lines.count == 1503 && lines.last?.hasSuffix("/d/two 1") == true)
    }

    // MARK: - Archives

    @Test func anArchiveHasNothingOfTheLayers() throws {
        let scratch = try Scratch()
        let (base, top) = (scratch("base"), scratch("top"))
        try file(base + "/gone")
        try file(base + "/folder/below")
        try file(base + "/kept", "kept", mode: 0o4755)
        link(base + "/kept", base + "/linked")
        mknod(top + "/x", S_IFCHR, 0)
        try Files.makeDirectory(top + "/folder")
        try setAttribute(top + "/folder", "trusted.overlay.opaque", [121])
        mknod(top + "/gone", S_IFCHR, 0)
        try file(top + "/.wh.name", "only a name")
        func archive(_ name: String) throws -> [UInt8] {
            let output = try Descriptor.open(scratch(name), O_RDWR | O_CREAT, mode: 0o600)
            try LayeredView(directories: [top, base]).writeArchive(to: output, name: name)
            return try Files.read(scratch(name))
        }
        let bytes = try archive("a.tar")
        #expect(try bytes == archive("b.tar"), "the same files give the same bytes")
        var found: [String] = []
        try ArchiveReader(try Descriptor.open(scratch("a.tar"), O_RDONLY), name: "a.tar").forEach { path, entry, _ in
            found.append("\(path) \(entry)")
        }
        #expect(found == [".wh.name file(size: 11)", "kept file(size: 4)", #"linked link("kept")"#])
    }

    // MARK: - Archives of blobs

    @Test func theKernelCopiesToWhateverItIs() throws {
        let scratch = try Scratch()
        let content = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Files.replace(scratch("blob"), with: content)
        func write(_ output: Descriptor) throws {
            let writer = ArchiveWriter(output, name: "output")
            try writer.addDirectory("blobs/")
            try writer.add("blobs/big", try Descriptor.open(scratch("blob"), O_RDONLY), size: Int64(content.count))
            try writer.add("small", [1, 2, 3])
            try writer.finish()
        }
        for (name, flags) in [("file", O_CREAT), ("appended", O_CREAT | O_APPEND)] {
            try write(try Descriptor.open(scratch(name), O_WRONLY | flags, mode: 0o600))
        }
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let reader = Descriptor(owning: ends[0])
        let piped = Mutex<[UInt8]>([])
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            let bytes = try? reader.readAll(limit: 1 << 24, name: "pipe")
            piped.withLock { $0 = bytes ?? [] }
        }
        try write(Descriptor(owning: ends[1]))
        group.wait()
        let expected = try Files.read(scratch("file"), limit: 1 << 24)
        #expect(expected.count % 512 == 0)
        #expect(try Files.read(scratch("appended"), limit: 1 << 24) == expected)
        #expect(piped.withLock { $0 } == expected)
        var found: [String: [UInt8]] = [:]
        let archive = try Descriptor.open(scratch("file"), O_RDONLY)
        try ArchiveReader(archive, name: "file").forEach { path, _, read throws(ContainerError) in
            var bytes: [UInt8] = []
            try read { piece throws(ContainerError) in bytes += Array(piece) }
            found[path] = bytes
        }
        #expect(found == ["blobs/big": content, "small": [1, 2, 3]])
    }

    @Test func aBlobThatIsTooShortIsNoticed() throws {
        let scratch = try Scratch()
        try Files.replace(scratch("blob"), with: [1, 2, 3])
        let writer = ArchiveWriter(try Descriptor.open(scratch("out"), O_WRONLY | O_CREAT, mode: 0o600), name: "out")
        #expect { try writer.add("a", try Descriptor.open(scratch("blob"), O_RDONLY), size: 4) } throws: {
            ($0 as? ContainerError)?.code == .corrupted
        }
    }

    /// Sizes beyond eleven octal digits have a record of their own.
    @Test func sizesBeyondEightGibibytes() throws {
        let scratch = try Scratch()
        try Files.replace(scratch("blob"), with: [])
        let output = try Descriptor.open(scratch("out"), O_RDWR | O_CREAT, mode: 0o600)
        let writer = ArchiveWriter(output, name: "out")
        // It fails, for the file has no such size: its header is what matters.
        _ = try? writer.add("big", try Descriptor.open(scratch("blob"), O_RDONLY), size: 0o100000000000)
        let bytes = try Files.read(scratch("out"))
        #expect(bytes[156] == UInt8(ascii: "x") && bytes[1024 + 156] == UInt8(ascii: "0"))
        #expect(String(decoding: bytes[512..<532], as: UTF8.self) == "19 size=8589934592\n\0")
    }
}

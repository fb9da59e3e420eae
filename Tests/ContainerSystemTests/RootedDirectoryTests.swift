import ContainerSystem
import Glibc
import Testing

@Suite struct RootedDirectoryTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/ck-rooted-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "mkdtemp") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? Files.removeTree(path) }
        try body(path)
    }

    @Test func staysWithin() throws {
        try withFolder { folder in
            try Files.makeDirectory(folder + "/root/etc")
            try Files.replace(folder + "/root/etc/passwd", with: [1])
            try Files.replace(folder + "/secret", with: [2])
            symlink("/etc/passwd", folder + "/root/absolute")
            symlink("../../../secret", folder + "/root/out")
            let root = try RootedDirectory(folder + "/root")
            #expect(try root.readFile("/etc/passwd") == [1])
            #expect(try root.readFile("absolute") == [1])
            #expect(try root.readFile("../../etc/passwd") == [1])
            for path in ["out", "../secret", "/nothing", "/etc/passwd/below"] {
                #expect { try root.readFile(path) } throws: { ($0 as? ContainerError)?.code == .notFound }
            }
        }
    }

    @Test func readsOnlyRegularFilesOfBoundedSize() throws {
        try withFolder { folder in
            mkfifo(folder + "/fifo", 0o600)
            try Files.makeDirectory(folder + "/folder")
            try Files.replace(folder + "/big", with: [UInt8](repeating: 0, count: 100))
            let root = try RootedDirectory(folder)
            for path in ["fifo", "folder", "/"] {
                #expect { try root.readFile(path) } throws: { ($0 as? ContainerError)?.code == .invalidArgument }
            }
            #expect { try root.readFile("big", limit: 99) } throws: { ($0 as? ContainerError)?.code == .corrupted }
            #expect(try root.readFile("big", limit: 100).count == 100)
        }
    }

    @Test func removesATreeAndNothingElse() throws {
        try withFolder { folder in
            let tree = folder + "/tree"
            try Files.makeDirectory(folder + "/outside")
            try Files.replace(folder + "/outside/file", with: [1])
            try Files.makeDirectory(tree + "/a/b")
            symlink(folder + "/outside", tree + "/link")
            symlink("../../../outside", tree + "/a/b/link")
            chmod(tree + "/a", 0)
            try Files.removeTree(tree)
            #expect(!Files.exists(tree))
            #expect(Files.exists(folder + "/outside/file"))
            try Files.removeTree(tree)
            symlink(folder + "/outside", folder + "/link")
            try Files.removeTree(folder + "/link")
            #expect(Files.exists(folder + "/outside/file") && !Files.exists(folder + "/link"))
        }
    }

    @Test func removesATreeDeeperThanAnyPath() throws {
        try withFolder { folder in
            let tree = folder + "/tree"
            try Files.makeDirectory(tree)
            var current = try Descriptor.open(tree, O_RDONLY | O_DIRECTORY)
            for _ in 0..<5000 {
                try system("mkdir") { mkdirat(current.raw, "deep", 0o755) }
                _ = symlinkat("/", current.raw, "link")
                current = Descriptor(owning: try system("open") { openat(current.raw, "deep", O_RDONLY | O_DIRECTORY) })
            }
            try Files.removeTree(tree)
            #expect(!Files.exists(tree))
        }
    }
}

import ContainerRuntime
import ContainerStorage
import ContainerSystem
import Glibc
import Testing

@testable import ContainerEngine

/// `/etc/passwd` and `/etc/group` come with an image, so they may be anything.
@Suite struct HostileUserFilesTests {
    /// The two ways in which an engine reads them: through a running container's root, and through its layers.
    enum Reader: CaseIterable {
        case root, layers

        func lookup(_ folder: String) throws(ContainerError) -> UserLookup {
            switch self {
            case .root:
                let root = try RootedDirectory(folder)
                return try UserLookup { path throws(ContainerError) in try root.readFile(path) }
            case .layers:
                let view = try LayeredView(directories: [folder])
                return try UserLookup { path throws(ContainerError) in try view.readFile(path) }
            }
        }
    }

    private static let passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:7:8::/home/ann:/bin/sh\n"

    /// A root with what `fill` puts in it, beside a passwd of the host that knows `ann` as somebody else.
    private func withRoot<Result>(
        _ fill: (_ root: String, _ host: String) throws -> Void, _ body: (String) throws -> Result
    ) throws -> Result {
        try withTemporaryFolder { folder in
            try Files.makeDirectory(folder + "/root/etc")
            try Files.replace(folder + "/passwd", with: Array("ann:x:666:666::/host:/bin/sh\n".utf8))
            try fill(folder + "/root", folder + "/passwd")
            return try body(folder + "/root")
        }
    }

    private func uid(_ name: String, _ reader: Reader, in root: String) throws -> UInt32 {
        try reader.lookup(root).identity(of: name).user.uid
    }

    @Test(arguments: Reader.allCases) func aLinkIsFollowedWithinTheRootOnly(reader: Reader) throws {
        func fill(_ target: @escaping (_ host: String) -> String) -> (String, String) throws -> Void {
            { root, host in
                try Files.makeDirectory(root + "/usr/lib")
                try Files.replace(root + "/usr/lib/passwd", with: Array(Self.passwd.utf8))
                try system("link") { symlink(target(host), root + "/etc/passwd") }
            }
        }
        for target in ["/usr/lib/passwd", "../usr/lib/passwd", "../../../../../../usr/lib/passwd"] {
            let found = try withRoot(fill { _ in target }) { try uid("ann", reader, in: $0) }
            #expect(found == 7, "\(target)")
        }
        let outside: [(String) -> String] = [{ $0 }, { _ in "../../passwd" }, { _ in "/nowhere" }]
        for target in outside {
            // Nobody of the host, and for its own sake no error: root and numbers go on working.
            try withRoot(fill(target)) { (root: String) throws in
                #expect(code { _ = try uid("ann", reader, in: root) } == .notFound)
                #expect(try uid("", reader, in: root) == 0)
                #expect(try uid("5", reader, in: root) == 5)
            }
        }
    }

    @Test(arguments: Reader.allCases) func whatIsNoFileIsNotGuessedAt(reader: Reader) throws {
        let fills: [(String) throws -> Void] = [
            { root in try system("link") { symlink("passwd", root + "/etc/passwd") } },
            { root in try system("make a fifo") { mkfifo(root + "/etc/passwd", 0o644) } },
            { root in try Files.makeDirectory(root + "/etc/passwd") },
            { root in try system("link") { symlink("/", root + "/etc/group") } },
        ]
        for (index, fill) in fills.enumerated() {
            let found = try withRoot({ root, _ in try fill(root) }) { (root: String) throws in
                code { _ = try uid("", reader, in: root) }
            }
            #expect(found == .invalidArgument, "\(index)")
        }
    }

    @Test(arguments: Reader.allCases) func withoutTheFilesThereAreNumbersOnly(reader: Reader) throws {
        let fills: [(String) throws -> Void] = [
            { _ in }, { rmdir($0 + "/etc") },
            { root in
                rmdir(root + "/etc")
                try Files.replace(root + "/etc", with: Array("no folder".utf8))
            },
        ]
        for (index, fill) in fills.enumerated() {
            try withRoot({ root, _ in try fill(root) }) { (root: String) throws in
                #expect(try uid("12", reader, in: root) == 12, "\(index)")
                #expect(code { _ = try uid("ann", reader, in: root) } == .notFound, "\(index)")
            }
        }
    }

    @Test(arguments: Reader.allCases) func aFileWithoutEndIsRefusedAtItsLimit(reader: Reader) throws {
        func refused(_ size: Int) throws -> ContainerError.Code? {
            func fill(_ root: String, _ host: String) throws {
                let line = Array(Self.passwd.utf8)
                try Files.replace(root + "/etc/passwd", with: line)
                try system("make it long") { truncate(root + "/etc/passwd", off_t(size)) }
            }
            return try withRoot(fill) { root in code { _ = try uid("ann", reader, in: root) } }
        }
        #expect(try refused(4 << 20) == nil)
        #expect(try refused((4 << 20) + 1) == .corrupted)
        #expect(try refused(1 << 40) == .corrupted)
    }

    /// Who is called 0 in an image is not root, and who is called 7 is not user 7.
    @Test(arguments: Reader.allCases) func aNumberIsNeverAName(reader: Reader) throws {
        func fill(_ root: String, _ host: String) throws {
            let lines = "0:x:1000:1000::/w:/bin/sh\n7:x:0:0::/r:/bin/sh\n" + Self.passwd
            try Files.replace(root + "/etc/passwd", with: Array(lines.utf8))
            try Files.replace(root + "/etc/group", with: Array("0:x:1000:\n8:x:0:\n".utf8))
        }
        try withRoot(fill) { (root: String) throws in
            let user = try reader.lookup(root).identity(of: "7:8").user
            #expect(try uid("0", reader, in: root) == 0 && user.uid == 7 && user.gid == 8)
        }
    }
}

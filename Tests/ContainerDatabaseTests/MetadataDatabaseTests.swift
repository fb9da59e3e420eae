import ContainerDatabase
import ContainerSystem
import Glibc
import Testing

@Suite struct MetadataDatabaseTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/ck-database-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        try body(folder)
    }

    private func container(_ id: String, _ name: String) -> ContainerRecord {
        ContainerRecord(
            id: id, name: name, image: "i", configuration: [1, 2, 3], created: 1, started: nil, owner: .current)
    }

    private func code(_ body: () throws -> Void) -> ContainerError.Code? {
        do { try body() } catch { return (error as? ContainerError)?.code }
        return nil
    }

    @Test func twoProcessesSeeTheSame() throws {
        try withFolder { folder in
            let one = try MetadataDatabase(folder: folder)
            let two = try MetadataDatabase(folder: folder)
            try one.addContainer(container("abc1", "n1"))
            #expect(try two.container(name: "n1") == container("abc1", "n1"))
            try two.setStarted(container: "abc1", at: 5)
            #expect(try one.container(name: "n1")?.started == 5)
            #expect(try two.removeContainer(id: "abc1"))
            #expect(try !one.removeContainer(id: "abc1"), "it was there only once")
        }
    }

    @Test func namesAreTakenOnce() throws {
        try withFolder { folder in
            let database = try MetadataDatabase(folder: folder)
            try database.addContainer(container("abc1", "same"))
            #expect(code { try database.addContainer(container("abc2", "same")) } == .conflict)
            #expect(try database.containers().count == 1)
        }
    }

    @Test func prefixesMayFitSeveral() throws {
        try withFolder { folder in
            let database = try MetadataDatabase(folder: folder)
            for id in ["ab12", "ab34", "ac00"] { try database.addContainer(container(id, "n" + id)) }
            #expect(try database.containers(idPrefix: "ab").count == 2)
            #expect(try database.containers(idPrefix: "ab3").map(\.id) == ["ab34"])
            #expect(try database.containers(idPrefix: "af").isEmpty)
        }
    }

    @Test func addressesAreLeasedOnce() throws {
        try withFolder { folder in
            let database = try MetadataDatabase(folder: folder)
            let network = try database.network(name: "n") { NetworkRecord(name: "n", bridge: "b", subnet: "s") }
            #expect(try database.network(name: "n") { NetworkRecord(name: "n", bridge: "x", subnet: "x") } == network)
            func lease(_ container: String, stale: Set<String> = []) throws -> UInt32 {
                try database.lease(network: "n", container: container) { last, isTaken in
                    for step in 1...3 {
                        let address = (last + UInt32(step)) % 3
                        if !isTaken(address) { return address }
                    }
                    throw ContainerError(.exhausted, "no address is left")
                } isStale: {
                    stale.contains($0)
                }
            }
            let leased = try ["a", "b", "c"].map { try lease($0) }
            #expect(Set(leased).count == 3)
            #expect(try lease("b") == leased[1], "a lease is kept")
            #expect(code { _ = try lease("d") } == .exhausted)
            #expect(try lease("d", stale: ["a"]) == leased[0], "what a container left is taken again")
            try database.releaseLeases(container: "b")
            #expect(try database.leaseCount() == 2)
            #expect(try lease("e") == leased[1])
        }
    }

    @Test func imagesShareWhatTheyShare() throws {
        try withFolder { folder in
            let database = try MetadataDatabase(folder: folder)
            func image(_ id: String, _ layers: [String]) -> ImageRecord {
                ImageRecord(id: id, manifest: "m" + id, config: [9], layers: layers, size: 1, added: 2, blobs: layers)
            }
            try database.addImage(image("1", ["base", "one"]), tag: ("r", "t"), digest: ("r", "sha256:x"))
            try database.addImage(image("2", ["base", "two"]), tag: ("r", "t"), digest: nil)
            #expect(try database.image(repository: "r", reference: "t")?.id == "2", "the tag moved")
            #expect(try database.image(repository: "r", reference: "sha256:x")?.id == "1")
            #expect(try database.contentInUse().layers == ["base", "one", "two"])
            #expect(try database.removeImage(id: "1") == ["one"], "the shared layer stays")
            #expect(try database.removeImage(id: "2") == ["two", "base"], "top first")
            #expect(try database.imageTags().isEmpty && database.contentInUse().blobs.isEmpty)
        }
    }

    @Test func whatIsNoStateOfOursIsNamed() throws {
        try withFolder { folder in
            try Files.replace(folder + "/metadata.db", with: Array(repeating: UInt8(ascii: "x"), count: 4096))
            #expect(code { _ = try MetadataDatabase(folder: folder) } == .corrupted)
        }
        try withFolder { folder in
            _ = try MetadataDatabase(folder: folder)
            let newer = Command.sqlite(folder + "/metadata.db", "PRAGMA user_version = 4000")
            try #require(newer == 0)
            #expect(code { _ = try MetadataDatabase(folder: folder) } == .unsupported)
        }
        #expect(code { _ = try MetadataDatabase(folder: "/no/such/folder") } == .permissionDenied)
    }
}

private enum Command {
    /// What another version of us would have written.
    static func sqlite(_ path: String, _ sql: String) -> Int32 {
        var pid = pid_t()
        let arguments = ["sqlite3", path, sql].map { (word: String) in strdup(word) } + [nil]
        defer { arguments.forEach { free($0) } }
        guard posix_spawnp(&pid, "sqlite3", nil, nil, arguments, environ) == 0 else { return -1 }
        var status: CInt = 0
        waitpid(pid, &status, 0)
        return status
    }
}

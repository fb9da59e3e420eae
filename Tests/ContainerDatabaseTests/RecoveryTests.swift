@testable import ContainerDatabase
import ContainerSystem
import GRDB
import Glibc
import Testing

/// Files as crashes, other programs and other versions leave them.
@Suite struct RecoveryTests {
    private func copy(_ folder: String, to other: String) throws {
        for name in try Files.list(folder) where !name.hasSuffix("-shm") {
            try Files.replace("\(other)/\(name)", with: try Files.read("\(folder)/\(name)"))
        }
    }

    /// The files as they lie while a process has them open are those that its SIGKILL leaves.
    @Test func whatAKilledProcessHasWrittenIsThere() throws {
        try withFolder { (folder: String) throws in
            try withFolder { (other: String) throws in
                let database = try MetadataDatabase(folder: folder)
                for index in 0..<20 { try database.addContainer(.made("\(index)", "n\(index)")) }
                try copy(folder, to: other)
                #expect(try Files.list(other).contains("metadata.db-wal"))
                #expect(try MetadataDatabase(folder: other).containers() == database.containers())
            }
        }
    }

    /// A power cut takes the last transactions, whole.
    @Test func aLogThatIsCutOffHasItsWholeTransactions() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            for index in 0..<20 { try database.addContainer(.made("\(index)", "n\(index)")) }
            let size = try Files.read(folder + "/metadata.db-wal").count
            for lost in stride(from: 1, to: size, by: size / 13) {
                try withFolder { (other: String) throws in
                    try copy(folder, to: other)
                    try system("cut") { truncate(other + "/metadata.db-wal", off_t(size - lost)) }
                    let left = try MetadataDatabase(folder: other)
                    let names = try left.containers().map(\.name)
                    // The newest come first, and none is missing in between.
                    #expect(names.reversed() == (0..<names.count).map { "n\($0)" } && names.count < 20, "\(lost)")
                    try left.addContainer(.made("x", "after"))
                }
            }
        }
    }

    @Test func theLogOutlivesACommandAndStaysShort() throws {
        try withFolder { (folder: String) throws in
            for index in 0..<600 {
                let database = try MetadataDatabase(folder: folder)
                try database.addContainer(.made("\(index)", "n\(index)"))
                try database.removeContainer(id: "\(index)")
            }
            #expect(try Files.list(folder).contains("metadata.db-wal"))
            // 250 pages of 1 KiB with a header each, and what one transaction writes on top.
            #expect(try Files.read(folder + "/metadata.db-wal").count < 300 * 1048)
        }
    }

    /// Each process that opens the state while no other has it open reads the whole log.
    @Test func theLogStaysShortThoughEachProcessWritesOnce() throws {
        try withFolder { (folder: String) throws in
            var most = 0
            for number in 0..<400 {
                try MetadataDatabase(folder: folder).addContainer(.made("abc\(number)", "n\(number)"))
                most = max(most, try Files.read(folder + "/metadata.db-wal").count)
            }
            #expect(most < 300 * 1048 && most > 200 * 1048, "\(most)")
            #expect(try MetadataDatabase(folder: folder).containers().count == 400)
        }
    }

    @Test func whoReadsDoesNotHoldUpWhoWrites() throws {
        try withFolder { (folder: String) throws in
            let reader = try MetadataDatabase(folder: folder)
            try reader.addContainer(.made("abc", "n"))
            try reader.read { database in
                _ = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM container")
                for number in 0..<100 {
                    try MetadataDatabase(folder: folder).addContainer(.made("abc\(number)", "n\(number)"))
                }
            }
            #expect(try reader.containers().count == 101)
            try reader.setStarted(container: "abc", at: 5)
            #expect(try Files.read(folder + "/metadata.db-wal").count == 0, "made up for")
        }
    }

    @Test func anEmptyFileBecomesADatabase() throws {
        try withFolder { (folder: String) throws in
            try Files.replace(folder + "/metadata.db", with: [])
            try MetadataDatabase(folder: folder).addContainer(.made("1", "n"))
            #expect(try MetadataDatabase(folder: folder).containers().count == 1)
        }
    }

    @Test(arguments: ["x", "SQLite format 3"]) func whatIsNoDatabaseIsLeftAsItIs(beginning: String) throws {
        try withFolder { (folder: String) throws in
            let bytes = Array(beginning.utf8) + [0] + [UInt8](repeating: UInt8(ascii: "y"), count: 5000)
            try Files.replace(folder + "/metadata.db", with: bytes)
            let error = #expect(throws: ContainerError.self) { try MetadataDatabase(folder: folder) }
            #expect(error?.code == .corrupted && error?.description.contains(folder + "/metadata.db") == true)
            #expect(try Files.read(folder + "/metadata.db") == bytes)
        }
    }

    @Test func aDatabaseWithAHoleIsCorrupted() throws {
        try withFolder { (folder: String) throws in
            do {
                let database = try MetadataDatabase(folder: folder)
                for index in 0..<100 { try database.addContainer(.made("\(index)", "n\(index)")) }
            }
            // All of it in one file, as after a reboot.
            try #require(Command.sqlite(folder + "/metadata.db", "PRAGMA wal_checkpoint(TRUNCATE)") == 0)
            var bytes = try Files.read(folder + "/metadata.db")
            bytes.replaceSubrange(1024..., with: [UInt8](repeating: 0xa5, count: bytes.count - 1024))
            try Files.replace(folder + "/metadata.db", with: bytes)
            #expect(code { _ = try MetadataDatabase(folder: folder).containers() } == .corrupted)
        }
    }

    @Test func aFolderInItsPlaceCannotBeOpened() throws {
        try withFolder { (folder: String) throws in
            try Files.makeDirectory(folder + "/metadata.db")
            #expect(code { _ = try MetadataDatabase(folder: folder) } == .permissionDenied)
        }
        #expect(code { _ = try MetadataDatabase(folder: "/no/such/folder") } == .permissionDenied)
    }

    @Test func anOlderVersionsDatabaseIsTakenOver() throws {
        for version in 1...Schema.versions.count {
            try withFolder { (folder: String) throws in
                let path = folder + "/metadata.db"
                let tables = Schema.versions.prefix(version).joined(separator: "\n")
                try #require(
                    Command.sqlite(
                        path,
                        "PRAGMA journal_mode = WAL;" + tables + """
                            INSERT INTO container (id, name, image, configuration, created, started, owner_pid, owner_start)
                            VALUES ('ab', 'old', 'img', x'7b7d', 5, NULL, 1, 0); PRAGMA user_version = \(version);
                            """) == 0)
                let database = try MetadataDatabase(folder: folder)
                #expect(try database.container(name: "old")?.created == 5, "written by version \(version)")
                try database.renameContainer(id: "ab", to: "new")
                #expect(try MetadataDatabase(folder: folder).containers().map(\.name) == ["new"])
            }
        }
    }

    @Test func aLockedDatabaseGetsAClearWordAndStaysAsItIs() throws {
        try withFolder { (folder: String) throws in
            let holder = try MetadataDatabase(folder: folder)
            try holder.addContainer(.made("1", "n"))
            let other = try MetadataDatabase(folder: folder, patience: 0.1)
            try holder.write { _ in
                let changes: [() throws -> Void] = [
                    { try other.renameContainer(id: "1", to: "m") }, { try other.addContainer(.made("2", "o")) },
                ]
                for change in changes {
                    var error: ContainerError?
                    do { try change() } catch let failure as ContainerError { error = failure }
                    let text = error?.description ?? ""
                    let isClear = text.contains(folder) && text.contains("another process")
                    #expect(error?.code == .unavailable && isClear)
                }
                let names = try other.containers().map(\.name)
                #expect(names == ["n"], "whoever reads need not wait")
            }
            try other.renameContainer(id: "1", to: "m")
            #expect(try holder.containers().map(\.name) == ["m"])
        }
    }

    @Test func aNewerVersionsDatabaseIsLeftAsItIs() throws {
        try withFolder { (folder: String) throws in
            try MetadataDatabase(folder: folder).addContainer(.made("1", "n"))
            let path = folder + "/metadata.db"
            try #require(Command.sqlite(path, "PRAGMA user_version = 4000; PRAGMA wal_checkpoint(TRUNCATE)") == 0)
            let error = #expect(throws: ContainerError.self) { try MetadataDatabase(folder: folder) }
            #expect(error?.code == .unsupported && error?.description.contains("4000") == true)
            try #require(Command.sqlite(path, "PRAGMA user_version = \(Schema.versions.count)") == 0)
            #expect(try MetadataDatabase(folder: folder).containers().count == 1)
        }
    }
}

enum Command {
    /// What another program, or another version of us, would have done.
    static func sqlite(_ path: String, _ sql: String) -> Int32 {
        var pid = pid_t()
        let arguments = ["sqlite3", path, sql].map { (word: String) in strdup(word) } + [nil]
        defer { arguments.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        guard posix_spawnp(&pid, "sqlite3", &actions, nil, arguments, environ) == 0 else { return -1 }
        var status: CInt = 0
        waitpid(pid, &status, 0)
        return status
    }
}

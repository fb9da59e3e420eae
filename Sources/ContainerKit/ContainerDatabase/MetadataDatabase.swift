import CKSQLite
import ContainerSystem
import GRDB
import Synchronization

/// The one database of a state root: images and their names, containers, networks, address leases. Many processes
/// use it at once (SQLite in WAL mode); nothing above this module knows SQL.
public final class MetadataDatabase: Sendable {
    private let folder: String
    private let patience: Double
    private let opened = Mutex<DatabaseQueue?>(nil)
    private var path: String { folder + "/metadata.db" }

    /// Opens `metadata.db` in a folder, and makes or migrates it.
    /// - Parameters:
    ///   - patience: seconds to wait for another process that writes.
    ///   - isLazy: whether to open it when it is first asked, which some commands never do; what is wrong with it is
    ///     thrown then.
    /// - Throws: `permissionDenied`, `exhausted` or `corrupted` with the path; `unsupported` for the state of a newer
    ///   version, which stays as it is; `unavailable` when another process does not let go of it.
    public init(folder: String, patience: Double = 20, isLazy: Bool = false) throws(ContainerError) {
        self.folder = folder
        self.patience = patience
        if !isLazy { _ = try queue() }
    }

    private func queue() throws(ContainerError) -> DatabaseQueue {
        let (folder, patience, path) = (folder, patience, path)
        return try opened.withLock { (opened: inout DatabaseQueue?) throws(ContainerError) in
            if let opened { return opened }
            let queue = try Self.open(folder, patience: patience, path)
            opened = queue
            return queue
        }
    }

    private static func open(_ folder: String, patience: Double, _ path: String) throws(ContainerError)
        -> DatabaseQueue
    {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
        // Each transaction survives a kill; a power cut may take the last ones, whole (SQLite, "synchronous").
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            guard let connection = database.sqliteConnection else { return }
            ck_sqlite_keep_log(connection)
            // We observe nothing.
            ck_sqlite_end_authorizer(connection)
            // It is read when the first process opens it.
            ck_sqlite_shorten_log(connection, Int32(patience * 1000))
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try migrate(queue, lock: folder + "/metadata.lock")
            return queue
        } catch {
            throw failure(error, path)
        }
    }

    private static func migrate(_ queue: DatabaseQueue, lock path: String) throws {
        func version(_ database: Database) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 }
        let current = Schema.versions.count
        let found = try queue.inDatabase(version)
        if found > current {
            throw ContainerError(
                .unsupported, "open the state", cause: "a newer version of ck has written it (schema \(found))")
        }
        if found == current { return }
        // SQLite fails one of two that change the journal's mode at once, however long they may wait. So one process
        // migrates, and the others look again behind it.
        let lock = try FileLock.take(path, .exclusive)
        defer { withExtendedLifetime(lock) {} }
        let behind = try queue.inDatabase(version)
        if behind >= current { return }
        // Both stay with the file. Rows are small, and the log holds whole pages.
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL")
        }
        try queue.write { database in
            for statement in Schema.versions.dropFirst(behind) { try database.execute(sql: statement) }
            try database.execute(sql: "PRAGMA user_version = \(current)")
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(ContainerError) -> Value {
        let queue = try queue()
        do { return try queue.read(body) } catch { throw Self.failure(error, path) }
    }

    /// One transaction that holds the write lock from its start.
    func write<Value>(_ body: (Database) throws -> Value) throws(ContainerError) -> Value {
        let queue = try queue()
        do { return try queue.write(body) } catch { throw Self.failure(error, path) }
    }

    private static func failure(_ error: any Error, _ path: String) -> ContainerError {
        if let error = error as? ContainerError { return error }
        guard let error = error as? DatabaseError else {
            return ContainerError(.systemFailure, "use the state in \(path)", cause: "\(error)")
        }
        let code: ContainerError.Code
        var hint: String?
        switch error.resultCode {
        case .SQLITE_FULL:
            code = .exhausted
            hint = "free some space on the disk, or put the state elsewhere with --root"
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            code = .permissionDenied
            hint = "run as root, or put the state elsewhere with --root"
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            code = .corrupted
        case .SQLITE_CONSTRAINT:
            // A name or an id that another process has taken, or an image that it has removed in the meantime.
            code = error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY ? .notFound : .conflict
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            code = .unavailable
            hint = "another process has held it for too long: ck, or a program such as sqlite3 or a backup"
        default:
            code = .systemFailure
        }
        return ContainerError(
            code, "use the state in \(path)", cause: error.message ?? error.resultCode.description, hint: hint)
    }
}

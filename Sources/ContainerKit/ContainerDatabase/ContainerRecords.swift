import ContainerSystem
import GRDB

/// A container as the database keeps it. Whether it runs is not here: the kernel and the shim's files know that.
public struct ContainerRecord: Sendable, Equatable {
    /// 64 hexadecimal digits.
    public let id: String
    public let name: String
    /// The image's id.
    public let image: String
    /// The engine's own document.
    public let configuration: [UInt8]
    /// Seconds since 1970.
    public let created: Double
    /// Seconds since 1970; nil when it was never started.
    public let started: Double?
    /// The process that made it: a container that was to vanish and never started, vanishes with its maker.
    public let owner: ProcessIdentity

    public init(
        id: String, name: String, image: String, configuration: [UInt8], created: Double, started: Double?,
        owner: ProcessIdentity
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.configuration = configuration
        self.created = created
        self.started = started
        self.owner = owner
    }
}

extension MetadataDatabase {
    /// Adds a container.
    /// - Parameter volumes: those that it uses; one that is not there yet is added.
    /// - Throws: `conflict` when the name or the id is taken.
    public func addContainer(_ container: ContainerRecord, volumes: [VolumeRecord] = []) throws(ContainerError) {
        try write { database in
            if let other = try Self.owner(of: container.name, database) {
                throw Self.isTaken(container.name, by: other)
            }
            try database.execute(
                sql: "INSERT INTO container VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    container.id, container.name, container.image, container.configuration.data, container.created,
                    container.started, container.owner.pid, Int64(container.owner.startTime),
                ])
            for volume in volumes { try Self.use(volume, by: container.id, in: database) }
        }
    }

    public func containers() throws(ContainerError) -> [ContainerRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM container ORDER BY created DESC, rowid DESC")
                .map(ContainerRecord.init(row:))
        }
    }

    public func container(name: String) throws(ContainerError) -> ContainerRecord? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM container WHERE name = ?", arguments: [name])
                .map(ContainerRecord.init(row:))
        }
    }

    public func container(id: String) throws(ContainerError) -> ContainerRecord? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM container WHERE id = ?", arguments: [id])
                .map(ContainerRecord.init(row:))
        }
    }

    /// The containers whose id starts with `prefix` (hexadecimal digits), two at most.
    public func containers(idPrefix prefix: String) throws(ContainerError) -> [ContainerRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM container WHERE id >= ? AND id < ? LIMIT 2",
                arguments: [prefix, prefix + "g"]
            ).map(ContainerRecord.init(row:))
        }
    }

    public func containers(usingImage image: String) throws(ContainerError) -> [ContainerRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM container WHERE image = ?", arguments: [image])
                .map(ContainerRecord.init(row:))
        }
    }

    public func setStarted(container id: String, at time: Double?) throws(ContainerError) {
        try write { try $0.execute(sql: "UPDATE container SET started = ? WHERE id = ?", arguments: [time, id]) }
    }

    /// Gives a container another name.
    /// - Throws: `conflict` when it is taken; `notFound` when the container is gone.
    public func renameContainer(id: String, to name: String) throws(ContainerError) {
        try write { database in
            if let other = try Self.owner(of: name, database) { throw Self.isTaken(name, by: other) }
            try database.execute(sql: "UPDATE container SET name = ? WHERE id = ?", arguments: [name, id])
            if database.changesCount == 0 { throw ContainerError(.notFound, "No such container: \(id)") }
        }
    }

    /// Replaces a container's document.
    /// - Throws: `notFound` when the container is gone.
    public func setConfiguration(container id: String, to configuration: [UInt8]) throws(ContainerError) {
        try write { database in
            try database.execute(
                sql: "UPDATE container SET configuration = ? WHERE id = ?", arguments: [configuration.data, id])
            if database.changesCount == 0 { throw ContainerError(.notFound, "No such container: \(id)") }
        }
    }

    private static func owner(of name: String, _ database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT id FROM container WHERE name = ?", arguments: [name])
    }

    /// docker's words.
    private static func isTaken(_ name: String, by other: String) -> ContainerError {
        ContainerError(
            .conflict,
            "Conflict. The container name \"/\(name)\" is already in use by container \"\(other)\"."
                + " You have to remove (or rename) that container to be able to reuse that name.")
    }

    /// Forgets a container and its leases; whether it was there.
    @discardableResult
    public func removeContainer(id: String) throws(ContainerError) -> Bool {
        try write { database in
            try Self.release(id, database)
            try database.execute(sql: "DELETE FROM container WHERE id = ?", arguments: [id])
            return database.changesCount > 0
        }
    }
}

extension ContainerRecord {
    init(row: Row) {
        let configuration: Data = row["configuration"]
        let start: Int64 = row["owner_start"]
        self.init(
            id: row["id"], name: row["name"], image: row["image"], configuration: Array(configuration),
            created: row["created"], started: row["started"],
            owner: ProcessIdentity(pid: row["owner_pid"], startTime: UInt64(start)))
    }
}

import ContainerSystem
import GRDB

/// A volume of the driver `local` as the database keeps it.
public struct VolumeRecord: Sendable, Equatable {
    public let name: String
    public let labels: [String: String]
    /// `type`, `device` and `o`, when it is more than a folder.
    public let options: [String: String]
    /// Seconds since 1970.
    public let created: Double
    /// Made for one container, without a name of the user's.
    public let isAnonymous: Bool

    public init(
        name: String, labels: [String: String] = [:], options: [String: String] = [:], created: Double,
        isAnonymous: Bool = false
    ) {
        self.name = name
        self.labels = labels
        self.options = options
        self.created = created
        self.isAnonymous = isAnonymous
    }
}

extension MetadataDatabase {
    /// Adds a volume; whether there was none of the name before.
    @discardableResult
    public func addVolume(_ volume: VolumeRecord) throws(ContainerError) -> Bool {
        try write { try Self.add(volume, in: $0) }
    }

    /// Every volume, by name.
    public func volumes() throws(ContainerError) -> [VolumeRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM volume ORDER BY name").map(VolumeRecord.init(row:))
        }
    }

    public func volume(_ name: String) throws(ContainerError) -> VolumeRecord? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM volume WHERE name = ?", arguments: [name])
                .map(VolumeRecord.init(row:))
        }
    }

    /// The ids of the containers that use a volume, by volume.
    public func volumeUses() throws(ContainerError) -> [String: [String]] {
        try read { database in
            var uses: [String: [String]] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT volume, container FROM volume_use ORDER BY container") {
                uses[row["volume"], default: []].append(row["container"])
            }
            return uses
        }
    }

    /// Forgets a volume; whether it was there.
    /// - Throws: `conflict` with the containers that use it.
    @discardableResult
    public func removeVolume(_ name: String) throws(ContainerError) -> Bool {
        try write { database in
            let users = try String.fetchAll(
                database, sql: "SELECT container FROM volume_use WHERE volume = ? ORDER BY container",
                arguments: [name])
            guard users.isEmpty else {
                throw ContainerError(
                    .conflict, "remove \(name): volume is in use - [\(users.joined(separator: ", "))]",
                    hint: "remove the containers that use it first")
            }
            try database.execute(sql: "DELETE FROM volume WHERE name = ?", arguments: [name])
            return database.changesCount > 0
        }
    }

    /// Lets a container use its anonymous volumes no longer, and forgets those that no other uses either.
    /// - Returns: the names of those that are forgotten.
    public func removeAnonymousVolumes(container id: String) throws(ContainerError) -> [String] {
        try write { database in
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT volume FROM volume_use JOIN volume ON volume.name = volume
                    WHERE container = ? AND is_anonymous ORDER BY volume
                    """, arguments: [id])
            var removed: [String] = []
            for name in names {
                try database.execute(
                    sql: "DELETE FROM volume_use WHERE volume = ? AND container = ?", arguments: [name, id])
                try database.execute(
                    sql: "DELETE FROM volume WHERE name = ?1 AND name NOT IN (SELECT volume FROM volume_use)",
                    arguments: [name])
                if database.changesCount > 0 { removed.append(name) }
            }
            return removed
        }
    }

    static func use(_ volume: VolumeRecord, by container: String, in database: Database) throws {
        try add(volume, in: database)
        try database.execute(
            sql: "INSERT OR IGNORE INTO volume_use VALUES (?, ?)", arguments: [volume.name, container])
    }

    @discardableResult
    private static func add(_ volume: VolumeRecord, in database: Database) throws -> Bool {
        try database.execute(
            sql: "INSERT OR IGNORE INTO volume VALUES (?, ?, ?, ?, ?)",
            arguments: [
                volume.name, try Pairs.text(volume.labels), try Pairs.text(volume.options), volume.created,
                volume.isAnonymous,
            ])
        return database.changesCount > 0
    }
}

extension VolumeRecord {
    init(row: Row) throws {
        self.init(
            name: row["name"], labels: try Pairs.pairs(row["labels"]), options: try Pairs.pairs(row["options"]),
            created: row["created"],
            isAnonymous: row["is_anonymous"])
    }
}

import ContainerSystem
import GRDB

/// A network as the database keeps it.
public struct NetworkRecord: Sendable, Equatable {
    public let name: String
    /// The name of its bridge.
    public let bridge: String
    /// `10.201.0.0/16`
    public let subnet: String

    public init(name: String, bridge: String, subnet: String) {
        self.name = name
        self.bridge = bridge
        self.subnet = subnet
    }
}

extension MetadataDatabase {
    public func network(name: String) throws(ContainerError) -> NetworkRecord? {
        try read { try Self.network(name, $0) }
    }

    /// The network of this name; where there is none yet, the one that `make` describes, added under the lock.
    public func network(name: String, orAdd make: () throws -> NetworkRecord) throws(ContainerError) -> NetworkRecord {
        if let network = try network(name: name) { return network }
        return try write { database in
            if let network = try Self.network(name, database) { return network }
            let network = try make()
            try database.execute(
                sql: "INSERT INTO network VALUES (?, ?, ?, 0)",
                arguments: [network.name, network.bridge, network.subnet])
            return network
        }
    }

    private static func network(_ name: String, _ database: Database) throws -> NetworkRecord? {
        try Row.fetchOne(database, sql: "SELECT * FROM network WHERE name = ?", arguments: [name]).map {
            NetworkRecord(name: $0["name"], bridge: $0["bridge"], subnet: $0["subnet"])
        }
    }

    public func removeNetwork(name: String) throws(ContainerError) {
        try write { try $0.execute(sql: "DELETE FROM network WHERE name = ?", arguments: [name]) }
    }

    /// Leases an address to a container and notes its start, in one transaction.
    /// - Parameters:
    ///   - container: who gets it; a lease that it has already is kept.
    ///   - choose: the next address, from the one leased last and a test whether one is taken.
    ///   - isStale: whether the container of a lease is gone or has ended, so that the lease is free again.
    /// - Returns: the address, as a number.
    public func lease(
        network: String, container: String, started: Double,
        choose: @escaping (_ last: UInt32, _ isTaken: (UInt32) -> Bool) throws -> UInt32,
        isStale: @escaping (String) -> Bool
    ) throws(ContainerError) -> UInt32 {
        try write { database in
            try database.execute(sql: "UPDATE container SET started = ? WHERE id = ?", arguments: [started, container])
            if let address = try UInt32.fetchOne(
                database, sql: "SELECT address FROM lease WHERE network = ? AND container = ?",
                arguments: [network, container])
            {
                return address
            }
            let last =
                try UInt32.fetchOne(
                    database, sql: "SELECT last_address FROM network WHERE name = ?", arguments: [network]) ?? 0
            let holder = try database.cachedStatement(
                sql: "SELECT container FROM lease WHERE network = ? AND address = ?")
            var failure: (any Error)?
            let address = try choose(last) { address in
                do {
                    guard let other = try String.fetchOne(holder, arguments: [network, address]) else { return false }
                    return !isStale(other)
                } catch {
                    failure = error
                    return true
                }
            }
            if let failure { throw failure }
            try database.execute(
                sql: "INSERT OR REPLACE INTO lease VALUES (?, ?, ?)", arguments: [network, address, container])
            try database.execute(
                sql: "UPDATE network SET last_address = ? WHERE name = ?", arguments: [address, network])
            return address
        }
    }

    /// The address that a container has, as a number.
    public func leasedAddress(container: String) throws(ContainerError) -> UInt32? {
        try read {
            try UInt32.fetchOne($0, sql: "SELECT address FROM lease WHERE container = ?", arguments: [container])
        }
    }

    public func leaseCount() throws(ContainerError) -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM lease") ?? 0 }
    }

    public func releaseLeases(container: String) throws(ContainerError) {
        try write { try $0.execute(sql: "DELETE FROM lease WHERE container = ?", arguments: [container]) }
    }
}

import ContainerSystem
import GRDB

/// A network as the database keeps it.
public struct NetworkRecord: Sendable, Equatable {
    /// 64 hexadecimal digits.
    public let id: String
    public let name: String
    /// `bridge`, `macvlan`, `ipvlan`, `host` or `none`.
    public let driver: String
    /// The name of its bridge, or of the link of the host that it is on; empty without one.
    public var link: String
    /// Seconds since 1970.
    public let created: Double
    public var isInternal = false
    public var isAttachable = false
    public var labels: [String: String] = [:]
    public var options: [String: String] = [:]
    public var subnets: [Subnet] = []

    public init(id: String, name: String, driver: String, link: String, created: Double) {
        self.id = id
        self.name = name
        self.driver = driver
        self.link = link
        self.created = created
    }

    /// A range of addresses, as text.
    public struct Subnet: Sendable, Equatable {
        public var subnet: String
        public var gateway: String?
        /// The part of it that containers get their addresses from.
        public var range: String?
        /// Addresses that no container gets, by name.
        public var reserved: [String: String]

        public init(_ subnet: String, gateway: String?, range: String? = nil, reserved: [String: String] = [:]) {
            self.subnet = subnet
            self.gateway = gateway
            self.range = range
            self.reserved = reserved
        }

        public var isIPv6: Bool { subnet.utf8.contains(UInt8(ascii: ":")) }
    }
}

extension MetadataDatabase {
    public func network(name: String) throws(ContainerError) -> NetworkRecord? {
        try read { try Self.networks("name = ?", [name], $0).first }
    }

    /// Every network, by name.
    public func networks() throws(ContainerError) -> [NetworkRecord] {
        try read { try Self.networks("TRUE", [], $0) }
    }

    /// The network of this name; where there is none yet, the one that `make` describes, added under the lock.
    /// - Parameter make: gets the networks that there are.
    public func network(name: String, orAdd make: ([NetworkRecord]) throws -> NetworkRecord) throws(ContainerError)
        -> NetworkRecord
    {
        if let network = try network(name: name) { return network }
        return try write { database in
            if let network = try Self.networks("name = ?", [name], database).first { return network }
            let network = try make(try Self.networks("TRUE", [], database))
            try Self.add(network, database)
            return network
        }
    }

    /// Adds the network that `make` describes, under the lock.
    /// - Parameter make: gets the networks that there are.
    /// - Throws: what `make` throws; `conflict` for a name that is taken.
    public func addNetwork(_ make: ([NetworkRecord]) throws -> NetworkRecord) throws(ContainerError) -> NetworkRecord {
        try write { database in
            let network = try make(try Self.networks("TRUE", [], database))
            try Self.add(network, database)
            return network
        }
    }

    /// Forgets a network, when the body finds nothing against it; whether it was there.
    /// - Parameter check: gets the endpoints that are on it, and says which of them do not count any more.
    /// - Throws: what `check` throws.
    @discardableResult
    public func removeNetwork(id: String, check: ([EndpointRecord]) throws -> Void = { _ in })
        throws(ContainerError) -> Bool
    {
        try write { database in
            try check(try Self.endpoints("network = ?", [id], database))
            try database.execute(sql: "DELETE FROM endpoint WHERE network = ?", arguments: [id])
            try database.execute(sql: "DELETE FROM network WHERE id = ?", arguments: [id])
            return database.changesCount > 0
        }
    }

    private static func add(_ network: NetworkRecord, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO network VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                network.id, network.name, network.driver, network.link, network.created, network.isInternal,
                network.isAttachable, try Pairs.text(network.labels), try Pairs.text(network.options),
            ])
        for subnet in network.subnets {
            try database.execute(
                sql: "INSERT INTO subnet VALUES (?, ?, ?, ?, ?, NULL)",
                arguments: [
                    network.id, subnet.subnet, subnet.gateway, subnet.range, try Pairs.text(subnet.reserved),
                ])
        }
    }

    private static func networks(_ condition: String, _ arguments: StatementArguments, _ database: Database) throws
        -> [NetworkRecord]
    {
        let statement = try database.cachedStatement(sql: "SELECT * FROM network WHERE \(condition) ORDER BY name")
        let rows = try Row.fetchAll(statement, arguments: arguments)
        return try rows.map { row in
            var network = NetworkRecord(
                id: row["id"], name: row["name"], driver: row["driver"], link: row["link"], created: row["created"])
            network.isInternal = row["is_internal"]
            network.isAttachable = row["is_attachable"]
            network.labels = try Pairs.pairs(row["labels"])
            network.options = try Pairs.pairs(row["options"])
            network.subnets = try subnets(of: network.id, database)
            return network
        }
    }

    private static func subnets(of network: String, _ database: Database) throws -> [NetworkRecord.Subnet] {
        // IPv4 first, as docker lists them.
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM subnet WHERE network = ? ORDER BY instr(subnet, ':'), subnet")
        let rows = try Row.fetchAll(statement, arguments: [network])
        return try rows.map { row in
            NetworkRecord.Subnet(
                row["subnet"], gateway: row["gateway"], range: row["range"],
                reserved: try Pairs.pairs(row["reserved"]))
        }
    }
}

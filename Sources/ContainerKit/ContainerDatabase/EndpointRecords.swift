import ContainerSystem
import GRDB

/// A container's end of a network, which holds its addresses there.
public struct EndpointRecord: Sendable, Equatable {
    /// The network's id.
    public let network: String
    /// The container's id.
    public let container: String
    /// 64 hexadecimal digits.
    public let id: String
    /// The number of its interface in the container.
    public let ordinal: Int
    /// IPv4 and IPv6, as text; nil without one.
    public let address: String?
    public let address6: String?
    public let mac: String?

    public init(
        network: String, container: String, id: String, ordinal: Int, address: String?, address6: String? = nil,
        mac: String? = nil
    ) {
        self.network = network
        self.container = container
        self.id = id
        self.ordinal = ordinal
        self.address = address
        self.address6 = address6
        self.mac = mac
    }
}

/// What an endpoint is to have.
public struct EndpointRequest: Sendable {
    public let network: NetworkRecord
    public let ordinal: Int
    /// What is asked for; nil takes a free one where the network has that kind.
    public let address: String?
    public let address6: String?
    public let mac: String?

    public init(
        _ network: NetworkRecord, ordinal: Int, address: String? = nil, address6: String? = nil, mac: String? = nil
    ) {
        self.network = network
        self.ordinal = ordinal
        self.address = address
        self.address6 = address6
        self.mac = mac
    }
}

/// How addresses are picked, by whoever knows what they mean.
public struct AddressChoice {
    /// A free one of a subnet: after the one that was taken last, and not one that is taken.
    public let free:
        (NetworkRecord, NetworkRecord.Subnet, _ last: String?, _ isTaken: (String) throws -> Bool) throws -> String
    /// Whether a container is gone or has ended, so that what it held is free again.
    public let isStale: (_ container: String) -> Bool

    public init(
        isStale: @escaping (String) -> Bool,
        free: @escaping (NetworkRecord, NetworkRecord.Subnet, String?, (String) throws -> Bool) throws -> String
    ) {
        self.isStale = isStale
        self.free = free
    }
}

extension MetadataDatabase {
    /// Makes the ends of a container on its networks. Those that it has already are kept.
    /// - Parameter keepsPorts: whether the ports that it has already stay its own as well, beside new ones.
    /// - Throws: what the choice throws; `conflict` for an address that another container has.
    public func addEndpoints(
        _ container: String, _ requests: [EndpointRequest], ports: [PortRequest] = [], keepsPorts: Bool = false,
        choice: AddressChoice, probe: PortProbe? = nil
    ) throws(ContainerError) -> (endpoints: [EndpointRecord], ports: [PortRecord]) {
        try write { database in
            let endpoints = try requests.map { try Self.endpoint(for: container, $0, choice, database) }
            if ports.isEmpty { return (endpoints, []) }
            // What it had in an earlier life is gone, or would be in its own way.
            if !keepsPorts { try Self.removePorts(container, database) }
            let ports = try Self.addPorts(container, ports, choice, probe, database)
            return (endpoints, ports)
        }
    }

    private static func endpoint(
        for container: String, _ request: EndpointRequest, _ choice: AddressChoice, _ database: Database
    ) throws -> EndpointRecord {
        let network = request.network
        if let known = try endpoints("network = ? AND container = ?", [network.id, container], database).first {
            return known
        }
        let endpoint = EndpointRecord(
            network: network.id, container: container, id: try identifier(database), ordinal: request.ordinal,
            address: try address(
                "address", network, network.subnets.filter { !$0.isIPv6 }, request.address, choice, database),
            address6: try address(
                "address6", network, network.subnets.filter(\.isIPv6), request.address6, choice, database),
            mac: request.mac)
        try database.execute(
            sql: "INSERT INTO endpoint VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                network.id, container, endpoint.id, endpoint.ordinal, endpoint.address, endpoint.address6, endpoint.mac,
            ])
        return endpoint
    }

    private static func identifier(_ database: Database) throws -> String {
        try String.fetchOne(database, sql: "SELECT lower(hex(randomblob(32)))") ?? ""
    }

    private static func address(
        _ column: String, _ network: NetworkRecord, _ subnets: [NetworkRecord.Subnet], _ wanted: String?,
        _ choice: AddressChoice, _ database: Database
    ) throws -> String? {
        if subnets.isEmpty { return nil }
        let holder = try database.cachedStatement(
            sql: "SELECT container FROM endpoint WHERE network = ? AND \(column) = ?")
        func isTaken(_ address: String) throws -> Bool {
            guard let other = try String.fetchOne(holder, arguments: [network.id, address]) else { return false }
            guard choice.isStale(other) else { return true }
            try release(other, database)
            return false
        }
        if let wanted {
            guard try !isTaken(wanted) else {
                throw ContainerError(
                    .conflict, "Address already in use: \(wanted) on the network \(network.name)",
                    hint: "choose another address, or none to take a free one")
            }
            return wanted
        }
        var full: (any Error)?
        for subnet in subnets {
            let last = try String.fetchOne(
                database, sql: "SELECT last_address FROM subnet WHERE network = ? AND subnet = ?",
                arguments: [network.id, subnet.subnet])
            do {
                let address = try choice.free(network, subnet, last, isTaken)
                try database.execute(
                    sql: "UPDATE subnet SET last_address = ? WHERE network = ? AND subnet = ?",
                    arguments: [address, network.id, subnet.subnet])
                return address
            } catch let error as ContainerError where error.code == .exhausted {
                full = error
            }
        }
        throw full ?? ContainerError(.exhausted, "find an address on the network \(network.name)")
    }

    /// The ends of one container, in the order of its interfaces.
    public func endpoints(container: String) throws(ContainerError) -> [EndpointRecord] {
        try read { try Self.endpoints("container = ?", [container], $0) }
    }

    /// The ends of every container.
    public func endpoints() throws(ContainerError) -> [EndpointRecord] {
        try read { try Self.endpoints("TRUE", [], $0) }
    }

    static func endpoints(_ condition: String, _ arguments: StatementArguments, _ database: Database) throws
        -> [EndpointRecord]
    {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM endpoint WHERE \(condition) ORDER BY container, ordinal", arguments: arguments
        )
        return rows.map { row in
            EndpointRecord(
                network: row["network"], container: row["container"], id: row["id"], ordinal: row["ordinal"],
                address: row["address"], address6: row["address6"], mac: row["mac"])
        }
    }

    /// Gives back one end; whether it was there.
    @discardableResult
    public func removeEndpoint(container: String, network: String) throws(ContainerError) -> Bool {
        try write { database in
            try database.execute(
                sql: "DELETE FROM endpoint WHERE network = ? AND container = ?", arguments: [network, container])
            return database.changesCount > 0
        }
    }

    /// Gives back everything of networks that a container holds: addresses and ports.
    public func releaseNetworks(container: String) throws(ContainerError) {
        try write { try Self.release(container, $0) }
    }

    static func release(_ container: String, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM endpoint WHERE container = ?", arguments: [container])
        try removePorts(container, database)
    }
}

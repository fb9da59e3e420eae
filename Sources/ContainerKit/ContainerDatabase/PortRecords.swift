import ContainerSystem
import GRDB

/// A port of the host that is a container's.
public struct PortRecord: Sendable, Equatable {
    /// `tcp`, `udp` or `sctp`.
    public let transport: String
    /// `0.0.0.0` and `::` are every address.
    public let hostAddress: String
    public let hostPort: UInt16
    public let container: String
    public let containerPort: UInt16

    public init(transport: String, hostAddress: String, hostPort: UInt16, container: String, containerPort: UInt16) {
        self.transport = transport
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.container = container
        self.containerPort = containerPort
    }
}

/// A port that a container is to have on the host.
public struct PortRequest: Sendable {
    public let transport: String
    public let containerPort: UInt16
    /// Of IPv4 and IPv6 at most one each; they get the same number. Where the container has no address of the kind, an
    /// address that was not asked for is left out.
    public let hostAddresses: [String]
    /// The first free one of these; nil: any.
    public let hostPorts: ClosedRange<UInt16>?

    public init(
        transport: String, containerPort: UInt16, hostAddresses: [String], hostPorts: ClosedRange<UInt16>?
    ) {
        self.transport = transport
        self.containerPort = containerPort
        self.hostAddresses = hostAddresses
        self.hostPorts = hostPorts
    }
}

/// What the host knows of its ports.
public struct PortProbe: Sendable {
    /// - Throws: why it cannot be had: another process listens there, the address is none of the host's.
    public let check: @Sendable (_ transport: String, _ address: String, _ port: UInt16) throws -> Void
    /// Any free port.
    public let pick: @Sendable (_ transport: String, _ address: String) throws -> UInt16

    public init(
        check: @escaping @Sendable (String, String, UInt16) throws -> Void,
        pick: @escaping @Sendable (String, String) throws -> UInt16
    ) {
        self.check = check
        self.pick = pick
    }
}

extension MetadataDatabase {
    static func addPorts(
        _ container: String, _ requests: [PortRequest], _ choice: AddressChoice, _ probe: PortProbe?,
        _ database: Database
    ) throws -> [PortRecord] {
        var result: [PortRecord] = []
        for request in requests {
            let number = try free(request, choice, probe, database)
            for address in request.hostAddresses {
                let port = PortRecord(
                    transport: request.transport, hostAddress: address, hostPort: number, container: container,
                    containerPort: request.containerPort)
                try insert(port, database)
                result.append(port)
            }
        }
        return result
    }

    private static func free(
        _ request: PortRequest, _ choice: AddressChoice, _ probe: PortProbe?, _ database: Database
    ) throws -> UInt16 {
        func check(_ number: UInt16) throws {
            for address in request.hostAddresses {
                if let holder = try holder(of: request.transport, address, number, choice, database) {
                    throw ContainerError(
                        .conflict, "Bind for \(shown(address)):\(number) failed: port is already allocated",
                        hint: "the container \(holder.prefix(12)) has it: choose another port, or stop it")
                }
                try probe?.check(request.transport, address, number)
            }
        }
        guard let ports = request.hostPorts else {
            var failure: (any Error)?
            // Whoever is asked for any port may name one that only the containers know to be taken.
            for _ in 0..<64 {
                let number = try probe?.pick(request.transport, request.hostAddresses.first ?? "0.0.0.0") ?? 0
                do {
                    try check(number)
                    return number
                } catch { failure = error }
            }
            throw failure ?? ContainerError(.exhausted, "find a free port")
        }
        var failure: (any Error)?
        for number in ports {
            do {
                try check(number)
                return number
            } catch { failure = failure ?? error }
        }
        if ports.count > 1 {
            throw ContainerError(
                .conflict, "all ports of \(ports.lowerBound)-\(ports.upperBound) are allocated",
                cause: failure.map { "\($0)" }, hint: "choose another range, or stop a container that has one")
        }
        throw failure ?? ContainerError(.exhausted, "find a free port")
    }

    private static func shown(_ address: String) -> String {
        address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : address
    }

    /// The container that has a port: on this address, on every address of the kind, or on any where every one is asked
    /// for.
    private static func holder(
        of transport: String, _ address: String, _ number: UInt16, _ choice: AddressChoice, _ database: Database
    ) throws -> String? {
        let isIPv6 = address.utf8.contains(UInt8(ascii: ":"))
        let every = isIPv6 ? "::" : "0.0.0.0"
        // There may be a thousand ports to ask for.
        let statement = try database.cachedStatement(
            sql: "SELECT host_address, container FROM port WHERE transport = ? AND host_port = ?")
        let rows = try Row.fetchAll(statement, arguments: [transport, number])
        for row in rows {
            let other: String = row["host_address"]
            let container: String = row["container"]
            guard other.utf8.contains(UInt8(ascii: ":")) == isIPv6,
                other == address || other == every || address == every
            else { continue }
            if choice.isStale(container) { try release(container, database) } else { return container }
        }
        return nil
    }

    /// Has a container have these ports and no others. Nobody is asked whether they are free.
    public func setPorts(container: String, to ports: [PortRecord]) throws(ContainerError) {
        try write { database in
            try Self.removePorts(container, database)
            for port in ports { try Self.insert(port, database) }
        }
    }

    static func removePorts(_ container: String, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM port WHERE container = ?", arguments: [container])
    }

    private static func insert(_ port: PortRecord, _ database: Database) throws {
        // There may be a thousand.
        try database.cachedStatement(sql: "INSERT INTO port VALUES (?, ?, ?, ?, ?)").execute(
            arguments: [port.transport, port.hostPort, port.hostAddress, port.container, port.containerPort])
    }

    /// The ports of one container.
    public func ports(container: String) throws(ContainerError) -> [PortRecord] {
        try read { try Self.ports("container = ?", [container], $0) }
    }

    /// The ports of every container.
    public func ports() throws(ContainerError) -> [PortRecord] { try read { try Self.ports("TRUE", [], $0) } }

    private static func ports(_ condition: String, _ arguments: StatementArguments, _ database: Database) throws
        -> [PortRecord]
    {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT * FROM port WHERE \(condition) ORDER BY container_port, transport, host_address, host_port",
            arguments: arguments)
        return rows.map { row in
            PortRecord(
                transport: row["transport"], hostAddress: row["host_address"], hostPort: row["host_port"],
                container: row["container"], containerPort: row["container_port"])
        }
    }
}

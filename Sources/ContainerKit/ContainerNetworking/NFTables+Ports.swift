import ContainerSystem
import Glibc

// Published ports.
extension NFTables {
    /// See `Firewall`. One exchange, two when a port led elsewhere.
    /// - Throws: `ContainerError`: `unavailable` when `ensure` was not called before, or somebody removed the table
    ///   since; `conflict` when the list has a port twice.
    public func publish(_ ports: [PublishedPort]) throws(ContainerError) {
        for port in ports { try port.validate() }
        var messages: [NetlinkMessage] = []
        for map in PortMap.allCases {
            let elements = try Self.elements(ports, of: map)
            messages += NFTablesMessage.elements(elements, of: map.rawValue, in: table, .add)
        }
        guard !messages.isEmpty else { return }
        var failures = try transact(messages)
        if failures.contains(where: { [EBUSY, EEXIST].contains($0.failure?.errno.rawValue) }) {
            // Left by a container that nobody saw end: whoever publishes has the port from the database.
            let stale = try current(ports).filter { !ports.contains($0) }
            failures = try transact(try deletions(stale) + messages)
        }
        for reply in failures {
            if reply.failure?.errno.rawValue == ENOENT {
                throw ContainerError(
                    .unavailable, "publish ports: the nftables table inet \(table) is gone",
                    cause: "another program removed it", hint: "try again")
            }
            try reply.check()
        }
        try FlowTable(netlink: netlink).forget(ports)
        try routeLoopback(ports)
    }

    public func unpublish(_ ports: [PublishedPort]) throws(ContainerError) {
        // What leads elsewhere by now is somebody else's, and one that is gone would fail the transaction.
        let messages = try deletions(Array(Set(try current(ports)).intersection(ports)))
        guard !messages.isEmpty else { return }
        // ENOENT: gone since, with the whole table or by another process.
        try apply(messages, ignoring: ENOENT)
        try FlowTable(netlink: netlink).forget(ports)
    }

    public func published() throws(ContainerError) -> [PublishedPort] {
        var ports: [PublishedPort] = []
        for map in PortMap.allCases {
            let reply = try netlink.list(
                NetlinkBatch([NFTablesMessage.listElements(of: map.rawValue, in: table)])
            ).first
            let messages = try reply?.check(ignoring: ENOENT) ?? []
            ports += messages.flatMap(NFTablesMessage.elements(in:)).compactMap(map.port)
        }
        return ports.sorted { ($0.hostPort, $0.transport.rawValue) < ($1.hostPort, $1.transport.rawValue) }
    }

    /// Where the host ports of these lead now.
    private func current(_ ports: [PublishedPort]) throws(ContainerError) -> [PublishedPort] {
        var found: [PublishedPort] = []
        // Each is asked for on its own: the kernel stops at the first that it does not have.
        for start in stride(from: 0, to: ports.count, by: NetlinkSocket.messageLimit) {
            let part = ports[start..<min(start + NetlinkSocket.messageLimit, ports.count)]
            let batch = NetlinkBatch(
                part.flatMap { port in
                    let map = PortMap(for: port)
                    return NFTablesMessage.elements([map.element(port)], of: map.rawValue, in: table, .get)
                })
            for (port, reply) in zip(part, try netlink.transact(batch)) {
                let map = PortMap(for: port)
                found += try reply.check(ignoring: ENOENT).flatMap(NFTablesMessage.elements(in:)).compactMap(map.port)
            }
        }
        return found
    }

    func deletions(_ ports: [PublishedPort]) throws(ContainerError) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        for map in PortMap.allCases {
            messages += NFTablesMessage.elements(
                try Self.elements(ports, of: map), of: map.rawValue, in: table, .delete)
        }
        return messages
    }

    /// Lets answers to the host's own loopback through the bridges that need it; only then, since every program that
    /// listens on 127.0.0.1 trusts that nobody else gets there. The rules of `early` came first.
    func routeLoopback(_ ports: [PublishedPort]) throws(ContainerError) {
        var done: [String] = []
        for port in ports where port.isOnLoopback && !done.contains(port.bridge) {
            done.append(port.bridge)
            // A bridge that is not there yet publishes nothing yet either.
            if sysctls.hasInterface(port.bridge) { try sysctls.routeLoopback(through: port.bridge) }
        }
    }
}

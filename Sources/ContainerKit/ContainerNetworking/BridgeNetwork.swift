import ContainerSystem
import Glibc

/// The bridges of the host and their ports, over rtnetlink.
public struct BridgeNetwork: Sendable {
    /// A bridge as found on the host.
    public struct State: Sendable, Equatable {
        public var index: UInt32
        public var isUp: Bool
        /// In bytes.
        public var mtu: UInt32
        /// Its addresses; those of IPv6 only when they were asked for.
        public var addresses: [InterfaceAddress]
    }

    private let netlink: any Netlink
    private let sysctls: NetworkSysctls

    /// - Parameters:
    ///   - netlink: a conversation of the route family.
    ///   - sysctls: the folder of the kernel's switches; it belongs to the network namespace of the calling thread.
    public init(_ netlink: any Netlink, sysctls: String = "/proc/sys/net") {
        self.netlink = netlink
        self.sysctls = NetworkSysctls(folder: sysctls)
    }

    /// Makes the bridge be there with its addresses, up, and the host forwarding for it. What is there already stays
    /// as it is; several processes may do it at once. One exchange with the kernel when nothing is missing.
    /// - Returns: the bridge's interface index.
    /// - Throws: `ContainerError`: `conflict` when the name belongs to something else or to a bridge with other
    ///   addresses, `unsupported` when the kernel has no bridges, or no IPv6 and the bridge needs it.
    public func ensureBridge(_ description: BridgeDescription) throws(ContainerError) -> UInt32 {
        try description.validate()
        let name = description.name
        if description.isIPv6 { try sysctls.checkIPv6() }
        var found = try state(of: name, isIPv6Included: description.isIPv6)
        if found == nil {
            // EEXIST: another process was faster.
            let created = try netlink.transact(
                NetlinkBatch([RouteMessage.createBridge(name, address: Self.macAddress(of: description))]))
            try checkCreation(created, name)
            found = try state(of: name, isIPv6Included: description.isIPv6)
        }
        guard let bridge = found else {
            throw ContainerError(
                .conflict, "create bridge \(name): it vanished again", hint: "another program removes it")
        }
        try complete(bridge, description)
        try sysctls.forwardIPv4()
        if description.isIPv6 { try sysctls.forwardIPv6() }
        return bridge.index
    }

    /// The bridge of that name; nil when there is none.
    /// - Throws: `ContainerError` `conflict` when the name belongs to a link of another kind.
    public func state(of name: String, isIPv6Included: Bool = false) throws(ContainerError) -> State? {
        let replies = try netlink.list(
            NetlinkBatch([
                RouteMessage.getLink(named: name), RouteMessage.listAddresses(isIPv6Included: isIPv6Included),
            ]))
        guard replies.count == 2, let link = try replies[0].check(ignoring: ENODEV).lazy.compactMap(Link.init).first
        else { return nil }
        guard link.kind == "bridge" else {
            throw ContainerError(
                .conflict,
                "link \(name) exists and is not a bridge" + (link.kind.map { " but a \($0)" } ?? ""),
                hint: "rename that link, or choose another name for the bridge")
        }
        let addresses = try replies[1].check().compactMap(LinkAddress.init).filter { $0.index == link.index }
        return State(index: link.index, isUp: link.isUp, mtu: link.mtu, addresses: addresses.map(\.address))
    }

    /// Whether there is a link of that name, of whatever kind; without an exchange with the kernel.
    public func hasLink(_ name: String) -> Bool { sysctls.hasInterface(name) }

    /// Removes a bridge; one that is not there is fine.
    /// - Throws: `ContainerError` `conflict` when the name belongs to a link of another kind.
    public func removeBridge(_ name: String) throws(ContainerError) {
        if try state(of: name) != nil { try deleteLink(name) }
    }

    /// Removes a link, and with one end of a veth pair the other; one that is not there is fine.
    public func deleteLink(_ name: String) throws(ContainerError) {
        try InterfaceName.validate(name)
        let replies = try netlink.transact(NetlinkBatch([RouteMessage.deleteLink(named: name)]))
        for reply in replies { try reply.check(ignoring: ENODEV) }
    }

    /// Whether the host's packet filter sees frames that stay on a bridge (br_netfilter), as docker and Kubernetes want
    /// it. Addresses are translated within the bridge then: a container reaches itself by a published port only where
    /// its own port reflects, and isolated containers do not reach each other even so.
    public var filtersFrames: Bool { sysctls.filtersFrames }

    /// Every link of the namespace.
    public func links() throws(ContainerError) -> [Link] {
        try list(RouteMessage.listLinks()).compactMap(Link.init)
    }

    /// Every route of every table of the namespace, of both kinds.
    public func routes() throws(ContainerError) -> [Route] {
        try list(RouteMessage.listRoutes()).compactMap(Route.init)
    }

    /// Every address of the namespace, of both kinds.
    public func addresses() throws(ContainerError) -> [LinkAddress] {
        try list(RouteMessage.listAddresses(isIPv6Included: true)).compactMap(LinkAddress.init)
    }

    /// Every neighbour that the namespace knows, of both kinds.
    public func neighbours() throws(ContainerError) -> [Neighbour] {
        try list(RouteMessage.listNeighbours()).compactMap(Neighbour.init)
    }

    /// The rules that choose the routing tables, of both kinds.
    public func rules() throws(ContainerError) -> [RoutingRule] {
        try list(RouteMessage.listRules()).compactMap(RoutingRule.init)
    }

    private func list(_ message: NetlinkMessage) throws(ContainerError) -> [NetlinkMessage] {
        try netlink.list(NetlinkBatch([message])).first?.check() ?? []
    }

    private func checkCreation(_ replies: [NetlinkReply], _ name: String) throws(ContainerError) {
        for reply in replies {
            if let failure = reply.failure, failure.errno.rawValue == EOPNOTSUPP {
                throw ContainerError(
                    .unsupported, "create bridge \(name): the kernel has no bridges",
                    cause: failure.errno.description, hint: "use --network host or --network none")
            }
            try reply.check(ignoring: EEXIST)
        }
    }

    /// Adds what the bridge lacks.
    private func complete(_ bridge: State, _ wanted: BridgeDescription) throws(ContainerError) {
        let name = wanted.name
        let lacking = wanted.addresses.filter { !bridge.addresses.contains($0) }
        let foreign = bridge.addresses.first { !wanted.addresses.contains($0) && !Self.isAutomatic($0) }
        if let foreign {
            throw ContainerError(
                .conflict,
                "bridge \(name) has the address \(foreign), not \(wanted.addresses.map(\.description).joined(separator: ", "))",
                hint: "it belongs to something else: choose another bridge, or remove it if nothing uses it")
        }
        var missing = NetlinkBatch()
        // Not when it is made: only an MTU that was set later outlives the last port.
        if bridge.mtu != wanted.mtu { missing.append(RouteMessage.setMTU(wanted.mtu, of: bridge.index, name: name)) }
        for address in lacking { missing.append(RouteMessage.addAddress(address, to: bridge.index, name: name)) }
        if !bridge.isUp {
            // A bridge that is up has been through here.
            try sysctls.prepare(bridge: name, isIPv6: wanted.isIPv6)
            missing.append(RouteMessage.setLinkUp(bridge.index, name: name))
        }
        guard missing.messageCount > 0 else { return }
        for reply in try netlink.transact(missing) { try reply.check(ignoring: EEXIST) }
    }

    /// The MAC of the first address, so that it stays the same when the bridge is made again.
    private static func macAddress(of description: BridgeDescription) -> MACAddress {
        if let first = description.addresses.first { return MACAddress(for: first.address) }
        let hash = description.name.utf8.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return MACAddress(for: IPv4Address(hash))
    }

    /// Whether the kernel gave it by itself.
    private static func isAutomatic(_ address: InterfaceAddress) -> Bool {
        switch address.address {
        case .v4: false
        case .v6(let address): address.isLinkLocal
        }
    }
}

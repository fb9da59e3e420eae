import ContainerSystem
import Glibc

/// The bridges of the host and their ports, over rtnetlink.
public struct BridgeNetwork: Sendable {
    /// A bridge as found on the host.
    public struct State: Sendable, Equatable {
        public var index: UInt32
        public var isUp: Bool
        /// Its IPv4 addresses.
        public var addresses: [LinkAddress]
    }

    private let netlink: any Netlink
    private let forwardingPath: String

    /// - Parameters:
    ///   - netlink: a conversation of the route family.
    ///   - forwardingPath: the switch of IPv4 forwarding; it belongs to the network namespace of the calling thread.
    public init(_ netlink: any Netlink, forwardingPath: String = "/proc/sys/net/ipv4/ip_forward") {
        self.netlink = netlink
        self.forwardingPath = forwardingPath
    }

    /// Makes the bridge be there with its address, up, and the host forwarding IPv4. What is there already stays as
    /// it is; several processes may do it at once. One exchange with the kernel when nothing is missing.
    /// - Returns: the bridge's interface index.
    /// - Throws: `ContainerError`: `conflict` when the name belongs to something else or to a bridge with other
    ///   addresses.
    public func ensureBridge(
        _ name: String, gateway: IPv4Address, subnet: IPv4Subnet
    ) throws(ContainerError) -> UInt32 {
        try InterfaceName.validate(name)
        guard subnet.contains(gateway) else {
            throw ContainerError(.invalidArgument, "\(gateway) is not in the subnet \(subnet)")
        }
        var found = try state(of: name)
        if found == nil {
            // EEXIST: another process was faster.
            let created = try netlink.transact(
                NetlinkBatch([RouteMessage.createBridge(name, address: MACAddress(for: gateway))]))
            try checkCreation(created, name)
            found = try state(of: name)
        }
        guard let bridge = found else {
            throw ContainerError(
                .conflict, "create bridge \(name): it vanished again", hint: "another program removes it")
        }
        try complete(bridge, name, gateway, subnet)
        try ensureForwarding()
        return bridge.index
    }

    /// The bridge of that name; nil when there is none.
    /// - Throws: `ContainerError` `conflict` when the name belongs to a link of another kind.
    public func state(of name: String) throws(ContainerError) -> State? {
        let replies = try netlink.list(
            NetlinkBatch([RouteMessage.getLink(named: name), RouteMessage.listAddresses()]))
        guard replies.count == 2, let link = try replies[0].check(ignoring: ENODEV).lazy.compactMap(Link.init).first
        else { return nil }
        guard link.kind == "bridge" else {
            throw ContainerError(
                .conflict,
                "link \(name) exists and is not a bridge" + (link.kind.map { " but a \($0)" } ?? ""),
                hint: "rename that link, or choose another name for the bridge")
        }
        let addresses = try replies[1].check().compactMap(LinkAddress.init).filter { $0.index == link.index }
        return State(index: link.index, isUp: link.isUp, addresses: addresses)
    }

    /// Removes a bridge; one that is not there is fine.
    public func removeBridge(_ name: String) throws(ContainerError) {
        if try state(of: name) != nil { try deleteLink(name) }
    }

    /// Removes a link, and with one end of a veth pair the other; one that is not there is fine.
    public func deleteLink(_ name: String) throws(ContainerError) {
        try InterfaceName.validate(name)
        let replies = try netlink.transact(NetlinkBatch([RouteMessage.deleteLink(named: name)]))
        for reply in replies { try reply.check(ignoring: ENODEV) }
    }

    /// Every link of the namespace.
    public func links() throws(ContainerError) -> [Link] {
        let replies = try netlink.list(NetlinkBatch([RouteMessage.listLinks()]))
        return try replies.first?.check().compactMap(Link.init) ?? []
    }

    /// Every IPv4 route of every table of the namespace.
    public func routes() throws(ContainerError) -> [Route] {
        let replies = try netlink.list(NetlinkBatch([RouteMessage.listRoutes()]))
        return try replies.first?.check().compactMap(Route.init) ?? []
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
    private func complete(
        _ bridge: State, _ name: String, _ gateway: IPv4Address, _ subnet: IPv4Subnet
    ) throws(ContainerError) {
        let hasAddress = bridge.addresses.contains {
            $0.address == gateway && $0.prefixLength == subnet.prefixLength
        }
        if !hasAddress, let other = bridge.addresses.first {
            throw ContainerError(
                .conflict,
                "bridge \(name) has the address \(other.address)/\(other.prefixLength), not \(gateway)/\(subnet.prefixLength)",
                hint: "it belongs to something else: choose another bridge, or remove it if nothing uses it")
        }
        var missing = NetlinkBatch()
        if !hasAddress {
            missing.append(RouteMessage.addAddress(gateway, in: subnet, to: bridge.index, name: name))
        }
        if !bridge.isUp { missing.append(RouteMessage.setLinkUp(bridge.index, name: name)) }
        guard missing.messageCount > 0 else { return }
        for reply in try netlink.transact(missing) { try reply.check(ignoring: EEXIST) }
    }

    private func ensureForwarding() throws(ContainerError) {
        if try Files.readText(forwardingPath, limit: 64).first == "1" { return }
        do {
            try Files.set(forwardingPath, to: "1")
        } catch {
            var explained = error.during("let the host forward IPv4")
            explained.hint = "set net.ipv4.ip_forward to 1 on the host, or use --network host or --network none"
            throw explained
        }
    }
}

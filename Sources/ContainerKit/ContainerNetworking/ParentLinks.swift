import ContainerSystem
import Glibc

/// The links of the host that macvlan and ipvlan networks are made of.
public struct ParentLinks: Sendable {
    private let netlink: any Netlink
    private let owner: String

    /// - Parameters:
    ///   - netlink: a conversation of the route family.
    ///   - owner: what links are marked with that are made, as their alias (`ip link` shows it). The kernel keeps it with
    ///     the link, so that it never says of somebody else's link that it is ours.
    public init(_ netlink: any Netlink, owner: String = "containerkit") {
        self.netlink = netlink
        self.owner = owner
    }

    /// The link of that name. When there is none and the name is that of a VLAN, such as `eth0.10`, it is made of
    /// `eth0`.
    /// - Returns: its interface index.
    /// - Throws: `ContainerError`: `notFound` when neither it nor its own parent is there, `unsupported` when the
    ///   kernel has no VLANs.
    public func ensure(_ name: String) throws(ContainerError) -> UInt32 {
        try InterfaceName.validate(name)
        if let link = try link(name) { return link.index }
        let (parent, id) = try Self.vlan(name)
        guard let parentLink = try link(parent) else {
            throw ContainerError(
                .notFound, "create vlan link \(name): the host has no link \(parent)",
                hint: "name a parent that `ip link` lists")
        }
        return try make(RouteMessage.createVLAN(name, parent: parentLink.index, id: id), name)
    }

    /// A link that leads nowhere, for a network without a parent; made when it is not there.
    /// - Returns: its interface index.
    /// - Throws: `ContainerError`: `conflict` when the name belongs to a link of another kind, `unsupported` when the
    ///   kernel has no dummy links.
    public func ensureDummy(_ name: String) throws(ContainerError) -> UInt32 {
        try InterfaceName.validate(name)
        if let link = try link(name) {
            guard link.kind == "dummy" else {
                throw ContainerError(
                    .conflict, "link \(name) exists and is not a dummy link",
                    hint: "rename that link, or name a parent for the network")
            }
            return link.index
        }
        return try make(RouteMessage.createDummy(name), name)
    }

    /// Removes a parent that was made for the same owner. Any other stays; one that is not there is fine.
    public func remove(_ name: String) throws(ContainerError) {
        guard let link = try link(name), link.alias == owner else { return }
        try BridgeNetwork(netlink).deleteLink(name)
    }

    private func link(_ name: String) throws(ContainerError) -> Link? {
        let reply = try netlink.transact(NetlinkBatch([RouteMessage.getLink(named: name)])).first
        return try reply?.check(ignoring: ENODEV).lazy.compactMap(Link.init).first
    }

    /// The parts of a name such as `eth0.10`.
    static func vlan(_ name: String) throws(ContainerError) -> (parent: String, id: UInt16) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, let last = parts.last, !last.hasPrefix("+"), let id = UInt16(last) else {
            throw ContainerError(
                .notFound, "the host has no link \(name)", hint: "name a parent that `ip link` lists")
        }
        guard (1...4094).contains(id) else {
            throw ContainerError(.invalidArgument, "link \(name): the VLAN \(id) is not between 1 and 4094")
        }
        return (parts.dropLast().joined(separator: "."), id)
    }

    private func make(_ message: NetlinkMessage, _ name: String) throws(ContainerError) -> UInt32 {
        guard let reply = try netlink.transact(NetlinkBatch([message])).first else {
            throw ContainerError(.systemFailure, "\(message.description): no answer")
        }
        if let failure = reply.failure, failure.errno.rawValue == EOPNOTSUPP {
            throw ContainerError(
                .unsupported, "\(message.description): the kernel has no such links",
                cause: failure.text ?? failure.errno.description, hint: "load the module 8021q or dummy")
        }
        // EEXIST: another process was faster.
        try reply.check(ignoring: EEXIST)
        guard let made = try link(name) else {
            throw ContainerError(
                .conflict, "\(message.description): it vanished again", hint: "another program removes it")
        }
        if reply.failure == nil { try netlink.transact(RouteMessage.setAlias(owner, of: made.index, name: name)) }
        return made.index
    }
}

/// The requests of rtnetlink(7) that the library sends.
public enum RouteMessage {
    // linux/rtnetlink.h
    static let newLink: UInt16 = 16
    static let deleteLink: UInt16 = 17
    static let getLink: UInt16 = 18
    static let newAddress: UInt16 = 20
    static let getAddress: UInt16 = 22
    static let newRoute: UInt16 = 24
    static let getRoute: UInt16 = 26

    static let inet: UInt8 = 2  // AF_INET
    static let interfaceUp: UInt32 = 1  // IFF_UP

    /// Attributes of a link (IFLA_*, linux/if_link.h).
    enum LinkAttribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let master: UInt16 = 10
        static let info: UInt16 = 18
        static let namespacePID: UInt16 = 19
        static let extensionMask: UInt16 = 29
        // Inside `info`
        static let kind: UInt16 = 1
        static let data: UInt16 = 2
        // Inside `data`
        static let vethPeer: UInt16 = 1
        static let bridgeSTPState: UInt16 = 5
    }

    /// Counters make up most of a link's answer, and nobody here reads them (RTEXT_FILTER_SKIP_STATS).
    private static let skipStatistics: UInt32 = 8

    /// `struct ifinfomsg`
    static func linkHeader(index: UInt32 = 0, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        [0, 0, 0, 0] + [UInt8](native: index) + [UInt8](native: flags) + [UInt8](native: change)
    }

    /// Asks for one link.
    public static func getLink(named name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        attributes.append(LinkAttribute.extensionMask, skipStatistics)
        return NetlinkMessage("look up link \(name)", type: getLink, header: linkHeader(), attributes: attributes)
    }

    /// Asks for every link of the namespace.
    public static func listLinks() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.extensionMask, skipStatistics)
        return NetlinkMessage(
            "list the links", type: getLink, flags: .dump, header: linkHeader(), attributes: attributes
        ).withoutAcknowledgement
    }

    /// Makes a bridge without spanning tree. With a MAC of its own: a bridge that borrows the smallest one of its
    /// ports changes it as containers come and go, and the neighbour caches of all others go stale.
    public static func createBridge(_ name: String, address: MACAddress) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        attributes.append(LinkAttribute.address, bytes: address.bytes)
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.kind, "bridge")
            info.nest(LinkAttribute.data) { $0.append(LinkAttribute.bridgeSTPState, UInt32(0)) }
        }
        return NetlinkMessage(
            "create bridge \(name)", type: newLink, flags: [.create, .exclusive], header: linkHeader(),
            attributes: attributes)
    }

    /// One end of a veth pair.
    public struct VethEnd: Sendable {
        public var name: String
        /// The interface index to get.
        public var index: UInt32

        public init(name: String, index: UInt32) {
            self.name = name
            self.index = index
        }
    }

    /// Makes a veth pair (veth(4)): the one end here, up and in a bridge, the other in the network namespace of a
    /// process whose id is filled in later. The kernel keeps the index asked for the peer only when the near end
    /// asks for one too.
    public static func createVeth(
        _ near: VethEnd, bridge: UInt32, peer: VethEnd, peerAddress: MACAddress, mtu: UInt32
    ) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, near.name)
        attributes.append(LinkAttribute.mtu, mtu)
        attributes.append(LinkAttribute.master, bridge)
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.kind, "veth")
            info.nest(LinkAttribute.data) { data in
                // Not a plain nest: the peer starts with an ifinfomsg of its own.
                data.nest(LinkAttribute.vethPeer, flagged: false, header: linkHeader(index: peer.index)) { attributes in
                    attributes.append(LinkAttribute.name, peer.name)
                    attributes.append(LinkAttribute.mtu, mtu)
                    attributes.append(LinkAttribute.address, bytes: peerAddress.bytes)
                    attributes.appendPendingPID(LinkAttribute.namespacePID)
                }
            }
        }
        return NetlinkMessage(
            "create link \(near.name) to the container's \(peer.name)", type: newLink, flags: [.create, .exclusive],
            header: linkHeader(index: near.index, flags: interfaceUp, change: interfaceUp), attributes: attributes)
    }

    public static func setLinkUp(_ index: UInt32, name: String) -> NetlinkMessage {
        NetlinkMessage(
            "set link \(name) up", type: newLink,
            header: linkHeader(index: index, flags: interfaceUp, change: interfaceUp))
    }

    public static func deleteLink(named name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        return NetlinkMessage("delete link \(name)", type: deleteLink, header: linkHeader(), attributes: attributes)
    }

    /// Gives a link an address; one that has it already is EEXIST.
    public static func addAddress(
        _ address: IPv4Address, in subnet: IPv4Subnet, to index: UInt32, name: String
    ) -> NetlinkMessage {
        // struct ifaddrmsg: family, prefix length, flags, scope, index
        let header = [inet, UInt8(subnet.prefixLength), 0, 0] + [UInt8](native: index)
        var attributes = NetlinkAttributes()
        attributes.append(2, bytes: address.bytes)  // IFA_LOCAL
        attributes.append(1, bytes: address.bytes)  // IFA_ADDRESS
        attributes.append(4, bytes: subnet.broadcast.bytes)  // IFA_BROADCAST
        return NetlinkMessage(
            "add address \(address)/\(subnet.prefixLength) to \(name)", type: newAddress, flags: [.create, .exclusive],
            header: header, attributes: attributes)
    }

    /// Asks for every IPv4 address of the namespace.
    public static func listAddresses() -> NetlinkMessage {
        NetlinkMessage(
            "list the addresses", type: getAddress, flags: .dump, header: [inet, 0, 0, 0, 0, 0, 0, 0]
        ).withoutAcknowledgement
    }

    /// The route to everywhere else.
    public static func addDefaultRoute(via gateway: IPv4Address, index: UInt32) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(5, bytes: gateway.bytes)  // RTA_GATEWAY
        attributes.append(4, index)  // RTA_OIF
        return NetlinkMessage(
            "add the default route via \(gateway)", type: newRoute, flags: [.create, .exclusive],
            // struct rtmsg: family, lengths, tos, table main, protocol boot, scope universe, type unicast, flags
            header: [inet, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0], attributes: attributes)
    }

    /// Asks for every IPv4 route of every table.
    public static func listRoutes() -> NetlinkMessage {
        NetlinkMessage(
            "list the routes", type: getRoute, flags: .dump, header: [inet] + [UInt8](repeating: 0, count: 11)
        ).withoutAcknowledgement
    }
}

extension NetlinkMessage {
    /// A listing ends by itself.
    var withoutAcknowledgement: NetlinkMessage {
        var copy = self
        copy.flags.remove(.acknowledge)
        return copy
    }
}

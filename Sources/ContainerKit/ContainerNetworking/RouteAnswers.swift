/// A network interface as rtnetlink describes it.
public struct Link: Sendable, Equatable {
    public var index: UInt32
    public var name: String
    public var isUp: Bool
    /// In bytes.
    public var mtu: UInt32
    /// `bridge`, `veth`, ...; nil for hardware and for lo.
    public var kind: String?
    /// The index of the bridge that it is a port of.
    public var master: UInt32?
    /// The index of the link that it is made of, where it is a vlan, macvlan or ipvlan; of a veth its peer's. It may be
    /// one of another namespace.
    public var parent: UInt32?
    /// What its maker says of it.
    public var alias: String?

    /// Decodes an RTM_NEWLINK; nil for another type.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newLink, message.payload.count >= 16 else { return nil }
        index = message.payload[...].native(UInt32.self, at: 4)
        isUp = message.payload[...].native(UInt32.self, at: 8) & RouteMessage.interfaceUp != 0
        name = ""
        mtu = 0
        for (type, value) in message.attributes(after: 16) {
            switch type {
            case RouteMessage.LinkAttribute.name: name = value.text
            case RouteMessage.LinkAttribute.mtu: mtu = value.native(UInt32.self, at: 0)
            case RouteMessage.LinkAttribute.master: master = value.native(UInt32.self, at: 0)
            case RouteMessage.LinkAttribute.parent: parent = value.native(UInt32.self, at: 0)
            case RouteMessage.LinkAttribute.alias: alias = value.text
            case RouteMessage.LinkAttribute.info:
                kind = NetlinkAttributes.parse(value).first { $0.type == RouteMessage.LinkAttribute.kind }?.value.text
            default: break
            }
        }
    }
}

/// An address and the interface that has it.
public struct LinkAddress: Sendable, Equatable {
    public var index: UInt32
    public var address: InterfaceAddress

    /// Decodes an RTM_NEWADDR; nil for another type or family.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newAddress, message.payload.count >= 8 else { return nil }
        index = message.payload[...].native(UInt32.self, at: 4)
        // IFA_LOCAL is ours; on a point-to-point link IFA_ADDRESS is the other side's.
        let attributes = message.attributes(after: 8)
        guard let value = (attributes.first { $0.type == 2 } ?? attributes.first { $0.type == 1 })?.value,
            let bare = IPAddress(bytes: value), bare.family == message.payload[0],
            let address = try? InterfaceAddress(bare, prefixLength: Int(message.payload[1]))
        else { return nil }
        self.address = address
    }
}

/// A route: where it leads to and through which interface.
public struct Route: Sendable, Equatable {
    public var destination: IPSubnet
    public var gateway: IPAddress?
    public var interface: UInt32?

    /// Decodes an RTM_NEWROUTE; nil for another type or family.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newRoute, message.payload.count >= 12 else { return nil }
        var address: IPAddress
        switch message.payload[0] {
        case RouteMessage.inet: address = .v4(IPv4Address(0))
        case RouteMessage.inet6: address = .v6(IPv6Address(0))
        default: return nil
        }
        for (type, value) in message.attributes(after: 12) {
            switch type {
            case 1: if let destination = IPAddress(bytes: value) { address = destination }  // RTA_DST
            case 4: interface = value.native(UInt32.self, at: 0)  // RTA_OIF
            case 5: gateway = IPAddress(bytes: value)  // RTA_GATEWAY
            default: break
            }
        }
        guard let subnet = try? IPSubnet(containing: address, prefixLength: Int(message.payload[1])) else {
            return nil
        }
        destination = subnet
    }
}

/// A neighbour of an interface and its MAC address.
public struct Neighbour: Sendable, Equatable {
    public var index: UInt32
    public var address: IPAddress
    /// Six bytes for Ethernet; empty while nobody has answered.
    public var hardwareAddress: [UInt8]
    /// Whether it was set for good.
    public var isPermanent: Bool

    /// Decodes an RTM_NEWNEIGH; nil for another type or without an address.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newNeighbour, message.payload.count >= 12 else { return nil }
        index = message.payload[...].native(UInt32.self, at: 4)
        isPermanent = message.payload[...].native(UInt16.self, at: 8) & 0x80 != 0
        let attributes = message.attributes(after: 12)
        guard let bytes = attributes.first(where: { $0.type == 1 })?.value, let address = IPAddress(bytes: bytes)
        else { return nil }
        self.address = address
        hardwareAddress = attributes.first { $0.type == 2 }.map { Array($0.value) } ?? []
    }
}

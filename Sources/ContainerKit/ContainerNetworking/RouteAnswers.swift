/// A network interface as rtnetlink describes it.
public struct Link: Sendable, Equatable {
    public var index: UInt32
    public var name: String
    public var isUp: Bool
    /// `bridge`, `veth`, ...; nil for hardware and for lo.
    public var kind: String?
    /// The index of the bridge that it is a port of.
    public var master: UInt32?

    /// Decodes an RTM_NEWLINK; nil for another type.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newLink, message.payload.count >= 16 else { return nil }
        index = message.payload[...].native(UInt32.self, at: 4)
        isUp = message.payload[...].native(UInt32.self, at: 8) & RouteMessage.interfaceUp != 0
        name = ""
        for (type, value) in message.attributes(after: 16) {
            switch type {
            case RouteMessage.LinkAttribute.name: name = value.text
            case RouteMessage.LinkAttribute.master: master = value.native(UInt32.self, at: 0)
            case RouteMessage.LinkAttribute.info:
                kind = NetlinkAttributes.parse(value).first { $0.type == RouteMessage.LinkAttribute.kind }?.value.text
            default: break
            }
        }
    }
}

/// An IPv4 address of an interface.
public struct LinkAddress: Sendable, Equatable {
    public var index: UInt32
    public var address: IPv4Address
    public var prefixLength: Int

    /// Decodes an RTM_NEWADDR; nil for another type or family.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newAddress, message.payload.count >= 8,
            message.payload[0] == RouteMessage.inet, message.payload[1] <= 32
        else { return nil }
        prefixLength = Int(message.payload[1])
        index = message.payload[...].native(UInt32.self, at: 4)
        // IFA_LOCAL is ours; on a point-to-point link IFA_ADDRESS is the other side's.
        let attributes = message.attributes(after: 8)
        guard let value = (attributes.first { $0.type == 2 } ?? attributes.first { $0.type == 1 })?.value,
            let address = IPv4Address(bytes: value)
        else { return nil }
        self.address = address
    }
}

/// An IPv4 route: where it leads to and through which interface.
public struct Route: Sendable, Equatable {
    public var destination: IPv4Subnet
    public var interface: UInt32?

    /// Decodes an RTM_NEWROUTE; nil for another type or family.
    init?(_ message: NetlinkMessage) {
        guard message.type == RouteMessage.newRoute, message.payload.count >= 12,
            message.payload[0] == RouteMessage.inet, message.payload[1] <= 32
        else { return nil }
        var address = IPv4Address(0)
        for (type, value) in message.attributes(after: 12) {
            if type == 1, let destination = IPv4Address(bytes: value) { address = destination }  // RTA_DST
            if type == 4 { interface = value.native(UInt32.self, at: 0) }  // RTA_OIF
        }
        destination = IPv4Subnet(masking: address.value, prefixLength: Int(message.payload[1]))
    }
}

import ContainerSystem

/// A container's place in a network, as the two batches of messages that make it.
///
/// The host batch goes out in the host's network namespace once the container's first process is there, with that
/// process's id filled in; the container batch goes out in the container's own namespace afterwards. Nothing is left
/// to look up between them: the indexes of both ends are chosen beforehand.
public struct ContainerEndpoint: Sendable, Equatable {
    /// The interface index of lo in every network namespace.
    static let loopbackIndex: UInt32 = 1
    /// The interface index of eth0; eth1 has the next. A new namespace is not always empty: tunnel modules put their
    /// fallback devices into each (tunl0, gre0, sit0, ...: ten at most), with indexes from 2.
    static let interfaceIndex: UInt32 = 16

    public let description: EndpointDescription
    /// The host's end of the veth pair; nil for a macvlan or ipvlan, which has none.
    public let hostInterface: String?
    public let containerInterface: String
    public let macAddress: MACAddress?
    public let hostBatch: NetlinkBatch
    public let containerBatch: NetlinkBatch

    /// - Throws: `ContainerError` `invalidArgument` for a gateway outside the subnets, an MTU or a name that the
    ///   kernel refuses, `unsupported` for a limit that the kind of link cannot have.
    public init(_ description: EndpointDescription) throws(ContainerError) {
        try description.validate()
        self.description = description
        let name = description.containerInterface
        containerInterface = name
        let inner = RouteMessage.VethEnd(name: name, index: Self.interfaceIndex + UInt32(description.ordinal))
        var host = NetlinkBatch()
        let derived = description.addresses.first.map { MACAddress(for: $0.address) }
        // Without an address there is still an id.
        let mac =
            if let known = description.macAddress ?? derived { known } else { try Self.macAddress(for: description) }
        switch description.attachment {
        case .bridge(let bridge, let isIsolated, let isReflecting):
            let outer = RouteMessage.VethEnd(
                name: try InterfaceName.hostEnd(ofContainer: description.containerID, ordinal: description.ordinal),
                index: try InterfaceName.hostEndIndex(
                    ofContainer: description.containerID, ordinal: description.ordinal))
            host.append(
                RouteMessage.createVeth(
                    outer, bridge: bridge, peer: inner, peerAddress: mac, mtu: description.mtu ?? 1500))
            if isIsolated || isReflecting {
                host.append(
                    RouteMessage.setPort(
                        outer.index, name: outer.name, isIsolated: isIsolated, isReflecting: isReflecting))
            }
            // What the host's end sends is what the container receives.
            if let limit = description.ingress {
                host.append(RouteMessage.limit(outer.index, name: outer.name, to: limit))
            }
            hostInterface = outer.name
            macAddress = mac
        case .macvlan(let parent, let mode):
            host.append(
                RouteMessage.createMACVLAN(inner, parent: parent, mode: mode, address: mac, mtu: description.mtu))
            hostInterface = nil
            macAddress = mac
        case .ipvlan(let parent, let mode, let flag):
            host.append(
                RouteMessage.createIPVLAN(inner, parent: parent, mode: mode, flag: flag, mtu: description.mtu))
            hostInterface = nil
            macAddress = nil
        }
        hostBatch = host
        containerBatch = Self.containerBatch(description, inner, isReplacing: false)
    }

    /// - Parameter isReplacing: whether another endpoint may have the default routes yet.
    static func containerBatch(_ description: EndpointDescription, _ link: RouteMessage.VethEnd, isReplacing: Bool)
        -> NetlinkBatch
    {
        var batch = loopbackBatch
        for address in description.addresses {
            batch.append(RouteMessage.addAddress(address, to: link.index, name: link.name))
        }
        batch.append(RouteMessage.setLinkUp(link.index, name: link.name))
        for message in defaultRoutes(description, link.index, isReplacing: isReplacing) { batch.append(message) }
        if let limit = description.egress { batch.append(RouteMessage.limit(link.index, name: link.name, to: limit)) }
        return batch
    }

    /// The messages that give the container its default routes.
    static func defaultRoutes(_ description: EndpointDescription, _ index: UInt32, isReplacing: Bool)
        -> [NetlinkMessage]
    {
        description.defaultRoutesOnLink.map { RouteMessage.addRoute(to: $0, index: index, isReplacing: isReplacing) }
            + description.defaultGateways.map {
                RouteMessage.addDefaultRoute(via: $0, index: index, isReplacing: isReplacing)
            }
    }

    /// The interface's index in the container.
    var index: UInt32 { Self.interfaceIndex + UInt32(description.ordinal) }

    private static func macAddress(for description: EndpointDescription) throws(ContainerError) -> MACAddress {
        let number = try InterfaceName.hostEndIndex(
            ofContainer: description.containerID, ordinal: description.ordinal)
        return MACAddress(for: IPv4Address(number))
    }

    /// The switches to set in the container's namespace once the interface is there and before the container batch,
    /// as paths below `/proc/sys`: routers' announcements are not listened to, the link-local address counts at once
    /// (a port that reflects would show the container its own question for it), and a container without IPv6 addresses
    /// has none. A kernel without IPv6 has none of them.
    public var sysctls: [(path: String, value: String)] {
        let folder = "net/ipv6/conf/\(containerInterface)"
        let hasIPv6 = description.addresses.contains { $0.address.isIPv6 }
        return [
            (folder + "/accept_ra", "0"), (folder + "/accept_dad", "0"),
            (folder + "/disable_ipv6", hasIPv6 ? "0" : "1"),
        ]
    }

    /// All that a container without a network (`--network none`) needs: lo up. The kernel adds 127.0.0.1 and ::1.
    public static let loopbackBatch = NetlinkBatch([RouteMessage.setLinkUp(loopbackIndex, name: "lo")])
}

import ContainerSystem

/// A container's place in a bridge network, as the two batches of messages that make it.
///
/// The host batch goes out in the host's network namespace once the container's first process is there, with that
/// process's id filled in; the container batch goes out in the container's own namespace afterwards. Nothing is left
/// to look up between them: the indexes of both ends are chosen beforehand.
public struct ContainerEndpoint: Sendable, Equatable {
    /// The interface index of lo in every network namespace.
    static let loopbackIndex: UInt32 = 1
    /// The interface index of eth0. A new namespace is not always empty: tunnel modules put their fallback devices
    /// into each (tunl0, gre0, sit0, ...: ten at most), with indexes from 2.
    static let interfaceIndex: UInt32 = 16

    public let hostInterface: String
    public let containerInterface: String
    public let address: IPv4Address
    /// The bridge's own address, where the container reaches the host.
    public let gateway: IPv4Address
    public let macAddress: MACAddress
    public let hostBatch: NetlinkBatch
    public let containerBatch: NetlinkBatch

    /// - Parameters:
    ///   - containerID: at least seven hex digits.
    ///   - bridge: the interface index of the bridge in the host's namespace.
    ///   - mtu: in bytes, for both ends.
    /// - Throws: `ContainerError` `invalidArgument` for an address or gateway outside the subnet.
    public init(
        containerID: String, bridge: UInt32, address: IPv4Address, gateway: IPv4Address, subnet: IPv4Subnet,
        mtu: UInt32 = 1500
    ) throws(ContainerError) {
        for one in [address, gateway] where !subnet.contains(one) {
            throw ContainerError(.invalidArgument, "\(one) is not in the subnet \(subnet)")
        }
        hostInterface = try InterfaceName.hostEnd(ofContainer: containerID)
        containerInterface = "eth0"
        self.address = address
        self.gateway = gateway
        macAddress = MACAddress(for: address)
        hostBatch = NetlinkBatch([
            RouteMessage.createVeth(
                .init(name: hostInterface, index: try InterfaceName.hostEndIndex(ofContainer: containerID)),
                bridge: bridge, peer: .init(name: containerInterface, index: Self.interfaceIndex),
                peerAddress: macAddress, mtu: mtu)
        ])
        containerBatch = NetlinkBatch([
            RouteMessage.setLinkUp(Self.loopbackIndex, name: "lo"),
            RouteMessage.addAddress(address, in: subnet, to: Self.interfaceIndex, name: containerInterface),
            RouteMessage.setLinkUp(Self.interfaceIndex, name: containerInterface),
            RouteMessage.addDefaultRoute(via: gateway, index: Self.interfaceIndex),
        ])
    }

    /// All that a container without a network (`--network none`) needs: lo up. The kernel adds 127.0.0.1 and ::1.
    public static let loopbackBatch = NetlinkBatch([RouteMessage.setLinkUp(loopbackIndex, name: "lo")])
}

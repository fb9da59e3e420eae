import ContainerSystem

/// A bridge as a network wants it.
public struct BridgeDescription: Sendable, Hashable {
    public var name: String
    /// In bytes.
    public var mtu: UInt32
    /// What the host is called on it: the gateways of the network's subnets.
    public var addresses: [InterfaceAddress]
    /// Whether the host forwards IPv6 for it.
    public var isIPv6: Bool

    /// - Parameter isIPv6: nil is whether one of the addresses is IPv6.
    public init(name: String, mtu: UInt32 = 1500, addresses: [InterfaceAddress], isIPv6: Bool? = nil) {
        self.name = name
        self.mtu = mtu
        self.addresses = addresses
        self.isIPv6 = isIPv6 ?? addresses.contains { $0.address.isIPv6 }
    }

    /// Refuses what no kernel would take, before anything is made.
    /// - Throws: `ContainerError` `invalidArgument`.
    func validate() throws(ContainerError) {
        try InterfaceName.validate(name)
        let least: UInt32 = isIPv6 ? 1280 : 68
        guard (least...65535).contains(mtu) else {
            throw ContainerError(
                .invalidArgument, "bridge \(name): an MTU of \(mtu) is not between \(least) and 65535")
        }
        for (place, one) in addresses.enumerated() {
            if let other = addresses[..<place].first(where: { $0.subnet.overlaps(one.subnet) }) {
                throw ContainerError(
                    .invalidArgument, "bridge \(name): the subnets of \(other) and \(one) overlap",
                    hint: "each address of a bridge needs a subnet of its own")
            }
            if one.address.isIPv6, !isIPv6 {
                throw ContainerError(.invalidArgument, "bridge \(name): the address \(one) needs IPv6 on the network")
            }
        }
    }
}

import ContainerSystem

/// A container's place in one network, as the engine wants it.
public struct EndpointDescription: Sendable, Hashable {
    /// What the container's interface is made of.
    public enum Attachment: Sendable, Hashable {
        /// A veth pair whose host end is a port of a bridge.
        /// - isIsolated: keeps it from the bridge's other isolated ports (docker's `enable_icc=false`).
        /// - isReflecting: lets a frame leave by the port that it came in by; the container needs it to reach itself by
        ///   a published port of the host where `BridgeNetwork.filtersFrames`.
        case bridge(index: UInt32, isIsolated: Bool = false, isReflecting: Bool = false)
        case macvlan(parent: UInt32, mode: MACVLANMode = .bridge)
        case ipvlan(parent: UInt32, mode: IPVLANMode = .l2, flag: IPVLANFlag = .bridge)
    }

    /// At least seven lower-case hex digits.
    public var containerID: String
    /// The endpoint's number in its container, from 0; no two of a container have the same.
    public var ordinal: Int
    /// The name of the interface in the container; nil is `eth` and the number.
    public var interfaceName: String?
    public var attachment: Attachment
    public var addresses: [InterfaceAddress]
    /// Where the container's default routes lead, at most one of each kind; empty when another endpoint has them, or
    /// when the network is internal.
    public var defaultGateways: [IPAddress] = []
    /// Default routes (`0.0.0.0/0`, `::/0`) that lead to the interface itself: an ipvlan of mode l3 has no gateway.
    public var defaultRoutesOnLink: [IPSubnet] = []
    /// Nil derives it from the first address; an ipvlan always has its parent's.
    public var macAddress: MACAddress?
    /// In bytes; nil is 1500, or of a macvlan or ipvlan the parent's.
    public var mtu: UInt32?
    /// What the container may send and receive.
    public var egress: TrafficLimit?
    public var ingress: TrafficLimit?

    public init(
        containerID: String, ordinal: Int = 0, attachment: Attachment, addresses: [InterfaceAddress],
        defaultGateways: [IPAddress] = []
    ) {
        self.containerID = containerID
        self.ordinal = ordinal
        self.attachment = attachment
        self.addresses = addresses
        self.defaultGateways = defaultGateways
    }

    /// The name of the interface in the container.
    public var containerInterface: String { interfaceName ?? "eth\(ordinal)" }

    /// Refuses what the kernel would, before anything is made.
    /// - Throws: `ContainerError` `invalidArgument`.
    func validate() throws(ContainerError) {
        try InterfaceName.validate(containerInterface)
        guard (0..<InterfaceName.endpointLimit).contains(ordinal) else {
            throw ContainerError(
                .exhausted, "connect a container to a network: it has \(InterfaceName.endpointLimit) already")
        }
        if let mtu, !(68...65535).contains(mtu) {
            throw ContainerError(
                .invalidArgument, "\(containerInterface): an MTU of \(mtu) is not between 68 and 65535")
        }
        for gateway in defaultGateways {
            guard addresses.contains(where: { $0.subnet.contains(gateway) }) else {
                throw ContainerError(
                    .invalidArgument,
                    "the gateway \(gateway) is not in a subnet of "
                        + (addresses.isEmpty ? "the network" : addresses.map(\.description).joined(separator: ", ")))
            }
            guard defaultGateways.count(where: { $0.isIPv6 == gateway.isIPv6 }) == 1 else {
                throw ContainerError(
                    .invalidArgument, "\(containerInterface): more than one gateway of a kind (\(gateway))")
            }
        }
        if case .bridge = attachment { return }
        if ingress != nil {
            throw ContainerError(
                .unsupported, "limit what \(containerInterface) receives: only links of a bridge can be limited so",
                hint: "leave out the limit, or use a bridge network")
        }
        if case .ipvlan = attachment, macAddress != nil {
            throw ContainerError(
                .invalidArgument, "give \(containerInterface) a MAC address: an ipvlan has its parent's",
                hint: "leave out the MAC address, or use a macvlan network")
        }
    }
}

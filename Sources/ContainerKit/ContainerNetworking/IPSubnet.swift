import ContainerSystem

/// An IPv4 or IPv6 network in CIDR notation.
public enum IPSubnet: Hashable, Sendable, CustomStringConvertible {
    case v4(IPv4Subnet)
    case v6(IPv6Subnet)

    /// 0.0.0.0/0 and ::/0.
    public static let everything: [IPSubnet] = [
        .v4(.init(masking: 0, prefixLength: 0)), .v6(.init(masking: 0, prefixLength: 0)),
    ]

    /// Parses either kind; host bits that are set are an error.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            self = .v6(try IPv6Subnet(text))
        } else {
            self = .v4(try IPv4Subnet(text))
        }
    }

    /// The subnet that an address lies in.
    /// - Throws: `ContainerError` `invalidArgument` when the address has fewer bits than `prefixLength`.
    public init(containing address: IPAddress, prefixLength: Int) throws(ContainerError) {
        switch address {
        case .v4(let address): self = .v4(try IPv4Subnet(containing: address, prefixLength: prefixLength))
        case .v6(let address): self = .v6(try IPv6Subnet(containing: address, prefixLength: prefixLength))
        }
    }

    /// The number of network bits.
    public var prefixLength: Int {
        switch self {
        case .v4(let subnet): subnet.prefixLength
        case .v6(let subnet): subnet.prefixLength
        }
    }

    public var isIPv6: Bool { network.isIPv6 }

    /// The first address.
    public var network: IPAddress {
        switch self {
        case .v4(let subnet): .v4(subnet.network)
        case .v6(let subnet): .v6(subnet.network)
        }
    }

    /// The last address.
    public var last: IPAddress {
        switch self {
        case .v4(let subnet): .v4(subnet.broadcast)
        case .v6(let subnet): .v6(subnet.last)
        }
    }

    /// The addresses that hosts can have, as offsets from the first: without the first (the network's own, or the
    /// routers' of RFC 4291, section 2.6.1) and without IPv4's last (broadcast). Where there are only two addresses
    /// or one, all count. Nil for ::/0 and its like, whose offsets no number holds.
    var hostOffsets: ClosedRange<UInt128>? {
        let hostBits = network.bitCount - prefixLength
        guard hostBits < 128 else { return nil }
        let last = (UInt128(1) << hostBits) - 1
        if hostBits <= 1 { return 0...last }
        return 1...(isIPv6 ? last : last - 1)
    }

    /// The address at a distance from the first; nil when it lies outside.
    public func address(at offset: UInt128) -> IPAddress? {
        guard offset <= last.number - network.number else { return nil }
        let number = network.number + offset
        return isIPv6 ? .v6(IPv6Address(number)) : .v4(IPv4Address(UInt32(truncatingIfNeeded: number)))
    }

    /// The first address that a host can have: what a network's gateway gets when nobody names another.
    public var firstHost: IPAddress? { hostOffsets.flatMap { address(at: $0.lowerBound) } }

    public func contains(_ address: IPAddress) -> Bool {
        switch (self, address) {
        case (.v4(let subnet), .v4(let address)): subnet.contains(address)
        case (.v6(let subnet), .v6(let address)): subnet.contains(address)
        default: false
        }
    }

    /// Whether every address of the other is in this one.
    public func contains(_ other: IPSubnet) -> Bool {
        other.prefixLength >= prefixLength && contains(other.network)
    }

    public func overlaps(_ other: IPSubnet) -> Bool { contains(other.network) || other.contains(network) }

    public var description: String {
        switch self {
        case .v4(let subnet): subnet.description
        case .v6(let subnet): subnet.description
        }
    }
}

import ContainerSystem

/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Parses either kind.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            self = .v6(try IPv6Address(text))
        } else if let address = try? IPv4Address(text) {
            self = .v4(address)
        } else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an IP address", hint: "it looks like 192.0.2.1 or 2001:db8::1")
        }
    }

    /// From four or sixteen bytes in network order; nil for another count.
    public init?(bytes: ArraySlice<UInt8>) {
        if let address = IPv4Address(bytes: bytes) {
            self = .v4(address)
        } else if let address = IPv6Address(bytes: bytes) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The four or sixteen bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    public var isIPv6: Bool {
        switch self {
        case .v4: false
        case .v6: true
        }
    }

    /// How many bits it has: 32 or 128.
    public var bitCount: Int { isIPv6 ? 128 : 32 }

    /// AF_INET or AF_INET6.
    var family: UInt8 { isIPv6 ? RouteMessage.inet6 : RouteMessage.inet }

    /// Whether it is in 127.0.0.0/8, or is ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let address): address.value >> 24 == 127
        case .v6(let address): address.value == 1
        }
    }

    /// Whether it is 0.0.0.0 or ::, which stand for every address of a host.
    public var isUnspecified: Bool { number == 0 }

    /// The address as a number.
    var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.value)
        case .v6(let address): address.value
        }
    }

    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    /// IPv4 before IPv6, then by number.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.isIPv6 == right.isIPv6 ? left.number < right.number : right.isIPv6
    }
}

extension IPAddress {
    /// The address when it is IPv4.
    public var ipv4: IPv4Address? {
        switch self {
        case .v4(let address): address
        case .v6: nil
        }
    }
}

import ContainerSystem

/// An IPv6 network (RFC 4291, section 2.3), such as fd00:1:2:3::/64.
public struct IPv6Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The first address: every host bit is zero.
    public let network: IPv6Address
    /// The number of network bits, 0 to 128.
    public let prefixLength: Int

    /// The subnet that an address lies in.
    /// - Throws: `ContainerError` `invalidArgument` when the length is not in 0...128.
    public init(containing address: IPv6Address, prefixLength: Int) throws(ContainerError) {
        guard (0...128).contains(prefixLength) else {
            throw ContainerError(
                .invalidArgument, "\(address)/\(prefixLength): the prefix length is not between 0 and 128")
        }
        self.init(masking: address.value, prefixLength: prefixLength)
    }

    /// Parses `fd00:1:2:3::/64`. Host bits that are set are an error: more often than not they are a slip.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let prefixLength = PrefixLength.parse(parts[1], limit: 128) else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an IPv6 subnet", hint: "it looks like fd00:1:2:3::/64")
        }
        let address = try IPv6Address(String(parts[0]))
        self.init(masking: address.value, prefixLength: prefixLength)
        guard address == network else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is an address in a subnet, not a subnet", hint: "you may mean \(self)")
        }
    }

    /// For lengths that are known to be in 0...128.
    init(masking value: UInt128, prefixLength: Int) {
        self.prefixLength = prefixLength
        // A shift by 128 gives zero in Swift.
        network = IPv6Address(value & (UInt128.max << (128 - prefixLength)))
    }

    public var mask: IPv6Address { IPv6Address(UInt128.max << (128 - prefixLength)) }
    /// The last address.
    public var last: IPv6Address { IPv6Address(network.value | ~mask.value) }

    public func contains(_ address: IPv6Address) -> Bool { address.value & mask.value == network.value }

    public func overlaps(_ other: IPv6Subnet) -> Bool { contains(other.network) || other.contains(network) }

    public var description: String { "\(network)/\(prefixLength)" }
}

/// The number after the slash.
enum PrefixLength {
    /// One to three decimal digits up to `limit`; nil for anything else.
    static func parse(_ text: Substring, limit: Int) -> Int? {
        guard (1...3).contains(text.utf8.count) else { return nil }
        var length = 0
        for byte in text.utf8 {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            length = length * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return length <= limit ? length : nil
    }
}

import ContainerSystem

/// An IPv4 network in CIDR notation (RFC 4632), such as 10.201.0.0/16.
public struct IPv4Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The first address: every host bit is zero.
    public let network: IPv4Address
    /// The number of network bits, 0 to 32.
    public let prefixLength: Int

    /// The subnet that an address lies in.
    /// - Throws: `ContainerError` `invalidArgument` when the length is not in 0...32.
    public init(containing address: IPv4Address, prefixLength: Int) throws(ContainerError) {
        guard (0...32).contains(prefixLength) else {
            throw ContainerError(
                .invalidArgument, "\(address)/\(prefixLength): the prefix length is not between 0 and 32")
        }
        self.init(masking: address.value, prefixLength: prefixLength)
    }

    /// Parses `10.201.0.0/16`. Host bits that are set are an error: more often than not they are a slip.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let prefixLength = PrefixLength.parse(parts[1], limit: 32) else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an IPv4 subnet", hint: "it looks like 192.0.2.0/24")
        }
        let address = try IPv4Address(String(parts[0]))
        self.init(masking: address.value, prefixLength: prefixLength)
        guard address == network else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is an address in a subnet, not a subnet", hint: "you may mean \(self)")
        }
    }

    /// For lengths that are known to be in 0...32.
    init(masking value: UInt32, prefixLength: Int) {
        self.prefixLength = prefixLength
        // A shift by 32 gives zero in Swift.
        network = IPv4Address(value & (UInt32.max << (32 - prefixLength)))
    }

    public var mask: IPv4Address { IPv4Address(UInt32.max << (32 - prefixLength)) }
    /// The last address.
    public var broadcast: IPv4Address { IPv4Address(network.value | ~mask.value) }
    /// How many addresses it has, the first and the last included.
    public var addressCount: Int { 1 << (32 - prefixLength) }
    /// The addresses that hosts can have: all but the first and the last; of a /31 both, of a /32 the one.
    public var hosts: some BidirectionalCollection<IPv4Address> & Sendable {
        let range = network.value...broadcast.value
        let usable = prefixLength < 31 ? range.lowerBound + 1...range.upperBound - 1 : range
        return IPv4Range(values: usable)
    }

    public func contains(_ address: IPv4Address) -> Bool { address.value & mask.value == network.value }

    public func overlaps(_ other: IPv4Subnet) -> Bool { contains(other.network) || other.contains(network) }

    public var description: String { "\(network)/\(prefixLength)" }
}

/// Neighbouring addresses, made one at a time.
struct IPv4Range: BidirectionalCollection, Sendable {
    let values: ClosedRange<UInt32>

    var startIndex: ClosedRange<UInt32>.Index { values.startIndex }
    var endIndex: ClosedRange<UInt32>.Index { values.endIndex }
    func index(after index: ClosedRange<UInt32>.Index) -> ClosedRange<UInt32>.Index { values.index(after: index) }
    func index(before index: ClosedRange<UInt32>.Index) -> ClosedRange<UInt32>.Index { values.index(before: index) }
    subscript(index: ClosedRange<UInt32>.Index) -> IPv4Address { IPv4Address(values[index]) }
    var count: Int { values.count }
}

import ContainerSystem

/// An address of an interface, with the length of the prefix that it shares with its neighbours.
public struct InterfaceAddress: Hashable, Sendable, CustomStringConvertible {
    public let address: IPAddress
    /// In bits, 0 to 32 or 128.
    public let prefixLength: Int

    /// - Throws: `ContainerError` `invalidArgument` when the address has fewer bits than `prefixLength`.
    public init(_ address: IPAddress, prefixLength: Int) throws(ContainerError) {
        guard (0...address.bitCount).contains(prefixLength) else {
            throw ContainerError(
                .invalidArgument,
                "\(address)/\(prefixLength): the prefix length is not between 0 and \(address.bitCount)")
        }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// An address of a subnet.
    /// - Throws: `ContainerError` `invalidArgument` when it lies outside.
    public init(_ address: IPAddress, in subnet: IPSubnet) throws(ContainerError) {
        guard subnet.contains(address) else {
            throw ContainerError(.invalidArgument, "\(address) is not in the subnet \(subnet)")
        }
        self.address = address
        prefixLength = subnet.prefixLength
    }

    /// Parses `10.0.0.5/24` or `fd00::5/64`.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let prefixLength = PrefixLength.parse(parts[1], limit: 128) else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an address with a prefix length",
                hint: "it looks like 192.0.2.5/24 or 2001:db8::5/64")
        }
        try self.init(IPAddress(String(parts[0])), prefixLength: prefixLength)
    }

    public var subnet: IPSubnet {
        switch address {
        case .v4(let address): .v4(IPv4Subnet(masking: address.value, prefixLength: prefixLength))
        case .v6(let address): .v6(IPv6Subnet(masking: address.value, prefixLength: prefixLength))
        }
    }

    public var description: String { "\(address)/\(prefixLength)" }
}

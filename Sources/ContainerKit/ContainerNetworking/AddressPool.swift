import ContainerSystem

/// Picks subnets for networks and addresses for containers. What is taken is the caller's knowledge; nothing is
/// remembered here.
public enum AddressPool {
    /// Where the default network may lie, in order of preference: thirty /16 from 10.201.0.0 on, then the sixteen /20
    /// of 172.16.0.0/16 for hosts whose routes cover all of 10.0.0.0/8. Docker takes 172.17.0.0 to 172.31.255.255,
    /// 192.168.0.0/16 and, for swarms, 10.0.0.0/24 upwards; podman 10.88.0.0/16 and 10.89.0.0/24 upwards.
    public static let defaultCandidates: [IPv4Subnet] =
        (201...230).map { IPv4Subnet(masking: 10 << 24 | $0 << 16, prefixLength: 16) }
        + (0..<16).map { IPv4Subnet(masking: 172 << 24 | 16 << 16 | $0 << 12, prefixLength: 20) }

    /// The first candidate that overlaps nothing in use.
    ///
    /// Routes with a prefix of 0 or 1 do not count: they are the default route, or its two halves as virtual private
    /// networks set them.
    /// - Throws: `ContainerError` `exhausted`.
    public static func freeSubnet(
        avoiding used: [IPv4Subnet], candidates: [IPv4Subnet] = defaultCandidates
    ) throws(ContainerError) -> IPv4Subnet {
        let used = used.filter { $0.prefixLength > 1 }
        guard let free = candidates.first(where: { candidate in !used.contains { $0.overlaps(candidate) } }) else {
            throw ContainerError(
                .exhausted,
                "choose a subnet: each of the \(candidates.count) candidates overlaps a route of the host",
                hint: "name a subnet that is free")
        }
        return free
    }

    /// The next address for a container, going round from the one that was leased last, so that an address that was
    /// just given back is not met again at once. The first and last address of the subnet and the gateway are never
    /// given.
    /// - Parameters:
    ///   - last: the address leased last; nil starts after the first.
    ///   - network: the network's name, for the error.
    ///   - isTaken: whether a lease of the address exists.
    /// - Throws: `ContainerError` `exhausted` when every address is taken, and what `isTaken` throws.
    public static func nextFreeAddress(
        in subnet: IPv4Subnet, gateway: IPv4Address, after last: IPv4Address?, network: String,
        isTaken: (IPv4Address) throws(ContainerError) -> Bool
    ) throws(ContainerError) -> IPv4Address {
        let first = subnet.network.value
        let count = UInt32(truncatingIfNeeded: subnet.addressCount &- 1)
        // Offsets 1 ..< count leave out the first and the last address.
        let hosts = subnet.prefixLength < 31 ? count - 1 : 0
        let start = last.flatMap { subnet.contains($0) ? $0.value - first : nil } ?? 0
        var inUse = 0
        for step in 0..<hosts {
            // Without overflow even for a /0.
            let offset = UInt32((UInt64(start) + UInt64(step)) % UInt64(hosts)) + 1
            let address = IPv4Address(first + offset)
            if address == gateway { continue }
            if try !isTaken(address) { return address }
            inUse += 1
        }
        throw ContainerError(
            .exhausted, "the network \(network) has no free address (\(inUse) in use)",
            hint: "remove containers that are not needed, or make a network with a larger subnet")
    }
}

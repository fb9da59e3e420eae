import ContainerSystem

/// Picks subnets for networks and addresses for containers. What is taken is the caller's knowledge; nothing is
/// remembered here.
public enum AddressPool {
    /// Where the default network may lie, in order of preference: thirty /16 from 10.201.0.0 on, then the sixteen /20
    /// of 172.16.0.0/16 for hosts whose routes cover all of 10.0.0.0/8. Docker takes 172.17.0.0 to 172.31.255.255,
    /// 192.168.0.0/16 and, for swarms, 10.0.0.0/24 upwards; podman 10.88.0.0/16 and 10.89.0.0/24 upwards.
    public static let defaultCandidates: [IPv4Subnet] =
        (201...230).map { IPv4Subnet(masking: 10 << 24 | $0 << 16, prefixLength: 16) } + behindTheBusyRange

    /// Where further networks may lie: six hundred and forty /20, each with room for 4,093 containers. First those of
    /// 10.231.0.0 to 10.240.255.255, which the default network never takes, then its own neighbours, then the /20 of
    /// 172.16.0.0/16.
    public static let furtherCandidates: [IPv4Subnet] =
        ([231...240, 201...230] as [ClosedRange<UInt32>]).flatMap { $0 }.flatMap { second in
            (0..<16).map { IPv4Subnet(masking: 10 << 24 | second << 16 | $0 << 12, prefixLength: 20) }
        } + behindTheBusyRange

    private static let behindTheBusyRange: [IPv4Subnet] =
        (0..<16).map { IPv4Subnet(masking: 172 << 24 | 16 << 16 | $0 << 12, prefixLength: 20) }

    /// The first candidate that overlaps nothing in use.
    ///
    /// Routes with a prefix of 0 or 1 do not count: they are the default route, or its two halves as virtual private
    /// networks set them.
    /// - Parameter used: the destinations of the host's routes, and the subnets of networks that are not up.
    /// - Throws: `ContainerError` `exhausted`.
    public static func freeSubnet(
        avoiding used: [IPSubnet], candidates: [IPv4Subnet] = defaultCandidates
    ) throws(ContainerError) -> IPv4Subnet {
        let used = used.filter { $0.prefixLength > 1 }
        guard let free = candidates.first(where: { candidate in !used.contains { $0.overlaps(.v4(candidate)) } })
        else {
            throw ContainerError(
                .exhausted,
                "choose a subnet: each of the \(candidates.count) candidates overlaps a route or a network of the host",
                hint: "name a subnet that is free, or remove networks that are not needed")
        }
        return free
    }

    /// A /64 that nobody else has: fd, forty random bits and a subnet number (RFC 4193, section 3).
    /// - Parameter used: as for `freeSubnet`.
    /// - Throws: `ContainerError` `exhausted` when chance hits a taken one again and again.
    public static func uniqueLocalSubnet(
        avoiding used: [IPSubnet], random: () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) throws(ContainerError) -> IPv6Subnet {
        // Routes that cover all of fc00::/7 or more say nothing about one /64.
        let used = used.filter { $0.prefixLength > 8 }
        for _ in 0..<32 {
            let subnet = IPv6Subnet(masking: UInt128(0xfd << 56 | random() >> 8) << 64, prefixLength: 64)
            if !used.contains(where: { $0.overlaps(.v6(subnet)) }) { return subnet }
        }
        throw ContainerError(
            .exhausted, "choose an IPv6 subnet: every random one overlaps a route or a network of the host",
            hint: "name a subnet that is free")
    }

    /// The next address for a container, going round from the one that was leased last, so that an address that was
    /// just given back is not met again at once. The subnet's first address and IPv4's last are never given.
    /// - Parameters:
    ///   - range: the part of the subnet to choose from (docker's `--ip-range`); nil is all of it.
    ///   - reserved: the gateway and the addresses that the user keeps for others.
    ///   - last: the address leased last; nil starts at the first.
    ///   - network: the network's name, for the error.
    ///   - isTaken: whether a lease of the address exists.
    /// - Throws: `ContainerError`: `exhausted` when every address is taken, `invalidArgument` when the range is not in
    ///   the subnet, and what `isTaken` throws.
    public static func nextFreeAddress(
        in subnet: IPSubnet, range: IPSubnet? = nil, avoiding reserved: [IPAddress], after last: IPAddress?,
        network: String, isTaken: (IPAddress) throws(ContainerError) -> Bool
    ) throws(ContainerError) -> IPAddress {
        let offsets = try offsets(of: range ?? subnet, in: subnet)
        var inUse = 0
        if let offsets {
            var offset = offsets.lowerBound
            if let last, subnet.contains(last) {
                let next = last.number - subnet.network.number &+ 1
                if offsets.contains(next) { offset = next }
            }
            let start = offset
            repeat {
                if let address = subnet.address(at: offset), !reserved.contains(address) {
                    if try !isTaken(address) { return address }
                    inUse += 1
                }
                offset = offset == offsets.upperBound ? offsets.lowerBound : offset + 1
            } while offset != start
        }
        throw ContainerError(
            .exhausted, "the network \(network) has no free address in \(range ?? subnet) (\(inUse) in use)",
            hint: "remove containers that are not needed, or make a network with a larger subnet")
    }

    /// The offsets from the subnet's first address that a range of it may give to hosts; nil when there are none.
    private static func offsets(of range: IPSubnet, in subnet: IPSubnet) throws(ContainerError) -> ClosedRange<UInt128>?
    {
        guard subnet.contains(range) else {
            throw ContainerError(.invalidArgument, "the range \(range) is not in the subnet \(subnet)")
        }
        guard let hosts = subnet.hostOffsets else { return nil }
        let first = range.network.number - subnet.network.number
        let last = range.last.number - subnet.network.number
        let lower = max(hosts.lowerBound, first)
        let upper = min(hosts.upperBound, last)
        return lower <= upper ? lower...upper : nil
    }
}

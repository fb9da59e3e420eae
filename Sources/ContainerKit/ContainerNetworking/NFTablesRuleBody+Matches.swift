// What rules ask of a packet, in the words of the nft command.
extension NFTablesRuleBody {
    /// `iifname NAME`, `oifname NAME` or their negation
    mutating func interface(_ key: Meta, is name: String, isEqual: Bool) {
        loadMeta(key)
        compare(Self.field(name), isEqual: isEqual)
    }

    /// `iifname { NAME, ... }`, `oifname { NAME, ... }` or their negation
    mutating func interface(_ key: Meta, isIn names: [String], isInverted: Bool = false) {
        loadMeta(key)
        lookUp(names.map(Self.field), .interface, isInverted: isInverted)
    }

    /// In by a bridge and out by it.
    mutating func staysOn(_ bridges: [String]) {
        loadMeta(.inputName)
        loadMeta(.outputName, Register(4))
        lookUp(bridges.map { Self.field($0) + Self.field($0) }, .concatenation(.interface, .interface))
    }

    /// `meta nfproto`
    mutating func family(isIPv6: Bool) {
        loadMeta(.family)
        compare([isIPv6 ? 10 : 2])
    }

    /// `ip saddr 127.0.0.0/8` or `ip daddr 127.0.0.0/8`
    mutating func loopback(isSource: Bool) {
        loadPayload(base: 1, offset: isSource ? 12 : 16, length: 1)
        compare([127])
    }

    /// `ip saddr SUBNET` or `ip6 saddr SUBNET`
    mutating func source(in subnet: IPSubnet) {
        family(isIPv6: subnet.isIPv6)
        let length = UInt32(subnet.network.bitCount / 8)
        loadPayload(base: 1, offset: subnet.isIPv6 ? 8 : 12, length: length)
        switch subnet {
        case .v4(let subnet): mask(subnet.mask.bytes)
        case .v6(let subnet): mask(subnet.mask.bytes)
        }
        compare(subnet.network.bytes)
    }

    /// `ct state established,related`
    mutating func isEstablished() {
        loadConnection(0)
        mask([UInt8](native: UInt32(2 | 4)))
        compare([0, 0, 0, 0], isEqual: false)
    }

    /// `ct status dnat`
    mutating func wasRedirected() {
        loadConnection(2)
        mask([UInt8](native: UInt32(1 << 5)))  // IPS_DST_NAT
        compare([0, 0, 0, 0], isEqual: false)
    }

    /// The whole name field (IFNAMSIZ).
    private static func field(_ name: String) -> [UInt8] {
        let bytes = Array(name.utf8.prefix(15))
        return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
    }
}

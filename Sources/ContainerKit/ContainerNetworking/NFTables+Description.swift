import ContainerSystem
import Glibc

// What is there, in words.
extension NFTables {
    public func describe() throws(ContainerError) -> [String] { try describe { _ in true } }

    public func describe(_ network: FirewallNetwork) throws(ContainerError) -> [String] {
        let own = Self.rules(for: [network]).map { Self.words($0.comment) }
        let lines = try describe { words in words == Self.foreignRule || own.contains(words) }
        return lines.filter { !$0.hasPrefix("publish ") || $0.hasSuffix(" on \(network.bridge)") }
    }

    private static let foreignRule: Substring = "a rule that another program added"

    private func describe(isShown: (Substring) -> Bool) throws(ContainerError) -> [String] {
        let reply = try netlink.list(NetlinkBatch([NFTablesMessage.listRules(of: table)])).first
        let rules = try reply?.check(ignoring: ENOENT, EINVAL, EOPNOTSUPP).compactMap(NFTablesRule.Identity.init) ?? []
        if rules.isEmpty { return [] }
        let lines = rules.compactMap { rule -> String? in
            let words = NFTablesRule.comment(rule.userData[...]).map { Self.words($0) } ?? Self.foreignRule
            return isShown(words) ? "\(rule.chain): \(words)" : nil
        }
        return ["nftables table inet \(table)"] + lines + (try published()).map { "publish \($0) on \($0.bridge)" }
    }

    public func obstacles(to bridges: [String]) throws(ContainerError) -> [FirewallObstacle] {
        let reply = try netlink.list(NetlinkBatch([NFTablesMessage.listChains()])).first
        let chains = try reply?.check(ignoring: EINVAL, EOPNOTSUPP).compactMap(ForeignChain.init) ?? []
        var obstacles: [FirewallObstacle] = []
        for chain in chains where chain.dropsForwarded && chain.table != table {
            let listing = NFTablesMessage.listRules(of: chain.table, family: chain.family)
            let rules = try netlink.list(NetlinkBatch([listing])).first?.check(ignoring: ENOENT) ?? []
            // A rule that names the bridge is somebody's decision about it.
            let undecided = bridges.filter { bridge in
                let field = Array(bridge.utf8) + [0]
                return !rules.contains { $0.payload.holds(field) }
            }
            obstacles += undecided.map { bridge in
                FirewallObstacle(
                    chain: "\(chain.familyName) \(chain.table) \(chain.name)", bridge: bridge,
                    commands: chain.commands(
                        bridge,
                        hasUserChain: chains.contains {
                            $0.family == chain.family && $0.table == chain.table && $0.name == "DOCKER-USER"
                        }))
            }
        }
        return obstacles
    }
}

/// A chain of any table.
private struct ForeignChain {
    var family: UInt8
    var table = ""
    var name = ""
    /// Whether it is a chain for what passes through the host, and ends with a drop.
    var dropsForwarded = false

    /// Decodes an NFT_MSG_NEWCHAIN; nil for another type and for families that have no say over bridge networks.
    init?(_ message: NetlinkMessage) {
        guard message.type == NFTablesMessage.newChainType, message.payload.count >= 4,
            [1, 2, 10].contains(message.payload[0])
        else { return nil }
        family = message.payload[0]
        var hook: UInt32?
        var policy: UInt32?
        for (type, value) in message.attributes(after: 4) {
            switch type {
            case 1: table = value.text
            case 3: name = value.text
            case 4:
                hook = NetlinkAttributes.parse(value).first { $0.type == 1 }.map {
                    UInt32(bigEndian: $0.value.native(UInt32.self, at: 0))
                }
            case 5: policy = UInt32(bigEndian: value.native(UInt32.self, at: 0))
            default: break
            }
        }
        dropsForwarded = hook == NFTablesChain.Hook.forward.rawValue && policy == 0
    }

    var familyName: String {
        switch family {
        case 2: "ip"
        case 10: "ip6"
        default: "inet"
        }
    }

    func commands(_ bridge: String, hasUserChain: Bool) -> [String] {
        guard table == "filter", name == "FORWARD", family != 1 else {
            return ["iifname", "oifname"].map {
                "nft insert rule \(familyName) \(table) \(name) \($0) \(bridge) accept"
            }
        }
        let program = family == 2 ? "iptables" : "ip6tables"
        let target = hasUserChain ? "DOCKER-USER" : name
        return ["-i", "-o"].map { "\(program) -I \(target) \($0) \(bridge) -j ACCEPT" }
    }
}

extension [UInt8] {
    /// Whether the bytes stand in it somewhere.
    fileprivate func holds(_ part: [UInt8]) -> Bool {
        guard let first = part.first, count >= part.count else { return false }
        return (0...count - part.count).contains { self[$0] == first && self[$0..<$0 + part.count] == part[...] }
    }
}

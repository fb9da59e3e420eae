/// The requests of nf_tables that the library sends (linux/netfilter/nfnetlink.h, nf_tables.h).
enum NFTablesMessage {
    static let subsystem: UInt16 = 10 << 8  // NFNL_SUBSYS_NFTABLES
    /// Our table holds rules for IPv4 and IPv6 (NFPROTO_INET).
    static let inet: UInt8 = 1

    // NFT_MSG_*
    static let newChainType = subsystem | 3
    static let newRuleType = subsystem | 6
    static let newElementsType = subsystem | 12
    static let newGenerationType = subsystem | 15

    /// The start of a transaction. The kernel answers it only to refuse the whole.
    /// - Parameter generation: the state that it is meant to change; when it is no longer so, ERESTART.
    static func batchBegin(generation: UInt32? = nil) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        if let generation { attributes.append(1, bigEndian: generation) }  // NFNL_BATCH_GENID
        return edge("change the firewall", 0x10, attributes)
    }

    /// The end of a transaction.
    static let batchEnd = edge("commit the change of the firewall", 0x11)

    private static func edge(_ description: String, _ type: UInt16, _ attributes: NetlinkAttributes = .init())
        -> NetlinkMessage
    {
        // Family unspecified; the resource id names the subsystem, in network order.
        NetlinkMessage(description, type: type, header: [0, 0, 0, 10], attributes: attributes).withoutAcknowledgement
    }

    static func newTable(_ table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_TABLE_NAME
        attributes.append(2, bigEndian: UInt32(0))  // NFTA_TABLE_FLAGS
        return message("create nftables table inet \(table)", 0, [.create], attributes)
    }

    static func deleteTable(_ table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        return message("delete nftables table inet \(table)", 2, [], attributes)
    }

    static func newChain(_ chain: NFTablesChain, in table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_CHAIN_TABLE
        attributes.append(3, chain.name)  // NFTA_CHAIN_NAME
        if let base = chain.base {
            attributes.nest(4) {  // NFTA_CHAIN_HOOK
                $0.append(1, bigEndian: base.hook.rawValue)  // NFTA_HOOK_HOOKNUM
                $0.append(2, bigEndian: base.priority)  // NFTA_HOOK_PRIORITY
            }
            attributes.append(5, bigEndian: UInt32(1))  // NFTA_CHAIN_POLICY: NF_ACCEPT
            attributes.append(7, base.type)  // NFTA_CHAIN_TYPE
        }
        return message("create nftables chain \(table) \(chain.name)", 3, [.create], attributes)
    }

    /// Adds a rule to the end of its chain.
    static func newRule(_ rule: NFTablesRule, _ expressions: NetlinkAttributes, in table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_RULE_TABLE
        attributes.append(2, rule.chain.name)  // NFTA_RULE_CHAIN
        attributes.append(4 | NetlinkAttributes.nestedFlag, bytes: expressions.bytes)  // NFTA_RULE_EXPRESSIONS
        attributes.append(7, bytes: rule.userData)  // NFTA_RULE_USERDATA
        return message(
            "add nftables rule \(rule.comment) to \(table) \(rule.chain.name)", 6, [.create, .append], attributes)
    }

    /// Asks for the rules of one table; a table that is not there has none.
    static func listRules(of table: String, family: UInt8 = inet) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        return message("list nftables table \(table)", 7, [.dump], attributes, family: family).withoutAcknowledgement
    }

    /// Asks for the chains of every table of every family.
    static func listChains() -> NetlinkMessage {
        message("list the nftables chains", 4, [.dump], .init(), family: 0).withoutAcknowledgement
    }

    /// Asks for the number of the present state, which every transaction of anybody raises.
    static func getGeneration() -> NetlinkMessage { message("ask for the state of nftables", 16, [], .init()) }

    static func message(
        _ description: String, _ operation: UInt16, _ flags: NetlinkMessage.Flags, _ attributes: NetlinkAttributes,
        family: UInt8 = inet
    ) -> NetlinkMessage {
        // struct nfgenmsg: family, version 0, resource id
        NetlinkMessage(
            description, type: subsystem | operation, flags: flags, header: [family, 0, 0, 0], attributes: attributes)
    }
}

/// A chain of our table.
struct NFTablesChain: Sendable, Hashable {
    /// Where the kernel hands packets over (NF_INET_*).
    enum Hook: UInt32, Sendable {
        case prerouting = 0
        case input = 1
        case forward = 2
        case output = 3
        case postrouting = 4
    }

    /// How the kernel comes to a chain.
    struct Base: Sendable, Hashable {
        /// `nat` or `filter`
        var type: String
        var hook: Hook
        var priority: Int32
    }

    var name: String
    /// Nil for a chain that only other chains jump to.
    var base: Base?

    /// `type filter hook prerouting priority raw`: before addresses are translated.
    static let early = NFTablesChain(name: "early", base: .init(type: "filter", hook: .prerouting, priority: -300))
    /// `type nat hook prerouting priority dstnat`
    static let prerouting = NFTablesChain(
        name: "prerouting", base: .init(type: "nat", hook: .prerouting, priority: -100))
    /// `type nat hook output priority dstnat`
    static let output = NFTablesChain(name: "output", base: .init(type: "nat", hook: .output, priority: -100))
    /// `type filter hook input priority filter`
    static let input = NFTablesChain(name: "input", base: .init(type: "filter", hook: .input, priority: 0))
    /// `type filter hook forward priority filter`
    static let forward = NFTablesChain(name: "forward", base: .init(type: "filter", hook: .forward, priority: 0))
    /// `type nat hook postrouting priority srcnat`
    static let postrouting = NFTablesChain(
        name: "postrouting", base: .init(type: "nat", hook: .postrouting, priority: 100))
    /// The published ports.
    static let ports = NFTablesChain(name: "ports", base: nil)

    /// What was published and comes from the network that it leads to.
    static let hairpin = NFTablesChain(name: "hairpin", base: nil)

    static let all = [early, prerouting, output, input, forward, postrouting, ports, hairpin]
}

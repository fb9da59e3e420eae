/// The requests of nf_tables that the library sends (linux/netfilter/nfnetlink.h, nf_tables.h). All are about tables
/// of the `ip` family.
enum NFTablesMessage {
    /// A chain that the kernel hands packets to.
    struct BaseChain: Sendable {
        var name: String
        /// `nat` or `filter`
        var type: String
        /// The number of the hook (NF_INET_*).
        var hook: UInt32
        var priority: Int32

        /// `type nat hook postrouting priority srcnat`
        static let postrouting = BaseChain(name: "postrouting", type: "nat", hook: 4, priority: 100)
        /// `type filter hook forward priority filter`
        static let forward = BaseChain(name: "forward", type: "filter", hook: 2, priority: 0)
    }

    static let newRuleType = subsystem | 6

    private static let subsystem: UInt16 = 10 << 8  // NFNL_SUBSYS_NFTABLES
    /// `struct nfgenmsg`: family ip, version 0, resource id
    private static let header: [UInt8] = [2, 0, 0, 0]

    /// The two ends of a transaction. The kernel answers them only to refuse the whole.
    static let batchBegin = edge("change the firewall", 0x10)
    static let batchEnd = edge("commit the change of the firewall", 0x11)

    private static func edge(_ description: String, _ type: UInt16) -> NetlinkMessage {
        // Family unspecified; the resource id names the subsystem, in network order.
        NetlinkMessage(description, type: type, header: [0, 0, 0, 10]).withoutAcknowledgement
    }

    static func newTable(_ table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_TABLE_NAME
        attributes.append(2, bigEndian: UInt32(0))  // NFTA_TABLE_FLAGS
        return message("create nftables table ip \(table)", 0, [.create], attributes)
    }

    static func deleteTable(_ table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        return message("delete nftables table ip \(table)", 2, [], attributes)
    }

    static func newChain(_ chain: BaseChain, in table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_CHAIN_TABLE
        attributes.append(3, chain.name)  // NFTA_CHAIN_NAME
        attributes.nest(4) {  // NFTA_CHAIN_HOOK
            $0.append(1, bigEndian: chain.hook)  // NFTA_HOOK_HOOKNUM
            $0.append(2, bigEndian: chain.priority)  // NFTA_HOOK_PRIORITY
        }
        attributes.append(5, bigEndian: UInt32(1))  // NFTA_CHAIN_POLICY: NF_ACCEPT
        attributes.append(7, chain.type)  // NFTA_CHAIN_TYPE
        return message("create nftables chain \(table) \(chain.name)", 3, [.create], attributes)
    }

    /// Empties one chain of ours.
    static func deleteRules(of chain: BaseChain, in table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_RULE_TABLE
        attributes.append(2, chain.name)  // NFTA_RULE_CHAIN
        return message("empty nftables chain \(table) \(chain.name)", 8, [], attributes)
    }

    static func newRule(_ rule: NFTablesRule, in table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        attributes.append(2, rule.chain.name)
        attributes.nest(4, rule.expressions)  // NFTA_RULE_EXPRESSIONS
        attributes.append(7, bytes: rule.userData)  // NFTA_RULE_USERDATA
        return message(
            "add nftables rule \(rule.comment) to \(table) \(rule.chain.name)", 6, [.create, .append], attributes)
    }

    /// Asks for the rules of one table; a table that is not there has none.
    static func listRules(of table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        return message("list nftables table ip \(table)", 7, [.dump], attributes).withoutAcknowledgement
    }

    private static func message(
        _ description: String, _ operation: UInt16, _ flags: NetlinkMessage.Flags, _ attributes: NetlinkAttributes
    ) -> NetlinkMessage {
        NetlinkMessage(description, type: subsystem | operation, flags: flags, header: header, attributes: attributes)
    }
}

/// A rule of ours. Its comment, which `nft list` shows, tells it from any other.
struct NFTablesRule: Sendable {
    var chain: NFTablesMessage.BaseChain
    var comment: String
    var expressions: @Sendable (inout NetlinkAttributes) -> Void

    /// The comment in the form that the nft command stores it in: type 0, length, text with NUL.
    var userData: [UInt8] {
        let text = comment.utf8.prefix(250) + [0]
        return [0, UInt8(text.count)] + text
    }

    /// What identifies a rule in a listing: chain and user data.
    struct Identity: Hashable, Sendable {
        var chain: String
        var userData: [UInt8]
    }

    var identity: Identity { Identity(chain: chain.name, userData: userData) }
}

extension NFTablesRule.Identity {
    /// Decodes an NFT_MSG_NEWRULE; nil for another type.
    init?(_ message: NetlinkMessage) {
        guard message.type == NFTablesMessage.newRuleType, message.payload.count >= 4 else { return nil }
        chain = ""
        userData = []
        for (type, value) in message.attributes(after: 4) {
            if type == 2 { chain = value.text }
            if type == 7 { userData = Array(value) }
        }
    }
}

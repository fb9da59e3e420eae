import ContainerNetworking
import ContainerSystem
import Glibc

/// Sends what a container asks 127.0.0.11 at port 53 to the server's own ports there: a small nf_tables table in the
/// container's network namespace. A name server of the container's own can have port 53 so, and connection tracking puts
/// the answers' port right again.
enum Redirection {
    static let table = "containerkit_names"

    /// Where the questions go.
    struct Ports: Equatable {
        var datagrams: UInt16
        var streams: UInt16
    }

    /// Puts the table in the calling thread's network namespace, or changes the one that is there.
    /// - Throws: `ContainerError`: what the kernel refused.
    static func install(_ ports: Ports, on address: HostAddress) throws(ContainerError) {
        let netlink = try NetlinkSocket(.netfilter)
        let rules = [
            rule(protocol: 17, "udp", to: ports.datagrams, address),
            rule(protocol: 6, "tcp", to: ports.streams, address),
        ]
        try send([batch(0x10), newTable(), newChain(), deleteRules()] + rules + [batch(0x11)], netlink)
    }

    /// What a server that was killed has left in the calling thread's network namespace. To serve at the same ports costs
    /// nothing; to change the rules costs 15 ms, in which the kernel waits for packets that still meet the old ones.
    static func present() -> Ports? {
        guard let netlink = try? NetlinkSocket(.netfilter), let rules = try? netlink.list(NetlinkBatch([listRules()]))
        else { return nil }
        var ports = Ports(datagrams: 0, streams: 0)
        for message in rules.flatMap(\.messages) {
            for (type, value) in message.attributes(after: 4) where type == userDataType {
                let words = String(decoding: value.dropFirst(2).dropLast(), as: UTF8.self).split(separator: " ")
                guard words.count == 2, let port = UInt16(words[1]) else { continue }
                if words[0] == "udp" { ports.datagrams = port }
                if words[0] == "tcp" { ports.streams = port }
            }
        }
        return ports.datagrams == 0 || ports.streams == 0 ? nil : ports
    }

    /// Takes the table away again.
    static func remove() throws(ContainerError) {
        try send([batch(0x10), deleteTable(), batch(0x11)], try NetlinkSocket(.netfilter))
    }

    private static func send(_ messages: [NetlinkMessage], _ netlink: NetlinkSocket) throws(ContainerError) {
        for reply in try netlink.transact(NetlinkBatch(messages)) { try reply.check() }
    }

    // MARK: Messages (linux/netfilter/nfnetlink.h, nf_tables.h)

    /// `struct nfgenmsg`: family ip, version 0, resource id
    private static let header: [UInt8] = [2, 0, 0, 0]
    private static let chain = "output"
    private static let userDataType: UInt16 = 7  // NFTA_RULE_USERDATA

    private static func batch(_ type: UInt16) -> NetlinkMessage {
        var message = NetlinkMessage("redirect questions about names", type: type, header: [0, 0, 0, 10])
        message.flags.remove(.acknowledge)
        return message
    }

    private static func message(
        _ description: String, _ operation: UInt16, _ flags: NetlinkMessage.Flags, _ attributes: NetlinkAttributes
    ) -> NetlinkMessage {
        NetlinkMessage(description, type: 10 << 8 | operation, flags: flags, header: header, attributes: attributes)
    }

    private static func newTable() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_TABLE_NAME
        return message("create nftables table ip \(table)", 0, [.create], attributes)
    }

    private static func listRules() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        var message = message("list nftables table ip \(table)", 7, [.dump], attributes)
        message.flags.remove(.acknowledge)
        return message
    }

    private static func deleteRules() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_RULE_TABLE
        attributes.append(2, chain)  // NFTA_RULE_CHAIN
        return message("empty nftables chain \(table) \(chain)", 8, [], attributes)
    }

    private static func deleteTable() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        return message("delete nftables table ip \(table)", 2, [], attributes)
    }

    /// `type nat hook output priority dstnat`
    private static func newChain() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_CHAIN_TABLE
        attributes.append(3, chain)  // NFTA_CHAIN_NAME
        attributes.nest(4) {  // NFTA_CHAIN_HOOK
            $0.append(1, bigEndian: UInt32(3))  // NFTA_HOOK_HOOKNUM: NF_INET_LOCAL_OUT
            $0.append(2, bigEndian: Int32(-100))  // NFTA_HOOK_PRIORITY
        }
        attributes.append(7, "nat")  // NFTA_CHAIN_TYPE
        return message("create nftables chain \(table) \(chain)", 3, [.create], attributes)
    }

    /// `ip daddr ADDRESS PROTOCOL dport 53 dnat to ADDRESS:PORT`
    private static func rule(protocol number: UInt8, _ name: String, to port: UInt16, _ address: HostAddress)
        -> NetlinkMessage
    {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_RULE_TABLE
        attributes.append(2, chain)  // NFTA_RULE_CHAIN
        attributes.nest(4) {  // NFTA_RULE_EXPRESSIONS
            load(base: 1, offset: 16, length: 4, &$0)  // the destination of an IPv4 header
            compare(address.bytes, &$0)
            expression("meta", &$0) {
                $0.append(1, bigEndian: UInt32(1))  // NFTA_META_DREG
                $0.append(2, bigEndian: UInt32(16))  // NFTA_META_KEY: NFT_META_L4PROTO
            }
            compare([number], &$0)
            load(base: 2, offset: 2, length: 2, &$0)  // the destination port
            compare([0, 53], &$0)
            set(register: 1, address.bytes, &$0)
            set(register: 2, [UInt8(port >> 8), UInt8(port & 0xff)], &$0)
            expression("nat", &$0) {
                $0.append(1, bigEndian: UInt32(1))  // NFTA_NAT_TYPE: NFT_NAT_DNAT
                $0.append(2, bigEndian: UInt32(2))  // NFTA_NAT_FAMILY: NFPROTO_IPV4
                $0.append(3, bigEndian: UInt32(1))  // NFTA_NAT_REG_ADDR_MIN
                $0.append(5, bigEndian: UInt32(2))  // NFTA_NAT_REG_PROTO_MIN
            }
        }
        // A comment as the nft command stores it: type 0, length, text with NUL.
        let comment = Array("\(name) \(port)".utf8) + [0]
        attributes.append(userDataType, bytes: [0, UInt8(comment.count)] + comment)
        return message("add nftables rule \(name) to \(table) \(chain)", 6, [.create, .append], attributes)
    }

    private static func load(base: UInt32, offset: UInt32, length: UInt32, _ list: inout NetlinkAttributes) {
        expression("payload", &list) {
            $0.append(1, bigEndian: UInt32(1))  // NFTA_PAYLOAD_DREG
            $0.append(2, bigEndian: base)  // NFTA_PAYLOAD_BASE
            $0.append(3, bigEndian: offset)  // NFTA_PAYLOAD_OFFSET
            $0.append(4, bigEndian: length)  // NFTA_PAYLOAD_LEN
        }
    }

    private static func compare(_ value: [UInt8], _ list: inout NetlinkAttributes) {
        expression("cmp", &list) {
            $0.append(1, bigEndian: UInt32(1))  // NFTA_CMP_SREG
            $0.append(2, bigEndian: UInt32(0))  // NFTA_CMP_OP: equal
            $0.nest(3) { $0.append(1, bytes: value) }  // NFTA_CMP_DATA
        }
    }

    private static func set(register: UInt32, _ value: [UInt8], _ list: inout NetlinkAttributes) {
        expression("immediate", &list) {
            $0.append(1, bigEndian: register)  // NFTA_IMMEDIATE_DREG
            $0.nest(2) { $0.append(1, bytes: value) }  // NFTA_IMMEDIATE_DATA
        }
    }

    private static func expression(
        _ name: String, _ list: inout NetlinkAttributes, _ body: (inout NetlinkAttributes) -> Void
    ) {
        list.nest(1) { element in  // NFTA_LIST_ELEM
            element.append(1, name)  // NFTA_EXPR_NAME
            element.nest(2, body)  // NFTA_EXPR_DATA
        }
    }
}

/// The expressions that a rule of nf_tables is made of, each with its attributes (linux/netfilter/nf_tables.h). All
/// work on register 1.
enum NFTablesExpression {
    enum InterfaceKey: UInt32 {
        case input = 6  // NFT_META_IIFNAME
        case output = 7  // NFT_META_OIFNAME
    }

    /// `ip saddr SUBNET`
    static func sourceAddress(in subnet: IPv4Subnet, _ list: inout NetlinkAttributes) {
        add("payload", &list) {
            $0.append(1, bigEndian: register)  // NFTA_PAYLOAD_DREG
            $0.append(2, bigEndian: UInt32(1))  // NFTA_PAYLOAD_BASE: network header
            $0.append(3, bigEndian: UInt32(12))  // NFTA_PAYLOAD_OFFSET: the source of an IPv4 header
            $0.append(4, bigEndian: UInt32(4))  // NFTA_PAYLOAD_LEN
        }
        add("bitwise", &list) {
            $0.append(1, bigEndian: register)  // NFTA_BITWISE_SREG
            $0.append(2, bigEndian: register)  // NFTA_BITWISE_DREG
            $0.append(3, bigEndian: UInt32(4))  // NFTA_BITWISE_LEN
            $0.nest(4) { $0.append(dataValue, bytes: subnet.mask.bytes) }  // NFTA_BITWISE_MASK
            $0.nest(5) { $0.append(dataValue, bytes: [0, 0, 0, 0]) }  // NFTA_BITWISE_XOR
        }
        compare(equal: true, subnet.network.bytes, &list)
    }

    /// `iifname NAME`, `oifname NAME` or their negation
    static func interface(_ key: InterfaceKey, is equal: Bool, _ name: String, _ list: inout NetlinkAttributes) {
        add("meta", &list) {
            $0.append(1, bigEndian: register)  // NFTA_META_DREG
            $0.append(2, bigEndian: key.rawValue)  // NFTA_META_KEY
        }
        // The register holds the whole name field (IFNAMSIZ).
        let field = Array(name.utf8.prefix(15))
        compare(equal: equal, field + [UInt8](repeating: 0, count: 16 - field.count), &list)
    }

    /// `accept`: ends this chain only.
    static func accept(_ list: inout NetlinkAttributes) {
        add("immediate", &list) {
            $0.append(1, bigEndian: UInt32(0))  // NFTA_IMMEDIATE_DREG: the verdict
            $0.nest(2) {  // NFTA_IMMEDIATE_DATA
                $0.nest(2) { $0.append(1, bigEndian: UInt32(1)) }  // NFTA_DATA_VERDICT, NFTA_VERDICT_CODE: NF_ACCEPT
            }
        }
    }

    /// `masquerade`
    static func masquerade(_ list: inout NetlinkAttributes) {
        add("masq", &list) { _ in }
    }

    private static let register: UInt32 = 1  // NFT_REG_1
    private static let dataValue: UInt16 = 1  // NFTA_DATA_VALUE

    private static func compare(equal: Bool, _ value: [UInt8], _ list: inout NetlinkAttributes) {
        add("cmp", &list) {
            $0.append(1, bigEndian: register)  // NFTA_CMP_SREG
            $0.append(2, bigEndian: UInt32(equal ? 0 : 1))  // NFTA_CMP_OP
            $0.nest(3) { $0.append(dataValue, bytes: value) }  // NFTA_CMP_DATA
        }
    }

    private static func add(
        _ name: String, _ list: inout NetlinkAttributes, _ body: (inout NetlinkAttributes) -> Void
    ) {
        list.nest(1) { element in  // NFTA_LIST_ELEM
            element.append(1, name)  // NFTA_EXPR_NAME
            element.nest(2, body)  // NFTA_EXPR_DATA
        }
    }
}

/// The expressions of a rule of nf_tables, each with its attributes (linux/netfilter/nf_tables.h). A value is loaded
/// into a register and compared there, or used by the statement at the end.
struct NFTablesRuleBody: Sendable {
    private(set) var attributes = NetlinkAttributes()
    /// The sets that the rule looks into.
    private(set) var sets: [NFTablesSet] = []
    private(set) var lastSetID: UInt32

    init(lastSetID: UInt32) { self.lastSetID = lastSetID }

    /// What is known of a packet beside its bytes (NFT_META_*).
    enum Meta: UInt32 {
        case inputName = 6
        case outputName = 7
        case family = 15
        case transport = 16
    }

    /// Where a rule leads (NF_* and NFT_*).
    enum Verdict {
        case accept
        case drop
        case leave
        case jump(String)

        var code: Int32 {
            switch self {
            case .drop: 0
            case .accept: 1
            case .jump: -3
            case .leave: -5
            }
        }
    }

    /// A register by the number of its four bytes, from 0 to 15 (NFT_REG32_00 and up).
    struct Register: Sendable {
        var number: UInt32
        init(_ place: UInt32) { number = 8 + place }
    }

    static let first = Register(0)

    mutating func loadMeta(_ key: Meta, _ register: Register = first) {
        add("meta") {
            $0.append(1, bigEndian: register.number)  // NFTA_META_DREG
            $0.append(2, bigEndian: key.rawValue)  // NFTA_META_KEY
        }
    }

    /// Loads bytes of a packet.
    /// - Parameter base: 1 is the network header, 2 the transport's.
    mutating func loadPayload(base: UInt32, offset: UInt32, length: UInt32, _ register: Register = first) {
        add("payload") {
            $0.append(1, bigEndian: register.number)  // NFTA_PAYLOAD_DREG
            $0.append(2, bigEndian: base)  // NFTA_PAYLOAD_BASE
            $0.append(3, bigEndian: offset)  // NFTA_PAYLOAD_OFFSET
            $0.append(4, bigEndian: length)  // NFTA_PAYLOAD_LEN
        }
    }

    mutating func compare(_ value: [UInt8], isEqual: Bool = true, _ register: Register = first) {
        add("cmp") {
            $0.append(1, bigEndian: register.number)  // NFTA_CMP_SREG
            $0.append(2, bigEndian: UInt32(isEqual ? 0 : 1))  // NFTA_CMP_OP
            $0.nest(3) { $0.append(1, bytes: value) }  // NFTA_CMP_DATA
        }
    }

    /// Keeps only the bits of a mask.
    mutating func mask(_ bits: [UInt8], _ register: Register = first) {
        add("bitwise") {
            $0.append(1, bigEndian: register.number)  // NFTA_BITWISE_SREG
            $0.append(2, bigEndian: register.number)  // NFTA_BITWISE_DREG
            $0.append(3, bigEndian: UInt32(bits.count))  // NFTA_BITWISE_LEN
            $0.nest(4) { $0.append(1, bytes: bits) }  // NFTA_BITWISE_MASK
            $0.nest(5) { $0.append(1, bytes: [UInt8](repeating: 0, count: bits.count)) }  // NFTA_BITWISE_XOR
        }
    }

    /// Looks the first register up in a set of the rule's own.
    mutating func lookUp(_ keys: [[UInt8]], _ kind: NFTablesSet.Kind, isInverted: Bool = false) {
        lastSetID += 1
        let set = NFTablesSet(
            name: "__set%d", id: lastSetID, key: kind, data: nil, isAnonymous: true,
            elements: keys.map { .init(key: $0) })
        sets.append(set)
        add("lookup") {
            $0.append(1, set.name)  // NFTA_LOOKUP_SET
            $0.append(2, bigEndian: Self.first.number)  // NFTA_LOOKUP_SREG
            $0.append(4, bigEndian: set.id)  // NFTA_LOOKUP_SET_ID
            if isInverted { $0.append(5, bigEndian: UInt32(1)) }  // NFTA_LOOKUP_FLAGS: NFT_LOOKUP_F_INV
        }
    }

    /// Puts what a map of the table leads to in place of the key in the first register; no element ends the rule.
    mutating func translate(by map: String) {
        add("lookup") {
            $0.append(1, map)
            $0.append(2, bigEndian: Self.first.number)
            $0.append(3, bigEndian: Self.first.number)  // NFTA_LOOKUP_DREG
        }
    }

    /// Loads what connection tracking knows.
    /// - Parameter key: 0 is the state, 2 the status (NFT_CT_STATE, NFT_CT_STATUS).
    mutating func loadConnection(_ key: UInt32) {
        add("ct") {
            $0.append(1, bigEndian: Self.first.number)  // NFTA_CT_DREG
            $0.append(2, bigEndian: key)  // NFTA_CT_KEY
        }
    }

    /// Loads what the routes know.
    /// - Parameters:
    ///   - result: 1 is the interface out, 3 the type of the address (NFT_FIB_RESULT_*).
    ///   - flags: 1 is the source, 2 the destination, 8 by the interface in, 32 whether there is any
    ///     (NFTA_FIB_F_*).
    mutating func loadRoute(result: UInt32, flags: UInt32) {
        add("fib") {
            $0.append(1, bigEndian: Self.first.number)  // NFTA_FIB_DREG
            $0.append(2, bigEndian: result)  // NFTA_FIB_RESULT
            $0.append(3, bigEndian: flags)  // NFTA_FIB_FLAGS
        }
    }

    /// `accept` and `drop` end the packet's way through this table alone, and altogether.
    mutating func verdict(_ verdict: Verdict) {
        add("immediate") {
            $0.append(1, bigEndian: UInt32(0))  // NFTA_IMMEDIATE_DREG: the verdict
            $0.nest(2) {  // NFTA_IMMEDIATE_DATA
                $0.nest(2) {  // NFTA_DATA_VERDICT
                    $0.append(1, bigEndian: verdict.code)  // NFTA_VERDICT_CODE
                    if case .jump(let chain) = verdict { $0.append(2, chain) }  // NFTA_VERDICT_CHAIN
                }
            }
        }
    }

    mutating func masquerade() { add("masq") { _ in } }

    /// Sends the packet to the address in the first register and the port in the one after it.
    mutating func redirect(isIPv6: Bool) {
        add("nat") {
            $0.append(1, bigEndian: UInt32(1))  // NFTA_NAT_TYPE: NFT_NAT_DNAT
            $0.append(2, bigEndian: UInt32(isIPv6 ? 10 : 2))  // NFTA_NAT_FAMILY
            $0.append(3, bigEndian: Self.first.number)  // NFTA_NAT_REG_ADDR_MIN
            $0.append(5, bigEndian: Register(isIPv6 ? 4 : 1).number)  // NFTA_NAT_REG_PROTO_MIN
        }
    }

    private mutating func add(_ name: String, _ body: (inout NetlinkAttributes) -> Void) {
        attributes.nest(1) { element in  // NFTA_LIST_ELEM
            element.append(1, name)  // NFTA_EXPR_NAME
            element.nest(2, body)  // NFTA_EXPR_DATA
        }
    }
}

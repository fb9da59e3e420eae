/// A set or map of our table.
struct NFTablesSet: Sendable {
    /// What the elements are made of, with the number by which the nft command prints it.
    struct Kind: Sendable, Hashable {
        var number: UInt32
        /// In bytes; in a concatenation each part is padded to four.
        var length: UInt32

        static let ipv4 = Kind(number: 7, length: 4)
        static let ipv6 = Kind(number: 8, length: 16)
        static let transport = Kind(number: 12, length: 1)
        static let port = Kind(number: 13, length: 2)
        static let interface = Kind(number: 41, length: 16)

        static func concatenation(_ parts: Kind...) -> Kind {
            parts.reduce(Kind(number: 0, length: 0)) {
                Kind(number: $0.number << 6 | $1.number, length: $0.length + ($1.length + 3) & ~3)
            }
        }
    }

    struct Element: Sendable, Hashable {
        var key: [UInt8]
        var data: [UInt8] = []
        var comment: String?
    }

    var name: String
    /// Tells it from other new sets of the transaction.
    var id: UInt32
    var key: Kind
    /// What a map leads to.
    var data: Kind?
    /// Whether it belongs to one rule and is gone with it; its name is the kernel's choice then.
    var isAnonymous: Bool
    var elements: [Element] = []
}

extension NFTablesMessage {
    enum ElementOperation: UInt16 {
        case add = 12
        case get = 13
        case delete = 14
    }

    /// How many elements go into one message: an attribute holds 64 KiB.
    private static let elementsPerMessage = 400

    static func newSet(_ set: NFTablesSet, in table: String) -> NetlinkMessage {
        var flags: UInt32 = set.isAnonymous ? 1 | 2 : 0  // NFT_SET_ANONYMOUS, NFT_SET_CONSTANT
        if set.data != nil { flags |= 8 }  // NFT_SET_MAP
        var attributes = NetlinkAttributes()
        attributes.append(1, table)  // NFTA_SET_TABLE
        attributes.append(2, set.name)  // NFTA_SET_NAME
        attributes.append(3, bigEndian: flags)  // NFTA_SET_FLAGS
        attributes.append(4, bigEndian: set.key.number)  // NFTA_SET_KEY_TYPE
        attributes.append(5, bigEndian: set.key.length)  // NFTA_SET_KEY_LEN
        if let data = set.data {
            attributes.append(6, bigEndian: data.number)  // NFTA_SET_DATA_TYPE
            attributes.append(7, bigEndian: data.length)  // NFTA_SET_DATA_LEN
        }
        if set.isAnonymous {
            // With a size the kernel takes a table of that size in place of one that grows.
            attributes.nest(9) { $0.append(1, bigEndian: UInt32(set.elements.count)) }  // NFTA_SET_DESC
        }
        attributes.append(10, bigEndian: set.id)  // NFTA_SET_ID
        if set.key == .interface {
            // For the nft command, which would print no names otherwise: type 0, four bytes, the machine's byte order.
            attributes.append(13, bytes: [0, 4] + [UInt8](native: UInt32(1)))  // NFTA_SET_USERDATA
        }
        return message("create nftables set \(table) \(set.name)", 9, [.create], attributes)
    }

    /// Adds, asks for or deletes elements.
    /// - Parameters:
    ///   - id: the set's number when it is of the same transaction.
    ///   - perMessage: how many go into one message.
    static func elements(
        _ elements: [NFTablesSet.Element], of set: String, id: UInt32? = nil, in table: String,
        _ operation: ElementOperation, perMessage: Int = elementsPerMessage
    ) -> [NetlinkMessage] {
        stride(from: 0, to: elements.count, by: perMessage).map { start in
            var attributes = NetlinkAttributes()
            attributes.append(1, table)  // NFTA_SET_ELEM_LIST_TABLE
            attributes.append(2, set)  // NFTA_SET_ELEM_LIST_SET
            attributes.nest(3) { list in  // NFTA_SET_ELEM_LIST_ELEMENTS
                for element in elements[start..<min(start + perMessage, elements.count)] {
                    append(element, to: &list, isKeyAlone: operation != .add)
                }
            }
            if let id { attributes.append(4, bigEndian: id) }  // NFTA_SET_ELEM_LIST_SET_ID
            let words = ["add to", "look into", "delete from"][Int(operation.rawValue - 12)]
            return message(
                "\(words) nftables set \(table) \(set)", operation.rawValue, operation == .add ? [.create] : [],
                attributes)
        }
    }

    private static func append(
        _ element: NFTablesSet.Element, to list: inout NetlinkAttributes, isKeyAlone: Bool
    ) {
        list.nest(1) { item in  // NFTA_LIST_ELEM
            item.nest(1) { $0.append(1, bytes: element.key) }  // NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE
            if isKeyAlone { return }
            if !element.data.isEmpty { item.nest(2) { $0.append(1, bytes: element.data) } }  // NFTA_SET_ELEM_DATA
            if let comment = element.comment {
                item.append(6, bytes: NFTablesRule.userData(comment))  // NFTA_SET_ELEM_USERDATA
            }
        }
    }

    /// Asks for every element of a set.
    static func listElements(of set: String, in table: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, table)
        attributes.append(2, set)
        return message("list nftables set \(table) \(set)", 13, [.dump], attributes).withoutAcknowledgement
    }

    /// Decodes the elements of an NFT_MSG_NEWSETELEM; none for another type.
    static func elements(in message: NetlinkMessage) -> [NFTablesSet.Element] {
        guard message.type == newElementsType, message.payload.count >= 4,
            let list = message.attributes(after: 4).first(where: { $0.type == 3 })?.value
        else { return [] }
        return NetlinkAttributes.parse(list).map { item in
            var element = NFTablesSet.Element(key: [])
            for (type, value) in NetlinkAttributes.parse(item.value) {
                switch type {
                case 1: element.key = self.value(value)
                case 2: element.data = self.value(value)
                case 6: element.comment = NFTablesRule.comment(value)
                default: break
                }
            }
            return element
        }
    }

    /// The bytes of NFTA_DATA_VALUE.
    private static func value(_ data: ArraySlice<UInt8>) -> [UInt8] {
        NetlinkAttributes.parse(data).first { $0.type == 1 }.map { Array($0.value) } ?? []
    }
}

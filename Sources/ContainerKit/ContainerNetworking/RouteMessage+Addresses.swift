// Addresses of interfaces, and of their neighbours.
extension RouteMessage {
    static let newAddress: UInt16 = 20
    static let deleteAddress: UInt16 = 21
    static let getAddress: UInt16 = 22
    static let newNeighbour: UInt16 = 28
    static let deleteNeighbour: UInt16 = 29
    static let getNeighbour: UInt16 = 30

    /// Gives a link an address; one that has it already is EEXIST. An IPv6 address can be used at once: whether
    /// somebody else has it (RFC 4862, section 5.4) is not asked, since it is leased, and asking takes a second.
    public static func addAddress(_ address: InterfaceAddress, to index: UInt32, name: String) -> NetlinkMessage {
        let withoutDetection: UInt8 = address.address.isIPv6 ? 2 : 0  // IFA_F_NODAD
        var attributes = addressAttributes(address)
        if !address.address.isIPv6, address.prefixLength < 31 {
            attributes.append(4, bytes: address.subnet.last.bytes)  // IFA_BROADCAST
        }
        return NetlinkMessage(
            "add address \(address) to \(name)", type: newAddress, flags: [.create, .exclusive],
            header: addressHeader(address, flags: withoutDetection, index), attributes: attributes)
    }

    public static func deleteAddress(_ address: InterfaceAddress, of index: UInt32, name: String) -> NetlinkMessage {
        NetlinkMessage(
            "delete address \(address) of \(name)", type: deleteAddress, header: addressHeader(address, index),
            attributes: addressAttributes(address))
    }

    /// `struct ifaddrmsg`: family, prefix length, flags, scope, index
    private static func addressHeader(_ address: InterfaceAddress, flags: UInt8 = 0, _ index: UInt32) -> [UInt8] {
        [address.address.family, UInt8(address.prefixLength), flags, 0] + [UInt8](native: index)
    }

    private static func addressAttributes(_ address: InterfaceAddress) -> NetlinkAttributes {
        var attributes = NetlinkAttributes()
        attributes.append(2, bytes: address.address.bytes)  // IFA_LOCAL
        attributes.append(1, bytes: address.address.bytes)  // IFA_ADDRESS
        return attributes
    }

    /// Asks for the addresses of the namespace: IPv4's alone, or all.
    public static func listAddresses(isIPv6Included: Bool = false) -> NetlinkMessage {
        NetlinkMessage(
            "list the addresses", type: getAddress, flags: .dump,
            header: [isIPv6Included ? 0 : inet, 0, 0, 0, 0, 0, 0, 0]
        ).withoutAcknowledgement
    }

    /// Says for good which MAC address a neighbour has, whatever it may say of itself.
    public static func setNeighbour(_ address: IPAddress, is mac: MACAddress, on index: UInt32, name: String)
        -> NetlinkMessage
    {
        var attributes = NetlinkAttributes()
        attributes.append(1, bytes: address.bytes)  // NDA_DST
        attributes.append(2, bytes: mac.bytes)  // NDA_LLADDR
        return NetlinkMessage(
            "set neighbour \(address) of \(name)", type: newNeighbour, flags: [.create, .replace],
            header: neighbourHeader(address, index, state: 0x80), attributes: attributes)  // NUD_PERMANENT
    }

    public static func deleteNeighbour(_ address: IPAddress, on index: UInt32, name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(1, bytes: address.bytes)
        return NetlinkMessage(
            "delete neighbour \(address) of \(name)", type: deleteNeighbour,
            header: neighbourHeader(address, index, state: 0), attributes: attributes)
    }

    /// Asks for every neighbour of the namespace.
    public static func listNeighbours() -> NetlinkMessage {
        NetlinkMessage(
            "list the neighbours", type: getNeighbour, flags: .dump, header: [UInt8](repeating: 0, count: 12)
        ).withoutAcknowledgement
    }

    /// `struct ndmsg`: family, padding, index, state, flags, type
    private static func neighbourHeader(_ address: IPAddress, _ index: UInt32, state: UInt16) -> [UInt8] {
        [address.family, 0, 0, 0] + [UInt8](native: index) + [UInt8](native: state) + [0, 0]
    }
}

/// The maps of our table that lead from ports of the host to ports of containers. One that was published on one
/// address is found before one of every address.
enum PortMap: String, CaseIterable, Sendable {
    case ofAddressIPv4 = "address4"
    case ofAnyIPv4 = "any4"
    case ofAddressIPv6 = "address6"
    case ofAnyIPv6 = "any6"

    init(for port: PublishedPort) {
        self =
            if port.containerAddress.isIPv6 {
                port.hostAddress == nil ? .ofAnyIPv6 : .ofAddressIPv6
            } else {
                port.hostAddress == nil ? .ofAnyIPv4 : .ofAddressIPv4
            }
    }

    var isIPv6: Bool { self == .ofAddressIPv6 || self == .ofAnyIPv6 }
    private var hasAddress: Bool { self == .ofAddressIPv4 || self == .ofAddressIPv6 }
    private var address: NFTablesSet.Kind { isIPv6 ? .ipv6 : .ipv4 }

    var words: String {
        "send published ports of \(hasAddress ? "one" : "every") IPv\(isIPv6 ? 6 : 4) address to their containers"
    }

    /// - Parameter id: the set's number in its transaction.
    func set(id: UInt32) -> NFTablesSet {
        NFTablesSet(
            name: rawValue, id: id,
            key: hasAddress ? .concatenation(address, .transport, .port) : .concatenation(.transport, .port),
            data: .concatenation(address, .port), isAnonymous: false)
    }

    /// Loads what the map is asked for, from the first register on: the address perhaps, the transport, the port.
    func loadKey(_ body: inout NFTablesRuleBody) {
        var place: UInt32 = 0
        if hasAddress {
            body.loadPayload(base: 1, offset: isIPv6 ? 24 : 16, length: address.length)
            place = address.length / 4
        }
        body.loadMeta(.transport, .init(place))
        // Where TCP, UDP and SCTP have the port; the transport in the key keeps others out.
        body.loadPayload(base: 2, offset: 2, length: 2, .init(place + 1))
    }

    func element(_ port: PublishedPort) -> NFTablesSet.Element {
        let target = port.containerAddress.bytes + [UInt8](native: port.containerPort.bigEndian) + [0, 0]
        let key = [port.transport.rawValue, 0, 0, 0] + [UInt8](native: port.hostPort.bigEndian) + [0, 0]
        return NFTablesSet.Element(key: (port.hostAddress?.bytes ?? []) + key, data: target, comment: port.bridge)
    }

    /// The port that an element stands for; nil when it is none of ours.
    func port(_ element: NFTablesSet.Element) -> PublishedPort? {
        let width = Int(address.length)
        let key = element.key.suffix(8)
        guard element.key.count == (hasAddress ? width + 8 : 8), element.data.count >= width + 2,
            let transport = key.first.flatMap(PublishedPort.Transport.init),
            let target = IPAddress(bytes: element.data.prefix(width))
        else { return nil }
        return PublishedPort(
            transport: transport, hostAddress: hasAddress ? IPAddress(bytes: element.key.prefix(width)) : nil,
            hostPort: UInt16(bigEndian: key.native(UInt16.self, at: 4)), containerAddress: target,
            containerPort: UInt16(bigEndian: element.data[...].native(UInt16.self, at: width)),
            bridge: element.comment ?? "")
    }
}

/// A rule that chooses a routing table for a packet (ip-rule(8)).
public struct RoutingRule: Sendable, Hashable, CustomStringConvertible {
    public var isIPv6: Bool
    /// Rules are tried from the lowest number on.
    public var priority: UInt32
    /// Where the packet comes from; nil is anywhere.
    public var source: IPSubnet?
    /// Where it goes to; nil is anywhere.
    public var destination: IPSubnet?
    /// The interface that it came in by; nil is any.
    public var inputInterface: String?
    public var table: UInt32

    /// - Parameter isIPv6: counts only when neither source nor destination is there to tell it.
    public init(
        priority: UInt32, source: IPSubnet? = nil, destination: IPSubnet? = nil, inputInterface: String? = nil,
        table: UInt32, isIPv6: Bool = false
    ) {
        self.isIPv6 = (source ?? destination)?.isIPv6 ?? isIPv6
        self.priority = priority
        self.source = source
        self.destination = destination
        self.inputInterface = inputInterface
        self.table = table
    }

    /// `struct fib_rule_hdr`: family, lengths of destination and source, tos, table, reserved, action: look up in a
    /// table, flags
    var header: [UInt8] {
        [
            isIPv6 ? RouteMessage.inet6 : RouteMessage.inet, UInt8(destination?.prefixLength ?? 0),
            UInt8(source?.prefixLength ?? 0), 0, 0, 0, 0, 1, 0, 0, 0, 0,
        ]
    }

    var attributes: NetlinkAttributes {
        var attributes = NetlinkAttributes()
        if let destination { attributes.append(1, bytes: destination.network.bytes) }  // FRA_DST
        if let source { attributes.append(2, bytes: source.network.bytes) }  // FRA_SRC
        if let inputInterface { attributes.append(3, inputInterface) }  // FRA_IIFNAME
        attributes.append(6, priority)  // FRA_PRIORITY
        attributes.append(15, table)  // FRA_TABLE
        return attributes
    }

    /// Decodes an RTM_NEWRULE; nil for another type and for rules that do something other than looking into a table.
    init?(_ message: NetlinkMessage) {
        let payload = message.payload
        guard message.type == RouteMessage.newRule, payload.count >= 12, payload[7] == 1,
            payload[0] == RouteMessage.inet || payload[0] == RouteMessage.inet6
        else { return nil }
        isIPv6 = payload[0] == RouteMessage.inet6
        priority = 0
        table = UInt32(payload[4])
        for (type, value) in message.attributes(after: 12) {
            switch type {
            case 1, 2:
                guard let address = IPAddress(bytes: value),
                    let subnet = try? IPSubnet(containing: address, prefixLength: Int(payload[type == 1 ? 1 : 2]))
                else { return nil }
                if type == 1 { destination = subnet } else { source = subnet }
            case 3: inputInterface = value.text
            case 6: priority = value.native(UInt32.self, at: 0)
            case 15: table = value.native(UInt32.self, at: 0)
            default: break
            }
        }
    }

    public var description: String {
        var text = "\(priority): from \(source?.description ?? "all")"
        if let destination { text += " to \(destination)" }
        if let inputInterface { text += " iif \(inputInterface)" }
        return text + " lookup \(table)"
    }
}

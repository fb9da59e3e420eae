// Routes, and the rules that choose their table.
extension RouteMessage {
    static let newRoute: UInt16 = 24
    static let deleteRoute: UInt16 = 25
    static let getRoute: UInt16 = 26
    static let newRule: UInt16 = 32
    static let deleteRule: UInt16 = 33
    static let getRule: UInt16 = 34

    /// The number of the main table.
    public static let mainTable: UInt32 = 254

    /// The route to everywhere else; in place of another one when `isReplacing`.
    public static func addDefaultRoute(via gateway: IPAddress, index: UInt32, isReplacing: Bool = false)
        -> NetlinkMessage
    {
        var attributes = NetlinkAttributes()
        attributes.append(5, bytes: gateway.bytes)  // RTA_GATEWAY
        attributes.append(4, index)  // RTA_OIF
        return NetlinkMessage(
            "add the default route via \(gateway)", type: newRoute,
            flags: [.create, isReplacing ? .replace : .exclusive], header: routeHeader(gateway.family),
            attributes: attributes)
    }

    /// A route to a subnet: through a gateway, or when that is nil to neighbours on the link itself.
    public static func addRoute(
        to subnet: IPSubnet, via gateway: IPAddress? = nil, index: UInt32, table: UInt32 = mainTable,
        isReplacing: Bool = false
    ) -> NetlinkMessage {
        NetlinkMessage(
            "add a route to \(subnet)", type: newRoute, flags: [.create, isReplacing ? .replace : .exclusive],
            header: routeHeader(subnet.network.family, length: subnet.prefixLength, isOnLink: gateway == nil),
            attributes: routeAttributes(subnet, gateway, index, table))
    }

    public static func deleteRoute(
        to subnet: IPSubnet, via gateway: IPAddress? = nil, index: UInt32, table: UInt32 = mainTable
    ) -> NetlinkMessage {
        NetlinkMessage(
            "delete the route to \(subnet)", type: deleteRoute,
            header: routeHeader(subnet.network.family, length: subnet.prefixLength, isOnLink: gateway == nil),
            attributes: routeAttributes(subnet, gateway, index, table))
    }

    private static func routeAttributes(_ subnet: IPSubnet, _ gateway: IPAddress?, _ index: UInt32, _ table: UInt32)
        -> NetlinkAttributes
    {
        var attributes = NetlinkAttributes()
        if subnet.prefixLength > 0 { attributes.append(1, bytes: subnet.network.bytes) }  // RTA_DST
        if let gateway { attributes.append(5, bytes: gateway.bytes) }
        attributes.append(4, index)
        attributes.append(15, table)  // RTA_TABLE
        return attributes
    }

    /// `struct rtmsg`: family, lengths, tos, table main, protocol boot, scope (universe or link), type unicast, flags.
    /// IPv6 has no scopes of routes.
    private static func routeHeader(_ family: UInt8, length: Int = 0, isOnLink: Bool = false) -> [UInt8] {
        [family, UInt8(length), 0, 0, 254, 3, isOnLink && family == inet ? 253 : 0, 1, 0, 0, 0, 0]
    }

    /// Asks for every route of every table, of both kinds.
    public static func listRoutes() -> NetlinkMessage {
        NetlinkMessage(
            "list the routes", type: getRoute, flags: .dump, header: [UInt8](repeating: 0, count: 12)
        ).withoutAcknowledgement
    }

    public static func addRule(_ rule: RoutingRule) -> NetlinkMessage {
        NetlinkMessage(
            "add the routing rule \(rule)", type: newRule, flags: [.create, .exclusive], header: rule.header,
            attributes: rule.attributes)
    }

    public static func deleteRule(_ rule: RoutingRule) -> NetlinkMessage {
        NetlinkMessage(
            "delete the routing rule \(rule)", type: deleteRule, header: rule.header, attributes: rule.attributes)
    }

    /// Asks for the routing rules of both kinds.
    public static func listRules() -> NetlinkMessage {
        NetlinkMessage(
            "list the routing rules", type: getRule, flags: .dump, header: [UInt8](repeating: 0, count: 12)
        ).withoutAcknowledgement
    }
}

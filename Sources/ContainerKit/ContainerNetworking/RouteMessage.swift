/// The requests of rtnetlink(7) that the library sends. Those about links in general stand here.
public enum RouteMessage {
    // linux/rtnetlink.h
    static let newLink: UInt16 = 16
    static let deleteLink: UInt16 = 17
    static let getLink: UInt16 = 18

    static let inet: UInt8 = 2  // AF_INET
    static let inet6: UInt8 = 10  // AF_INET6
    static let interfaceUp: UInt32 = 1  // IFF_UP

    /// Attributes of a link (IFLA_*, linux/if_link.h).
    enum LinkAttribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let parent: UInt16 = 5
        static let master: UInt16 = 10
        static let info: UInt16 = 18
        static let namespacePID: UInt16 = 19
        static let alias: UInt16 = 20
        static let namespaceDescriptor: UInt16 = 28
        static let extensionMask: UInt16 = 29
        // Inside `info`
        static let kind: UInt16 = 1
        static let data: UInt16 = 2
        static let portKind: UInt16 = 4
        static let portData: UInt16 = 5
        // Inside `data`
        static let vethPeer: UInt16 = 1
        static let bridgeSTPState: UInt16 = 5
        // Inside `portData`
        static let portReflecting: UInt16 = 4
        static let portIsolated: UInt16 = 33
    }

    /// Counters make up most of a link's answer, and nobody here reads them (RTEXT_FILTER_SKIP_STATS).
    private static let skipStatistics: UInt32 = 8

    /// `struct ifinfomsg`
    static func linkHeader(index: UInt32 = 0, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        [0, 0, 0, 0] + [UInt8](native: index) + [UInt8](native: flags) + [UInt8](native: change)
    }

    /// Asks for one link.
    public static func getLink(named name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        attributes.append(LinkAttribute.extensionMask, skipStatistics)
        return NetlinkMessage("look up link \(name)", type: getLink, header: linkHeader(), attributes: attributes)
    }

    /// Asks for every link of the namespace.
    public static func listLinks() -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.extensionMask, skipStatistics)
        return NetlinkMessage(
            "list the links", type: getLink, flags: .dump, header: linkHeader(), attributes: attributes
        ).withoutAcknowledgement
    }

    public static func setLinkUp(_ index: UInt32, name: String) -> NetlinkMessage {
        NetlinkMessage(
            "set link \(name) up", type: newLink,
            header: linkHeader(index: index, flags: interfaceUp, change: interfaceUp))
    }

    /// A link that is up keeps its name on kernels before 6.2: set it down first.
    public static func setLinkDown(_ index: UInt32, name: String) -> NetlinkMessage {
        NetlinkMessage("set link \(name) down", type: newLink, header: linkHeader(index: index, change: interfaceUp))
    }

    /// - Parameter mtu: in bytes.
    public static func setMTU(_ mtu: UInt32, of index: UInt32, name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.mtu, mtu)
        return change("set the MTU of link \(name) to \(mtu)", index, attributes)
    }

    /// - Parameter alias: at most 255 bytes.
    public static func setAlias(_ alias: String, of index: UInt32, name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.alias, alias)
        return change("mark link \(name) as \(alias)", index, attributes)
    }

    public static func rename(_ index: UInt32, from old: String, to new: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, new)
        return change("rename link \(old) to \(new)", index, attributes)
    }

    /// Makes a link a port of a bridge; nil releases it.
    public static func setBridge(_ bridge: UInt32?, of index: UInt32, name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.master, bridge ?? 0)
        return change(
            bridge == nil ? "release link \(name) from its bridge" : "put link \(name) into a bridge", index, attributes
        )
    }

    /// Sets how a bridge treats a port (bridge(8)): whether it is kept from the other isolated ports, and whether
    /// frames may leave by it that came in by it (`hairpin`).
    public static func setPort(_ index: UInt32, name: String, isIsolated: Bool, isReflecting: Bool) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.portKind, "bridge")
            info.nest(LinkAttribute.portData) {
                $0.append(LinkAttribute.portReflecting, UInt8(isReflecting ? 1 : 0))
                $0.append(LinkAttribute.portIsolated, UInt8(isIsolated ? 1 : 0))
            }
        }
        return change("set how the bridge treats link \(name)", index, attributes)
    }

    public static func deleteLink(named name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        return NetlinkMessage("delete link \(name)", type: deleteLink, header: linkHeader(), attributes: attributes)
    }

    /// The same by its index, which stays when it is renamed.
    public static func deleteLink(_ index: UInt32, name: String) -> NetlinkMessage {
        NetlinkMessage("delete link \(name)", type: deleteLink, header: linkHeader(index: index))
    }

    private static func change(_ description: String, _ index: UInt32, _ attributes: NetlinkAttributes)
        -> NetlinkMessage
    {
        NetlinkMessage(description, type: newLink, header: linkHeader(index: index), attributes: attributes)
    }
}

extension NetlinkMessage {
    /// A listing ends by itself.
    var withoutAcknowledgement: NetlinkMessage {
        var copy = self
        copy.flags.remove(.acknowledge)
        return copy
    }
}

// Making links of every kind that networks need.
extension RouteMessage {
    /// Makes a bridge without spanning tree; its VLAN filter is off by itself, and kernels without one refuse to be told
    /// so. With a MAC of its own: a bridge that borrows the smallest
    /// one of its ports changes it as containers come and go, and the neighbour caches of all others go stale.
    public static func createBridge(_ name: String, address: MACAddress) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        attributes.append(LinkAttribute.address, bytes: address.bytes)
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.kind, "bridge")
            info.nest(LinkAttribute.data) { $0.append(LinkAttribute.bridgeSTPState, UInt32(0)) }
        }
        return create("create bridge \(name)", linkHeader(), attributes)
    }

    /// One end of a veth pair, or another link that is told its name and index.
    public struct VethEnd: Sendable {
        public var name: String
        /// The interface index to get.
        public var index: UInt32

        public init(name: String, index: UInt32) {
            self.name = name
            self.index = index
        }
    }

    /// Makes a veth pair (veth(4)): the one end here, up and in a bridge, the other in the network namespace of a
    /// process whose id is filled in later. The kernel keeps the index asked for the peer only when the near end
    /// asks for one too.
    public static func createVeth(
        _ near: VethEnd, bridge: UInt32, peer: VethEnd, peerAddress: MACAddress, mtu: UInt32
    ) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, near.name)
        attributes.append(LinkAttribute.mtu, mtu)
        attributes.append(LinkAttribute.master, bridge)
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.kind, "veth")
            info.nest(LinkAttribute.data) { data in
                // Not a plain nest: the peer starts with an ifinfomsg of its own.
                data.nest(LinkAttribute.vethPeer, flagged: false, header: linkHeader(index: peer.index)) { attributes in
                    attributes.append(LinkAttribute.name, peer.name)
                    attributes.append(LinkAttribute.mtu, mtu)
                    attributes.append(LinkAttribute.address, bytes: peerAddress.bytes)
                    attributes.appendPendingPID(LinkAttribute.namespacePID)
                }
            }
        }
        return create(
            "create link \(near.name) to the container's \(peer.name)",
            linkHeader(index: near.index, flags: interfaceUp, change: interfaceUp), attributes)
    }

    /// Makes a macvlan of a parent here in the network namespace of a process whose id is filled in later.
    /// - Parameter mtu: in bytes; nil takes the parent's.
    public static func createMACVLAN(
        _ link: VethEnd, parent: UInt32, mode: MACVLANMode, address: MACAddress, mtu: UInt32?
    ) -> NetlinkMessage {
        child(link, "macvlan", parent, address: address, mtu: mtu) {
            $0.append(1, mode.rawValue)  // IFLA_MACVLAN_MODE
        }
    }

    /// Makes an ipvlan of a parent here in the network namespace of a process whose id is filled in later. Its MAC is
    /// the parent's.
    /// - Parameter mtu: in bytes; nil takes the parent's.
    public static func createIPVLAN(
        _ link: VethEnd, parent: UInt32, mode: IPVLANMode, flag: IPVLANFlag, mtu: UInt32?
    ) -> NetlinkMessage {
        child(link, "ipvlan", parent, address: nil, mtu: mtu) {
            $0.append(1, mode.rawValue)  // IFLA_IPVLAN_MODE
            $0.append(2, flag.rawValue)  // IFLA_IPVLAN_FLAGS
        }
    }

    /// Makes a link for one VLAN (IEEE 802.1Q) of a parent, up.
    public static func createVLAN(_ name: String, parent: UInt32, id: UInt16) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        attributes.append(LinkAttribute.parent, parent)
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.kind, "vlan")
            info.nest(LinkAttribute.data) { $0.append(1, id) }  // IFLA_VLAN_ID
        }
        return create("create vlan link \(name)", linkHeader(flags: interfaceUp, change: interfaceUp), attributes)
    }

    /// Makes a link that leads nowhere, up: the parent of a macvlan network that has none.
    public static func createDummy(_ name: String) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, name)
        attributes.nest(LinkAttribute.info) { $0.append(LinkAttribute.kind, "dummy") }
        return create("create dummy link \(name)", linkHeader(flags: interfaceUp, change: interfaceUp), attributes)
    }

    /// A link of its parent in the network namespace of a process whose id is filled in later.
    private static func child(
        _ link: VethEnd, _ kind: String, _ parent: UInt32, address: MACAddress?, mtu: UInt32?,
        _ data: (inout NetlinkAttributes) -> Void
    ) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.append(LinkAttribute.name, link.name)
        if let mtu { attributes.append(LinkAttribute.mtu, mtu) }
        if let address { attributes.append(LinkAttribute.address, bytes: address.bytes) }
        attributes.append(LinkAttribute.parent, parent)
        attributes.nest(LinkAttribute.info) { info in
            info.append(LinkAttribute.kind, kind)
            info.nest(LinkAttribute.data, data)
        }
        attributes.appendPendingPID(LinkAttribute.namespacePID)
        return create("create \(kind) link \(link.name)", linkHeader(index: link.index), attributes)
    }

    private static func create(_ description: String, _ header: [UInt8], _ attributes: NetlinkAttributes)
        -> NetlinkMessage
    {
        NetlinkMessage(
            description, type: newLink, flags: [.create, .exclusive], header: header, attributes: attributes)
    }
}

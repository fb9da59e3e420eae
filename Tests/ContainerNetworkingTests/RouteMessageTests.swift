import ContainerSystem
import Testing

@testable import ContainerNetworking

/// The bytes on the wire, on a little-endian machine, against linux/rtnetlink.h and if_link.h.
@Suite struct RouteMessageTests {
    let address = IPv4Address(0x0ac9_0002)
    let gateway = IPv4Address(0x0ac9_0001)
    let subnet = IPv4Subnet(masking: 0x0ac9_0000, prefixLength: 16)
    let interfaceAddress: InterfaceAddress

    init() throws { interfaceAddress = try InterfaceAddress("10.201.0.2/16") }

    @Test func getLink() {
        expect(
            RouteMessage.getLink(named: "ck0"),
            """
            30000000 1200 0500 01000000 00000000   # 48 bytes, RTM_GETLINK, request+ack, seq 1
            00 00 0000 00000000 00000000 00000000  # ifinfomsg
            0800 0300 636b3000                     # IFLA_IFNAME "ck0"
            0800 1d00 08000000                     # IFLA_EXT_MASK: skip statistics
            """)
    }

    @Test func listings() {
        expect(
            RouteMessage.listLinks(),
            """
            28000000 1200 0103 01000000 00000000   # RTM_GETLINK, request+dump
            00 00 0000 00000000 00000000 00000000
            0800 1d00 08000000
            """)
        expect(
            RouteMessage.listAddresses(),
            """
            18000000 1600 0103 01000000 00000000   # RTM_GETADDR, request+dump
            02 00 00 00 00000000                   # ifaddrmsg: AF_INET
            """)
        expect(
            RouteMessage.listRoutes(),
            """
            1c000000 1a00 0103 01000000 00000000   # RTM_GETROUTE, request+dump
            00 00 00 00 00 00 00 00 00000000       # rtmsg: every family
            """)
    }

    @Test func createBridge() {
        expect(
            RouteMessage.createBridge("ck0", address: MACAddress(for: gateway)),
            """
            50000000 1000 0506 01000000 00000000   # RTM_NEWLINK, request+ack+excl+create
            00 00 0000 00000000 00000000 00000000
            0800 0300 636b3000                     # IFLA_IFNAME "ck0"
            0a00 0100 02420ac90001 0000            # IFLA_ADDRESS, padded
            1c00 1280                              # IFLA_LINKINFO, nested
              0b00 0100 62726964676500 00          # IFLA_INFO_KIND "bridge", padded
              0c00 0280                            # IFLA_INFO_DATA, nested
                0800 0500 00000000                 # IFLA_BR_STP_STATE off
            """)
    }

    @Test func createVeth() throws {
        let message = RouteMessage.createVeth(
            .init(name: "veth0123abc", index: 0x4012_3abc), bridge: 5, peer: .init(name: "eth0", index: 16),
            peerAddress: MACAddress(for: address), mtu: 1500)
        expect(
            message,
            """
            90000000 1000 0506 01000000 00000000   # RTM_NEWLINK, request+ack+excl+create
            00 00 0000 bc3a1240 01000000 01000000  # ifinfomsg: index, IFF_UP, change IFF_UP
            1000 0300 76657468303132336162 6300    # IFLA_IFNAME "veth0123abc"
            0800 0400 dc050000                     # IFLA_MTU 1500
            0800 0a00 05000000                     # IFLA_MASTER: the bridge
            5000 1280                              # IFLA_LINKINFO, nested
              0900 0100 7665746800 000000          # IFLA_INFO_KIND "veth", padded
              4000 0280                            # IFLA_INFO_DATA, nested
                3c00 0100                          # VETH_INFO_PEER, no nested flag
                00 00 0000 10000000 00000000 00000000  # ifinfomsg: index 16
                0900 0300 6574683000 000000        # IFLA_IFNAME "eth0", padded
                0800 0400 dc050000                 # IFLA_MTU 1500
                0a00 0100 02420ac90002 0000        # IFLA_ADDRESS, padded
                0800 1300 00000000                 # IFLA_NET_NS_PID: to be filled in
            """)
        let batch = NetlinkBatch([message])
        #expect(batch.pidOffset == batch.bytes.count - 4)
        let resolved = batch.resolved(pid: 0x0102_0304)
        #expect(Array(resolved.bytes.suffix(4)) == [4, 3, 2, 1])
        #expect(resolved.bytes.dropLast(4) == batch.bytes.dropLast(4))
        #expect(resolved.pidOffset == nil)
    }

    @Test func pidOffsetCountsTheMessagesBefore() throws {
        let veth = RouteMessage.createVeth(
            .init(name: "a", index: 1), bridge: 5, peer: .init(name: "b", index: 2),
            peerAddress: MACAddress(for: address), mtu: 1500)
        let batch = NetlinkBatch([RouteMessage.setLinkUp(1, name: "lo"), veth, RouteMessage.setLinkUp(1, name: "lo")])
        let offset = try #require(batch.pidOffset)
        #expect(Array(batch.bytes[offset - 4..<offset + 4]) == [8, 0, 19, 0, 0, 0, 0, 0])
        #expect(batch.messageCount == 3)
    }

    @Test func setUpAndDelete() {
        expect(
            RouteMessage.setLinkUp(16, name: "eth0"),
            """
            20000000 1000 0500 01000000 00000000   # RTM_NEWLINK, request+ack
            00 00 0000 10000000 01000000 01000000  # index 16, IFF_UP, change IFF_UP
            """)
        expect(
            RouteMessage.deleteLink(named: "veth012"),
            """
            2c000000 1100 0500 01000000 00000000   # RTM_DELLINK, request+ack
            00 00 0000 00000000 00000000 00000000
            0c00 0300 7665746830313200             # IFLA_IFNAME
            """)
    }

    @Test func addAddress() {
        expect(
            RouteMessage.addAddress(interfaceAddress, to: 16, name: "eth0"),
            """
            30000000 1400 0506 01000000 00000000   # RTM_NEWADDR, request+ack+excl+create
            02 10 00 00 10000000                   # ifaddrmsg: AF_INET, /16, index 16
            0800 0200 0ac90002                     # IFA_LOCAL
            0800 0100 0ac90002                     # IFA_ADDRESS
            0800 0400 0ac9ffff                     # IFA_BROADCAST
            """)
    }

    @Test func addDefaultRoute() {
        expect(
            RouteMessage.addDefaultRoute(via: .v4(gateway), index: 16),
            """
            2c000000 1800 0506 01000000 00000000   # RTM_NEWROUTE, request+ack+excl+create
            02 00 00 00 fe 03 00 01 00000000       # rtmsg: AF_INET, table main, protocol boot, unicast
            0800 0500 0ac90001                     # RTA_GATEWAY
            0800 0400 10000000                     # RTA_OIF
            """)
    }

    private func expect(
        _ message: NetlinkMessage, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(dump(message.encoded(sequence: 1)) == dump(hex(golden)), sourceLocation: sourceLocation)
    }
}

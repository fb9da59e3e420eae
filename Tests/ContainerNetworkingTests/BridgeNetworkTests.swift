import ContainerKitTesting
import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

/// What the bridge code says to the kernel, and what it makes of the answers.
@Suite struct BridgeNetworkTests {
    let gateway = IPv4Address(0x0ac9_0001)
    let subnet = IPv4Subnet(masking: 0x0ac9_0000, prefixLength: 16)
    let sysctls = SysctlFolder(["ipv4/ip_forward": "1"])

    static let missing = FakeNetlink.Answer.datagrams([
        Wire.failure(1, ENODEV), Wire.done(2),
    ])

    func found(isUp: Bool = true, kind: String? = "bridge", addresses: [(IPAddress, UInt8)], mtu: UInt32 = 1500)
        -> FakeNetlink.Answer
    {
        .datagrams(
            [
                Wire.link(1, index: 5, "ck0", kind: kind, isUp: isUp, mtu: mtu), Wire.acknowledgement(1),
                Wire.address(2, index: 1, .v4(IPv4Address(0x7f00_0001)), 8),
            ] + addresses.map { Wire.address(2, index: 5, $0.0, $0.1) } + [Wire.done(2)])
    }

    func ensure(_ netlink: FakeNetlink, _ sysctls: SysctlFolder? = nil) throws -> UInt32 {
        try BridgeNetwork(netlink, sysctls: (sysctls ?? self.sysctls).path).ensureBridge(
            BridgeDescription(name: "ck0", addresses: [InterfaceAddress(.v4(gateway), in: .v4(subnet))]))
    }

    @Test func oneExchangeWhenAllIsThere() throws {
        let netlink = FakeNetlink([found(addresses: [(.v4(gateway), 16)])])
        #expect(try ensure(netlink) == 5)
        #expect(netlink.requests.count == 1)
    }

    @Test func createsWhatIsMissing() throws {
        let netlink = FakeNetlink([Self.missing, .acknowledge, found(isUp: false, addresses: []), .acknowledge])
        #expect(try ensure(netlink) == 5)
        #expect(
            netlink.operations == [
                "look up link ck0", "list the addresses", "create bridge ck0", "look up link ck0", "list the addresses",
                "add address 10.201.0.1/16 to ck0", "set link ck0 up",
            ])
    }

    @Test func anotherProcessWasFaster() throws {
        let netlink = FakeNetlink([
            Self.missing, .datagrams([Wire.failure(1, EEXIST)]), found(isUp: false, addresses: []),
            .datagrams([Wire.failure(1, EEXIST), Wire.acknowledgement(2)]),
        ])
        #expect(try ensure(netlink) == 5)
    }

    @Test func nameOfAnotherLink() throws {
        let error = try #require(throws: ContainerError.self) {
            try ensure(FakeNetlink([found(kind: "dummy", addresses: [])]))
        }
        #expect(error.code == .conflict)
        #expect(error.message == "link ck0 exists and is not a bridge but a dummy")
        let hardware = try #require(throws: ContainerError.self) {
            try ensure(FakeNetlink([found(kind: nil, addresses: [])]))
        }
        #expect(hardware.message == "link ck0 exists and is not a bridge")
        #expect(throws: ContainerError.self) {
            try BridgeNetwork(FakeNetlink([found(kind: "veth", addresses: [])])).removeBridge("ck0")
        }
    }

    @Test func bridgeWithAnotherAddress() throws {
        let netlink = FakeNetlink([found(addresses: [(.v4(IPv4Address(0xc000_0201)), 24)])])
        let error = try #require(throws: ContainerError.self) { try ensure(netlink) }
        #expect(error.code == .conflict)
        #expect(error.message == "bridge ck0 has the address 192.0.2.1/24, not 10.201.0.1/16")
        #expect(netlink.requests.count == 1)
    }

    @Test func noBridgesInTheKernel() throws {
        let netlink = FakeNetlink([
            Self.missing, .datagrams([Wire.failure(1, EOPNOTSUPP, text: "Unknown device type")]),
        ])
        let error = try #require(throws: ContainerError.self) { try ensure(netlink) }
        #expect(error.code == .unsupported)
        #expect(error.hint == "use --network host or --network none")
    }

    @Test func forwardingIsWrittenOnlyWhenOff() throws {
        let off = SysctlFolder(["ipv4/ip_forward": "0"])
        _ = try ensure(FakeNetlink([found(addresses: [(.v4(gateway), 16)])]), off)
        #expect(off["ipv4/ip_forward"] == "1")
        let error = try #require(throws: ContainerError.self) {
            try ensure(FakeNetlink([found(addresses: [(.v4(gateway), 16)])]), SysctlFolder([:]))
        }
        #expect(error.code == .notFound)
        #expect(error.hint?.hasPrefix("set net.ipv4.ip_forward to 1 on the host") == true)
    }

    /// Several addresses of both kinds, an MTU of its own, and a host that listens to its router.
    @Test func bothKinds() throws {
        let sysctls = SysctlFolder([
            "ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "0", "ipv6/conf/all/accept_ra": "1",
            "ipv6/conf/ck0/accept_ra": "1", "ipv6/conf/ck0/accept_dad": "1", "ipv6/conf/ck0/disable_ipv6": "1",
            "ipv6/conf/eth0/accept_ra": "1",
            "ipv6/conf/eth1/accept_ra": "0",
        ])
        let wanted = try BridgeDescription(
            name: "ck0", mtu: 9000,
            addresses: [InterfaceAddress("10.201.0.1/16"), InterfaceAddress("fd00:1::1/64")])
        let link = try InterfaceAddress("fe80::42/64")
        let netlink = FakeNetlink([
            Self.missing, .acknowledge, found(isUp: false, addresses: [(link.address, 64)]), .acknowledge,
        ])
        #expect(try BridgeNetwork(netlink, sysctls: sysctls.path).ensureBridge(wanted) == 5)
        #expect(
            Array(netlink.operations.suffix(4)) == [
                "set the MTU of link ck0 to 9000", "add address 10.201.0.1/16 to ck0",
                "add address fd00:1::1/64 to ck0", "set link ck0 up",
            ])
        #expect(sysctls["ipv6/conf/all/forwarding"] == "1")
        #expect(sysctls["ipv6/conf/ck0/accept_dad"] == "0")
        #expect(sysctls["ipv6/conf/ck0/accept_ra"] == "0" && sysctls["ipv6/conf/ck0/disable_ipv6"] == "0")
        #expect(sysctls["ipv6/conf/eth0/accept_ra"] == "2" && sysctls["ipv6/conf/eth1/accept_ra"] == "0")
        let all = FakeNetlink([
            found(addresses: wanted.addresses.map { ($0.address, UInt8($0.prefixLength)) }, mtu: 9000)
        ])
        #expect(try BridgeNetwork(all, sysctls: sysctls.path).ensureBridge(wanted) == 5)
        #expect(all.requests.count == 1)
    }

    @Test func noIPv6InTheKernel() throws {
        let netlink = FakeNetlink()
        let error = try #require(throws: ContainerError.self) {
            try BridgeNetwork(netlink, sysctls: sysctls.path).ensureBridge(
                BridgeDescription(name: "ck0", addresses: [InterfaceAddress("fd00:1::1/64")]))
        }
        #expect(error.code == .unsupported)
        #expect(netlink.requests.isEmpty)
    }

    @Test func descriptionsThatNoKernelTakes() throws {
        let one = try InterfaceAddress("10.201.0.1/16")
        for bad in try [
            BridgeDescription(name: "ck0", addresses: [one, InterfaceAddress("10.201.7.1/24")]),
            BridgeDescription(name: "ck0", mtu: 67, addresses: [one]),
            BridgeDescription(name: "ck0", mtu: 1279, addresses: [InterfaceAddress("fd00:1::1/64")]),
            BridgeDescription(name: "ck0", addresses: [InterfaceAddress("fd00:1::1/64")], isIPv6: false),
            BridgeDescription(name: "a b", addresses: [one]),
        ] {
            let netlink = FakeNetlink()
            let error = try #require(throws: ContainerError.self) {
                try BridgeNetwork(netlink, sysctls: sysctls.path).ensureBridge(bad)
            }
            #expect(error.code == .invalidArgument)
            #expect(netlink.requests.isEmpty)
        }
    }

    @Test func deletingWhatIsGone() throws {
        let netlink = FakeNetlink([.datagrams([Wire.failure(1, ENODEV)]), .datagrams([Wire.failure(1, EPERM)])])
        try BridgeNetwork(netlink).deleteLink("veth0123abc")
        #expect(throws: ContainerError.self) { try BridgeNetwork(netlink).deleteLink("veth0123abc") }
    }

    @Test(arguments: ["", "a/b", "a b", "..", "sixteen-letters-", "a:b", "a\nb", "é", "a\"b", "a%d"])
    func badNames(_ name: String) {
        #expect(throws: ContainerError.self) { try InterfaceName.validate(name) }
    }

    @Test func goodNames() throws {
        for name in ["ck0", "veth0123abc", "fifteen-letters", "a.b"] { try InterfaceName.validate(name) }
    }
}

import ContainerKitTesting
import ContainerSystem
import Testing

@testable import ContainerNetworking

/// The fakes behave as the kernel does, as far as the library asks.
@Suite struct FakeTests {
    @Test func bridgesWithoutAKernel() throws {
        let links = FakeLinks()
        let sysctls = SysctlFolder([
            "ipv4/ip_forward": "0", "ipv6/conf/all/forwarding": "1", "ipv6/conf/ck0/accept_ra": "1",
            "ipv6/conf/ck0/accept_dad": "1", "ipv6/conf/ck0/disable_ipv6": "0",
        ])
        let network = BridgeNetwork(links, sysctls: sysctls.path)
        let wanted = try BridgeDescription(
            name: "ck0", mtu: 1400, addresses: [InterfaceAddress("10.201.0.1/16"), InterfaceAddress("fd00:1::1/64")])
        let index = try network.ensureBridge(wanted)
        #expect(try network.ensureBridge(wanted) == index)
        let node = try #require(links.nodes.last)
        #expect(node.kind == "bridge" && node.isUp && node.mtu == 1400 && node.addresses == wanted.addresses)
        let endpoint = try ContainerEndpoint(
            EndpointDescription(
                containerID: "0123abc", attachment: .bridge(index: index),
                addresses: [InterfaceAddress("10.201.0.2/16")]))
        for reply in try links.transact(endpoint.hostBatch.resolved(pid: 7)) { try reply.check() }
        #expect(try network.links().first { $0.name == "veth0123abc" }?.master == index)
        let again = try links.transact(endpoint.hostBatch.resolved(pid: 7))
        #expect(again.first?.failure?.errno.name == "EEXIST")
        try network.deleteLink("veth0123abc")
        try network.deleteLink("veth0123abc")
        let error = try #require(throws: ContainerError.self) { try ParentLinks(links).ensureDummy("ck0") }
        #expect(error.code == .conflict)
        #expect(try ParentLinks(links).ensureDummy("dm0") == ParentLinks(links).ensure("dm0"))
        try network.removeBridge("ck0")
        #expect(links.nodes.map(\.name) == ["lo", "dm0"])
    }

    @Test func firewallWithoutAKernel() throws {
        let obstacle = FirewallObstacle(chain: "ip filter FORWARD", bridge: "ck0", commands: [])
        let firewall = FakeFirewall(obstacles: [obstacle])
        let network = FirewallNetwork(bridge: "ck0", subnets: [try IPSubnet("10.201.0.0/16")])
        func port(_ address: String) throws -> PublishedPort {
            PublishedPort(
                transport: .tcp, hostPort: 80, containerAddress: try IPAddress(address), containerPort: 80,
                bridge: "ck0")
        }
        #expect(throws: ContainerError.self) { try firewall.publish([port("10.201.0.2")]) }
        try firewall.ensure([network])
        try firewall.ensure([network], ports: [port("10.201.0.9")])
        #expect(try firewall.layings == 1 && firewall.published() == [])
        try firewall.publish([port("10.201.0.2")])
        try firewall.publish([port("10.201.0.3")])
        try firewall.unpublish([port("10.201.0.2")])
        #expect(try firewall.published() == [port("10.201.0.3")])
        firewall.flush()
        try firewall.ensure([network], ports: [port("10.201.0.9")])
        #expect(try firewall.layings == 2 && firewall.published() == [port("10.201.0.9")])
        #expect(try firewall.obstacles(to: ["ck0"]) == [obstacle] && firewall.obstacles(to: ["ck1"]) == [])
        try firewall.remove()
        #expect(firewall.networks == [])
    }
}

import ContainerSystem
import Testing

@testable import ContainerNetworking

@Suite struct EndpointTests {
    static let id = "0123abcdef01"

    func description(
        _ ordinal: Int = 0, id: String = id, addresses: [String] = ["10.201.0.2/16"],
        gateways: [String] = ["10.201.0.1"],
        attachment: EndpointDescription.Attachment = .bridge(index: 5)
    ) throws -> EndpointDescription {
        try EndpointDescription(
            containerID: id, ordinal: ordinal, attachment: attachment,
            addresses: addresses.map { try InterfaceAddress($0) }, defaultGateways: gateways.map { try IPAddress($0) })
    }

    @Test func onABridge() throws {
        let endpoint = try ContainerEndpoint(description())
        #expect(endpoint.hostInterface == "veth0123abc")
        #expect(endpoint.macAddress?.description == "02:42:0a:c9:00:02")
        #expect(endpoint.hostBatch.descriptions == ["create link veth0123abc to the container's eth0"])
        #expect(
            endpoint.containerBatch.descriptions == [
                "set link lo up", "add address 10.201.0.2/16 to eth0", "set link eth0 up",
                "add the default route via 10.201.0.1",
            ])
        #expect(endpoint.containerBatch.pidOffset == nil)
    }

    @Test func everythingAtOnce() throws {
        var wanted = try description(
            2, addresses: ["10.1.0.2/16", "fd00:1::2/64"], gateways: ["10.1.0.1", "fd00:1::1"],
            attachment: .bridge(index: 5, isIsolated: true))
        wanted.interfaceName = "lan"
        wanted.macAddress = try MACAddress("02:11:22:33:44:55")
        wanted.ingress = try TrafficLimit(rate: 8_000_000)
        wanted.egress = try TrafficLimit(rate: 4_000_000)
        let endpoint = try ContainerEndpoint(wanted)
        #expect(endpoint.hostInterface == "veth0123abc-2")
        #expect(endpoint.macAddress?.description == "02:11:22:33:44:55")
        #expect(
            endpoint.hostBatch.descriptions == [
                "create link veth0123abc-2 to the container's lan",
                "set how the bridge treats link veth0123abc-2",
                "limit link veth0123abc-2 to 8000000 bits per second",
            ])
        #expect(
            endpoint.containerBatch.descriptions == [
                "set link lo up", "add address 10.1.0.2/16 to lan", "add address fd00:1::2/64 to lan",
                "set link lan up",
                "add the default route via 10.1.0.1", "add the default route via fd00:1::1",
                "limit link lan to 4000000 bits per second",
            ])
        #expect(
            endpoint.sysctls.map { $0.path + "=" + $0.value } == [
                "net/ipv6/conf/lan/accept_ra=0", "net/ipv6/conf/lan/accept_dad=0",
                "net/ipv6/conf/lan/disable_ipv6=0",
            ])
    }

    @Test func ofAParent() throws {
        let macvlan = try ContainerEndpoint(description(attachment: .macvlan(parent: 3)))
        #expect(macvlan.hostInterface == nil && macvlan.macAddress?.description == "02:42:0a:c9:00:02")
        #expect(macvlan.hostBatch.descriptions == ["create macvlan link eth0"])
        #expect(macvlan.hostBatch.pidOffset == macvlan.hostBatch.bytes.count - 4)
        var wanted = try description(gateways: [], attachment: .ipvlan(parent: 3, mode: .l3))
        wanted.defaultRoutesOnLink = [IPSubnet.everything[0]]
        let ipvlan = try ContainerEndpoint(wanted)
        #expect(ipvlan.macAddress == nil)
        #expect(ipvlan.containerBatch.descriptions.last == "add a route to 0.0.0.0/0")
        wanted.macAddress = try MACAddress("02:11:22:33:44:55")
        #expect(throws: ContainerError.self) { try ContainerEndpoint(wanted) }
        wanted.macAddress = nil
        wanted.ingress = try TrafficLimit(rate: 8_000_000)
        let error = try #require(throws: ContainerError.self) { try ContainerEndpoint(wanted) }
        #expect(error.code == .unsupported)
    }

    @Test func namesAndIndexesOfManyEndpoints() throws {
        var names: Set<String> = []
        var indexes: Set<UInt32> = []
        for id in ["0000000", "0000001", "fffffff", "abcdef0"] {
            for ordinal in 0..<InterfaceName.endpointLimit {
                let name = try InterfaceName.hostEnd(ofContainer: id, ordinal: ordinal)
                try InterfaceName.validate(name)
                names.insert(name)
                let index = try InterfaceName.hostEndIndex(ofContainer: id, ordinal: ordinal)
                #expect(index >= 0x1000_0000 && index <= UInt32(Int32.max))
                indexes.insert(index)
            }
        }
        #expect(names.count == 4 * InterfaceName.endpointLimit && indexes.count == names.count)
        #expect(try InterfaceName.hostEndIndex(ofContainer: "fffffff", ordinal: 3) == 0x7fff_ffff)
    }

    @Test func refused() throws {
        var wanted = try description()
        for change: (inout EndpointDescription) throws -> Void in [
            { $0.defaultGateways = [try IPAddress("10.202.0.1")] },
            { $0.defaultGateways = [try IPAddress("10.201.0.1"), try IPAddress("10.201.0.9")] },
            { $0.defaultGateways = [try IPAddress("fd00::1")] },
            { $0.mtu = 67 }, { $0.mtu = 70_000 }, { $0.interfaceName = "a/b" }, { $0.ordinal = -1 },
            { $0.ordinal = 64 }, { $0.containerID = "../../x" },
        ] {
            wanted = try description()
            try change(&wanted)
            #expect(throws: ContainerError.self) { try ContainerEndpoint(wanted) }
        }
    }

    @Test func namespaceByDescriptor() throws {
        let endpoint = try ContainerEndpoint(description())
        let resolved = endpoint.hostBatch.resolved(namespace: 7)
        #expect(Array(resolved.bytes.suffix(8)) == [8, 0, 28, 0, 7, 0, 0, 0])
        #expect(resolved.bytes.dropLast(8) == endpoint.hostBatch.bytes.dropLast(8))
        #expect(resolved.pidOffset == nil)
    }

    @Test func errorsNameTheStep() throws {
        let endpoint = try ContainerEndpoint(description())
        let error = endpoint.containerBatch.error(at: 3, errno: 101, text: "Nexthop has invalid gateway")
        #expect(error.message == "add the default route via 10.201.0.1")
        #expect(error.cause == "ENETUNREACH: Network is unreachable: Nexthop has invalid gateway")
        #expect(endpoint.containerBatch.error(at: 99, errno: 1).message == "set up the network")
    }

    @Test func limits() throws {
        let slow = try TrafficLimit(rate: 8000)
        #expect(slow.burst == 65536 && slow.queue == 65536 + 50)
        let fast = try TrafficLimit(rate: 1_000_000_000_000)
        #expect(fast.burst == 1_250_000_000 && fast.queue == .max)
        #expect(throws: ContainerError.self) { try TrafficLimit(rate: 7999) }
        #expect(throws: ContainerError.self) { try TrafficLimit(rate: .max) }
        #expect(throws: ContainerError.self) { try TrafficLimit(rate: 8000, burst: 100) }
        #expect(throws: ContainerError.self) { try TrafficLimit(rate: 8000, latency: 0) }
    }

    @Test func vlanNames() throws {
        #expect(try ParentLinks.vlan("eth0.10") == ("eth0", 10))
        #expect(try ParentLinks.vlan("a.b.4094") == ("a.b", 4094))
        for bad in ["eth0", "eth0.", "eth0.x", "eth0.0", "eth0.4095", "eth0.+1", "eth0.70000"] {
            #expect(throws: ContainerError.self) { try ParentLinks.vlan(bad) }
        }
    }
}

import CKLinux
import ContainerSystem
import Foundation
import Glibc
import Testing

@testable import ContainerNetworking

/// The kernel for real, in network namespaces of the tests' own, read back by the tools that people use. Needs root.
@Suite struct KernelTests {
    static let subnet = IPv4Subnet(masking: 0x0ac9_0000, prefixLength: 16)
    static let gateway = IPv4Address(0x0ac9_0001)
    static let id = "0123abcdef456789"

    static func ensureBridge(_ name: String = "ck0") throws -> UInt32 {
        let address = try InterfaceAddress(.v4(gateway), in: .v4(subnet))
        return try BridgeNetwork(NetlinkSocket(.route)).ensureBridge(
            BridgeDescription(name: name, addresses: [address]))
    }

    static func endpoint(_ bridge: UInt32, last: UInt32 = 2, id: String = id) throws -> ContainerEndpoint {
        try ContainerEndpoint(
            EndpointDescription(
                containerID: id, attachment: .bridge(index: bridge),
                addresses: [InterfaceAddress(.v4(IPv4Address(0x0ac9_0000 + last)), in: .v4(subnet))],
                defaultGateways: [.v4(gateway)]))
    }

    /// Does what the supervisor does with an endpoint's batches.
    static func attach(_ endpoint: ContainerEndpoint, to pid: pid_t) throws {
        for reply in try NetlinkSocket(.route).transact(endpoint.hostBatch.resolved(pid: pid)) { try reply.check() }
        try NetworkNamespace.inside(pid) {
            for reply in try NetlinkSocket(.route).transact(endpoint.containerBatch) { try reply.check() }
        }
    }

    @Test func bridge() async throws {
        let seen = try await NetworkNamespace.run {
            let index = try Self.ensureBridge()
            let again = try Self.ensureBridge()
            let text = try Command.output(["ip", "-j", "-d", "addr", "show", "dev", "ck0"]).text
            let forwarding = try Files.readText("/proc/sys/net/ipv4/ip_forward", limit: 16)
            let network = BridgeNetwork(try NetlinkSocket(.route))
            try network.removeBridge("ck0")
            try network.removeBridge("ck0")
            return (index, again, text, forwarding, try network.links().map(\.name))
        }
        #expect(seen.0 == seen.1 && seen.0 > 1)
        let link = try JSON(seen.2).first
        #expect(link["ifindex"].number == Int(seen.0))
        #expect(link["address"].text == "02:42:0a:c9:00:01")
        #expect(link["flags"].texts.contains("UP"))
        #expect(link["linkinfo"]["info_kind"].text == "bridge")
        #expect(link["linkinfo"]["info_data"]["stp_state"].number == 0)
        let address = link["addr_info"].all.filter { $0["family"].text == "inet" }
        #expect(address.map { $0["local"].text } == ["10.201.0.1"])
        #expect(address.first?["prefixlen"].number == 16)
        #expect(address.first?["broadcast"].text == "10.201.255.255")
        #expect(seen.3 == "1\n")
        #expect(seen.4 == ["lo"])
    }

    @Test func manyProcessesMakeTheSameBridge() async throws {
        let indexes = try await NetworkNamespace.run {
            let home = try Descriptor.open("/proc/thread-self/ns/net", O_RDONLY)
            let lock = NSLock()
            nonisolated(unsafe) var results: [Result<UInt32, any Error>] = []
            let threads = (0..<8).map { _ in
                Thread {
                    // Inherited from the thread that makes it; entered anew so as not to depend on that.
                    let result = Result {
                        try system("setns") { setns(home.raw, CK_CLONE_NEWNET) }
                        return try Self.ensureBridge()
                    }
                    lock.withLock { results.append(result) }
                }
            }
            threads.forEach { $0.start() }
            while threads.contains(where: { !$0.isFinished }) { usleep(1000) }
            return try lock.withLock { try results.map { try $0.get() } }
        }
        #expect(indexes.count == 8)
        #expect(Set(indexes).count == 1)
    }

    @Test func nameOfSomethingElse() async throws {
        let error = try await NetworkNamespace.run {
            try NetlinkSocket(.route).transact(
                RouteMessage.createBridge("other", address: MACAddress(for: Self.gateway)))
            let endpoint = try Self.endpoint(BridgeNetwork(NetlinkSocket(.route)).state(of: "other")?.index ?? 0)
            let holder = try NamespaceHolder()
            defer { holder.end() }
            try Self.attach(endpoint, to: holder.pid)
            do {
                _ = try Self.ensureBridge(endpoint.hostInterface!)
                return nil as ContainerError?
            } catch { return error as? ContainerError }
        }
        #expect(error?.code == .conflict)
        #expect(error?.message == "link veth0123abc exists and is not a bridge but a veth")
    }

    @Test func endpoint() async throws {
        let seen = try await NetworkNamespace.run {
            let bridge = try Self.ensureBridge()
            let holder = try NamespaceHolder()
            defer { holder.end() }
            let endpoint = try Self.endpoint(bridge)
            try Self.attach(endpoint, to: holder.pid)
            let host = try Command.output(["ip", "-j", "-d", "link", "show", "dev", endpoint.hostInterface!]).text
            let inside = try NetworkNamespace.inside(holder.pid) {
                (
                    try Command.output(["ip", "-j", "addr"]).text, try Command.output(["ip", "-j", "route"]).text,
                    try BridgeNetwork(NetlinkSocket(.route)).routes()
                )
            }
            // Taken a second time, the name is refused with a word.
            let second = try NetlinkSocket(.route).transact(endpoint.hostBatch.resolved(pid: holder.pid))
            let network = BridgeNetwork(try NetlinkSocket(.route))
            try network.deleteLink(endpoint.hostInterface!)
            try network.deleteLink(endpoint.hostInterface!)
            let left = try NetworkNamespace.inside(holder.pid) {
                try BridgeNetwork(NetlinkSocket(.route)).links().map(\.name)
            }
            return (bridge, host, inside.0, inside.1, inside.2, second[0].failure?.errno, left)
        }
        let host = try JSON(seen.1).first
        #expect(host["master"].text == "ck0")
        #expect(host["flags"].texts.contains("UP"))
        #expect(host["mtu"].number == 1500)
        #expect(host["link_index"].number == 16)
        let links = try JSON(seen.2).all
        let eth0 = try #require(links.first { $0["ifname"].text == "eth0" })
        #expect(eth0["ifindex"].number == 16)
        #expect(eth0["address"].text == "02:42:0a:c9:00:02")
        #expect(eth0["flags"].texts.contains("LOWER_UP"))
        let address = eth0["addr_info"].all.first { $0["family"].text == "inet" }
        #expect(address?["local"].text == "10.201.0.2")
        #expect(address?["broadcast"].text == "10.201.255.255")
        #expect(address?["prefixlen"].number == 16)
        let lo = try #require(links.first { $0["ifname"].text == "lo" })
        #expect(lo["addr_info"].all.first?["local"].text == "127.0.0.1")
        let route = try JSON(seen.3).all.first { $0["dst"].text == "default" }
        #expect(route?["gateway"].text == "10.201.0.1")
        #expect(route?["dev"].text == "eth0")
        #expect(seen.4.contains { $0.destination == .v4(Self.subnet) && $0.interface == 16 })
        #expect(seen.5?.name == "EEXIST")
        #expect(seen.6 == ["lo"])
    }

    @Test func loopbackAlone() async throws {
        let text = try await NetworkNamespace.run {
            for reply in try NetlinkSocket(.route).transact(ContainerEndpoint.loopbackBatch) { try reply.check() }
            return try Command.output(["ip", "-j", "addr", "show", "dev", "lo"]).text
        }
        let link = try JSON(text).first
        #expect(link["flags"].texts.contains("UP"))
        #expect(link["addr_info"].all.first?["local"].text == "127.0.0.1")
    }

    @Test func theKernelExplainsItself() async throws {
        let error = try await NetworkNamespace.run {
            let reply = try NetlinkSocket(.route).transact(
                NetlinkBatch([RouteMessage.addDefaultRoute(via: .v4(Self.gateway), index: 1)]))
            return reply[0].failure
        }
        #expect(error?.errno.name == "ENETDOWN" || error?.errno.name == "ENETUNREACH")
        #expect(error?.text?.isEmpty == false)
    }

    /// More links than one datagram of a listing holds, and one socket for everything.
    @Test func listingOfManyLinks() async throws {
        let names = try await NetworkNamespace.run {
            let socket = try NetlinkSocket(.route)
            for start in stride(from: 0, to: 300, by: 100) {
                let batch = NetlinkBatch(
                    (start..<start + 100).map {
                        RouteMessage.createBridge("many\($0)", address: MACAddress(for: IPv4Address(UInt32($0))))
                    })
                for reply in try socket.transact(batch) { try reply.check() }
            }
            return try BridgeNetwork(socket).links().map(\.name)
        }
        #expect(names.count == 301)
        #expect(Set(names).isSuperset(of: (0..<300).map { "many\($0)" }))
    }

    @Test func routesOfEveryTableAreAvoided() async throws {
        let chosen = try await NetworkNamespace.run {
            for command in [
                "ip link set lo up", "ip link add name away type bridge", "ip link set away up",
                "ip route add 10.201.0.0/24 dev away table 77", "ip route add blackhole 10.202.0.0/15",
                "ip address add 10.204.3.3/32 dev lo", "ip route add 0.0.0.0/1 dev away",
            ] {
                let result = try Command.output(command.split(separator: " ").map(String.init))
                guard result.status == 0 else { throw ContainerError(.systemFailure, command, cause: result.text) }
            }
            let network = BridgeNetwork(try NetlinkSocket(.route))
            let all = try network.routes().map(\.destination)
            let away = try network.links().first { $0.name == "away" }?.index
            let others = try network.routes().filter { $0.interface != away }.map(\.destination)
            return (try AddressPool.freeSubnet(avoiding: all), try AddressPool.freeSubnet(avoiding: others))
        }
        #expect(chosen.0.description == "10.205.0.0/16")
        #expect(chosen.1.description == "10.201.0.0/16")
    }
}

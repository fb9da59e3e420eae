import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

/// What the rules let through and what not, between namespaces that stand for hosts. Needs root.
@Suite struct KernelTrafficTests {
    static let one = "10.201.0.2"
    static let six = "fd00:1::2"

    /// The network ck0 with a container at .2 and ::2.
    static func first(_ world: World, change: (inout FirewallNetwork) -> Void = { _ in }) throws -> (
        bridge: UInt32, container: pid_t, network: FirewallNetwork
    ) {
        let bridge = try world.bridge("ck0", "10.201.0.1/16", "fd00:1::1/64")
        let network = try World.network("ck0", "10.201.0.0/16", "fd00:1::/64", change: change)
        let isIsolated = !network.allowsTrafficBetweenContainers
        let container = try world.container(
            .bridge(index: bridge, isIsolated: isIsolated, isReflecting: world.filtersFrames), "\(one)/16", "\(six)/64",
            gateways: ["10.201.0.1", "fd00:1::1"])
        return (bridge, container, network)
    }

    /// From a container to an outside that knows no way back: only masquerading can bring an answer.
    @Test func containersReachTheOutside() async throws {
        let seen = try await World.run { world in
            let (_, container, network) = try Self.first(world)
            try world.firewall.ensure([network])
            let outside = try world.outside()
            var seen: [String] = []
            for (isIPv6, address) in [(false, World.outside), (true, World.outside6)] {
                let outer = try world.socket(outside, isIPv6: isIPv6)
                let inner = try world.socket(container, isIPv6: isIPv6)
                try inner.send("hello", to: address, outer.port)
                let got = try outer.receive()
                try outer.send("back", to: got.sender, got.port)
                let answer = try inner.receive()
                seen += [got.text, got.sender, answer.text, answer.sender]
            }
            return seen
        }
        #expect(
            seen == [
                "hello", World.host, "back", World.outside, "hello", World.host6, "back", World.outside6,
            ])
    }

    @Test func withoutMasquerade() async throws {
        let sender = try await World.run { world in
            let (_, container, network) = try Self.first(world) { $0.masquerades = false }
            try world.firewall.ensure([network])
            let outer = try world.socket(try world.outside())
            try world.socket(container).send("hello", to: World.outside, outer.port)
            return try outer.receive().sender
        }
        #expect(sender == Self.one)
    }

    /// From everywhere by the right addresses; each server sees its client's address (row 51 of the threats).
    @Test(arguments: [false, true]) func publishedPorts(filtersFrames: Bool) async throws {
        let seen = try await World.run(filtersFrames: filtersFrames) { world in
            let (bridge, container, network) = try Self.first(world)
            let second = try world.bridge("ck1", "10.202.0.1/16")
            let neighbour = try world.container(.bridge(index: bridge), "10.201.0.3/16", gateways: ["10.201.0.1"])
            let stranger = try world.container(.bridge(index: second), "10.202.0.2/16", gateways: ["10.202.0.1"])
            let outside = try world.outside()
            try world.firewall.ensure(
                [network, World.network("ck1", "10.202.0.0/16")],
                ports: [World.port(8000, to: Self.one, 80), World.port(8000, to: Self.six, 80)])
            let server = try world.socket(container, port: 80)
            let server6 = try world.socket(container, port: 80, isIPv6: true)
            var seen: [String] = []
            for (client, address) in [
                (outside, World.host), (outside, World.hostSecond), (nil, "127.0.0.1"), (nil, World.host),
                (neighbour, World.host), (stranger, World.host), (container, World.host), (outside, World.host6),
                (container, World.host6),
            ] as [(pid_t?, String)] {
                let isIPv6 = address.contains(":")
                let socket = try world.socket(client, isIPv6: isIPv6)
                try socket.send("ask", to: address, 8000)
                let server = isIPv6 ? server6 : server
                let got = try server.receive()
                try server.send("answer", to: got.sender, got.port)
                let answer = try socket.receive()
                guard answer.text == "answer", answer.sender == address else {
                    throw ContainerError(.corrupted, address)
                }
                seen.append(got.sender)
            }
            return seen
        }
        #expect(
            seen == [
                World.outside, World.outside, "10.201.0.1", World.host, "10.201.0.1", "10.202.0.2",
                "10.201.0.1",
                World.outside6, "fd00:1::1",
            ])
    }

    /// A port of one address is none of another; one of 127.0.0.1 is nobody's outside, whatever they send.
    @Test func publishedOnOneAddress() async throws {
        let seen = try await World.run { world in
            let (_, container, network) = try Self.first(world)
            let outside = try world.outside()
            try world.firewall.ensure([network])
            try world.firewall.publish([
                World.port(8000, to: Self.one, 80, on: World.hostSecond),
                World.port(9000, to: Self.one, 80, on: "127.0.0.1"),
            ])
            let server = try world.socket(container, port: 80)
            let client = try world.socket(outside)
            try client.send("first", to: World.host, 8000)
            let isQuiet = server.isQuiet
            try client.send("second", to: World.hostSecond, 8000)
            let got = try server.receive().text
            // The outside pretends that 127.0.0.1 is beyond the host.
            try NetworkNamespace.inside(outside) {
                try sh("ip link set lo down")
                try Files.set("/proc/sys/net/ipv4/conf/eth0/route_localnet", to: "1")
                try sh("ip route add 127.0.0.1/32 via \(World.host) dev eth0 src \(World.outside)")
            }
            let hostile = try? world.socket(outside, World.outside).send("third", to: "127.0.0.1", 9000)
            let isStillQuiet = server.isQuiet
            try world.socket(nil).send("fourth", to: "127.0.0.1", 9000)
            return (isQuiet, got, hostile != nil, isStillQuiet, try server.receive().text)
        }
        #expect(seen.0 && seen.1 == "second" && seen.2 && seen.3 && seen.4 == "fourth")
    }

    /// What the published loopback opened is shut again: a container does not reach what listens on 127.0.0.1.
    @Test func containersDoNotReachTheLoopback() async throws {
        let isQuiet = try await World.run { world in
            let (_, container, network) = try Self.first(world)
            try world.firewall.ensure([network], ports: [World.port(8000, to: Self.one, 80)])
            let secret = try world.socket(nil, "127.0.0.1", port: 7000)
            try NetworkNamespace.inside(container) {
                try sh("ip link set lo down")
                try Files.set("/proc/sys/net/ipv4/conf/eth0/route_localnet", to: "1")
                try sh("ip route add 127.0.0.1/32 via 10.201.0.1 dev eth0 src \(Self.one)")
            }
            try world.socket(container, Self.one).send("hello", to: "127.0.0.1", 7000)
            let routes = try Files.readText("/proc/sys/net/ipv4/conf/ck0/route_localnet", limit: 8)
            return secret.isQuiet && routes == "1\n"
        }
        #expect(isQuiet)
    }

    @Test func networksAreApart() async throws {
        let seen = try await World.run { world in
            let (bridge, container, network) = try Self.first(world)
            let second = try world.bridge("ck1", "10.202.0.1/16", "fd00:2::1/64")
            let stranger = try world.container(
                .bridge(index: second), "10.202.0.2/16", "fd00:2::2/64", gateways: ["10.202.0.1", "fd00:2::1"])
            let neighbour = try world.container(.bridge(index: bridge), "10.201.0.3/16", "fd00:1::3/64")
            let outside = try world.outside()
            try NetworkNamespace.inside(outside) { try sh("ip route add 10.201.0.0/16 via \(World.host)") }
            try world.firewall.ensure([network, World.network("ck1", "10.202.0.0/16", "fd00:2::/64")])
            let server = try world.socket(container, port: 80)
            let server6 = try world.socket(container, port: 81, isIPv6: true)
            try world.socket(stranger).send("no", to: Self.one, 80)
            try world.socket(stranger, isIPv6: true).send("no", to: Self.six, 81)
            try world.socket(outside).send("no", to: Self.one, 80)
            let isQuiet = server.isQuiet && server6.isQuiet
            var heard: [String] = []
            for client in [neighbour, nil] {
                try world.socket(client).send("yes", to: Self.one, 80)
                try world.socket(client, isIPv6: true).send("yes", to: Self.six, 81)
                heard += [try server.receive().text, try server6.receive().text]
            }
            return (isQuiet, heard)
        }
        #expect(seen.0)
        #expect(seen.1 == ["yes", "yes", "yes", "yes"])
    }

    @Test func internalNetworks() async throws {
        let seen = try await World.run { world in
            let (bridge, container, network) = try Self.first(world) { $0.isInternal = true }
            let neighbour = try world.container(.bridge(index: bridge), "10.201.0.3/16")
            let outside = try world.outside()
            try world.firewall.ensure([network], ports: [World.port(8000, to: Self.one, 80)])
            let server = try world.socket(container, port: 80)
            let outer = try world.socket(outside, port: 80)
            try server.send("no", to: World.outside, 80)
            try world.socket(outside).send("no", to: World.host, 8000)
            let isQuiet = server.isQuiet && outer.isQuiet
            try world.socket(neighbour).send("yes", to: Self.one, 80)
            let inner = try server.receive().sender
            try world.socket(nil).send("yes", to: Self.one, 80)
            return (isQuiet, inner, try server.receive().sender)
        }
        #expect(seen.0 && seen.1 == "10.201.0.3" && seen.2 == "10.201.0.1")
    }

    /// Neither over the bridge nor by way of the host; a published port is for everybody.
    @Test(arguments: [false, true]) func withoutTrafficBetweenContainers(filtersFrames: Bool) async throws {
        let seen = try await World.run(filtersFrames: filtersFrames) { world in
            let (bridge, container, network) = try Self.first(world) { $0.allowsTrafficBetweenContainers = false }
            let neighbour = try world.container(
                .bridge(index: bridge, isIsolated: true), "10.201.0.3/16", gateways: ["10.201.0.1"])
            let outside = try world.outside()
            try world.firewall.ensure([network], ports: [World.port(8000, to: Self.one, 80)])
            let server = try world.socket(container, port: 80)
            try world.socket(neighbour).send("no", to: Self.one, 80)
            let isQuiet = server.isQuiet
            try NetworkNamespace.inside(neighbour) { try sh("ip route add \(Self.one)/32 via 10.201.0.1") }
            try world.socket(neighbour).send("no", to: Self.one, 80)
            let isStillQuiet = server.isQuiet
            try world.socket(neighbour).send("yes", to: World.host, 8000)
            let published = world.filtersFrames ? "yes" : try server.receive().text
            let outer = try world.socket(outside)
            try server.send("out", to: World.outside, outer.port)
            return (isQuiet, isStillQuiet, published, try outer.receive().text)
        }
        #expect(seen.0 && seen.1 && seen.2 == "yes" && seen.3 == "out")
    }

    /// A container's packets leave under its network's addresses alone (row 52 of the threats).
    @Test func borrowedSources() async throws {
        let seen = try await World.run { world in
            let (_, container, network) = try Self.first(world) { $0.masquerades = false }
            let outer = try world.socket(try world.outside())
            try world.firewall.ensure([network])
            try NetworkNamespace.inside(container) { try sh("ip address add 203.0.113.7/32 dev eth0") }
            try world.socket(container, "203.0.113.7").send("no", to: World.outside, outer.port)
            let isQuiet = outer.isQuiet
            try world.socket(container).send("yes", to: World.outside, outer.port)
            return (isQuiet, try outer.receive().text)
        }
        #expect(seen.0 && seen.1 == "yes")
    }

    @Test func withoutTheHostAndItsCloud() async throws {
        let seen = try await World.run { world in
            let (_, container, network) = try Self.first(world) {
                $0.isGatewayReachable = false
                $0.reachesLinkLocal = false
            }
            let outside = try world.outside()
            try NetworkNamespace.inside(outside) { try sh("ip address add 169.254.169.254/32 dev eth0") }
            try sh("ip route add 169.254.169.254/32 dev up0")
            let cloud = try world.socket(outside, port: 80)
            let host = try world.socket(nil, port: 7000)
            let names = try world.socket(nil, port: 53)
            var quiet: [Bool] = []
            for networks in [[network], [FirewallNetwork(bridge: "ck0", subnets: network.subnets)]] {
                try world.firewall.ensure(networks)
                try world.socket(container).send("x", to: "169.254.169.254", 80)
                try world.socket(container).send("x", to: "10.201.0.1", 7000)
                quiet += [cloud.isQuiet, host.isQuiet]
                try world.socket(container).send("name", to: "10.201.0.1", 53)
                quiet.append(names.isQuiet)
            }
            return quiet
        }
        #expect(seen == [true, true, false, false, false, false])
    }

    /// A client that does not pause reaches the container that has the port now.
    @Test func datagramsFollowThePort() async throws {
        let seen = try await World.run { world in
            let (bridge, container, network) = try Self.first(world)
            let second = try world.container(.bridge(index: bridge), "10.201.0.3/16", gateways: ["10.201.0.1"])
            let client = try world.socket(try world.outside())
            try world.firewall.ensure([network])
            let servers = try [world.socket(container, port: 80), world.socket(second, port: 80)]
            var seen: [String] = []
            // Before there is anything, the host itself is remembered.
            try client.send("nobody", to: World.host, 8000)
            for (server, address) in zip(servers, [Self.one, "10.201.0.3"]) {
                let port = try World.port(8000, to: address, 80)
                try world.firewall.publish([port])
                // The first answer to the client may be the host's that nobody listened.
                try? client.send("ask \(address)", to: World.host, 8000)
                try? client.send("ask \(address)", to: World.host, 8000)
                var text = try server.receive().text
                // A first packet waits for the answer to who has the address, and may come when the port leads on.
                if text == "nobody" { text = try server.receive().text }
                seen.append(text)
                try world.firewall.unpublish([port])
            }
            return seen
        }
        #expect(seen == ["ask \(Self.one)", "ask 10.201.0.3"])
    }

    @Test func rulesDeletedBehindOurBack() async throws {
        let seen = try await World.run { world in
            let (_, container, network) = try Self.first(world)
            let outside = try world.outside()
            let ports = [try World.port(8000, to: Self.one, 80)]
            try world.firewall.ensure([network], ports: ports)
            let server = try world.socket(container, port: 80)
            try sh("nft flush ruleset")
            try world.socket(outside).send("lost", to: World.host, 8000)
            let isQuiet = server.isQuiet
            try world.firewall.ensure([network], ports: ports)
            try world.socket(outside).send("found", to: World.host, 8000)
            return (isQuiet, try server.receive().text)
        }
        #expect(seen.0 && seen.1 == "found")
    }
}

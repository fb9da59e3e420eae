import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

/// Endpoints of every kind in running containers, read back by the ip and tc commands. Needs root.
@Suite struct KernelEndpointTests {
    /// What `ip` says of a container's interface.
    static func addresses(_ pid: pid_t, _ name: String) throws -> JSON {
        try NetworkNamespace.inside(pid) { try JSON(sh("ip -j -d addr show dev \(name)")).first }
    }

    static func words(_ addresses: JSON) -> [String] {
        addresses["addr_info"].all.compactMap { one in
            one["scope"].text == "link" ? nil : "\(one["local"].text ?? "?")/\(one["prefixlen"].number ?? -1)"
        }
    }

    static func namespace(_ pid: pid_t) throws -> Descriptor { try Descriptor.open("/proc/\(pid)/ns/net", O_RDONLY) }

    @Test func bridgeOfBothKinds() async throws {
        let seen = try await NetworkNamespace.run {
            let sysctls = "/proc/sys/net/ipv6/conf/"
            try Files.set(sysctls + "default/disable_ipv6", to: "1")
            let wanted = try BridgeDescription(
                name: "ck0", mtu: 1400,
                addresses: [
                    InterfaceAddress("10.201.0.1/16"), InterfaceAddress("10.203.0.1/24"),
                    InterfaceAddress("fd00:1::1/64"),
                ])
            let bridges = BridgeNetwork(try NetlinkSocket(.route))
            let index = try bridges.ensureBridge(wanted)
            let text = try sh("ip -j addr show dev ck0")
            let again = try bridges.ensureBridge(wanted)
            var other = wanted
            other.addresses.removeLast()
            let conflict = Result { try bridges.ensureBridge(other) }
            return (
                index == again, text, try Files.readText(sysctls + "ck0/accept_ra", limit: 8),
                try Files.readText(sysctls + "all/forwarding", limit: 8), conflict
            )
        }
        #expect(seen.0)
        let link = try JSON(seen.1).first
        #expect(link["mtu"].number == 1400)
        #expect(Self.words(link) == ["10.201.0.1/16", "10.203.0.1/24", "fd00:1::1/64"])
        #expect(seen.2 == "0\n" && seen.3 == "1\n")
        let error = #expect(throws: ContainerError.self) { try seen.4.get() }
        #expect(error?.code == .conflict)
    }

    /// An MTU outlives the last container; the kernel would go back to 1500 by itself.
    @Test func mtuStays() async throws {
        let mtu = try await World.run { world in
            let index = try world.netlink.ensure("ck0", mtu: 9000)
            let pid = try world.container(.bridge(index: index), "10.201.0.2/16") { $0.mtu = 9000 }
            let inner = try Self.addresses(pid, "eth0")["mtu"].number
            try BridgeNetwork(world.netlink).deleteLink("veth1000000")
            return (inner, try BridgeNetwork(world.netlink).state(of: "ck0")?.mtu)
        }
        #expect(mtu.0 == 9000 && mtu.1 == 9000)
    }

    @Test func connectAndDisconnect() async throws {
        let seen = try await World.run { world in
            let first = try world.bridge("ck0", "10.201.0.1/16")
            let second = try world.bridge("ck1", "10.202.0.1/16", "fd00:2::1/64")
            let pid = try world.container(.bridge(index: first), "10.201.0.2/16", gateways: ["10.201.0.1"])
            let namespace = try Self.namespace(pid)
            var description = EndpointDescription(
                containerID: "1000000", ordinal: 1, attachment: .bridge(index: second),
                addresses: [try InterfaceAddress("10.202.0.2/16"), try InterfaceAddress("fd00:2::2/64")],
                defaultGateways: [])
            description.macAddress = try MACAddress("02:11:22:33:44:55")
            let endpoint = try ContainerEndpoint(description)
            try endpoint.connect(namespace)
            let link = try Self.addresses(pid, "eth1")
            let again = Result { try endpoint.connect(namespace) }
            let stillThere = Self.words(try Self.addresses(pid, "eth1")).count
            // The first network goes, and the second gets the way out.
            description.defaultGateways = [try IPAddress("10.202.0.1"), try IPAddress("fd00:2::1")]
            let deaf = try NetworkNamespace.inside(pid) {
                try Files.readText("/proc/sys/net/ipv6/conf/eth1/accept_ra", limit: 8)
                    + Files.readText("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", limit: 8)
            }
            try BridgeNetwork(world.netlink).deleteLink("veth1000000")
            try ContainerEndpoint(description).takeDefaultRoutes(namespace)
            try ContainerEndpoint(description).takeDefaultRoutes(namespace)
            let routes = try NetworkNamespace.inside(pid) { try BridgeNetwork(NetlinkSocket(.route)).routes() }
            try endpoint.disconnect(namespace)
            try endpoint.disconnect(namespace)
            let left = try NetworkNamespace.inside(pid) { try BridgeNetwork(NetlinkSocket(.route)).links().map(\.name) }
            let host = try BridgeNetwork(world.netlink).links().map(\.name)
            return (
                Self.words(link), link["address"].text, again, stillThere, deaf,
                routes.filter { $0.destination.prefixLength == 0 }.compactMap(\.gateway?.description), left, host
            )
        }
        #expect(seen.0 == ["10.202.0.2/16", "fd00:2::2/64"])
        #expect(seen.1 == "02:11:22:33:44:55")
        #expect(throws: ContainerError.self) { try seen.2.get() }
        #expect(seen.3 == 2)
        #expect(seen.4 == "0\n1\n")
        #expect(seen.5 == ["10.202.0.1", "fd00:2::1"])
        #expect(seen.6 == ["lo"] && seen.7 == ["lo", "ck0", "ck1"])
    }

    /// What fails in the container leaves nothing on the host.
    @Test func nothingHalfMade() async throws {
        let seen = try await World.run { world in
            let bridge = try world.bridge("ck0", "10.201.0.1/16")
            let outcome = Result {
                try world.container(
                    .bridge(index: bridge), "10.201.0.2/16", "10.201.0.2/16", gateways: ["10.201.0.1"])
            }
            return (outcome, try BridgeNetwork(world.netlink).links().map(\.name))
        }
        let error = #expect(throws: ContainerError.self) { try seen.0.get() }
        #expect(error?.message == "connect the container by eth0: add address 10.201.0.2/16 to eth0")
        #expect(seen.1 == ["lo", "ck0"])
    }

    /// Two containers on one parent, and the parent's own network beyond it.
    @Test(arguments: MACVLANMode.allCases) func macvlan(_ mode: MACVLANMode) async throws {
        let seen = try await World.run { world in
            let outside = try world.outside()
            let parent = try ParentLinks(world.netlink).ensure("up0")
            let one = try world.container(.macvlan(parent: parent, mode: mode), "198.51.100.20/24")
            let link = try Self.addresses(one, "eth0")
            let outer = try world.socket(outside)
            try world.socket(one).send("hello", to: World.outside, outer.port)
            let sender = try outer.receive().sender
            return (link["linkinfo"]["info_data"]["mode"].text, Self.words(link), sender, link["ifindex"].number)
        }
        #expect(seen.0 == "\(mode)" && seen.1 == ["198.51.100.20/24"] && seen.2 == "198.51.100.20" && seen.3 == 16)
    }

    @Test func macvlansSeeEachOtherAsTheModeSays() async throws {
        let seen = try await World.run { world in
            _ = try world.outside()
            let parent = try ParentLinks(world.netlink).ensure("up0")
            var seen: [Bool] = []
            for (place, mode) in [MACVLANMode.bridge, .private].enumerated() {
                let (one, two) = ("198.51.100.\(20 + place * 2)", "198.51.100.\(21 + place * 2)")
                let first = try world.container(.macvlan(parent: parent, mode: mode), "\(one)/24")
                let second = try world.container(.macvlan(parent: parent, mode: mode), "\(two)/24")
                let server = try world.socket(second, port: 80)
                try world.socket(first).send("hello", to: two, 80)
                seen.append(server.isQuiet)
            }
            return seen
        }
        #expect(seen == [false, true])
    }

    /// Where the kernel has ipvlans, they work; where it has none, it says so and nothing is left.
    @Test(arguments: IPVLANMode.allCases) func ipvlan(_ mode: IPVLANMode) async throws {
        let seen = try await World.run { world in
            let outside = try world.outside()
            let parent = try ParentLinks(world.netlink).ensure("up0")
            let outcome = Result {
                try world.container(.ipvlan(parent: parent, mode: mode), "198.51.100.20/24") {
                    $0.defaultRoutesOnLink = mode == .l2 ? [] : [IPSubnet.everything[0]]
                }
            }
            guard let pid = try? outcome.get() else { return (outcome, "", [String]()) }
            let outer = try world.socket(outside)
            try world.socket(pid).send("hello", to: World.outside, outer.port)
            return (outcome, try outer.receive().sender, Self.words(try Self.addresses(pid, "eth0")))
        }
        if case .failure(let error as ContainerError) = seen.0 {
            #expect(error.cause?.hasPrefix("EOPNOTSUPP") == true)
            #expect(error.message == "create ipvlan link eth0")
        } else {
            #expect(seen.1 == "198.51.100.20" && seen.2 == ["198.51.100.20/24"])
        }
    }

    /// Where the kernel has VLANs and dummies, they are made; where it has none, it says so.
    @Test func parentsThatAreMade() async throws {
        let seen = try await World.run { world in
            _ = try world.outside()
            let parents = ParentLinks(world.netlink)
            let vlan = Result { try (parents.ensure("up0.10"), parents.ensure("up0.10")) }
            let dummy = Result { try (parents.ensureDummy("dm0"), parents.ensureDummy("dm0")) }
            let info = try? JSON(sh("ip -j -d link show up0.10")).first["linkinfo"]["info_data"]["id"].number
            let nowhere = Result { try parents.ensure("nowhere.10") }
            let none = Result { try parents.ensure("nowhere") }
            try parents.remove("up0")
            try ParentLinks(world.netlink, owner: "another").remove("up0.10")
            let kept = try BridgeNetwork(world.netlink).links().map(\.name)
            let other = Result { try parents.ensureDummy("up0") }
            try parents.remove("up0.10")
            try parents.remove("dm0")
            return (
                vlan, dummy, info, nowhere, none, kept, other, try BridgeNetwork(world.netlink).links().map(\.name)
            )
        }
        for made in [seen.0, seen.1] {
            switch made {
            case .success(let indexes): #expect(indexes.0 == indexes.1 && indexes.0 > 1)
            case .failure(let error): #expect((error as? ContainerError)?.code == .unsupported)
            }
        }
        if case .success = seen.0 { #expect(seen.2 == 10 && seen.5.contains("up0.10")) }
        #expect(#expect(throws: ContainerError.self) { try seen.3.get() }?.code == .notFound)
        #expect(#expect(throws: ContainerError.self) { try seen.4.get() }?.code == .notFound)
        #expect(seen.5.contains("up0"))
        #expect(#expect(throws: ContainerError.self) { try seen.6.get() }?.code == .conflict)
        #expect(seen.7 == ["lo", "up0"])
    }

    @Test func rulesRoutesAndNeighbours() async throws {
        let seen = try await World.run { world in
            let bridge = try world.bridge("ck0", "10.201.0.1/16", "fd00:1::1/64")
            let netlink = world.netlink
            let network = BridgeNetwork(netlink)
            let rules = try [
                RoutingRule(priority: 1000, source: IPSubnet("10.201.0.0/16"), table: 77),
                RoutingRule(priority: 1001, destination: IPSubnet("fd00:9::/64"), inputInterface: "ck0", table: 1000),
            ]
            let neighbour = try IPAddress("10.201.0.9")
            let route = try IPSubnet("192.0.2.0/24")
            for message in rules.map(RouteMessage.addRule) + [
                RouteMessage.addRoute(to: route, via: try IPAddress("10.201.0.7"), index: bridge, table: 77),
                RouteMessage.addRoute(to: try IPSubnet("2001:db8::/32"), index: bridge),
                RouteMessage.setNeighbour(neighbour, is: try MACAddress("02:11:22:33:44:55"), on: bridge, name: "ck0"),
            ] { try netlink.transact(message) }
            let text = try sh("ip rule") + sh("ip -6 rule") + sh("ip route show table 77") + sh("ip -6 route")
            let listed = try network.rules().filter { rules.contains($0) }
            let known = try network.neighbours().filter { $0.address == neighbour }
            let routes = try network.routes().filter {
                $0.interface == bridge && $0.destination == route
            }
            for message in rules.map(RouteMessage.deleteRule) + [
                RouteMessage.deleteRoute(to: route, via: try IPAddress("10.201.0.7"), index: bridge, table: 77),
                RouteMessage.deleteNeighbour(neighbour, on: bridge, name: "ck0"),
                RouteMessage.deleteAddress(try InterfaceAddress("fd00:1::1/64"), of: bridge, name: "ck0"),
                RouteMessage.setLinkDown(bridge, name: "ck0"), RouteMessage.rename(bridge, from: "ck0", to: "ck9"),
            ] { try netlink.transact(message) }
            let left = try network.rules().contains { rules.contains($0) }
            let name = try network.links().first { $0.index == bridge }?.name
            return (text, listed == rules, known.map(\.isPermanent), routes.map(\.gateway?.description), left, name)
        }
        #expect(seen.0.contains("1000:\tfrom 10.201.0.0/16 lookup 77"))
        #expect(seen.0.contains("1001:\tfrom all to fd00:9::/64 iif ck0 lookup 1000"))
        #expect(seen.0.contains("192.0.2.0/24 via 10.201.0.7 dev ck0") && seen.0.contains("2001:db8::/32 dev ck0"))
        #expect(seen.1 && seen.2 == [true] && seen.3 == ["10.201.0.7"] && !seen.4 && seen.5 == "ck9")
    }

    /// Eight megabits a second in and four out: what comes through in a second after the burst is no more.
    @Test func limits() async throws {
        let seen = try await World.run { world in
            let bridge = try world.bridge("ck0", "10.201.0.1/16")
            let (ingress, egress) = try (TrafficLimit(rate: 8_000_000), TrafficLimit(rate: 4_000_000))
            let pid = try world.container(.bridge(index: bridge), "10.201.0.2/16") {
                $0.ingress = ingress
                $0.egress = egress
            }
            let text =
                try sh("tc qdisc show dev veth1000000")
                + NetworkNamespace.inside(pid) { try sh("tc qdisc show dev eth0") }
            let inside = try world.socket(pid, port: 80)
            let host = try world.socket(nil, port: 81)
            return (
                text, try Self.rate(from: world.socket(nil), to: "10.201.0.2", 80, inside),
                try Self.rate(from: world.socket(pid), to: "10.201.0.1", 81, host)
            )
        }
        #expect(seen.0.contains("tbf") && seen.0.contains("rate 8Mbit burst 64Kb lat 50ms"))
        #expect(seen.0.contains("rate 4Mbit"))
        // A megabyte and half of one, and what the bucket held at the start; a slow machine sends less by itself.
        #expect((1...1_300_000).contains(seen.1), "\(seen.1)")
        #expect((1...700_000).contains(seen.2), "\(seen.2)")
    }

    /// How many bytes arrive of what is sent during a second, faster than the limits.
    static func rate(from sender: Datagrams, to address: String, _ port: UInt16, _ receiver: Datagrams) throws -> Int {
        let text = String(repeating: "x", count: 500)
        var bytes = 0
        // The first packet waits for the answer to who has the address.
        repeat { try sender.send(text, to: address, port) } while (try? receiver.receive()) == nil
        let end = SteadyClock.nanoseconds + 1_000_000_000
        while SteadyClock.nanoseconds < end {
            for _ in 0..<20 { try? sender.send(text, to: address, port) }
            while let one = try? receiver.receive(milliseconds: 0) { bytes += one.text.utf8.count }
        }
        return bytes
    }
}

extension NetlinkSocket {
    fileprivate func ensure(_ name: String, mtu: UInt32) throws -> UInt32 {
        try BridgeNetwork(self).ensureBridge(
            BridgeDescription(name: name, mtu: mtu, addresses: [InterfaceAddress("10.201.0.1/16")]))
    }
}

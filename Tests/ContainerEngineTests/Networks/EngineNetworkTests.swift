import ContainerNetworking
import ContainerSystem
import Testing

@testable import ContainerEngine

/// Networks of an engine, from what is asked for to what a kernel would be told.
@Suite struct EngineNetworkTests {
    @Test func theDefaultNetworkIsMadeAtTheFirstStart() throws {
        try FakeHost.with(routes: ["10.201.0.0/16"]) { host in
            #expect(host.network.links.nodes.map(\.name) == ["lo"])
            let web = try host.start("web")
            let bridge = try #require(host.network.links.nodes.last)
            #expect(bridge.kind == "bridge" && bridge.isUp && bridge.name.hasPrefix("ck") && bridge.mtu == 1500)
            let gateway = try #require(bridge.addresses.first)
            #expect(!(try IPSubnet("10.201.0.0/16").contains(gateway.address)), "the host has a way there")
            #expect(host.network["ipv4/ip_forward"] == "1")
            #expect(host.network["ipv6/conf/\(bridge.name)/accept_ra"] == "0", "it listens to no router")
            #expect(host.network.packetFilter.networks.map(\.bridge) == [bridge.name])
            #expect(host.network.tables.count == 1)
            let veth = "veth" + web.id.prefix(7)
            #expect(
                host.plan.contains {
                    $0.hasPrefix("host") && $0.contains("create link \(veth) to the container's eth0")
                })
            #expect(
                host.plan.contains {
                    $0.hasPrefix("child") && $0.contains("add address 10.") && $0.contains("add the default route via")
                })
            try host.start("second")
            #expect(host.network.links.nodes.count { $0.kind == "bridge" } == 1)
            #expect(host.network.packetFilter.layings == 1, "the rules grow with networks, not with containers")
            let ends = try host.engine.network("bridge").containers.values.map(\.address)
            #expect(Set(ends).count == 2)
        }
    }

    @Test func aHostWithoutIPv6HasNoneToOffer() throws {
        try FakeHost.with { host in
            var options = NetworkOptions(name: "both")
            options.isIPv6 = true
            let made = try host.engine.createNetwork(options)
            #expect(made.subnets.count == 2)
            try Files.removeTree(host.network.sysctls + "/ipv6")
            #expect(code { try host.start("web", on: ["both"]) } == .unsupported)
            #expect(try host.engine.network("both").containers.isEmpty, "nothing half made")
            #expect(host.published.isEmpty)
        }
    }

    @Test func severalNetworksAndTheRouteOut() throws {
        try FakeHost.with { host in
            var inner = NetworkOptions(name: "inner")
            inner.isInternal = true
            var outer = NetworkOptions(name: "outer")
            outer.isIPv6 = true
            outer.options = ["com.docker.network.driver.mtu": "1400", "bandwidth": "8mbit"]
            for options in [inner, outer] { _ = try host.engine.createNetwork(options) }
            let web = try host.start("web", on: ["inner", "outer"])
            let links = host.plan.filter { $0.contains("create link") }
            #expect(links.count == 2 && links[1].contains("to the container's eth1"))
            #expect(links[1].contains("limit link veth\(web.id.prefix(7))-1 to 8000000 bits per second"))
            let inside = try #require(host.plan.first { $0.contains("set link lo up") })
            #expect(inside.components("add the default route via 10").count == 2, "one, and not the internal network's")
            #expect(inside.components("add the default route via fd").count == 2)
            #expect(inside.contains("limit link eth1 to 8000000 bits per second"))
            let bridges = host.network.links.nodes.filter { $0.kind == "bridge" }
            #expect(bridges.map(\.mtu) == [1500, 1400])
            #expect(host.network.packetFilter.networks.map(\.isInternal) == [true, false])
            #expect(host.plan.contains { $0.contains("serve names to \(web.id)") })
            #expect(host.plan.contains { $0.contains("net/ipv6/conf/eth1/disable_ipv6") })
        }
    }

    @Test func connectAndDisconnectWhileItRuns() throws {
        try FakeHost.with { host in
            for name in ["one", "two"] { _ = try host.engine.createNetwork(NetworkOptions(name: name)) }
            let web = try host.start("web", on: ["one"], ports: [PortBinding(80, hostPorts: 8080...8080)])
            #expect(host.published.count == 1)
            try host.engine.connect(container: "web", to: NetworkAttachment("two"))
            #expect(
                host.network.links.operations.contains("create link veth\(web.id.prefix(7))-1 to the container's eth1"))
            #expect(host.network.inside.operations.contains("set link eth1 up"))
            #expect(host.names.served == [web.id])
            #expect(try host.engine.network("two").containers[web.id] != nil)
            #expect(code { try host.engine.connect(container: "web", to: NetworkAttachment("two")) } == .conflict)
            try host.engine.disconnect(container: "web", from: "one", force: false)
            let second = try #require(try host.engine.network("two").containers[web.id]).address.prefix { $0 != "/" }
            #expect(host.published.count == 1 && host.published[0].contains("\(second):80"), "\(host.published)")
            #expect(host.network.inside.operations.last?.contains("default route") == true, "the other takes over")
            #expect(try host.engine.network("one").containers.isEmpty)
            try host.engine.disconnect(container: "web", from: "two", force: false)
            #expect(host.names.served.isEmpty && host.published.isEmpty)
            try host.engine.connect(container: "web", to: NetworkAttachment("one"))
            #expect(host.published.count == 1, "it has its port again")
            try host.engine.disconnect(container: "web", from: "one", force: false)
            for name in ["one", "two"] { try host.engine.removeNetwork(name) }
            #expect(host.network.links.nodes.filter { $0.kind == "bridge" }.isEmpty)
            #expect(host.network.packetFilter.networks.isEmpty)
        }
    }

    @Test func theHostsNetworkAndNone() throws {
        try FakeHost.with { host in
            for (name, mode) in [("host", ContainerOptions.NetworkMode.host), ("none", .none)] {
                let running = try host.start("on-" + name) { $0.network = mode }
                let network = try host.engine.network(name)
                #expect(network.containers.mapValues(\.name) == [running.id: "on-" + name])
                let details = try host.engine.inspectContainer("on-" + name)
                #expect(details.endpoints.map(\.networkID) == [network.id])
                try host.end(running)
                #expect(try host.engine.network(name).containers.isEmpty)
            }
            // Scripts take a container off none before they connect it.
            try host.engine.disconnect(container: "on-none", from: "none", force: false)
            #expect(
                code { try host.engine.disconnect(container: "on-host", from: "host", force: false) } == .conflict)
        }
    }

    /// The server of names gets ready while the rest of a start is prepared, where the container will have names.
    @Test func namesAreExpectedWhereThereWillBeSome() throws {
        try FakeHost.with { host in
            try host.start("plain")
            try host.start("alone") { $0.network = .none }
            try host.start("same") { $0.network = .host }
            #expect(host.launcher.expectedNames.isEmpty)
            _ = try host.engine.createNetwork(NetworkOptions(name: "front"))
            try host.start("web", on: ["bridge", "front"])
            #expect(host.launcher.expectedNames == [host.engine.configuration.runRoot])
        }
    }

    @Test func linksOfTheHostAreParents() throws {
        try FakeHost.with { host in
            _ = try ParentLinks(host.network.links, owner: "me").ensureDummy("lan0")
            var options = NetworkOptions(name: "lan")
            options.driver = "macvlan"
            options.subnets = [.init("192.0.2.0/24")]
            options.options = ["parent": "lan0.7"]
            _ = try host.engine.createNetwork(options)
            #expect(host.network.links.nodes.last?.name == "lan0.7" && host.network.links.nodes.last?.kind == "vlan")
            options.name = "same"
            options.subnets = [.init("198.51.100.0/24")]
            _ = try host.engine.createNetwork(options)
            let web = try host.start("web", on: ["lan"])
            #expect(host.plan.contains { $0.contains("create macvlan link eth0") })
            #expect(host.network.packetFilter.networks.isEmpty, "no bridge, no rules")
            #expect(code { try host.engine.removeNetwork("lan") } == .conflict)
            try host.end(web)
            try host.engine.removeNetwork("lan")
            #expect(host.network.links.nodes.last?.name == "lan0.7", "another network is on it")
            try host.engine.removeNetwork("same")
            #expect(host.network.links.nodes.map(\.name) == ["lo", "lan0"], "what was made goes, what was there stays")
        }
    }

    @Test func namesThatOthersHave() throws {
        try FakeHost.with(routes: ["10.9.0.0/16", "0.0.0.0/0"]) { host in
            _ = try ParentLinks(host.network.links).ensureDummy("mine")
            var options = NetworkOptions(name: "one")
            options.options = ["com.docker.network.bridge.name": "mine"]
            #expect(code { _ = try host.engine.createNetwork(options) } == .conflict)
            options.options = [:]
            options.subnets = [.init("10.9.3.0/24")]
            #expect(code { _ = try host.engine.createNetwork(options) } == .conflict)
            options.subnets = [.init("10.10.3.0/24")]
            _ = try host.engine.createNetwork(options)
            options.name = "two"
            #expect(code { _ = try host.engine.createNetwork(options) } == .conflict)
            #expect(try host.engine.networks().map(\.name).sorted() == ["bridge", "host", "none", "one"])
        }
    }
}

extension String {
    /// The parts between occurrences of a text.
    fileprivate func components(_ separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}

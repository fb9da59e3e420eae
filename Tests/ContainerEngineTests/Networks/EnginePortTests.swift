import ContainerKitTesting
import ContainerNetworking
import ContainerSystem
import Testing

@testable import ContainerEngine

/// Ports of the host and addresses, from what is asked for to what a kernel would be told.
@Suite struct EnginePortTests {
    @Test func portsLeadToTheContainer() throws {
        try FakeHost.with { host in
            let web = try host.start(
                "web",
                ports: [
                    PortBinding(80, hostPorts: 8080...8080), PortBinding(53, .udp, hostAddress: "127.0.0.1"),
                    PortBinding(60, .sctp, hostPorts: 6000...6000),
                ])
            let address = try #require(
                try host.engine.network("bridge").containers[web.id]?.address.split(separator: "/").first)
            #expect(
                host.published == [
                    "0.0.0.0:6000->\(address):60/sctp", "0.0.0.0:8080->\(address):80/tcp",
                    "127.0.0.1:32769->\(address):53/udp",
                ])
            #expect(host.plan.contains { $0.contains("hold 3 ports of the host") })
            let ends = host.plan.filter { $0.hasPrefix("after") }
            #expect(ends.contains { $0.contains("delete from nftables set containerkit any4") }, "\(ends)")
        }
    }

    @Test func bothKindsOfAddresses() throws {
        try FakeHost.with { host in
            var options = NetworkOptions(name: "both")
            options.isIPv6 = true
            _ = try host.engine.createNetwork(options)
            try host.start("web", on: ["both"], ports: [PortBinding(80, hostPorts: 8080...8080)])
            #expect(host.published.count == 2 && host.published.last?.hasPrefix("[::]:8080->[fd") == true)
            #expect(
                code { try host.start("local", on: ["both"], ports: [PortBinding(80, hostAddress: "::1")]) }
                    == .unsupported)
            #expect(
                code { try host.start("six", ports: [PortBinding(80, hostAddress: "2001:db8::1")]) } == .unsupported)
        }
    }

    @Test func conflictsStartNothing() throws {
        try FakeHost.with { host in
            host.network.listen(.tcp, 9000)
            try host.start("web", ports: [PortBinding(80, hostPorts: 8080...8080)])
            let (plans, published) = (host.launcher.plans.count, host.published)
            for (name, port) in [
                ("first", PortBinding(80, hostPorts: 8080...8080)),
                ("second", PortBinding(81, hostAddress: "127.0.0.1", hostPorts: 8080...8080)),
                ("third", PortBinding(80, hostPorts: 9000...9000)),
            ] { #expect(code { try host.start(name, ports: [port]) } == .conflict, "\(port)") }
            #expect(host.launcher.plans.count == plans && host.published == published)
            #expect(try host.engine.network("bridge").containers.count == 1, "no address is lost")
            try host.start("udp", ports: [PortBinding(80, .udp, hostPorts: 8080...8080)])
            try host.start("next", ports: [PortBinding(80, hostPorts: 8080...8090)])
            #expect(host.published.contains { $0.hasPrefix("0.0.0.0:8081->") }, "the next of the range")
            #expect(
                code { try host.start("full", ports: [PortBinding(80, hostPorts: 8080...8081)]) } == .conflict)
        }
    }

    @Test func aStartThatFailsGivesBackWhatItHad() throws {
        let failure = ContainerError(.systemFailure, "mount")
        try FakeHost.with(script: [.failure(failure), .success(0)]) { host in
            #expect(
                code { try host.start("web", ports: [PortBinding(80, hostPorts: 8080...8080)]) } == .systemFailure)
            #expect(host.published.isEmpty)
            #expect(try host.engine.network("bridge").containers.isEmpty)
            try host.start("other", ports: [PortBinding(80, hostPorts: 8080...8080)])
            #expect(host.published.count == 1)
        }
    }

    @Test func aKernelWithoutAPacketFilter() throws {
        let failure = ContainerError(.unsupported, "the kernel lacks nf_tables")
        try FakeHost.with(firewall: FakeFirewall(failure: failure)) { host in
            #expect(code { try host.start("web", ports: [PortBinding(80, hostPorts: 8080...8080)]) } == .unsupported)
            #expect(host.launcher.plans.isEmpty)
            let web = try #require(try host.engine.containers().first)
            #expect(try host.engine.database.endpoints(container: web.id).isEmpty, "nothing half made")
            #expect(try host.engine.database.ports().isEmpty)
            try host.start("none") { $0.network = .none }
        }
    }

    @Test func whatTheDeadHeldIsFreed() throws {
        try FakeHost.with { host in
            var options = NetworkOptions(name: "small")
            options.subnets = [.init("10.99.0.0/30")]
            _ = try host.engine.createNetwork(options)
            let first = try host.start("first", on: ["small"], ports: [PortBinding(80, hostPorts: 8080...8080)])
            #expect(code { try host.start("second", on: ["small"]) } == .exhausted)
            try host.end(first)
            try host.start("third", on: ["small"], ports: [PortBinding(81, hostPorts: 8080...8080)])
            #expect(host.published == ["0.0.0.0:8080->10.99.0.2:81/tcp"])
        }
    }

    @Test func rulesThatSomebodyFlushedComeBack() throws {
        try FakeHost.with { host in
            try host.start("web", ports: [PortBinding(80, hostPorts: 8080...8080)])
            let before = host.published
            host.network.packetFilter.flush()
            try host.start("other")
            #expect(host.published == before)
            #expect(host.network.packetFilter.layings == 2)
        }
    }

    @Test func whatIsInTheWayIsSaid() throws {
        let obstacle = FirewallObstacle(
            chain: "ip filter FORWARD", bridge: "lan0", commands: ["iptables -I FORWARD -i lan0 -j ACCEPT"])
        try FakeHost.with(firewall: FakeFirewall(obstacles: [obstacle])) { host in
            var options = NetworkOptions(name: "lan")
            options.options = ["com.docker.network.bridge.name": "lan0"]
            _ = try host.engine.createNetwork(options)
            #expect(try host.start("web", on: ["lan"]).warnings == [obstacle.description])
            #expect(try host.start("other").warnings.isEmpty)
        }
    }

    @Test func sixtyContainersHaveSixtyAddresses() throws {
        try FakeHost.with { host in
            for number in 0..<60 { try host.start("c\(number)") }
            let addresses = try host.engine.network("bridge").containers.values.map(\.address)
            #expect(Set(addresses).count == 60)
        }
    }
}

import CKLinux
import ContainerSystem
import Foundation
import Glibc
import Testing

@testable import ContainerNetworking

/// nf_tables for real, in network namespaces of the tests' own, read back by the nft command. Needs root.
@Suite struct KernelFirewallTests {
    static let network = FirewallNetwork(bridge: "ck0", subnets: [.v4(KernelTests.subnet)])

    static func ruleset() throws -> String { try sh("nft list ruleset") }

    static func firewall() throws -> NFTables {
        NFTables(try NetlinkSocket(.netfilter), table: "containerkit-test")
    }

    static func port(_ hostPort: UInt16, to address: String = "10.201.0.2", on host: String? = nil) throws
        -> PublishedPort
    {
        PublishedPort(
            transport: .tcp, hostAddress: try host.map { try IPAddress($0) }, hostPort: hostPort,
            containerAddress: try IPAddress(address), containerPort: 80, bridge: "ck0")
    }

    static let written = """
        table inet containerkit-test {
        \tmap address4 {
        \t\ttype ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
        \t}

        \tmap any4 {
        \t\ttype inet_proto . inet_service : ipv4_addr . inet_service
        \t\telements = { tcp . 8080 comment "ck0" : 10.201.0.2 . 80 }
        \t}

        \tmap address6 {
        \t\ttype ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service
        \t}

        \tmap any6 {
        \t\ttype inet_proto . inet_service : ipv6_addr . inet_service
        \t}

        \tchain early {
        \t\ttype filter hook prerouting priority raw; policy accept;
        \t\tip daddr 127.0.0.0/8 iifname != "lo" drop comment "drop what comes for the host's loopback from elsewhere #34450c4d"
        \t\tip saddr 127.0.0.0/8 iifname { "ck0" } drop comment "drop what pretends to come from the host's loopback #34450c4d"
        \t}

        \tchain prerouting {
        \t\ttype nat hook prerouting priority dstnat; policy accept;
        \t\tfib daddr type local jump ports comment "look up published ports #34450c4d"
        \t}

        \tchain output {
        \t\ttype nat hook output priority -100; policy accept;
        \t\tfib daddr type local jump ports comment "look up published ports #34450c4d"
        \t}

        \tchain input {
        \t\ttype filter hook input priority filter; policy accept;
        \t}

        \tchain forward {
        \t\ttype filter hook forward priority filter; policy accept;
        \t\toifname { "ck0" } ct state established,related accept comment "accept answers to networks #34450c4d"
        \t\tiifname { "ck0" } ct state established,related accept comment "accept answers of networks #34450c4d"
        \t\tiifname . oifname { "ck0" . "ck0" } accept comment "accept between containers #34450c4d"
        \t\tiifname { "ck0" } fib saddr . iif oif missing drop comment "drop sources that are not of their network #34450c4d"
        \t\toifname { "ck0" } ct status dnat accept comment "accept to published ports #34450c4d"
        \t\toifname { "ck0" } drop comment "drop to networks from outside and from each other #34450c4d"
        \t\tiifname { "ck0" } accept comment "accept from networks to the outside #34450c4d"
        \t}

        \tchain postrouting {
        \t\ttype nat hook postrouting priority srcnat; policy accept;
        \t\toifname { "ck0" } ct status dnat jump hairpin comment "look for containers that reach their own network by a port #34450c4d"
        \t\toifname { "ck0" } ip saddr 127.0.0.0/8 masquerade comment "masquerade the host's loopback #34450c4d"
        \t\tiifname { "ck0" } oifname != { "ck0" } masquerade comment "masquerade what leaves networks #34450c4d"
        \t}

        \tchain ports {
        \t\tdnat ip to ip daddr . meta l4proto . th dport map @address4 comment "send published ports of one IPv4 address to their containers #34450c4d"
        \t\tmeta nfproto ipv4 dnat ip to meta l4proto . th dport map @any4 comment "send published ports of every IPv4 address to their containers #34450c4d"
        \t\tip6 daddr ::1 return comment "leave ::1, which cannot be translated #34450c4d"
        \t\tdnat ip6 to ip6 daddr . meta l4proto . th dport map @address6 comment "send published ports of one IPv6 address to their containers #34450c4d"
        \t\tmeta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @any6 comment "send published ports of every IPv6 address to their containers #34450c4d"
        \t}

        \tchain hairpin {
        \t\toifname "ck0" ip saddr 10.201.0.0/16 masquerade comment "masquerade 10.201.0.0/16 #34450c4d"
        \t}
        }

        """

    @Test func readsBackAsMeant() async throws {
        let seen = try await NetworkNamespace.run {
            let firewall = try Self.firewall()
            try firewall.remove()
            try firewall.ensure([Self.network], ports: [Self.port(8080)])
            let first = try Self.ruleset()
            let handles = try sh("nft -a list ruleset")
            try firewall.ensure([Self.network])
            let untouched = try sh("nft -a list ruleset")
            let words = try firewall.describe()
            let other = try firewall.describe(World.network("ck9", "10.209.0.0/16") { $0.isInternal = true })
            try firewall.remove()
            return (first, handles, untouched, words, try Self.ruleset(), try firewall.describe(), other)
        }
        #expect(seen.0 == Self.written)
        #expect(seen.1 == seen.2)
        #expect(seen.3.first == "nftables table inet containerkit-test")
        #expect(seen.3.contains("forward: drop to networks from outside and from each other"))
        #expect(seen.3.last == "publish 0.0.0.0:8080->10.201.0.2:80/tcp on ck0")
        #expect(seen.4 == "" && seen.5 == [])
        // Of another network only what is for all of them.
        #expect(seen.6.contains("forward: drop to networks from outside and from each other"))
        #expect(!seen.6.contains { $0.hasPrefix("publish") || $0.contains("10.201") }, "\(seen.6)")
    }

    @Test func putsItsOwnRightAndLeavesOthersAlone() async throws {
        let foreign =
            "table ip docker {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n"
        let seen = try await NetworkNamespace.run {
            try sh("nft add table ip docker")
            try sh("nft add chain ip docker forward { type filter hook forward priority filter ; policy drop ; }")
            let before = try Self.ruleset()
            let firewall = try Self.firewall()
            let ports = [try Self.port(8080)]
            try firewall.ensure([Self.network], ports: ports)
            try sh("nft flush chain inet containerkit-test forward")
            try firewall.ensure([Self.network], ports: ports)
            let repaired = try Self.ruleset()
            try sh("nft delete table inet containerkit-test")
            try firewall.ensure([Self.network], ports: ports)
            let again = try Self.ruleset()
            // Another network in its place, then two.
            let second = FirewallNetwork(bridge: "ck1", subnets: [try IPSubnet("172.16.16.0/20")])
            try firewall.ensure([second])
            let replaced = try Self.ruleset()
            try firewall.ensure([Self.network, second])
            let both = try Self.ruleset()
            try firewall.ensure([])
            let none = try Self.ruleset()
            try firewall.remove()
            return (before, repaired, again, replaced, both, none, try Self.ruleset())
        }
        #expect(seen.0 == foreign)
        #expect(seen.1 == foreign + Self.written)
        #expect(seen.2 == foreign + Self.written)
        #expect(seen.3.contains("iifname { \"ck1\" } oifname != { \"ck1\" } masquerade") && !seen.3.contains("ck0"))
        #expect(
            seen.4.contains("oifname != { \"ck0\", \"ck1\" } masquerade")
                || seen.4.contains("{ \"ck1\", \"ck0\" } masquerade"))
        #expect(seen.5.hasPrefix(foreign) && !seen.5.contains("chain early"))
        #expect(seen.6 == foreign)
    }

    /// Runs the body on eight threads of the calling thread's namespace, and gives back what they failed of.
    static func atOnce(_ body: @escaping @Sendable (Int) throws -> Void) throws -> [String] {
        let home = try Descriptor.open("/proc/thread-self/ns/net", O_RDONLY)
        let lock = NSLock()
        nonisolated(unsafe) var errors: [String] = []
        try Threads.run(8) { number in
            do {
                try system("setns") { setns(home.raw, CK_CLONE_NEWNET) }
                try body(number)
            } catch { lock.withLock { errors.append("\(error)") } }
        }
        return lock.withLock { errors }
    }

    @Test func manyProcessesMakeTheSameRules() async throws {
        let seen = try await NetworkNamespace.run {
            let errors = try Self.atOnce { _ in
                try Self.firewall().ensure([Self.network], ports: [Self.port(8080)])
            }
            return (errors, try Self.ruleset())
        }
        #expect(seen.0 == [])
        #expect(seen.1 == Self.written)
    }

    /// Eight processes each make a network, and lay the rules for the list as it is then: none is forgotten.
    @Test func theNewestListWins() async throws {
        let seen = try await NetworkNamespace.run {
            let lock = NSLock()
            nonisolated(unsafe) var list: [FirewallNetwork] = []
            let errors = try Self.atOnce { number in
                for round in 0..<5 {
                    let name = "ck\(number)x\(round)"
                    let subnet = IPSubnet.v4(
                        IPv4Subnet(masking: UInt32(10 << 24 | number << 16 | round << 8), prefixLength: 24))
                    lock.withLock { list.append(FirewallNetwork(bridge: name, subnets: [subnet])) }
                    try Self.firewall().ensure(
                        networks: { () throws(ContainerError) in lock.withLock { list } },
                        ports: { () throws(ContainerError) in [] })
                }
            }
            return (errors, try Self.ruleset(), lock.withLock { list.map(\.bridge) })
        }
        #expect(seen.0 == [])
        #expect(seen.2.count == 40)
        for name in seen.2 { #expect(seen.1.contains("\"\(name)\" . \"\(name)\"")) }
    }

    /// A refused rule leaves nothing of its transaction behind.
    @Test func allOrNothing() async throws {
        let seen = try await NetworkNamespace.run {
            let bad = NFTablesRule(chain: .forward, comment: "in no chain") { $0.verdict(.accept) }
            var setID: UInt32 = 0
            let failures = try Self.firewall().transact(
                [NFTablesMessage.newTable("half")] + bad.messages(in: "half", setID: &setID))
            return (failures.compactMap(\.failure?.errno.name), try Self.ruleset())
        }
        #expect(seen.0 == ["ENOENT"])
        #expect(seen.1 == "")
    }

    @Test func portsComeAndGo() async throws {
        let seen = try await NetworkNamespace.run {
            let firewall = try Self.firewall()
            let one = try Self.port(8080)
            let two = try Self.port(8080, on: "192.0.2.1")
            let six = try Self.port(8080, to: "fd00::2", on: "2001:db8::1")
            let early = Result { try firewall.publish([one]) }
            try firewall.unpublish([one])
            try firewall.ensure([Self.network])
            try firewall.publish([one, two, six])
            try firewall.publish([one])
            let all = try firewall.published()
            // The same host port for another container: the newer one has it, and the older one cannot take it back.
            let moved = try Self.port(8080, to: "10.201.0.3")
            try firewall.publish([moved, two])
            let after = try firewall.published()
            try firewall.unpublish([one])
            let kept = try firewall.published()
            let twice = Result { try firewall.publish([one, moved]) }
            try firewall.unpublish([moved, two, six, one])
            return (early, all, [one, two, six], after, moved, kept, twice, try firewall.published())
        }
        #expect(throws: ContainerError.self) { try seen.0.get() }
        #expect(Set(seen.1) == Set(seen.2) && seen.1.count == 3)
        #expect(seen.3.contains(seen.4) && seen.3.count == 3 && seen.5 == seen.3)
        #expect(throws: ContainerError.self) { try seen.6.get() }
        #expect(seen.7 == [])
    }

    @Test func aThousandPorts() async throws {
        let seen = try await NetworkNamespace.run {
            let firewall = try Self.firewall()
            let ports = try (1...1000).map { try Self.port(UInt16(20_000 + $0), on: $0 % 2 == 0 ? "192.0.2.1" : nil) }
            try firewall.ensure([Self.network], ports: ports)
            let laid = try firewall.published().count
            let rules = try Self.ruleset().split(separator: "\n").count {
                $0.contains(" comment \"") && $0.contains("#")
            }
            try firewall.unpublish(ports)
            let none = try firewall.published().count
            try firewall.publish(ports)
            return (laid, rules, none, try firewall.published().count)
        }
        #expect(seen.0 == 1000 && seen.2 == 0 && seen.3 == 1000)
        #expect(seen.1 == Self.written.split(separator: "\n").count { $0.contains("#") })
    }

    /// Five thousand of every kind of port are more than a socket sends at once by itself.
    @Test func manyPortsInOneTransaction() async throws {
        let count = try await NetworkNamespace.run {
            let ports = try (1...5000).map {
                try Self.port(UInt16($0), to: "fd00::2", on: $0 % 2 == 0 ? "2001:db8::1" : nil)
            }
            try Self.firewall().ensure([Self.network], ports: ports)
            return try Self.firewall().published().count
        }
        #expect(count == 5000)
    }

    @Test func whatIsRefusedChangesNothing() async throws {
        let seen = try await NetworkNamespace.run {
            let firewall = try Self.firewall()
            let bad = try [
                Self.port(0), Self.port(80, to: "fd00::2", on: "192.0.2.1"), Self.port(80, to: "fd00::2", on: "::1"),
            ]
            let errors = bad.map { port in
                Result { try firewall.ensure([Self.network], ports: [port]) }
            }
            return (errors.count { (try? $0.get()) == nil }, try Self.ruleset())
        }
        #expect(seen.0 == 3)
        #expect(seen.1 == "")
    }

    /// Docker's chain, and a table of the nft command, drop what is forwarded; a rule that names the bridge settles it.
    @Test func obstacles() async throws {
        let seen = try await NetworkNamespace.run {
            let firewall = try Self.firewall()
            try firewall.ensure([Self.network])
            let none = try firewall.obstacles(to: ["ck0"])
            try sh("nft add table ip filter")
            try sh("nft add chain ip filter FORWARD { type filter hook forward priority filter ; policy drop ; }")
            let plain = try firewall.obstacles(to: ["ck0"])
            try sh("nft add chain ip filter DOCKER-USER")
            let docker = try firewall.obstacles(to: ["ck0"])
            try sh("nft add rule ip filter DOCKER-USER iifname ck0 accept")
            let settled = try firewall.obstacles(to: ["ck0"])
            let other = try firewall.obstacles(to: ["ck0", "ck"])
            try sh("nft add table inet mine")
            try sh("nft add chain inet mine pass { type filter hook forward priority 10 ; policy drop ; }")
            let own = try firewall.obstacles(to: ["ck0"])
            for command in own.flatMap(\.commands) { try sh(command) }
            return (none, plain, docker, settled, other, own, try firewall.obstacles(to: ["ck0"]))
        }
        #expect(seen.0 == [] && seen.3 == [] && seen.6 == [])
        #expect(
            seen.1.flatMap(\.commands) == [
                "iptables -I FORWARD -i ck0 -j ACCEPT", "iptables -I FORWARD -o ck0 -j ACCEPT",
            ])
        #expect(seen.2.first?.commands.first == "iptables -I DOCKER-USER -i ck0 -j ACCEPT")
        #expect(seen.4.map(\.bridge) == ["ck"])
        #expect(
            seen.5.flatMap(\.commands) == [
                "nft insert rule inet mine pass iifname ck0 accept",
                "nft insert rule inet mine pass oifname ck0 accept",
            ])
        #expect(
            seen.1.first?.description.hasPrefix(
                "the firewall chain \"ip filter FORWARD\" drops the traffic of ck0; to let it through: iptables")
                == true)
    }
}

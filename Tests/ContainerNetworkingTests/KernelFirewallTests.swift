import CKLinux
import ContainerSystem
import Foundation
import Glibc
import Testing

@testable import ContainerNetworking

/// nf_tables for real, in network namespaces of the tests' own, read back by the nft command. Needs root.
@Suite struct KernelFirewallTests {
    static let network = MasqueradedNetwork(bridge: "ck0", subnet: KernelTests.subnet)

    static func ruleset() throws -> String { try Command.output(["nft", "list", "ruleset"]).text }

    static let written = """
        table ip containerkit-test {
        \tchain postrouting {
        \t\ttype nat hook postrouting priority srcnat; policy accept;
        \t\tip saddr 10.201.0.0/16 oifname != "ck0" masquerade comment "ck0 10.201.0.0/16 masquerade"
        \t}

        \tchain forward {
        \t\ttype filter hook forward priority filter; policy accept;
        \t\tiifname "ck0" accept comment "ck0 from"
        \t\toifname "ck0" accept comment "ck0 to"
        \t}
        }

        """

    @Test func readsBackAsMeant() async throws {
        let seen = try await NetworkNamespace.run {
            let firewall = NFTables(try NetlinkSocket(.netfilter), table: "containerkit-test")
            try firewall.remove()
            try firewall.ensure([Self.network])
            let first = try Self.ruleset()
            let handles = try Command.output(["nft", "-a", "list", "ruleset"]).text
            try firewall.ensure([Self.network])
            let untouched = try Command.output(["nft", "-a", "list", "ruleset"]).text
            let json = try Command.output(["nft", "-j", "list", "ruleset"])
            try firewall.remove()
            return (first, handles, untouched, json, try Self.ruleset())
        }
        #expect(seen.0 == Self.written)
        #expect(seen.1 == seen.2)
        #expect(seen.3.status == 0)
        #expect(try JSON(seen.3.text)["nftables"].all.count { $0["rule"].exists } == 3)
        #expect(seen.4 == "")
    }

    @Test func putsItsOwnRightAndLeavesOthersAlone() async throws {
        let foreign =
            "table ip docker {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n"
        let seen = try await NetworkNamespace.run {
            for command in [
                "nft add table ip docker",
                "nft add chain ip docker forward { type filter hook forward priority filter ; policy drop ; }",
            ] { _ = try Command.output(command.split(separator: " ").map(String.init)) }
            let before = try Self.ruleset()
            let firewall = NFTables(try NetlinkSocket(.netfilter), table: "containerkit-test")
            try firewall.ensure([Self.network])
            _ = try Command.output(["nft", "flush", "chain", "ip", "containerkit-test", "forward"])
            try firewall.ensure([Self.network])
            let repaired = try Self.ruleset()
            // Another network in its place, then two.
            let second = MasqueradedNetwork(bridge: "ck1", subnet: try IPv4Subnet("172.16.16.0/20"))
            try firewall.ensure([second])
            let replaced = try Self.ruleset()
            try firewall.ensure([Self.network, second])
            let both = try Self.ruleset()
            try firewall.ensure([])
            let none = try Self.ruleset()
            try firewall.remove()
            return (before, repaired, replaced, both, none, try Self.ruleset())
        }
        #expect(seen.0 == foreign)
        #expect(seen.1 == foreign + Self.written)
        #expect(seen.2.contains("ip saddr 172.16.16.0/20 oifname != \"ck1\" masquerade") && !seen.2.contains("ck0"))
        #expect(seen.3.contains("\"ck0\" masquerade") && seen.3.contains("\"ck1\" masquerade"))
        #expect(seen.4.hasPrefix(foreign) && !seen.4.contains("masquerade"))
        #expect(seen.5 == foreign)
    }

    @Test func manyProcessesMakeTheSameRules() async throws {
        let seen = try await NetworkNamespace.run {
            let home = try Descriptor.open("/proc/thread-self/ns/net", O_RDONLY)
            let lock = NSLock()
            nonisolated(unsafe) var errors: [any Error] = []
            let threads = (0..<8).map { _ in
                Thread {
                    do {
                        try system("setns") { setns(home.raw, CK_CLONE_NEWNET) }
                        try NFTables(NetlinkSocket(.netfilter), table: "containerkit-test").ensure([Self.network])
                    } catch { lock.withLock { errors.append(error) } }
                }
            }
            threads.forEach { $0.start() }
            while threads.contains(where: { !$0.isFinished }) { usleep(1000) }
            return (lock.withLock { errors.map { "\($0)" } }, try Self.ruleset())
        }
        #expect(seen.0 == [])
        #expect(seen.1 == Self.written)
    }

    /// A refused rule leaves nothing of its transaction behind.
    @Test func allOrNothing() async throws {
        let seen = try await NetworkNamespace.run {
            let socket = try NetlinkSocket(.netfilter)
            let bad = NFTablesRule(chain: .forward, comment: "in no chain") { NFTablesExpression.accept(&$0) }
            let replies = try socket.transact(
                NetlinkBatch([
                    NFTablesMessage.batchBegin, NFTablesMessage.newTable("half"),
                    NFTablesMessage.newRule(bad, in: "half"), NFTablesMessage.batchEnd,
                ]))
            return (replies.compactMap(\.failure?.errno.name), try Self.ruleset())
        }
        #expect(seen.0 == ["ENOENT"])
        #expect(seen.1 == "")
    }

    /// From a container through the host to an outside that knows no way back: only masquerading can bring an answer.
    @Test func containerReachesTheOutside() async throws {
        let seen = try await NetworkNamespace.run {
            let bridge = try KernelTests.ensureBridge()
            try NFTables(NetlinkSocket(.netfilter), table: "containerkit-test").ensure([Self.network])
            let container = try NamespaceHolder()
            defer { container.end() }
            let other = try NamespaceHolder()
            defer { other.end() }
            let outside = try NamespaceHolder()
            defer { outside.end() }
            try KernelTests.attach(KernelTests.endpoint(bridge), to: container.pid)
            try KernelTests.attach(KernelTests.endpoint(bridge, last: 3, id: "fedcba9876543210"), to: other.pid)
            for command in [
                "ip link add up0 type veth peer name eth0 netns \(outside.pid)",
                "ip address add 198.51.100.1/24 dev up0",
                "ip link set up0 up",
            ] { _ = try Command.output(command.split(separator: " ").map(String.init)) }
            try NetworkNamespace.inside(outside.pid) {
                for command in ["ip address add 198.51.100.9/24 dev eth0", "ip link set eth0 up"] {
                    _ = try Command.output(command.split(separator: " ").map(String.init))
                }
            }
            let outer = try NetworkNamespace.inside(outside.pid) { try Datagrams() }
            let inner = try NetworkNamespace.inside(container.pid) { try Datagrams() }
            let neighbour = try NetworkNamespace.inside(other.pid) { try Datagrams() }
            try inner.send("hello", to: "198.51.100.9", outer.port)
            let atOutside = try outer.receive()
            try outer.send("back", to: atOutside.sender, atOutside.port)
            let answer = try inner.receive()
            try inner.send("hi", to: "10.201.0.3", neighbour.port)
            return (atOutside, answer, try neighbour.receive())
        }
        #expect(seen.0.text == "hello" && seen.0.sender == "198.51.100.1")
        #expect(seen.1.text == "back" && seen.1.sender == "198.51.100.9")
        #expect(seen.2.text == "hi" && seen.2.sender == "10.201.0.2")
    }
}

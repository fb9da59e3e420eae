import ContainerSystem
import Glibc
import Testing

/// Containers on several networks, and on those of others.
@Suite struct ConnectTests {
    /// A network of a sandbox with a subnet that the test knows.
    private static func network(_ box: Sandbox, _ name: String, _ subnet: String, _ options: [String] = []) throws {
        try box.expect(["network", "create", "--subnet", subnet] + options + [name])
    }

    /// The interfaces of a container with their IPv4 addresses: `eth0 10.99.1.2/24`.
    private static func interfaces(_ box: Sandbox, _ container: String) throws -> [String] {
        try box.ck(["exec", container, "ip", "-o", "-4", "addr"]).lines.map { line in
            let words = line.split(separator: " ")
            return "\(words[1]) \(words[3])"
        }.filter { !$0.hasPrefix("lo ") }
    }

    private static func defaultRoute(_ box: Sandbox, _ container: String) throws -> String {
        // busybox shows the others as well.
        try box.ck(["exec", container, "ip", "route"]).lines.first { $0.hasPrefix("default") }?.trimmed ?? ""
    }

    @Test func severalNetworksAtOnce() throws {
        try Sandbox.with { box in
            try box.leavesNothing {
                try Self.network(box, "one", "10.99.1.0/24")
                try Self.network(box, "two", "10.99.2.0/24")
                try box.expect([
                    "run", "-d", "--name", "both", "--network", "name=one,ip=10.99.1.40", "--network",
                    "name=two,gw-priority=5,mac-address=02:00:00:00:00:09", "bb", "sleep", "1000",
                ])
                #expect(try Self.interfaces(box, "both") == ["eth0 10.99.1.40/24", "eth1 10.99.2.2/24"])
                #expect(try Self.defaultRoute(box, "both") == "default via 10.99.2.1 dev eth1")
                let mac = try box.ck(["exec", "both", "cat", "/sys/class/net/eth1/address"]).output
                #expect(mac == "02:00:00:00:00:09\n")
                #expect(try box.address(of: "both", on: "two", "MacAddress") == "02:00:00:00:00:09")
                try box.expect(["network", "disconnect", "two", "both"])
                #expect(try Self.interfaces(box, "both") == ["eth0 10.99.1.40/24"])
                #expect(try Self.defaultRoute(box, "both") == "default via 10.99.1.1 dev eth0")
                try box.expect(["network", "connect", "--ip", "10.99.2.77", "two", "both"])
                #expect(try Self.interfaces(box, "both") == ["eth0 10.99.1.40/24", "eth1 10.99.2.77/24"])
                try box.expect(["network", "disconnect", "one", "both"])
                #expect(try Self.defaultRoute(box, "both") == "default via 10.99.2.1 dev eth1")
                let hosts = try box.ck(["exec", "both", "cat", "/etc/hosts"]).output
                #expect(hosts.contains("10.99.2.77\t") && !hosts.contains("10.99.1.40"), "\(hosts)")
                // It is so in its next life.
                try box.expect(["restart", "-t", "0", "both"])
                #expect(try Self.interfaces(box, "both") == ["eth0 10.99.2.77/24"])
                try box.expect(["network", "disconnect", "two", "both"])
                #expect(try Self.interfaces(box, "both").isEmpty)
                #expect(try box.ck(["network", "rm", "one", "two"]).status == 0)
            }
        }
    }

    @Test func aNetworkThatIsConnectedIsReached() throws {
        try Sandbox.with { box in
            try Self.network(box, "one", "10.99.1.0/24")
            try Self.network(box, "two", "10.99.2.0/24")
            try box.startServer("server", ["--network", "one"])
            try box.expect(["run", "-d", "--name", "client", "--network", "two", "bb", "sleep", "1000"])
            let address = try box.address(of: "server", on: "one")
            #expect(try box.ask(address, 80, from: "client").isEmpty, "networks are apart")
            try box.expect(["network", "connect", "two", "server"])
            let second = try box.address(of: "server", on: "two")
            #expect(try box.ask(second, 80, from: "client").hasPrefix("server "))
            #expect(try box.ask("server", 80, from: "client").hasPrefix("server "), "by its name")
            try box.expect(["network", "disconnect", "two", "server"])
            #expect(try box.ask(second, 80, from: "client").isEmpty)
            // One that does not run is connected at its start.
            try box.expect(["stop", "-t", "0", "client"])
            try box.expect(["network", "connect", "one", "client"])
            try box.expect(["start", "client"])
            #expect(try box.ask("server", 80, from: "client").hasPrefix("server "))
        }
    }

    @Test func whatCannotBeConnected() throws {
        try Sandbox.with { box in
            try Self.network(box, "one", "10.99.1.0/24")
            try box.expect([
                "run", "-d", "--name", "taken", "--network", "one", "--ip", "10.99.1.9", "bb", "sleep", "99",
            ])
            try box.expect(["run", "-d", "--name", "other", "bb", "sleep", "99"])
            for (arguments, words) in [
                (["connect", "one", "taken"], "endpoint with name taken already exists in network one"),
                (["connect", "--ip", "10.99.1.9", "one", "other"], "Address already in use: 10.99.1.9"),
                (["connect", "--ip", "10.98.1.9", "one", "other"], "no configured subnet or ip-range contain"),
                (["connect", "--ip", "10.99.1.1", "one", "other"], "Address already in use"),
                (["connect", "one", "nosuch"], "No such container: nosuch"),
                (["connect", "nosuch", "other"], "network nosuch not found"),
                (["connect", "host", "other"], "container cannot be connected to host network"),
                (["disconnect", "one", "other"], "is not connected to network one"),
            ] {
                let refused = try box.ck(["network"] + arguments)
                #expect(refused.status == 1 && refused.errors.contains(words), "\(arguments): \(refused)")
                #expect(refused.errors.split(separator: "\n").count == 1, "\(refused)")
            }
            #expect(try Self.interfaces(box, "other").count == 1, "nothing half made")
            #expect(try box.ck(["network", "disconnect", "-f", "one", "nosuch"]).status == 0)
            #expect(try box.ck(["network", "disconnect", "-f", "nosuch", "nosuch"]).status == 1)
            let inUse = try box.ck(["network", "rm", "one"])
            #expect(
                inUse.status == 1
                    && inUse.errors.contains("error while removing network: network one has active endpoints: taken"),
                "\(inUse)")
        }
    }

    /// What fails half way leaves nothing behind: neither in this life nor in the next.
    @Test func whatFailsLeavesItAsItWas() throws {
        try Sandbox.with { box in
            try Self.network(box, "one", "10.99.1.0/24")
            try Self.network(box, "two", "10.99.2.0/24")
            try box.expect([
                "run", "-d", "--name", "web", "--restart", "always", "--network", "one", "-p", "8080:80", "bb", "sleep",
                "1000",
            ])
            let server = try #require(box.processes(named: "ck-dns").first)
            let files = ["exec", "web", "cat", "/etc/hosts", "/etc/resolv.conf"]
            let before = try box.ck(files).output
            kill(server, SIGSTOP)
            let refused = try box.ck(["network", "connect", "--gw-priority", "9", "two", "web"])
            kill(server, SIGCONT)
            #expect(refused.status == 1 && refused.errors.contains("does not answer"), "\(refused)")
            #expect(try Self.interfaces(box, "web") == ["eth0 10.99.1.2/24"])
            #expect(try Self.defaultRoute(box, "web") == "default via 10.99.1.1 dev eth0")
            #expect(try box.ck(files).output == before)
            #expect(try box.rules().contains(" : 10.99.1.2 "))
            #expect(try box.ck(["inspect", "-f", "{{len .NetworkSettings.Networks}}", "web"]).line(0) == "1")
            try box.expect(["network", "rm", "two"])
            let first = try box.process(of: "web")
            kill(first, SIGKILL)
            try box.eventually("the next life") { try ![0, first].contains(box.process(of: "web")) }
            #expect(try Self.interfaces(box, "web") == ["eth0 10.99.1.2/24"])
        }
    }

    /// As docker: a network without IPv6 takes no way of IPv6 from another.
    @Test func eachKindHasItsOwnDefaultRoute() throws {
        try Sandbox.with { box in
            func routes() throws -> [String] {
                try ["-4", "-6"].map { kind in
                    try box.ck(["exec", "web", "ip", kind, "route"]).lines.first { $0.hasPrefix("default") }?
                        .split(separator: " ").dropFirst(2).first.map(String.init) ?? ""
                }
            }
            try Self.network(box, "four", "10.99.1.0/24")
            try Self.network(box, "six", "10.99.2.0/24", ["--ipv6", "--subnet", "fd00:99::/64"])
            try box.expect(
                ["run", "-d", "--name", "web", "--network", "four", "--network", "six", "bb", "sleep", "1000"])
            #expect(try routes() == ["10.99.1.1", "fd00:99::1"])
            try box.expect(["network", "disconnect", "four", "web"])
            #expect(try routes() == ["10.99.2.1", "fd00:99::1"])
            try box.expect(["network", "connect", "--gw-priority", "3", "four", "web"])
            #expect(try routes() == ["10.99.1.1", "fd00:99::1"])
            try box.expect(["network", "disconnect", "six", "web"])
            #expect(try routes() == ["10.99.1.1", ""])
        }
    }

    @Test func theNetworkOfAnotherContainer() throws {
        try Sandbox.with { box in
            try box.startServer("owner", ["-p", "8080:80", "--add-host", "extra:198.51.100.5"])
            let own = try box.ck(["exec", "owner", "sh", "-c", "ip -o addr; cat /etc/hosts /etc/resolv.conf; hostname"])
            let joined = try box.shell(
                "ip -o addr; cat /etc/hosts /etc/resolv.conf; hostname; nc 127.0.0.1 80",
                ["--network", "container:owner"])
            #expect(joined.output.hasPrefix(own.output), "\(joined) is not \(own)")
            #expect(joined.output.hasSuffix("owner ::ffff:127.0.0.1\n"), "\(joined)")
            try box.expect(["run", "-d", "--name", "guest", "--network", "container:owner", "bb", "sleep", "1000"])
            let third = try box.shell("cat /etc/hosts; hostname", ["--network", "container:guest"])
            #expect(third.status == 0 && third.output.contains("198.51.100.5\textra"), "\(third)")
            for (option, words) in [
                (["-h", "name"], "conflicting options: hostname and the network mode"),
                (["-p", "80"], "port publishing and the container type network mode"),
                (["--dns", "192.0.2.1"], "conflicting options: dns and the network mode"),
                (["--add-host", "a:192.0.2.1"], "custom host-to-IP mapping and the network mode"),
                (["--mac-address", "02:00:00:00:00:01"], "mac-address and the network mode"),
                (["--network", "bridge"], "cannot be connected to any other network"),
                (["--link", "owner:x"], "container type network can't be used with links"),
            ] {
                let refused = try box.shell("true", ["--network", "container:owner"] + option)
                #expect(refused.status == 125 && refused.errors.contains(words), "\(option): \(refused)")
            }
            try box.expect(["stop", "-t", "0", "owner"])
            let late = try box.shell("true", ["--network", "container:owner"])
            #expect(late.status == 125 && late.errors.contains("cannot join network of a non running container"))
            #expect(try box.shell("true", ["--network", "container:nosuch"]).errors.contains("nosuch"))
        }
    }

    @Test func noNetworkAndTheHosts() throws {
        try Sandbox.with { box in
            _ = try Outside(box)
            let none = try box.shell("ip -o addr | grep -v ' lo '; cat /etc/hosts", ["--network", "none"])
            #expect(none.output.hasPrefix("127.0.0.1\tlocalhost"), "\(none)")
            let host = try box.shell("ip -o addr; hostname", ["--network", "host"])
            #expect(host.output.contains(Outside.host), "\(host)")
            let name = try box.inside(["hostname"]).output
            #expect(host.output.hasSuffix("\n" + name), "the host's name, too: \(host)")
            try box.serve("host", in: nil, "127.0.0.1", 9000, "tcp")
            #expect(try box.shell("nc 127.0.0.1 9000", ["--network", "host"]).output == "host 127.0.0.1\n")
            #expect(try box.shell("nc -w 2 127.0.0.1 9000").output.isEmpty, "a network's loopback is its own")
        }
    }
}

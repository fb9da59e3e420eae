import ContainerSystem
import Glibc
import Testing

/// What a network may be told: IPv6, MTU, bandwidth, and the rest of its driver's options.
@Suite struct NetworkOptionTests {
    @Test func networksOfBothKinds() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.start(outside.entering(Talk.serve("outside", Outside.address6, 80)))
            try box.leavesNothing {
                try box.expect(["network", "create", "--ipv6", "six"])
                let subnets = try box.expect([
                    "network", "inspect", "-f", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", "six",
                ]).line(0).split(separator: " ")
                #expect(subnets.count == 2 && subnets.contains { $0.hasPrefix("fd") }, "a unique local one: \(subnets)")
                try box.startServer("web", ["--network", "six", "-p", "8080:80"])
                try box.expect(["run", "-d", "--name", "peer", "--network", "six", "bb", "sleep", "1000"])
                let address = try box.address(of: "web", on: "six", "GlobalIPv6Address")
                #expect(address.hasPrefix("fd"))
                let ports = try box.ck(["port", "web"]).output
                #expect(ports == "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n", "\(ports)")
                #expect(try outside.ask(Outside.host6, 8080).hasPrefix("web "))
                #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "))
                #expect(try box.ask(Outside.host6, 8080).hasPrefix("web "), "from the host itself")
                #expect(try box.ask(address, 80, from: "peer").hasPrefix("web "))
                #expect(try box.ask(Outside.host6, 8080, from: "peer").hasPrefix("web "), "by the published port")
                #expect(try box.ask(Outside.address6, 80, from: "peer") == "outside \(Outside.host6)\n", "translated")
                #expect(try outside.ask(address, 80).isEmpty)
                let answer = try box.ck(["exec", "peer", "nslookup", "-type=aaaa", "web"]).output
                #expect(answer.contains("Address: \(address)"), "\(answer)")
                #expect(try box.ck(["exec", "peer", "nslookup", address]).output.contains("name = web.six"))
                let hosts = try box.ck(["exec", "web", "cat", "/etc/hosts"]).output
                #expect(hosts.contains("\(address)\t"), "\(hosts)")
            }
        }
    }

    @Test func aNetworkOfIPv6Alone() throws {
        try Sandbox.with { box in
            _ = try Outside(box)
            try box.expect(["network", "create", "--ipv6", "--ipv4=false", "--subnet", "fd00:99::/64", "six"])
            try box.startServer("web", ["--network", "six", "-p", "8080:80"])
            let shown = try box.ck(["exec", "web", "ip", "-o", "addr", "show", "eth0"]).output
            #expect(shown.contains("fd00:99::2/64") && !shown.contains("inet "), "\(shown)")
            #expect(try box.ck(["port", "web"]).output == "80/tcp -> [::]:8080\n")
            #expect(try box.ask(Outside.host6, 8080).hasPrefix("web "))
            let refused = try box.shell("true", ["--network", "six", "-p", "127.0.0.1:8081:80"])
            #expect(refused.status == 125 && refused.errors.contains("the container has no such address"), "\(refused)")
        }
    }

    @Test func loopbackOfIPv6CannotBePublishedOn() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "--ipv6", "six"])
            let refused = try box.shell("true", ["--network", "six", "-p", "[::1]:8080:80"])
            #expect(refused.status == 125 && refused.errors.contains("publish 80/tcp on ::1"), "\(refused)")
            #expect(refused.errors.contains("127.0.0.1 works"), "\(refused)")
        }
    }

    @Test func sizesOfPackets() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "--opt", "com.docker.network.driver.mtu=1280", "small"])
            let result = try box.shell("cat /sys/class/net/eth0/mtu", ["--network", "small"])
            #expect(result.output == "1280\n", "\(result)")
            let id = try box.ck(["network", "ls", "-q", "-f", "name=small"]).line(0)
            #expect(try box.inside(["ip", "link", "show", "ck-" + id]).output.contains("mtu 1280"))
        }
    }

    /// Roughly: a bucket of tokens lets the first moment through.
    @Test func bandwidth() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "--opt", "bandwidth=8mbit", "slow"])
            try box.expect([
                "run", "-d", "--name", "source", "--network", "slow", "bb", "nc", "-ll", "-p", "80", "-e", "sh", "-c",
                "head -c 3000000 /dev/zero",
            ])
            try box.eventually("the source") {
                try box.ck(["exec", "source", "netstat", "-ltn"]).output.contains(":80 ")
            }
            let clock = ContinuousClock()
            var bytes = ""
            let slow = try clock.measure {
                bytes = try box.inside([
                    "bash", "-c", "exec 3<>/dev/tcp/\(box.address(of: "source", on: "slow"))/80; wc -c <&3",
                ]).output
            }
            #expect(bytes == "3000000\n")
            #expect(slow > .seconds(2) && slow < .seconds(30), "24 Mbit at 8 Mbit/s: \(slow)")
            let limits = try box.inside(["tc", "qdisc", "show"]).output
            #expect(limits.contains("tbf"), "\(limits)")
        }
    }

    @Test func otherOptionsOfBridges() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.expect([
                "network", "create", "--opt", "com.docker.network.bridge.host_binding_ipv4=127.0.0.1", "--opt",
                "com.docker.network.container_iface_prefix=lan", "local",
            ])
            try box.startServer("web", ["--network", "local", "-p", "8080:80"])
            #expect(try box.ck(["port", "web"]).output == "80/tcp -> 127.0.0.1:8080\n")
            #expect(try outside.ask(Outside.host, 8080).isEmpty && box.ask("127.0.0.1", 8080).hasPrefix("web "))
            #expect(try box.ck(["exec", "web", "ip", "-o", "link"]).output.contains(" lan0"))
            // Without masquerade the outside sees the container's address, and needs a route to it.
            try box.expect([
                "network", "create", "--subnet", "10.99.1.0/24", "--opt",
                "com.docker.network.bridge.enable_ip_masquerade=false", "routed",
            ])
            try outside.run(["ip", "route", "add", "10.99.1.0/24", "via", Outside.host])
            try box.start(outside.entering(Talk.serve("outside", Outside.address, 80)))
            let seen = try box.shell("nc -w 3 \(Outside.address) 80", ["--network", "routed", "--ip", "10.99.1.8"])
            #expect(seen.output == "outside 10.99.1.8\n", "\(seen)")
        }
    }
}

import ContainerSystem
import Glibc
import Testing

/// Ports of containers on the host: from where they are reached, and when they are free again.
@Suite struct PublishTests {
    @Test func aPortIsReachedFromEverywhere() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.leavesNothing {
                try box.startServer("web", ["-p", "8080:80"])
                try box.startServer("other")
                #expect(try box.ck(["port", "web"]).output == "80/tcp -> 0.0.0.0:8080\n")
                // Whoever asks from outside is seen with an address of their own.
                #expect(try outside.ask(Outside.host, 8080) == "web ::ffff:\(Outside.address)\n")
                #expect(try outside.ask(Outside.hostSecond, 8080).hasPrefix("web "))
                #expect(try outside.ask(try box.address(of: "web"), 80).isEmpty, "no way past the published port")
                #expect(try box.ask("127.0.0.1", 8080).hasPrefix("web "))
                #expect(try box.ask(Outside.host, 8080).hasPrefix("web "))
                #expect(try box.ask("127.0.0.1", 80).isEmpty)
                let gateway = try box.address(of: "web", "Gateway")
                for (name, address) in [("other", gateway), ("other", Outside.host), ("web", gateway)] {
                    #expect(try box.ask(address, 8080, from: name).hasPrefix("web "), "\(name) by \(address)")
                }
                let away = try box.address(of: "web")
                #expect(try box.ask(away, 80, from: "other").hasPrefix("web "))
            }
        }
    }

    @Test func aPortOfOneAddressIsOnThatAlone() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.startServer(
                "web", ["-p", "127.0.0.1:8080:80", "-p", "\(Outside.hostSecond):8081:80", "-p", "127.0.0.1::80"])
            #expect(try box.ask("127.0.0.1", 8080).hasPrefix("web "))
            #expect(try outside.ask(Outside.hostSecond, 8081).hasPrefix("web "))
            for (address, port) in [(Outside.host, 8080), (Outside.hostSecond, 8080), (Outside.host, 8081)] {
                #expect(try outside.ask(address, port).isEmpty, "\(address):\(port)")
            }
            // Nobody on the cable gets at the host's loopback by a route of their own.
            try outside.run(["ip", "route", "add", "local", "default", "dev", "lo", "table", "7"])
            try outside.run(["sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1"])
            try outside.run(["ip", "address", "del", "127.0.0.1/8", "dev", "lo"])
            try outside.run(["ip", "route", "add", "127.0.0.1/32", "via", Outside.host])
            #expect(try outside.ask("127.0.0.1", 8080).isEmpty)
            let random = try box.ck(["port", "web", "80/tcp"]).lines.compactMap { line in
                line.hasPrefix("127.0.0.1:") ? Int(line.dropFirst(10)) : nil
            }.filter { $0 != 8080 }
            let port = try #require(random.first)
            #expect(try box.ask("127.0.0.1", port).hasPrefix("web "))
        }
    }

    @Test func everyFormOfAPort() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.expect([
                "run", "-d", "--name", "many", "-p", "7000-7002:90-92", "-p", "7100-7110:95", "-p", "5353:53/udp",
                "-p", "6000:60/sctp", "bb", "sh", "-c",
                "for p in 90 91 92 95; do nc -ll -p $p -e echo $p & done; wait",
            ])
            try box.serve("datagram", in: "many", "0.0.0.0", 53, "udp")
            try box.eventually("the servers") {
                try box.ck(["exec", "many", "netstat", "-ltn"]).lines.count { $0.contains("LISTEN") } == 4
            }
            for (port, answer) in [(7000, "90\n"), (7001, "91\n"), (7002, "92\n"), (7100, "95\n")] {
                #expect(try outside.ask(Outside.host, port) == answer)
                #expect(try box.ask("127.0.0.1", port) == answer)
            }
            #expect(try outside.ask(Outside.host, 5353, "udp") == "datagram \(Outside.address)\n")
            #expect(try box.ask("127.0.0.1", 5353, "udp").hasPrefix("datagram "))
            #expect(try box.isPublished(6000))
            // Of a range that one port may have any of, the next is free.
            try box.expect(["run", "-d", "--name", "next", "-p", "7100-7110:95", "bb", "sleep", "100"])
            #expect(try box.ck(["port", "next"]).output == "95/tcp -> 0.0.0.0:7101\n")
            let full = try box.ck(["run", "--rm", "-p", "7100-7101:95", "bb", "true"])
            #expect(full.status == 125 && full.errors.contains("all ports of 7100-7101 are allocated"), "\(full)")
            let uneven = try box.ck(["run", "--rm", "-p", "7200-7202:95-96", "bb", "true"])
            #expect(uneven.status == 125, "\(uneven)")
        }
    }

    @Test func allExposedPortsArePublished() throws {
        try Sandbox.with { box in
            try box.expect(["create", "--name", "base", "bb", "true"])
            try box.expect(["commit", "-c", "EXPOSE 80", "-c", "EXPOSE 81/udp", "base", "exposing"])
            try box.startServer("web", ["-P"], image: "exposing")
            let ports = try box.ck(["port", "web"]).lines
            #expect(ports.count == 2 && ports.contains { $0.hasPrefix("81/udp -> 0.0.0.0:") }, "\(ports)")
            let port = try #require(ports[0].split(separator: ":").last.flatMap { Int($0) })
            #expect(port > 1023)
            #expect(try box.ask("127.0.0.1", port).hasPrefix("web "))
        }
    }

    @Test func conflictsAreFoundBeforeAnythingStarts() throws {
        try Sandbox.with { box in
            try box.startServer("web", ["-p", "8080:80"])
            try box.serve("host", in: nil, "127.0.0.1", 9000, "tcp")
            for (flag, words) in [
                ("8080:80", "Bind for 0.0.0.0:8080 failed: port is already allocated"),
                ("127.0.0.1:8080:81", "Bind for 127.0.0.1:8080 failed: port is already allocated"),
                ("9000:80", "a process of the host listens there"),
                ("127.0.0.1:9000:80", "a process of the host listens there"),
                ("192.0.2.77:80:80", "it is no address of the host"),
            ] {
                let refused = try box.ck(["run", "--name", "second", "-p", flag, "bb", "touch", "/started"])
                #expect(refused.status == 125 && refused.errors.contains(words), "\(flag): \(refused)")
                #expect(try box.ck(["inspect", "-f", "{{.State.Status}}", "second"]).output == "created\n")
                #expect(try box.address(of: "second").isEmpty, "nothing half made")
                try box.expect(["rm", "second"])
            }
            // A port of another protocol, or of the host's other address, is another port.
            try box.expect(["run", "--rm", "-p", "8080:80/udp", "bb", "true"])
            try box.serve("host", in: nil, "127.0.0.2", 9001, "tcp")
            try box.expect(["run", "--rm", "-p", "127.0.0.1:9001:80", "bb", "true"])
            #expect(try box.ask("127.0.0.1", 8080).hasPrefix("web "))
        }
    }

    /// Nobody of the host may listen where connections are led away: they would wait for ever for one.
    @Test func noListenerOfTheHostGetsAPublishedPort() throws {
        try Sandbox.with { box in
            try box.startServer("web", ["-p", "8080:80", "-p", "8081:81/udp"])
            func listens(_ port: Int, _ kind: String = "STREAM") throws -> CommandResult {
                // As most servers do; Python's says so in words.
                try box.inside([
                    "python3", "-c",
                    """
                    import socket
                    s = socket.socket(socket.AF_INET, socket.SOCK_\(kind))
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int("\(kind)" == "STREAM"))
                    s.bind(("0.0.0.0", \(port)))
                    if "\(kind)" == "STREAM": s.listen()
                    """,
                ])
            }
            for (port, kind) in [(8080, "STREAM"), (8081, "DGRAM")] {
                let refused = try listens(port, kind)
                #expect(refused.status == 1 && refused.errors.contains("Address already in use"), "\(refused)")
            }
            #expect(try listens(8081).status == 0 && listens(8080, "DGRAM").status == 0, "other protocols are free")
            #expect(try box.ask("127.0.0.1", 8080).hasPrefix("web "))
            try box.expect(["restart", "-t", "0", "web"])
            #expect(try listens(8080).status == 1)
            try box.expect(["stop", "-t", "0", "web"])
            #expect(try listens(8080).status == 0 && listens(8081, "DGRAM").status == 0)
        }
    }

    /// A range that is larger than the files that a process may usually have open.
    @Test func aThousandPorts() throws {
        try Sandbox.with { box in
            try box.expect([
                "run", "-d", "--name", "many", "-p", "20000-21099:20000-21099", "bb", "sh", "-c",
                "nc -ll -p 21099 -e echo last & exec sleep 1000",
            ])
            #expect(
                try box.ck(["exec", "many", "sh", "-c", "ulimit -n"]).output
                    == box.inside(["sh", "-c", "ulimit -n"]).output)
            try box.eventually("the last port") { try box.ask("127.0.0.1", 21099) == "last\n" }
            let refused = try box.inside(["nc", "-l", "-p", "20500", "-w", "1"])
            #expect(refused.status != 0, "\(refused)")
            try box.expect(["rm", "-f", "many"])
            #expect(try !box.isPublished(20000) && !box.isPublished(21099))
        }
    }

    /// docker sets the policy of FORWARD to DROP on its hosts: what is needed is said, and is enough.
    @Test func dockersPolicyIsToldOf() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.script(
                """
                nft add table ip filter
                nft add chain ip filter FORWARD '{ type filter hook forward priority filter ; policy drop ; }'
                nft add chain ip filter DOCKER-USER
                nft add rule ip filter FORWARD jump DOCKER-USER
                """)
            let told = try box.expect([
                "run", "-d", "--name", "web", "-p", "8080:80", "bb", "sh", "-c",
                "while true; do nc -l -p 80 -e echo web; done",
            ])
            #expect(told.errors.contains("the firewall chain \"ip filter FORWARD\" drops the traffic of ck"), "\(told)")
            #expect(try outside.ask(Outside.host, 8080).isEmpty)
            let line = try #require(told.errors.split(separator: "\n").first { $0.contains("to let it through: ") })
            let commands = try #require(line.split(separator: "let it through: ").last).split(separator: "; ")
            #expect(commands.count == 2, "\(line)")
            for command in commands { try box.script(String(command)) }
            try box.eventually("the port") { try outside.ask(Outside.host, 8080) == "web\n" }
            #expect(try box.ck(["run", "--rm", "bb", "true"]).errors.isEmpty, "it is in nobody's way any more")
        }
    }

    @Test func portsAreFreeWhenAContainerEndsByItself() throws {
        try Sandbox.with { box in
            try box.expect(["run", "-d", "--name", "short", "-p", "8080:80", "bb", "sleep", "2"])
            #expect(try box.isPublished(8080))
            // Nobody runs ck meanwhile.
            try box.eventually("the end of the port") { try !box.isPublished(8080) }
            try box.startServer("web", ["-p", "8080:80", "-p", "8081:80"])
            #expect(try box.ask("127.0.0.1", 8080).hasPrefix("web "))
            let pids = try Files.readText(
                "\(box.runRoot)/containers/\(try box.ck(["inspect", "-f", "{{.Id}}", "web"]).line(0))/pids")
            // Its supervisor cannot say so any more.
            kill(try #require(pids.split(separator: " ").first.flatMap { Int32($0) }), SIGKILL)
            kill(try box.process(of: "web"), SIGKILL)
            try box.eventually("the end") {
                try box.ck(["inspect", "-f", "{{.State.Running}}", "web"]).output == "false\n"
            }
            try box.startServer("heir", ["-p", "8080:80"])
            #expect(try box.ask("127.0.0.1", 8080).hasPrefix("heir "))
            #expect(try !box.isPublished(8081), "its other port leads to nobody who gets its address")
        }
    }

    @Test func portsOutliveARestart() throws {
        try Sandbox.with { box in
            try box.startServer("web", ["-p", "8080:80", "--restart", "always"])
            kill(try box.process(of: "web"), SIGKILL)
            try box.eventually("the restart") {
                try box.ck(["inspect", "-f", "{{.RestartCount}} {{.State.Status}}", "web"]).output == "1 running\n"
            }
            try box.eventually("the port") { try box.ask("127.0.0.1", 8080).hasPrefix("web ") }
            try box.expect(["restart", "-t", "0", "web"])
            try box.eventually("the port") { try box.ask("127.0.0.1", 8080).hasPrefix("web ") }
            try box.expect(["stop", "-t", "0", "web"])
            #expect(try !box.isPublished(8080))
            try box.expect(["start", "web"])
            try box.eventually("the port") { try box.ask("127.0.0.1", 8080).hasPrefix("web ") }
        }
    }

    @Test func rulesAndBridgesThatSomebodyDeletedComeBack() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.startServer("web", ["-p", "8080:80"])
            let rules = try box.rules()
            let table = try #require(
                rules.split(separator: "\n").first { $0.hasPrefix("table inet containerkit") }?
                    .split(separator: " ").dropFirst(2).first)
            try box.script("nft delete table inet \(table); nft add table inet other")
            #expect(try outside.ask(Outside.host, 8080).isEmpty)
            try box.expect(["run", "--rm", "bb", "true"])
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "), "the port of one that runs is back")
            #expect(try box.rules().contains("table inet other"), "other tables are not ours")
            let bridge = try box.ck(["network", "inspect", "-f", "{{json .Rules}}", "bridge"]).output
            #expect(bridge.contains("publish"), "\(bridge)")
            try box.expect(["rm", "-f", "web"])
            let link = try #require(try box.links().first { $0.hasPrefix("ck") })
            try box.script("ip link delete \(link)")
            try box.startServer("again", ["-p", "8080:80"])
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("again "))
        }
    }
}

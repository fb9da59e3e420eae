import ContainerSystem
import Glibc
import Testing

/// What networks a container is on in its next life, when they have changed in this one, and where its ports lead meanwhile.
@Suite struct ConnectLifeTests {
    private static func makeNetworks(_ box: Sandbox) throws {
        try box.expect(["network", "create", "--subnet", "10.99.1.0/24", "one"])
        try box.expect(["network", "create", "--subnet", "10.99.2.0/24", "two"])
    }

    /// Ends the life that a container has, and waits for the next.
    private static func kill(_ box: Sandbox, _ name: String) throws {
        let before = try box.process(of: name)
        Glibc.kill(before, SIGKILL)
        try box.eventually("the next life of \(name)") {
            let state = try box.ck(["inspect", "-f", "{{.State.Restarting}} {{.State.Pid}}", name]).line(0)
            return state.hasPrefix("false ") && state != "false \(before)"
        }
    }

    private static func addresses(_ box: Sandbox, _ container: String) throws -> [String] {
        // From outside: what the container has made of its files is no matter.
        let namespace = "--net=/proc/\(try box.process(of: container))/ns/net"
        return try box.inside(["nsenter", namespace, "ip", "-o", "-4", "addr"]).lines.compactMap { line in
            let address = line.split(separator: " ")[3]
            return address.hasPrefix("127.") ? nil : String(address)
        }
    }

    /// The network namespace of a container's first process.
    private static func namespace(_ box: Sandbox, _ container: String) throws -> String {
        try box.inside(["readlink", "/proc/\(try box.process(of: container))/ns/net"]).line(0)
    }

    @Test(arguments: [[], ["--runtime", "runc"]]) func aRestartPolicyBringsBackWhatItIsOn(_ runtime: [String]) throws {
        try Sandbox.with { box in
            try box.leavesNothing {
                try Self.makeNetworks(box)
                try box.startServer(
                    "web", ["--restart", "always", "--network", "one", "-p", "8080:80"] + runtime)
                try box.expect(["run", "-d", "--name", "client", "--network", "two", "bb", "sleep", "1000"])
                try box.expect(["network", "connect", "--ip", "10.99.2.40", "--alias", "shop", "two", "web"])
                try box.expect(["network", "disconnect", "one", "web"])
                try box.expect(["network", "rm", "one"])
                try Self.kill(box, "web")
                #expect(try Self.addresses(box, "web") == ["10.99.2.40/24"])
                let route = try box.ck(["exec", "web", "ip", "route"]).output
                #expect(route.hasPrefix("default via 10.99.2.1 "), "\(route)")
                try box.eventually("web serves again") { try box.ask("shop", 80, from: "client").hasPrefix("web ") }
                let answer = try box.ask("127.0.0.1", 8080)
                #expect(answer.hasPrefix("web "), "\(answer)")
                let files = try box.ck(["exec", "web", "cat", "/etc/hosts", "/etc/resolv.conf"]).output
                #expect(files.contains("10.99.2.40\t") && files.contains("127.0.0.11"), "\(files)")
                // What it takes back at its end is what there is by then.
                try box.expect(["stop", "-t", "0", "web"])
                #expect(try !box.isPublished(8080))
            }
        }
    }

    @Test func itCanBeChangedBetweenTwoLives() throws {
        try Sandbox.with { box in
            try Self.makeNetworks(box)
            try box.expect([
                "run", "-d", "--restart", "always", "--name", "short", "--network", "one", "--ip", "10.99.1.30", "bb",
                "sh", "-c", "ip -o -4 addr | grep -o 'inet 10[^ ]*'; exit 1",
            ])
            // Waits of 100 ms, and twice as long each time.
            try box.eventually("a wait of seconds") {
                let state = "{{.State.Status}} {{.RestartCount}}"
                let words = try box.ck(["inspect", "-f", state, "short"]).line(0).split(separator: " ")
                return words.first == "restarting" && (Int(words[1]) ?? 0) >= 6
            }
            try box.expect(["network", "disconnect", "one", "short"])
            try box.expect(["network", "connect", "--ip", "10.99.2.30", "two", "short"])
            #expect(try box.ck(["network", "inspect", "-f", "{{len .Containers}}", "one"]).line(0) == "0")
            try box.expect(["run", "-d", "--network", "one", "--ip", "10.99.1.30", "bb", "sleep", "1000"])
            try box.eventually("the next life") {
                try box.ck(["logs", "short"]).lines.last == "inet 10.99.2.30/24"
            }
        }
    }

    @Test func portsFollowTheNetworks() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try Self.makeNetworks(box)
            try box.startServer("web", ["--network", "one", "-p", "8080:80"])
            try box.expect(["network", "connect", "two", "web"])
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "))
            try box.expect(["network", "disconnect", "one", "web"])
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "), "by the network that is left")
            try box.expect(["network", "disconnect", "two", "web"])
            #expect(try !box.isPublished(8080))
            // Nobody keeps a port from others that leads nowhere.
            try box.startServer("other", ["-p", "8080:80"])
            let taken = try box.ck(["network", "connect", "one", "web"])
            #expect(taken.status == 1 && taken.errors.contains("port is already allocated"), "\(taken)")
            #expect(try Self.addresses(box, "web").isEmpty, "nothing half made")
            try box.expect(["rm", "-f", "other"])
            try box.expect(["network", "connect", "one", "web"])
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "))
            // It goes with the default route.
            try box.expect(["network", "connect", "--gw-priority", "9", "two", "web"])
            let rules = try box.rules()
            #expect(rules.contains(" : 10.99.2.") && !rules.contains(" : 10.99.1."), "\(rules)")
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "))
            // One that was started on none has them from its first network on.
            try box.startServer("late", ["--network", "none", "-p", "8081:80"])
            try box.expect(["network", "disconnect", "none", "late"])
            try box.expect(["network", "connect", "one", "late"])
            #expect(try outside.ask(Outside.host, 8081).hasPrefix("late "))
            try box.expect(["rm", "-f", "web", "late"])
            #expect(try !box.isPublished(8080) && !box.isPublished(8081))
        }
    }

    /// Its end is nobody's business until its next start, but what it had is not that start's.
    @Test func oneThatEndedByItselfIsConnectedAnew() throws {
        try Sandbox.with { box in
            try Self.makeNetworks(box)
            func hasEnded() throws -> Bool {
                try box.ck(["inspect", "-f", "{{.State.Status}}", "brief"]).line(0) == "exited"
            }
            try box.expect([
                "run", "-d", "--name", "brief", "--network", "one", "bb", "sh", "-c",
                "ip -o -4 addr | grep -o 'inet 10[^ ]*'",
            ])
            try box.eventually("its end") { try hasEnded() }
            try box.expect(["network", "disconnect", "one", "brief"])
            try box.expect(["network", "connect", "--ip", "10.99.1.50", "one", "brief"])
            try box.expect(["start", "brief"])
            try box.eventually("its second end") { try hasEnded() && box.ck(["logs", "brief"]).lines.count == 2 }
            #expect(try box.ck(["logs", "brief"]).lines.last == "inet 10.99.1.50/24")
            try box.expect(["network", "connect", "two", "brief"])
            try box.expect(["network", "disconnect", "one", "brief"])
            try box.expect(["start", "brief"])
            try box.expect(["network", "rm", "one"])
            // A network that is gone is taken off one that does not run, or it could not start again.
            try box.expect(["rm", "-f", "brief"])
            try box.expect(["create", "--name", "brief", "--network", "two", "bb", "true"])
            try box.expect(["network", "rm", "two"])
            let missing = try box.ck(["network", "disconnect", "three", "brief"])
            #expect(missing.status == 1 && missing.errors.contains("network three not found"), "\(missing)")
            try box.expect(["network", "disconnect", "two", "brief"])
            try box.expect(["start", "-a", "brief"])
        }
    }

    /// The namespaces of another container are those of its present process.
    @Test(arguments: [[], ["--runtime", "runc"]]) func aRestartPolicyJoinsWhoIsThere(_ runtime: [String]) throws {
        try Sandbox.with { box in
            try box.expect(["run", "-d", "--name", "owner", "--ipc", "shareable", "bb", "sleep", "1000"])
            try box.expect(
                ["run", "-d", "--name", "guest", "--restart", "always", "--network", "container:owner"] + runtime
                    + ["--ipc", "container:owner", "bb", "sleep", "1000"])
            #expect(try Self.namespace(box, "guest") == Self.namespace(box, "owner"))
            try box.expect(["restart", "-t", "0", "owner"])
            #expect(try Self.namespace(box, "guest") != Self.namespace(box, "owner"))
            try Self.kill(box, "guest")
            #expect(try Self.namespace(box, "guest") == Self.namespace(box, "owner"))
            if runtime.isEmpty {
                try box.expect(["exec", "owner", "touch", "/dev/shm/shared"])
                try box.expect(["exec", "guest", "test", "-e", "/dev/shm/shared"])
            }
            // Without it there is nowhere to be.
            try box.expect(["stop", "-t", "0", "owner"])
            Glibc.kill(try box.process(of: "guest"), SIGKILL)
            try box.eventually("the end of guest") {
                try box.ck(["inspect", "-f", "{{.State.Status}}", "guest"]).line(0) == "exited"
            }
            let again = try box.ck(["start", "guest"])
            #expect(again.status == 1 && again.errors.contains("non running container"), "\(again)")
        }
    }

    /// A supervisor lets go of whoever talks to it when a life ends: what it was told then, it is told again.
    @Test func aLifeThatEndsMeanwhileChangesNothing() throws {
        try Sandbox.with { box in
            try Self.makeNetworks(box)
            try box.expect([
                "run", "-d", "--name", "web", "--restart", "always", "--network", "one", "bb", "sleep", "1000",
            ])
            for turn in 0..<4 {
                let process = try box.process(of: "web")
                let change = try box.startCk(["network", turn % 2 == 0 ? "connect" : "disconnect", "two", "web"])
                usleep(useconds_t(turn) * 4000)
                Glibc.kill(process, SIGKILL)
                #expect(try Command.wait(change, timeout: 30, name: "ck network") == 0)
                try box.eventually("the next life") {
                    let state = try box.ck(["inspect", "-f", "{{.State.Restarting}} {{.State.Pid}}", "web"]).line(0)
                    return state.hasPrefix("false ") && state != "false \(process)" && state != "false 0"
                }
                #expect(try Self.addresses(box, "web").count == (turn % 2 == 0 ? 2 : 1), "turn \(turn)")
            }
        }
    }

    /// Nothing that a container does to its files and links keeps it on a network, or brings it back there.
    @Test func aContainerCannotStayConnected() throws {
        try Sandbox.with { box in
            try Self.makeNetworks(box)
            let options = ["run", "-d", "--restart", "always", "--network", "one", "--network", "two"]
            try box.expect(options + ["--name", "files", "bb", "sleep", "1000"])
            try box.expect(["exec", "files", "sh", "-c", "rm /etc/passwd; mkdir /etc/passwd"])
            // A connection that cannot be made changes nothing, also for its next life.
            try box.expect(["network", "create", "three"])
            #expect(try box.ck(["network", "connect", "three", "files"]).status == 1)
            try Self.kill(box, "files")
            #expect(try Self.addresses(box, "files") == ["10.99.1.2/24", "10.99.2.2/24"])
            let told = try box.ck(["network", "disconnect", "two", "files"])
            #expect(told.status == 1 && told.errors.contains("disconnected container files, but"), "\(told)")
            #expect(try Self.addresses(box, "files") == ["10.99.1.2/24"])
            Glibc.kill(try box.process(of: "files"), SIGKILL)
            try box.eventually("its end") {
                try box.ck(["inspect", "-f", "{{.State.Status}}", "files"]).line(0) == "exited"
            }
            try box.expect(options + ["--name", "links", "--cap-add", "NET_ADMIN", "bb", "sleep", "1000"])
            try box.expect(["exec", "links", "ip", "link", "set", "eth1", "down"])
            _ = try box.ck(["network", "disconnect", "one", "links"])
            #expect(try Self.addresses(box, "links").allSatisfy { $0.hasPrefix("10.99.2.") })
            #expect(try box.ck(["network", "inspect", "-f", "{{len .Containers}}", "one"]).line(0) == "0")
            try Self.kill(box, "links")
            #expect(try Self.addresses(box, "links").allSatisfy { $0.hasPrefix("10.99.2.") })
            try box.expect(["network", "rm", "one"])
        }
    }

    @Test func nothingLeadsToWhatCouldNotBeConnected() throws {
        try Sandbox.with { box in
            try Self.makeNetworks(box)
            try box.expect(["run", "-d", "--name", "named", "--network", "one", "bb", "sleep", "1000"])
            try box.expect(["run", "-d", "--name", "late", "--network", "none", "-p", "8081:80", "bb", "sleep", "1000"])
            let server = try #require(box.processes(named: "ck-dns").first)
            Glibc.kill(server, SIGSTOP)
            let refused = try box.ck(["network", "connect", "one", "late"])
            Glibc.kill(server, SIGCONT)
            #expect(refused.status == 1 && refused.errors.contains("does not answer"), "\(refused)")
            #expect(try !box.isPublished(8081) && Self.addresses(box, "late").isEmpty)
            // Rules that somebody has deleted are laid again by whatever changes them.
            try box.startServer("web", ["--network", "one", "--network", "two", "-p", "8080:80"])
            try box.script("nft flush ruleset")
            try box.expect(["network", "disconnect", "one", "web"])
            #expect(try box.ask("127.0.0.1", 8080).hasPrefix("web "))
        }
    }

    @Test func aPortOnEveryAddressGrowsWithTheKinds() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try Self.makeNetworks(box)
            try box.expect(["network", "create", "--ipv6", "--subnet", "fd00:99::/64", "six"])
            try box.startServer("web", ["--network", "one", "-p", "8080:80", "-p", "127.0.0.1:8081:80"])
            #expect(try outside.ask(Outside.host6, 8080).isEmpty)
            try box.expect(["network", "connect", "six", "web"])
            #expect(try outside.ask(Outside.host6, 8080).hasPrefix("web "))
            #expect(try outside.ask(Outside.host, 8080).hasPrefix("web "))
            let ports = try box.ck(["port", "web"]).lines
            #expect(ports.sorted() == ["80/tcp -> 0.0.0.0:8080", "80/tcp -> 127.0.0.1:8081", "80/tcp -> [::]:8080"])
        }
    }

    /// A network that two are in does not outlive its owner, however that ended.
    @Test(arguments: ["bridge", "macvlan"]) func whatIsLeftOfASharedNetworkGoes(_ driver: String) throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            let parent = driver == "bridge" ? [] : ["-o", "parent=out0"]
            try box.expect(["network", "create", "-d", driver, "--subnet", "10.99.3.0/24"] + parent + ["lan"])
            defer { withExtendedLifetime(outside) {} }
            try box.expect([
                "run", "-d", "--name", "owner", "--restart", "always", "--network", "lan", "--ip", "10.99.3.7", "bb",
                "sleep",
                "1000",
            ])
            try box.expect(["run", "-d", "--name", "guest", "--network", "container:owner", "bb", "sleep", "1000"])
            #expect(try Self.addresses(box, "guest") == ["10.99.3.7/24"])
            try Self.kill(box, "owner")
            #expect(try Self.addresses(box, "owner") == ["10.99.3.7/24"] && Self.addresses(box, "guest").isEmpty)
            try box.expect(["run", "-d", "--name", "second", "--network", "container:owner", "bb", "sleep", "1000"])
            try box.expect(["restart", "-t", "0", "owner"])
            #expect(try Self.addresses(box, "owner") == ["10.99.3.7/24"] && Self.addresses(box, "second").isEmpty)
            guard driver == "bridge" else { return }
            // Nobody is left who would take it away.
            try box.expect(["run", "-d", "--name", "third", "--network", "container:owner", "bb", "sleep", "1000"])
            let id = try box.ck(["inspect", "-f", "{{.Id}}", "owner"]).line(0)
            let pids = try Files.readText("\(box.runRoot)/containers/\(id)/pids").split(separator: " ").compactMap {
                Int32($0)
            }
            Glibc.kill(pids[0], SIGKILL)
            try box.expect(["restart", "-t", "0", "owner"])
            #expect(try Self.addresses(box, "owner") == ["10.99.3.7/24"] && Self.addresses(box, "third").isEmpty)
        }
    }

    /// By whatever name the container has it; and no end goes but the one that is meant.
    @Test func endsAreNotTakenForOthers() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            defer { withExtendedLifetime(outside) {} }
            try Self.makeNetworks(box)
            try box.expect(
                ["network", "create", "-d", "macvlan", "--subnet", "10.99.3.0/24", "-o", "parent=out0", "lan"])
            try box.expect([
                "run", "-d", "--name", "web", "--cap-add", "NET_ADMIN", "--network", "one", "--network", "lan", "bb",
                "sleep", "1000",
            ])
            for connects in [
                ["two"], ["lan"],
            ].map({ ["network", "connect", "--driver-opt", "com.docker.network.endpoint.ifname=eth0"] + $0 + ["web"] })
            {
                if connects.contains("lan") { try box.expect(["network", "disconnect", "lan", "web"]) }
                let before = try Self.addresses(box, "web")
                let refused = try box.ck(connects)
                #expect(refused.status == 1 && refused.errors.contains("EEXIST"), "\(refused)")
                #expect(try Self.addresses(box, "web") == before)
            }
            try box.expect(["network", "connect", "lan", "web"])
            try box.expect([
                "exec", "web", "sh", "-c", "ip link set eth1 down; ip link set eth1 name x; ip link set x up",
            ])
            try box.expect(["network", "disconnect", "lan", "web"])
            let links = try box.ck(["exec", "web", "ip", "-o", "link"]).output
            #expect(!links.contains("x@") && links.contains("eth0@"), "\(links)")
        }
    }
}

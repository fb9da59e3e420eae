import ContainerSystem
import Glibc
import Testing

/// Names of containers and of the world, as containers resolve them.
@Suite struct NameTests {
    /// A sandbox whose servers of names are on another machine (name-server.py), with networks `one` and `two`.
    private static func withNames(search: String = "", _ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.setResolver("nameserver \(Outside.address)\n\(search)")
            try box.start(outside.entering(["python3", Fixture.path("name-server.py"), Outside.address]))
            for name in ["one", "two"] { try box.expect(["network", "create", name]) }
            try body(box)
        }
    }

    private static func sleeper(_ box: Sandbox, _ name: String, _ options: [String]) throws {
        try box.expect(["run", "-d", "--name", name] + options + ["bb", "sleep", "1000"])
    }

    @Test func containersKnowEachOther() throws {
        try Self.withNames { box in
            try box.leavesNothingButNetworks {
                try Self.sleeper(box, "asker", ["--network", "one"])
                try Self.sleeper(
                    box, "known",
                    ["--network", "one", "--network-alias", "alias", "--network-alias", "second", "-h", "own-word"])
                let address = try box.address(of: "known", on: "one")
                let short = try box.ck(["ps", "-q", "-f", "name=known"]).line(0)
                for name in ["known", "alias", "second", short, "known.one", "alias.one", "KNOWN", "own-word"] {
                    #expect(try box.lookUp(name, in: "asker") == [address], "\(name)")
                }
                #expect(try box.ck(["exec", "asker", "nslookup", address]).output.contains("name = known.one"))
                #expect(try box.lookUp("nosuch", in: "asker").isEmpty)
                #expect(try box.lookUp("known.two", in: "asker").isEmpty)
                #expect(try box.ck(["exec", "asker", "ping", "-c", "1", "-W", "3", "alias"]).status == 0)
                let resolver = try box.ck(["exec", "asker", "cat", "/etc/resolv.conf"]).output
                #expect(resolver == "nameserver 127.0.0.11\noptions ndots:0\n", "\(resolver)")
                // A name that several have is that of each.
                try Self.sleeper(box, "twin", ["--network", "one", "--network-alias", "alias"])
                #expect(Set(try box.lookUp("alias", in: "asker")) == [address, try box.address(of: "twin", on: "one")])
                try box.expect(["rm", "-f", "known"])
                #expect(try box.lookUp("known", in: "asker").isEmpty)
                #expect(try box.lookUp("alias", in: "asker") == [try box.address(of: "twin", on: "one")])
                kill(try box.process(of: "twin"), SIGKILL)
                try box.eventually("the end of its name") { try box.lookUp("twin", in: "asker").isEmpty }
            }
        }
    }

    @Test func namesEndWhereTheNetworkEnds() throws {
        try Self.withNames { box in
            try Self.sleeper(box, "first", ["--network", "one"])
            try Self.sleeper(box, "second", ["--network", "two"])
            try Self.sleeper(box, "both", ["--network", "name=one,alias=left", "--network", "name=two,alias=right"])
            try Self.sleeper(box, "default", [])
            #expect(try box.lookUp("second", in: "first").isEmpty)
            #expect(try box.lookUp("first", in: "default").isEmpty, "the default network has no names")
            #expect(try box.lookUp("first", in: "both").count == 1 && box.lookUp("second", in: "both").count == 1)
            let (left, right) = try (box.address(of: "both", on: "one"), box.address(of: "both", on: "two"))
            #expect(try box.lookUp("both", in: "first") == [left] && box.lookUp("left", in: "first") == [left])
            #expect(try box.lookUp("right", in: "first").isEmpty)
            #expect(try box.lookUp("both", in: "second") == [right])
            // A network more, and one less.
            try box.expect(["network", "connect", "--alias", "guest", "two", "first"])
            let guest = try box.address(of: "first", on: "two")
            #expect(try box.lookUp("guest", in: "second") == [guest] && box.lookUp("first", in: "second") == [guest])
            #expect(try box.lookUp("second", in: "first").count == 1)
            try box.expect(["network", "disconnect", "two", "first"])
            #expect(try box.lookUp("guest", in: "second").isEmpty)
            try box.expect(["network", "connect", "one", "default"])
            #expect(try box.lookUp("first", in: "default").count == 1, "it has the server of names from then on")
        }
    }

    @Test func theRestIsTheHostsServersToKnow() throws {
        try Self.withNames(search: "search example.test\n") { box in
            try Self.sleeper(box, "asker", ["--network", "one"])
            #expect(try box.lookUp("www.example.test", in: "asker") == ["198.51.100.7"])
            #expect(try box.lookUp("www", in: "asker") == ["198.51.100.7"], "by the search list")
            #expect(try box.lookUp("www.elsewhere.test", in: "asker").isEmpty)
            // What does not fit into a datagram is asked for again over tcp, by the host's own library.
            let network = "--net=/proc/\(try box.process(of: "asker"))/ns/net"
            let file = box.folder + "/resolver"
            try Files.replace(file, with: Array("nameserver 127.0.0.11\n".utf8), mode: 0o644)
            let long = try box.inside([
                "unshare", "--mount", "sh", "-ec",
                "mount --bind \(file) $(readlink -f /etc/resolv.conf); "
                    + "nsenter \(network) getent ahostsv4 long.example.test | grep -c STREAM",
            ])
            #expect(long.output == "60\n", "\(long)")
            // A network that leads nowhere resolves nothing elsewhere either.
            try box.expect(["network", "create", "--internal", "inner"])
            try Self.sleeper(box, "hermit", ["--network", "inner"])
            #expect(try box.lookUp("www.example.test", in: "hermit").isEmpty)
        }
    }

    @Test func flagsChooseServersAndHosts() throws {
        try Self.withNames { box in
            try box.setResolver("nameserver 192.0.2.200\n")
            let flags = [
                "--dns", Outside.address, "--dns-search", "example.test", "--dns-option", "timeout:1", "--add-host",
                "host.test:host-gateway", "--add-host", "fixed:198.51.100.99",
            ]
            for network in ["one", "bridge"] {
                let seen = try box.shell(
                    "cat /etc/resolv.conf /etc/hosts; nslookup www; ping -c 1 -W 3 host.test >/dev/null && echo pong",
                    ["--network", network] + flags)
                let server = network == "one" ? "127.0.0.11" : Outside.address
                for line in ["nameserver \(server)", "search example.test", "198.51.100.99\tfixed", "pong"] {
                    #expect(seen.lines.contains { $0 == line }, "\(network), \(line): \(seen)")
                }
                #expect(seen.output.contains("options timeout:1"), "\(seen)")
                #expect(seen.output.contains("Address: 198.51.100.7"), "\(seen)")
            }
        }
    }

    @Test func linksNameOthers() throws {
        try Self.withNames { box in
            try Self.sleeper(box, "database", [])
            try Self.sleeper(box, "store", ["--network", "one"])
            let address = try box.address(of: "database")
            let linked = try box.shell("cat /etc/hosts; ping -c 1 -W 3 db", ["--link", "database:db"])
            #expect(linked.status == 0 && linked.output.contains("\(address)\tdb"), "\(linked)")
            #expect(linked.output.contains("\(address)\tdatabase"), "\(linked)")
            try Self.sleeper(box, "user", ["--network", "one", "--link", "store:shelf"])
            #expect(try box.lookUp("shelf", in: "user") == [try box.address(of: "store", on: "one")])
            let apart = try box.shell("true", ["--link", "store"])
            #expect(
                apart.status == 125
                    && apart.errors.contains("Cannot link to /store, as it does not belong to the default network"),
                "\(apart)")
            let missing = try box.shell("true", ["--link", "nosuch"])
            #expect(missing.status == 125 && missing.errors.contains("nosuch"), "\(missing)")
            // A link to one that is gone keeps nobody from starting, and leads to the next of that name.
            try box.expect(["rm", "-f", "store"])
            try box.expect(["restart", "-t", "0", "user"])
            try Self.sleeper(box, "store", ["--network", "one"])
            #expect(try box.lookUp("shelf", in: "user") == [try box.address(of: "store", on: "one")])
            // Nor does one to what does not run keep anybody from other networks.
            try Self.sleeper(box, "reader", ["--link", "database:db"])
            try box.expect(["stop", "-t", "0", "database"])
            try box.expect(["network", "connect", "one", "reader"])
            #expect(try box.lookUp("store", in: "reader") == [try box.address(of: "store", on: "one")])
            let hosts = try box.ck(["exec", "reader", "cat", "/etc/hosts"]).output
            let own = try box.address(of: "reader", on: "one")
            #expect(!hosts.contains("db") && hosts.contains(own), "\(hosts)")
            try box.expect(["rename", "reader", "writer"])
            try box.expect(["network", "disconnect", "one", "writer"])
            let again = try box.ck(["restart", "-t", "0", "writer"])
            #expect(again.errors.contains("Cannot link to a non running container: /database AS db"), "\(again)")
        }
    }

    @Test func theServerComesAndGoes() throws {
        try Self.withNames { box in
            func servers() -> [Int32] { box.processes(named: "ck-dns") }
            try box.expect(["run", "--rm", "bb", "true"])
            #expect(servers().isEmpty, "nobody needs it on the default network")
            try Self.sleeper(box, "first", ["--network", "one"])
            try Self.sleeper(box, "second", ["--network", "one"])
            #expect(servers().count == 1)
            for pid in servers() { kill(pid, SIGKILL) }
            try box.eventually("its end") { servers().isEmpty }
            // The next that needs it starts it, for all.
            try Self.sleeper(box, "third", ["--network", "one"])
            #expect(servers().count == 1)
            for (asker, name) in [("first", "third"), ("third", "first"), ("second", "first")] {
                #expect(try box.lookUp(name, in: asker) == [try box.address(of: name, on: "one")], "\(asker)")
            }
            try box.expect(["rm", "-f", "first", "second", "third"])
            try box.eventually("the server leaves") { servers().isEmpty }
        }
    }

    /// A later life that has to start the server has joined another container's processes: the server is none of them.
    @Test func theServerIsNeverAContainersProcess() throws {
        try Self.withNames { box in
            func servers() -> [Int32] { box.processes(named: "ck-dns") }
            try Self.sleeper(box, "first", [])
            try Self.sleeper(box, "second", ["--network", "one", "--pid", "container:first", "--restart", "always"])
            for pid in servers() { kill(pid, SIGKILL) }
            try box.eventually("its end") { servers().isEmpty }
            kill(try box.process(of: "second"), SIGKILL)
            try box.eventually("the second life") {
                try box.ck(["inspect", "-f", "{{.RestartCount}} {{.State.Status}}", "second"]).output == "1 running\n"
            }
            // One that was started beside another leaves again.
            try box.eventually("another server") { servers().count == 1 }
            let server = try #require(servers().first)
            func namespace(_ pid: Int32) throws -> String {
                try box.inside(["readlink", "/proc/\(pid)/ns/pid"]).line(0)
            }
            #expect(try namespace(server) != namespace(box.process(of: "first")))
        }
    }
}

import ContainerSystem
import Glibc
import Testing

/// Networks as things that people make, look at and remove.
@Suite struct NetworkLifeTests {
    @Test func aNetworkIsMadeSeenAndRemoved() throws {
        try Sandbox.with { box in
            let links = try box.links()
            let id = try box.expect([
                "network", "create", "--subnet", "10.99.2.0/24", "--gateway", "10.99.2.9", "--ip-range",
                "10.99.2.128/25", "--aux-address", "router=10.99.2.129", "--label", "tier=back", "--opt",
                "com.docker.network.bridge.name=ckfront", "front",
            ]).line(0)
            #expect(id.count == 64)
            let document = try JSON(try box.ck(["network", "inspect", "front"]).output)[0]
            #expect(document.Id.string == id && document.Name == "front" && document.Driver == "bridge")
            #expect(
                document.IPAM.Config[0].text
                    == #"{"AuxiliaryAddresses":{"router":"10.99.2.129"},"Gateway":"10.99.2.9","#
                    + #""IPRange":"10.99.2.128/25","Subnet":"10.99.2.0/24"}"#)
            #expect(document.Labels == ["tier": "back"] && document.Internal == .bool(false))
            try box.expect(["run", "-d", "--name", "user", "--network", "front", "bb", "sleep", "99"])
            #expect(try box.address(of: "user", on: "front") == "10.99.2.128")
            try box.expect(["run", "-d", "--name", "next", "--network", String(id.prefix(10)), "bb", "sleep", "99"])
            #expect(try box.address(of: "next", on: "front") == "10.99.2.130", "not what is reserved")
            #expect(try box.links().contains("ckfront"))
            let used = try JSON(try box.ck(["network", "inspect", String(id.prefix(12))]).output)[0]
            let user = try box.ck(["inspect", "-f", "{{.Id}}", "user"]).line(0)
            #expect(used.Containers[user].Name == "user")
            #expect(used.Containers[user].IPv4Address == "10.99.2.128/24")
            let rules = used.Rules.items.compactMap(\.string)
            #expect(rules.contains("hairpin: masquerade 10.99.2.0/24"), "the firewall's rules are shown: \(rules)")
            #expect(rules.contains("forward: drop to networks from outside and from each other"), "\(rules)")
            try box.expect(["rm", "-f", "user", "next"])
            #expect(try box.ck(["network", "rm", "front"]).output == "front\n")
            try box.expect(["system", "reset", "--force"])
            #expect(try box.links() == links)
            #expect(try box.rules().isEmpty)
        }
    }

    @Test func listsAndFilters() throws {
        try Sandbox.with { box in
            let alpha = try box.ck(["network", "create", "--attachable", "--label", "a=1", "alpha"])
            #expect(alpha.status == 0 && alpha.errors.contains("--attachable changes nothing"), "\(alpha)")
            try box.expect(["network", "create", "--label", "a=2", "--internal", "beta"])
            try box.expect(["network", "create", "--driver", "ipvlan", "--subnet", "10.99.9.0/24", "gamma"])
            try box.expect(["run", "-d", "--network", "alpha", "bb", "sleep", "99"])
            func names(_ filters: String...) throws -> String {
                let flags = filters.flatMap { ["--filter", $0] }
                return try box.expect(["network", "ls", "--format", "{{.Name}}"] + flags).lines.joined(separator: " ")
            }
            #expect(try names() == "alpha beta bridge gamma host none")
            #expect(try names("type=custom") == "alpha beta gamma")
            #expect(try names("type=builtin") == "bridge host none")
            #expect(try names("dangling=true") == "beta gamma")
            #expect(try names("driver=ipvlan") == "gamma" && names("driver=null") == "none")
            #expect(try names("label=a") == "alpha beta" && names("label=a=2") == "beta")
            #expect(try names("name=a", "type=custom") == "alpha beta gamma")
            #expect(try names("name=^alpha$") == "alpha" && names("scope=local", "name=bet") == "beta")
            let id = try box.ck(["network", "ls", "-q", "--no-trunc", "-f", "name=beta"]).line(0)
            #expect(id.count == 64)
            #expect(try names("id=\(id.prefix(9))") == "beta")
            #expect(try box.ck(["network", "ls", "-f", "nosuch=1"]).status == 1)
            #expect(try box.ck(["ps", "--format", "{{.Networks}}", "-f", "network=alpha"]).output == "alpha\n")
            // Only what nobody is on goes.
            let pruned = try box.expect(["network", "prune", "-f", "--filter", "label=a"])
            #expect(pruned.output == "Deleted Networks:\nbeta\n\n", "\(pruned)")
            #expect(try box.expect(["network", "prune", "-f"]).output == "Deleted Networks:\ngamma\n\n")
            #expect(try names("type=custom") == "alpha")
        }
    }

    @Test func whatIsRefused() throws {
        try Sandbox.with { box in
            _ = try Outside(box)
            try box.expect(["network", "create", "--subnet", "10.99.1.0/24", "one"])
            try box.script("ip link add ckother type bridge; ip link set ckother up")
            let before = try (box.links(), box.rules())
            for (arguments, words) in [
                (["one"], "network with name one already exists"),
                (["--subnet", "10.99.1.128/25", "two"], "Pool overlaps with other one on this address space"),
                (["--subnet", "192.0.2.0/25", "two"], "overlaps the host's route to 192.0.2.0/24"),
                (["--subnet", "10.99.300.0/24", "two"], "10.99.300.0/24"),
                (
                    ["--subnet", "10.99.3.0/24", "--gateway", "10.99.4.1", "two"],
                    "no matching subnet for gateway 10.99.4.1"
                ),
                (["--subnet", "fd00:1::/64", "two"], "add --ipv6"),
                (["--driver", "nosuch", "two"], "network driver nosuch: there is none of that name"),
                (["host"], "operation is not permitted on predefined host network"),
                (["a/b"], "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
                (["--opt", "nosuch=1", "two"], "the driver bridge has no such option"),
                (["--opt", "mtu=12", "two"], "between 68 and 65535"),
                (["--opt", "bandwidth=fast", "two"], "a rate such as 10mbit"),
                (["--opt", "com.docker.network.bridge.name=out0", "two"], "link out0 exists and is not a bridge"),
                (["--opt", "com.docker.network.bridge.name=ckother", "two"], "the host has a bridge ckother already"),
                (["--opt", "com.docker.network.bridge.name=muchtoolongforalink", "two"], "muchtoolongforalink"),
            ] {
                let refused = try box.ck(["network", "create"] + arguments)
                #expect(refused.status == 1 || refused.status == 125, "\(arguments): \(refused)")
                #expect(refused.errors.contains(words), "\(arguments): \(refused)")
                #expect(refused.errors.split(separator: "\n").count == 1, "\(refused)")
            }
            #expect(try box.links() == before.0 && box.rules() == before.1, "nothing half made")
            #expect(try box.ck(["network", "ls", "-q", "-f", "type=custom"]).lines.count == 1)
        }
    }

    @Test func networksAreApart() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.start(outside.entering(Talk.serve("outside", Outside.address, 80)))
            for (name, options) in [
                ("one", []), ("two", []), ("inner", ["--internal"]),
                ("quiet", ["--opt", "com.docker.network.bridge.enable_icc=false"]),
            ] { try box.expect(["network", "create"] + options + [name]) }
            for (name, network) in [
                ("first", "one"), ("second", "two"), ("inside", "inner"), ("peer", "inner"), ("still", "quiet"),
                ("other", "quiet"),
            ] { try box.startServer(name, ["--network", network]) }
            func reaches(_ from: String, _ to: String, _ network: String) throws -> Bool {
                !(try box.ask(try box.address(of: to, on: network), 80, from: from).isEmpty)
            }
            #expect(try !reaches("first", "second", "two") && !reaches("second", "first", "one"))
            #expect(try reaches("inside", "peer", "inner") && !reaches("inside", "first", "one"))
            #expect(try !reaches("first", "inside", "inner"))
            #expect(try !reaches("still", "other", "quiet"), "no traffic between containers")
            for (name, isThere) in [("first", true), ("still", true), ("inside", false)] {
                let heard = try box.ask(Outside.address, 80, from: name)
                #expect(heard == (isThere ? "outside \(Outside.host)\n" : ""), "\(name)")
            }
            // Whoever pretends to be of another network is not heard.
            let foreign = try box.address(of: "second", on: "two")
            try box.expect([
                "run", "-d", "--name", "liar", "--network", "one", "--cap-add", "NET_ADMIN", "bb", "sleep", "99",
            ])
            try box.expect(["exec", "liar", "ip", "addr", "add", "198.51.100.77/32", "dev", "eth0"])
            let lie = try box.ck(["exec", "liar", "ping", "-c", "1", "-W", "1", "-I", "198.51.100.77", Outside.address])
            #expect(lie.status != 0, "\(lie)")
            #expect(try box.ck(["exec", "liar", "ping", "-c", "1", "-W", "1", foreign]).status != 0)
        }
    }

    /// Row 52 of the threats: a container that answers for its neighbour, by ARP, and one network where it cannot.
    @Test func aNeighbourIsHeardOnlyWhereContainersTalk() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "open"])
            try box.expect(["network", "create", "-o", "com.docker.network.bridge.enable_icc=false", "closed"])
            for network in ["open", "closed"] {
                for name in ["liar", "victim", "witness"] {
                    try box.expect([
                        "run", "-d", "--name", "\(name)-\(network)", "--network", network, "bb", "sleep", "1000",
                    ])
                }
            }
            func asks(_ network: String, _ name: String) throws -> Bool {
                let address = try box.address(of: "\(name)-\(network)", on: network)
                return try box.ck([
                    "exec", "liar-\(network)", "arping", "-c", "1", "-w", "1", "-I", "eth0", address,
                ]).status == 0
            }
            /// The liar says to all that the victim's address is its own.
            func lies(_ network: String) throws -> Bool {
                let victim = try box.address(of: "victim-\(network)", on: network)
                let witness = "witness-\(network)"
                // An entry that is there is the one that unasked answers change.
                _ = try box.ck(["exec", witness, "arping", "-c", "1", "-w", "1", "-I", "eth0", victim])
                _ = try box.ck(["exec", witness, "ping", "-c", "1", "-W", "1", victim])
                let liar = try box.ck(["exec", "liar-\(network)", "cat", "/sys/class/net/eth0/address"]).line(0)
                _ = try box.inside([
                    "nsenter", "--net=/proc/\(try box.process(of: "liar-\(network)"))/ns/net", "python3", "-c",
                    """
                    import socket, time
                    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                    s.bind(("eth0", 0x0806))
                    me, ip = bytes.fromhex("\(liar)".replace(":", "")), socket.inet_aton("\(victim)")
                    frame = b"\\xff" * 6 + me + bytes.fromhex("0806" "0001" "0800" "0604" "0002") + me + ip + b"\\xff" * 6 + ip
                    # An entry is kept for a second, whatever is heard (locktime).
                    for _ in range(8): s.send(frame); time.sleep(0.3)
                    """,
                ])
                return try box.ck(["exec", witness, "cat", "/proc/net/arp"]).output.contains(liar)
            }
            #expect(try asks("open", "victim") && !asks("closed", "victim"))
            // As under docker.
            try box.eventually("the lie") { try lies("open") }
            #expect(try !lies("closed"))
        }
    }

    @Test func everyStepIsAnEvent() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "one"])
            try box.expect(["run", "-d", "--name", "user", "--network", "one", "bb", "sleep", "99"])
            let user = try box.ck(["inspect", "-f", "{{.Id}}", "user"]).line(0)
            try box.expect(["network", "disconnect", "one", "user"])
            try box.expect(["network", "connect", "one", "user"])
            try box.expect(["kill", "user"])
            try box.expect(["wait", "user"])
            try box.expect(["rm", "user"])
            try box.expect(["network", "rm", "one"])
            let events = try box.ck([
                "events", "--since", "1h", "--until", "0s", "--filter", "network=one", "--format", "{{json .}}",
            ]).lines.map { try JSON(String($0)) }
            #expect(
                events.compactMap(\.Action.string) == [
                    "create", "connect", "disconnect", "connect", "disconnect", "destroy",
                ], "\(events.map(\.text))")
            for event in events {
                #expect(event.Actor.Attributes.name == "one" && event.Actor.Attributes.type == "bridge")
                let isOfContainer = ["connect", "disconnect"].contains(event.Action.string)
                #expect(event.Actor.Attributes.container == (isOfContainer ? .string(user) : .null), "\(event.text)")
            }
            let all = try box.ck(["events", "--since", "1h", "--until", "0s", "--format", "{{.Type}} {{.Action}}"])
                .lines
            #expect(
                all.filter { !$0.contains("image") } == [
                    "network create", "container create", "network connect", "container start", "network disconnect",
                    "network connect", "container kill", "container die", "network disconnect", "container destroy",
                    "network destroy",
                ], "\(all)")
        }
    }
}

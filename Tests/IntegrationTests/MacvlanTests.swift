import ContainerSystem
import Glibc
import Testing

/// Networks that lie on a link of the host.
@Suite struct MacvlanTests {
    /// A container that sleeps on a network.
    private static func sleeper(_ box: Sandbox, _ name: String, _ network: String, _ options: [String] = []) throws {
        try box.expect(["run", "-d", "--name", name, "--network", network] + options + ["bb", "sleep", "1000"])
    }

    @Test(arguments: ["macvlan", "ipvlan"]) func containersAreOnTheHostsOwnNetwork(driver: String) throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            try box.start(outside.entering(Talk.serve("outside", Outside.address, 80)))
            try box.leavesNothing {
                try box.expect([
                    "network", "create", "-d", driver, "--subnet", "192.0.2.0/24", "--gateway", Outside.address,
                    "--ip-range", "192.0.2.64/26", "-o", "parent=out0", "lan",
                ])
                guard try driver == "macvlan" || box.kernelHas("ipvlan mode l2") else {
                    let lacking = try box.shell("true", ["--network", "lan"])
                    #expect(lacking.status == 125 && lacking.errors.contains("ipvlan"), "\(lacking)")
                    return
                }
                try Self.sleeper(box, "first", "lan", ["--ip", "192.0.2.90"])
                try box.startServer("second", ["--network", "lan"])
                // No translation lies between: it is seen with its own address, and reached by it.
                #expect(try box.ask(Outside.address, 80, from: "first") == "outside 192.0.2.90\n")
                let second = try box.address(of: "second", on: "lan")
                #expect(try outside.ask(second, 80).hasPrefix("second "))
                #expect(try box.ask(second, 80, from: "first").hasPrefix("second "))
                #expect(try box.ask("second", 80, from: "first").hasPrefix("second "), "by name")
                let kind = try box.ck(["exec", "first", "ip", "route"]).output
                #expect(kind.contains("via \(Outside.address) dev eth0"), "\(kind)")
                #expect(try !box.links().contains { $0.hasPrefix("veth") })
                if driver == "ipvlan" {
                    let refused = try box.shell("true", ["--network", "lan", "--mac-address", "02:00:00:00:00:01"])
                    #expect(refused.status == 125 && refused.errors.contains("do not support custom mac address"))
                }
            }
        }
    }

    @Test func aParentWithAVLANIsMade() throws {
        try Sandbox.with { box in
            let outside = try Outside(box)
            let create = [
                "network", "create", "-d", "macvlan", "--subnet", "198.51.100.0/24", "-o", "parent=out0.10", "lan",
            ]
            guard try box.kernelHas("vlan id 7") else {
                let lacking = try box.ck(create)
                #expect(lacking.status == 1 && lacking.errors.contains("load the module 8021q"), "\(lacking)")
                #expect(try box.ck(["network", "ls", "-q", "-f", "type=custom"]).output.isEmpty)
                return
            }
            let made = try outside.run([
                "sh", "-ec",
                "ip link add link eth0 name tagged type vlan id 10; ip addr add 198.51.100.1/24 dev tagged; ip link set tagged up",
            ])
            try #require(made.status == 0, "\(made)")
            try box.start(outside.entering(Talk.serve("tagged", "198.51.100.1", 80)))
            try box.expect(create)
            #expect(try box.links().contains("out0.10"))
            try Self.sleeper(box, "user", "lan", ["--ip", "198.51.100.50"])
            #expect(try box.ask("198.51.100.1", 80, from: "user") == "tagged 198.51.100.50\n")
            try box.expect(["rm", "-f", "user"])
            try box.expect(["network", "rm", "lan"])
            #expect(try !box.links().contains("out0.10"), "what a network has made goes with it")
            // One that somebody else made stays.
            try box.script("ip link add link out0 name out0.11 type vlan id 11")
            try box.expect(["network", "create", "-d", "macvlan", "-o", "parent=out0.11", "lan"])
            try box.expect(["network", "rm", "lan"])
            #expect(try box.links().contains("out0.11"))
        }
    }

    @Test func modesAreTheKernels() throws {
        try Sandbox.with { box in
            try box.script("ip link add lan0 type veth peer name lan1; ip link set lan0 up; ip link set lan1 up")
            let hasIPVLAN = try box.kernelHas("ipvlan mode l2")
            for (driver, options, shown) in [
                ("macvlan", ["macvlan_mode=private"], "mode private"), ("macvlan", ["macvlan_mode=vepa"], "mode vepa"),
                ("macvlan", ["macvlan_mode=bridge"], "mode bridge"),
                ("macvlan", ["macvlan_mode=passthru"], "mode passthru"), ("ipvlan", ["ipvlan_mode=l2"], "mode l2 "),
                ("ipvlan", ["ipvlan_mode=l3"], "mode l3 "), ("ipvlan", ["ipvlan_mode=l3s"], "mode l3s"),
                ("ipvlan", ["ipvlan_mode=l3", "ipvlan_flag=private"], "private"),
            ] where driver == "macvlan" || hasIPVLAN {
                let flags = (["parent=lan0"] + options).flatMap { ["-o", $0] }
                try box.expect(["network", "create", "-d", driver, "--subnet", "10.99.1.0/24"] + flags + ["lan"])
                try Self.sleeper(box, "user", "lan")
                let link = try box.inside([
                    "nsenter", "--net=/proc/\(try box.process(of: "user"))/ns/net", "ip", "-d", "link", "show", "eth0",
                ])
                #expect(link.output.contains(shown), "\(driver) \(options): \(link)")
                let route = try box.ck(["exec", "user", "ip", "route"]).output
                let isRouted = options[0].contains("=l3")
                #expect(route.contains(isRouted ? "default dev eth0" : "default via 10.99.1.1"), "\(route)")
                try box.expect(["rm", "-f", "user"])
                try box.expect(["network", "rm", "lan"])
            }
            #expect(try box.links() == ["lo", "lan0", "lan1"], "the parent is the host's")
        }
    }

    @Test func withoutAParentItLeadsNowhere() throws {
        try Sandbox.with { box in
            let links = try box.links()
            try box.expect(["network", "create", "-d", "macvlan", "--subnet", "10.99.1.0/24", "alone"])
            guard try box.kernelHas("dummy") else {
                let lacking = try box.shell("true", ["--network", "alone"])
                #expect(lacking.status == 125 && lacking.errors.contains("the kernel has no such links"), "\(lacking)")
                return
            }
            try box.startServer("first", ["--network", "alone"])
            try Self.sleeper(box, "second", "alone")
            #expect(try box.ask(try box.address(of: "first", on: "alone"), 80, from: "second").hasPrefix("first "))
            #expect(try !box.ck(["exec", "second", "ip", "route"]).output.contains("default"))
            try box.expect(["rm", "-f", "first", "second"])
            try box.expect(["network", "rm", "alone"])
            let after = try box.links()
            #expect(after == links, "\(after)")
        }
    }

    @Test func whatIsRefused() throws {
        try Sandbox.with { box in
            try box.script("ip link add lan0 type veth peer name lan1; ip link set lan0 up; ip link set lan1 up")
            let links = try box.links()
            for (options, words) in [
                (["-d", "macvlan", "-o", "parent=nosuch"], "nosuch"),
                (["-d", "macvlan", "-o", "parent=nosuch.10"], "nosuch"),
                (["-d", "macvlan", "-o", "parent=lan0.5000"], "lan0.5000"),
                (["-d", "macvlan", "-o", "parent=lan0", "-o", "macvlan_mode=odd"], "bridge, passthru, private, vepa"),
                (["-d", "ipvlan", "-o", "parent=lan0", "-o", "ipvlan_mode=l4"], "l2, l3, l3s"),
                (["-d", "ipvlan", "-o", "parent=lan0", "-o", "macvlan_mode=bridge"], "has no such option"),
            ] {
                let refused = try box.ck(["network", "create"] + options + ["lan"])
                #expect(refused.status == 1 && refused.errors.contains(words), "\(options): \(refused)")
                #expect(refused.errors.split(separator: "\n").count == 1, "\(refused)")
            }
            #expect(try box.links() == links && box.ck(["network", "ls", "-q", "-f", "type=custom"]).output.isEmpty)
        }
    }
}

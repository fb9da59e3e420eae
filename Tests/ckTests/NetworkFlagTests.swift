import ContainerEngine
import Testing

@testable import ck

/// `--network` and what goes with it: what it becomes, and what is said of what cannot be, in docker's words.
@Suite struct NetworkFlagTests {
    private func mode(_ flags: String...) throws -> ContainerOptions.NetworkMode {
        guard case .command(let invocation) = try Request.parse(["create"] + flags + ["bb"]),
            let create = invocation.command as? Create
        else { throw NotACommand() }
        return try create.arguments.options().network
    }

    @Test func modes() throws {
        #expect(try mode() == .bridge)
        #expect(try mode("--network", "default") == .bridge && mode("--net=bridge") == .bridge)
        #expect(try mode("--network", "host") == .host && mode("--network=none") == .none)
        #expect(try mode("--network", "container:web") == .container("web"))
        #expect(try mode("--network", "Mine") == .networks([.init("Mine")]))
        #expect(try mode("--network", "a", "--net", "b") == .networks([.init("a"), .init("b")]))
    }

    @Test func theLongForm() throws {
        let made = try mode(
            "--network",
            "name=net1,alias=a,Alias=B,ip=192.0.2.7,ip6=2001:db8::7,mac-address=02-00-00-00-00-AB,"
                + "\"driver-opt=com.docker.network.endpoint.ifname=lan0\",driver-opt=k=v,link-local-ip=169.254.1.2,"
                + "gw-priority=-3",
            "--network", "net2")
        var first = NetworkAttachment("net1", aliases: ["a", "B"])
        (first.address, first.address6, first.macAddress) = ("192.0.2.7", "2001:db8::7", "02:00:00:00:00:ab")
        first.driverOptions = ["com.docker.network.endpoint.ifname": "lan0", "k": "v"]
        (first.interfaceName, first.linkLocalAddresses, first.gatewayPriority) = ("lan0", ["169.254.1.2"], -3)
        #expect(made == .networks([first, .init("net2")]))
    }

    @Test func flagsOfTheirOwnAreOfTheFirstNetwork() throws {
        let made = try mode(
            "--network", "net1", "--network", "name=net2,alias=z", "--network-alias", "a", "--net-alias", "b", "--ip",
            "192.0.2.7", "--ip6", "2001:db8::7", "--mac-address", "0200.0000.0001", "--link-local-ip", "169.254.1.2",
            "--link", "db", "--link", "cache:c")
        var first = NetworkAttachment("net1", aliases: ["a", "b"])
        (first.address, first.address6, first.macAddress) = ("192.0.2.7", "2001:db8::7", "02:00:00:00:00:01")
        first.linkLocalAddresses = ["169.254.1.2"]
        first.links = [.init("db", alias: "db"), .init("cache", alias: "c")]
        #expect(made == .networks([first, .init("net2", aliases: ["z"])]))
        // The legacy of the default network.
        #expect(try mode("--link", "db:d").attachments.first?.links == [.init("db", alias: "d")])
        #expect(try mode("--mac-address", "02:00:00:00:00:01").attachments.first?.macAddress == "02:00:00:00:00:01")
    }

    static let messages: [([String], String)] = [
        (["--network", ""], "ck: no name set for network"),
        (["--network", "container:"], "ck: invalid network mode: invalid container format container:<name|id>"),
        (["--network", "a", "--network", "a"], #"ck: network "a" is specified multiple times"#),
        (
            ["--network", "a", "--network", "bridge"],
            "ck: conflicting options: cannot attach both user-defined and non-user-defined network-modes"
        ),
        (
            ["--network", "host", "--network", "bridge"],
            "ck: container sharing network namespace with another container or host cannot be connected to any other network"
        ),
        (
            ["--network", "bridge", "--network", "none"],
            "ck: container cannot be connected to multiple networks with one of the networks in private (none) mode"
        ),
        (["--network-alias", "a"], "ck: network-scoped aliases are only supported for user-defined networks"),
        (
            ["--network", "host", "--network-alias", "a"],
            "ck: network-scoped aliases are only supported for user-defined networks"
        ),
        (
            ["--network", "name=a,alias=b", "--network-alias", "c"],
            "ck: conflicting options: cannot specify both --network-alias and per-network alias"
        ),
        (
            ["--network", "name=a,ip=192.0.2.1", "--ip", "192.0.2.2"],
            "ck: conflicting options: cannot specify both --ip and per-network IPv4 address"
        ),
        (
            ["--network", "name=a,ip6=::2", "--ip6", "::3"],
            "ck: conflicting options: cannot specify both --ip6 and per-network IPv6 address"
        ),
        (
            ["--network", "name=a,mac-address=02:00:00:00:00:01", "--mac-address", "02:00:00:00:00:02"],
            "ck: conflicting options: cannot specify both --mac-address and per-network MAC address"
        ),
        (
            ["--network", "name=a,link-local-ip=169.254.0.1", "--link-local-ip", "169.254.0.2"],
            "ck: conflicting options: cannot specify both --link-local-ip and per-network link-local IP addresses"
        ),
        (["--mac-address", "02:00"], "ck: 02:00 is not a valid mac address"),
        (["--mac-address", "0g:00:00:00:00:01"], "ck: 0g:00:00:00:00:01 is not a valid mac address"),
        (
            ["--network", "host", "--mac-address", "02:00:00:00:00:01"],
            "ck: conflicting options: mac-address and the network mode"
        ),
        (
            ["--network", "host", "--ip", "192.0.2.1"],
            "ck: user specified IP address is supported on user defined networks only"
        ),
        (
            ["--network", "host", "--link", "a"],
            "ck: conflicting options: host type networking can't be used with links. This would result in undefined behavior"
        ),
        (
            ["--network", "container:x", "--link", "a"],
            "ck: conflicting options: container type network can't be used with links. This would result in undefined behavior"
        ),
        (["--network", "none", "--link", "a"], "ck: conflicting options: links and the network mode"),
        (
            ["--network", "name=host,gw-priority=1"],
            "ck: conflicting options: driver-opt, gw-priority and the network mode"
        ),
        (
            ["--network", "alias=a"],
            #"invalid argument "alias=a" for "--network" flag: network name/id is not specified"#
        ),
        (["--network", "name=a,x"], #"invalid argument "name=a,x" for "--network" flag: invalid field x"#),
        (
            ["--network", "name=a,foo=b"],
            #"invalid argument "name=a,foo=b" for "--network" flag: invalid field key foo"#
        ),
        (
            ["--network", "name=a,driver-opt=x"],
            #"invalid argument "name=a,driver-opt=x" for "--network" flag: invalid key value pair format in driver options"#
        ),
        (
            ["--network", "name=a,gw-priority=x"],
            #"invalid argument "name=a,gw-priority=x" for "--network" flag: invalid gw-priority (x): invalid syntax"#
        ),
        (["--link", ""], #"invalid argument "" for "--link" flag: empty string specified for links"#),
        (["--link", "a:b:c"], #"invalid argument "a:b:c" for "--link" flag: bad format for links: a:b:c"#),
        (["--link", ":b"], #"invalid argument ":b" for "--link" flag: bad format for links: :b"#),
    ]

    @Test(arguments: messages) func whatCannotBeIsToldInDockersWords(_ flags: [String], _ wanted: String) {
        let outcome = ck(["run"] + flags + ["bb"])
        #expect(outcome.status == 125 && outcome.out.isEmpty)
        #expect(outcome.error.split(separator: "\n").first.map(String.init) == wanted)
    }
}

import ContainerEngine
import Testing
import TextTemplate

@testable import ck

/// The words of the `network` commands, and what they print of networks that are made up.
@Suite struct NetworkCommandTests {
    // MARK: - create

    @Test func create() throws {
        let made = try parse(
            CreateNetwork.self, "network", "create", "-d", "macvlan", "--subnet", "192.0.2.0/24,2001:db8::/64",
            "--subnet", "198.51.100.0/24", "--gateway=192.0.2.1", "--gateway", "2001:db8::1", "--ip-range",
            "192.0.2.128/25", "--aux-address", "router=192.0.2.2", "--aux-address=b=2001:db8::2", "--internal",
            "--ipv6",
            "--ipv4=false", "--attachable", "--label", "a=b", "--label", "c", "-o", "parent=eth0", "--opt", "x", "n1"
        ).networkOptions()
        var wanted = NetworkOptions(name: "n1")
        wanted.driver = "macvlan"
        wanted.subnets = [
            .init(
                "192.0.2.0/24", gateway: "192.0.2.1", ipRange: "192.0.2.128/25", auxAddresses: ["router": "192.0.2.2"]),
            .init("2001:db8::/64", gateway: "2001:db8::1", auxAddresses: ["b": "2001:db8::2"]),
            .init("198.51.100.0/24"),
        ]
        (wanted.isInternal, wanted.isIPv4, wanted.isIPv6, wanted.attachable) = (true, false, true, true)
        (wanted.labels, wanted.options) = (["a": "b", "c": ""], ["parent": "eth0", "x": ""])
        #expect(made == wanted)
        #expect(try parse(CreateNetwork.self, "network", "create", "n2").networkOptions() == NetworkOptions(name: "n2"))
    }

    static let refused: [([String], String)] = [
        (["--gateway", "192.0.2.1"], "ck: every ip-range or gateway must have a corresponding subnet"),
        (
            ["--subnet", "192.0.2.0/24", "--subnet", "192.0.2.128/25"],
            "ck: multiple overlapping subnet configuration is not supported"
        ),
        (["--subnet", "192.0.2.0"], "ck: invalid CIDR address: 192.0.2.0"),
        (["--subnet", "192.0.2.0/33"], "ck: invalid CIDR address: 192.0.2.0/33"),
        (["--subnet", "x/8"], "ck: invalid CIDR address: x/8"),
        (["--subnet", "192.0.2.0/24", "--gateway", "198.51.100.1"], "ck: no matching subnet for gateway 198.51.100.1"),
        (["--subnet", "192.0.2.0/24", "--gateway", "::1"], "ck: no matching subnet for gateway ::1"),
        (["--subnet", "192.0.2.0/24", "--gateway", "x"], "ck: invalid IP address: x"),
        (
            ["--subnet", "192.0.2.0/24", "--ip-range", "198.51.100.0/25"],
            "ck: no matching subnet for range 198.51.100.0/25"
        ),
        (
            ["--subnet", "192.0.2.0/24,::/64", "--ip-range", "192.0.2.0/25,192.0.2.128/25"],
            "ck: cannot configure multiple ranges (192.0.2.128/25, 192.0.2.0/25) on the same subnet (192.0.2.0/24)"
        ),
        (
            ["--subnet", "192.0.2.0/24,::/64", "--gateway", "192.0.2.1,192.0.2.2"],
            "ck: cannot configure multiple gateways (192.0.2.2, 192.0.2.1) for the same subnet (192.0.2.0/24)"
        ),
        (
            ["--subnet", "192.0.2.0/24", "--aux-address", "a=198.51.100.1"],
            "ck: no matching subnet for aux-address 198.51.100.1"
        ),
        (["--aux-address", "a"], #"invalid argument "a" for "--aux-address" flag: it is not NAME=ADDRESS"#),
        (["--ipam-driver", "x"], #"ck: error looking up IPAM plugin x: plugin "x" not found (there is default)"#),
        (["--scope", "swarm"], "ck: --scope is not supported: it is of networks of a swarm"),
        (["--config-only"], "ck: --config-only is not supported: it is of networks of a swarm"),
        (["--ipam-opt", "a=b"], "ck: --ipam-opt is not supported: the driver default has no options"),
        (["--label", "=x"], #"invalid argument "=x" for "--label" flag: invalid label '=x': empty name"#),
    ]

    @Test(arguments: refused) func whatCannotBeMade(_ flags: [String], _ wanted: String) {
        let outcome = ck(["network", "create"] + flags + ["n"])
        #expect(outcome.status != 0 && outcome.error.split(separator: "\n").first.map(String.init) == wanted)
    }

    @Test func blocks() throws {
        let block = try #require(AddressBlock("10.0.0.0/8"))
        #expect(block.contains(try #require(AddressBlock("10.255.0.1"))))
        #expect(!block.contains(try #require(AddressBlock("11.0.0.1"))))
        let everything = try #require(AddressBlock("::/0"))
        #expect(everything.contains(try #require(AddressBlock("2001:db8::/32"))))
        #expect(!everything.contains(block))
        for bad in [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0/8", "::/129", "::1%lo",
            "::/9999999999999999999",
        ] {
            #expect(AddressBlock(bad) == nil, "\(bad)")
        }
    }

    // MARK: - connect

    @Test func connect() throws {
        let made = try parse(
            ConnectNetwork.self, "network", "connect", "--alias", "a,b", "--alias=c", "--driver-opt", "k=v", "--ip",
            "192.0.2.7", "--ip6", "::7", "--link", "db:d", "--link-local-ip", "169.254.1.1", "--gw-priority", "-2",
            "net1",
            "web"
        )
        var wanted = NetworkAttachment("net1", aliases: ["a", "b", "c"])
        (wanted.address, wanted.address6, wanted.linkLocalAddresses) = ("192.0.2.7", "::7", ["169.254.1.1"])
        (wanted.links, wanted.driverOptions, wanted.gatewayPriority) = ([.init("db", alias: "d")], ["k": "v"], -2)
        #expect(try made.attachment() == wanted && made.container == "web")
        #expect(
            ck("network", "connect", "--driver-opt", "x", "n", "c").error
                == "ck: invalid key/value pair format in driver options\n")
        #expect(ck("network", "connect", "--gw-priority", "x", "n", "c").error.contains("not a whole number"))
        #expect(try parse(DisconnectNetwork.self, "network", "disconnect", "-f", "n", "c").force)
    }

    // MARK: - ls and prune

    private static func network(
        _ name: String, driver: String = "bridge", id: String = String(repeating: "0123456789abcdef", count: 4),
        labels: [String: String] = [:], isUsed: Bool = false
    ) -> NetworkDetails {
        var network = NetworkDetails(id: id, name: name, created: 1_700_000_000)
        (network.driver, network.labels) = (driver, labels)
        if isUsed { network.containers = ["c1": .init(name: "web")] }
        return network
    }

    private let all = [
        network("net10"), network("net2", driver: "macvlan", labels: ["a": "b"], isUsed: true), network("bridge"),
        network("host", driver: "host"), network("none", driver: "null", id: String(repeating: "f", count: 64)),
    ]

    private func shown(quiet: Bool = false, isWhole: Bool = false, _ format: String = "table") -> String {
        caught { console in
            do { try NetworkRows(isWhole: isWhole).show(all, quiet: quiet, format: format, on: console) } catch {
                return 1
            }
            return 0
        }.out
    }

    @Test func list() {
        #expect(
            shown() == """
                NETWORK ID     NAME      DRIVER    SCOPE
                0123456789ab   bridge    bridge    local
                0123456789ab   host      host      local
                0123456789ab   net2      macvlan   local
                0123456789ab   net10     bridge    local
                ffffffffffff   none      null      local

                """)
        #expect(shown(quiet: true).hasPrefix("0123456789ab\n0123456789ab\n"))
        #expect(shown(quiet: true, isWhole: true).hasSuffix("\n" + String(repeating: "f", count: 64) + "\n"))
        #expect(shown("{{.Name}} {{.Internal}} {{.IPv6}} {{.Label \"a\"}}").contains("net2 false false b\n"))
        #expect(
            shown("json").contains(
                #"{"CreatedAt":"2023-11-14 22:13:20 +0000 UTC","Driver":"macvlan","ID":"0123456789ab","IPv4":"true","#
                    + #""IPv6":"false","Internal":"false","Labels":"a=b","Name":"net2","Scope":"local"}"#))
    }

    @Test func filters() throws {
        let cases: [([String], [String])] = [
            ([], ["net10", "net2", "bridge", "host", "none"]), (["type=custom"], ["net10", "net2"]),
            (["type=builtin"], ["bridge", "host", "none"]), (["driver=null"], ["none"]),
            (["driver=null", "driver=macvlan"], ["net2", "none"]), (["name=net"], ["net10", "net2"]),
            (["name=^net2$"], ["net2"]), (["id=ffff"], ["none"]), (["label=a"], ["net2"]), (["label=a=c"], []),
            (["scope=swarm"], []), (["dangling=true"], ["net10"]),
            (["dangling=0"], ["net2", "bridge", "host", "none"]), (["driver=bridge", "name=1"], ["net10"]),
        ]
        for (filters, wanted) in cases {
            #expect(try all.filter(NetworkFilter(filters).matches).map(\.name) == wanted, "\(filters)")
        }
        for bad in ["nope=1", "dangling=x", "type=x", "scope=x", "name=["] {
            #expect(throws: CommandFailure.self, "\(bad)") { try NetworkFilter([bad]) }
        }
        #expect(throws: FlagError.self) { try NetworkFilter(["driver"]) }
    }

    @Test func pruneSelects() throws {
        func names(_ filters: String...) throws -> [String] {
            let selection = try PruneNetworks.selection(filters, now: 1_700_000_100)
            return all.filter(selection.matches).map(\.name)
        }
        #expect(try names() == ["net10", "net2"])
        #expect(try names("until=10s") == ["net10", "net2"] && names("until=10m") == [])
        #expect(try names("label=a") == ["net2"] && names("label!=a=b") == ["net10"])
        #expect(throws: CommandFailure.self) { try names("dangling=true") }
        #expect(throws: CommandFailure.self) { try names("name=x") }
    }

    // MARK: - inspect

    @Test func document() throws {
        var network = Self.network("net1", labels: ["a": "b"])
        network.subnets = [
            .init("192.0.2.0/24", gateway: "192.0.2.1", ipRange: "192.0.2.128/25", auxAddresses: ["r": "192.0.2.2"]),
            .init("2001:db8::/64"),
        ]
        network.options = ["com.docker.network.driver.mtu": "1400"]
        network.isIPv6 = true
        var endpoint = NetworkDetails.Endpoint(name: "web")
        (endpoint.endpointID, endpoint.macAddress) = ("e1", "02:00:00:00:00:01")
        (endpoint.address, endpoint.address6) = ("192.0.2.7/24", "2001:db8::7/64")
        network.containers = ["c1": endpoint]
        let (text, _) = try InspectFormat("json").text(of: [NetworkDetailsDocument(network).value])
        let wanted =
            #"{"Name":"net1","Id":"\#(network.id)","Created":"2023-11-14T22:13:20Z","Scope":"local","Driver":"bridge","#
            + #""EnableIPv4":true,"EnableIPv6":true,"IPAM":{"Driver":"default","Options":{},"Config":["#
            + #"{"Subnet":"192.0.2.0/24","IPRange":"192.0.2.128/25","Gateway":"192.0.2.1","AuxiliaryAddresses":{"r":"192.0.2.2"}},"#
            + #"{"Subnet":"2001:db8::/64"}]},"Internal":false,"Attachable":false,"Ingress":false,"#
            + #""ConfigFrom":{"Network":""},"ConfigOnly":false,"Containers":{"c1":{"Name":"web","EndpointID":"e1","#
            + #""MacAddress":"02:00:00:00:00:01","IPv4Address":"192.0.2.7/24","IPv6Address":"2001:db8::7/64"}},"#
            + #""Options":{"com.docker.network.driver.mtu":"1400"},"Labels":{"a":"b"}}"#
        #expect(text.contains(wanted), "\(text)")
        network.rules = ["map tcp-ports: 80 : 192.0.2.7 . 80"]
        let (whole, _) = try InspectFormat("{{json .Rules}} {{.Id}} {{(index .IPAM.Config 0).Gateway}}").text(
            of: [NetworkDetailsDocument(network).value])
        #expect(whole == #"["map tcp-ports: 80 : 192.0.2.7 . 80"] \#(network.id) 192.0.2.1"# + "\n")
        let (none, _) = try InspectFormat("{{json .IPAM}}").text(of: [NetworkDetailsDocument(all[3]).value])
        #expect(none == #"{"Driver":"default","Options":null,"Config":null}"# + "\n")
    }
}

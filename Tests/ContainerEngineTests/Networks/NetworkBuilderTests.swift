import ContainerDatabase
import ContainerNetworking
import ContainerSystem
import Testing

@testable import ContainerEngine

/// What is asked of a new network, judged and filled in.
@Suite struct NetworkBuilderTests {
    private func make(
        _ name: String = "n", others: [NetworkRecord] = [], routes: [String] = [],
        pools: [EngineSettings.AddressPoolSetting] = [], _ change: (inout NetworkOptions) -> Void = { _ in }
    ) throws(ContainerError) -> NetworkRecord {
        var options = NetworkOptions(name: name)
        change(&options)
        let destinations = try routes.map { text throws(ContainerError) in try IPSubnet(text) }
        return try NetworkBuilder(others: others, routes: destinations, pools: pools)
            .record(options, id: String(repeating: others.isEmpty ? "ab" : "c\(others.count)", count: 32), created: 7)
    }

    private func refusal(
        _ name: String = "n", others: [NetworkRecord] = [], routes: [String] = [],
        pools: [EngineSettings.AddressPoolSetting] = [], _ change: (inout NetworkOptions) -> Void = { _ in }
    ) -> (code: ContainerError.Code?, text: String) {
        do throws(ContainerError) {
            _ = try make(name, others: others, routes: routes, pools: pools, change)
            return (nil, "")
        } catch { return (error.code, error.description) }
    }

    @Test func whatIsNotSaidIsFilledIn() throws {
        let plain = try make()
        #expect(plain.driver == "bridge" && plain.link == "ck-abababababab" && plain.created == 7)
        #expect(plain.subnets == [.init("10.231.0.0/20", gateway: "10.231.0.1")])
        let second = try make("m", others: [plain], routes: ["10.231.16.0/24", "0.0.0.0/0", "0.0.0.0/1"])
        #expect(second.subnets.first?.subnet == "10.231.32.0/20", "neither the other's nor a route's")
        let six = try make { $0.isIPv6 = true }
        #expect(
            six.subnets.count == 2 && six.subnets[1].subnet.hasPrefix("fd") && six.subnets[1].subnet.hasSuffix("/64"))
        #expect(try make { ($0.isIPv4, $0.isIPv6) = (false, true) }.subnets.map(\.isIPv6) == [true])
        let own = try make {
            $0.subnets = [.init("192.0.2.0/24", ipRange: "192.0.2.99/27", auxAddresses: ["r": "192.0.2.9"])]
        }
        #expect(
            own.subnets == [
                .init("192.0.2.0/24", gateway: "192.0.2.1", range: "192.0.2.96/27", reserved: ["r": "192.0.2.9"])
            ])
        #expect(try make { $0.options = ["com.docker.network.bridge.name": "br7"] }.link == "br7")
        #expect(try make { $0.driver = "macvlan" }.link == "dm-abababababab")
        #expect(try make { ($0.driver, $0.options) = ("ipvlan", ["parent": "eth0.7"]) }.link == "eth0.7")
    }

    @Test func poolsOfTheConfigurationComeFirst() throws {
        let pools: [EngineSettings.AddressPoolSetting] = [
            .init(base: "192.168.0.0/23", size: 24), .init(base: "2001:db8::/32", size: 48),
        ]
        let one = try make(pools: pools) { $0.isIPv6 = true }
        #expect(one.subnets.map(\.subnet) == ["192.168.0.0/24", "2001:db8::/48"])
        let two = try make("m", others: [one], pools: pools)
        #expect(two.subnets.map(\.subnet) == ["192.168.1.0/24"])
        let full = refusal("o", others: [one, two], pools: pools)
        #expect(full.code == .exhausted && full.text.contains("default-address-pools"), "\(full)")
    }

    @Test func badNames() {
        #expect(refusal("").text == "invalid name: name is empty")
        for name in ["a b", "-a", "ä", "a/b", String(repeating: "a", count: 256)] {
            #expect(refusal(name).code == .invalidArgument, "\(name)")
        }
        for name in ["bridge", "host", "none"] {
            #expect(refusal(name).text.hasPrefix("operation is not permitted on predefined \(name) network"))
        }
        let other = NetworkRecord(id: "x", name: "n", driver: "bridge", link: "b", created: 0)
        #expect(refusal(others: [other]).text.hasPrefix("network with name n already exists"))
        #expect(
            refusal("m", others: [other]) { $0.options = ["com.docker.network.bridge.name": "b"] }.code == .conflict)
    }

    @Test func badAddresses() throws {
        let other = try make("o") { $0.subnets = [.init("192.0.2.0/24")] }
        let overlap = refusal(others: [other]) { $0.subnets = [.init("192.0.0.0/16")] }
        #expect(
            overlap.code == .conflict && overlap.text.hasPrefix("Pool overlaps with other one on this address space"))
        let route = refusal(routes: ["192.0.2.0/25"]) { $0.subnets = [.init("192.0.2.0/24")] }
        #expect(route.code == .conflict && route.text.contains("the host's route to 192.0.2.0/25"), "\(route)")
        #expect(
            refusal(routes: ["192.0.2.0/25"]) { ($0.driver, $0.subnets) = ("macvlan", [.init("192.0.2.0/24")]) }.code
                == nil)
        let bad: [[NetworkOptions.Subnet]] = [
            [.init("192.0.2.1/24")], [.init("192.0.2.0/33")], [.init("x")], [.init("fd00::/64")],
            [.init("192.0.2.0/24"), .init("192.0.2.0/25")], [.init("192.0.2.0/24"), .init("198.51.100.0/24")],
            [.init("192.0.2.0/24", gateway: "192.0.3.1")], [.init("192.0.2.0/24", ipRange: "192.0.0.0/16")],
            [.init("192.0.2.0/24", ipRange: "192.0.2.0")], [.init("192.0.2.0/24", auxAddresses: ["a": "1.2.3.4"])],
        ]
        for subnets in bad { #expect(refusal { $0.subnets = subnets }.code == .invalidArgument, "\(subnets)") }
        #expect(refusal { $0.isIPv4 = false }.text.contains("IPv4 or IPv6 must be enabled"))
    }

    @Test func driversHaveTheirOptions() throws {
        #expect(refusal { $0.driver = "host" }.text.hasPrefix(#"only one instance of "host" network is allowed"#))
        #expect(refusal { $0.driver = "overlay" }.code == .unsupported)
        let bad: [(String, String, String)] = [
            ("bridge", "parent", "eth0"), ("macvlan", "com.docker.network.bridge.enable_icc", "true"),
            ("bridge", "mtu", "12"), ("bridge", "mtu", "x"), ("bridge", "bandwidth", "fast"),
            ("bridge", "bandwidth", "99999999999999gbit"), ("bridge", "com.docker.network.bridge.enable_icc", "maybe"),
            ("bridge", "com.docker.network.bridge.host_binding_ipv4", "::1"), ("macvlan", "macvlan_mode", "l2"),
            ("ipvlan", "ipvlan_mode", "bridge"), ("ipvlan", "ipvlan_flag", "l2"), ("ipvlan", "parent", "a/b"),
            ("bridge", "com.docker.network.bridge.name", "far-too-long-a-name"),
        ]
        for (driver, name, value) in bad {
            let found = refusal { ($0.driver, $0.options) = (driver, [name: value]) }
            #expect(found.code == .invalidArgument, "\(driver) \(name)=\(value): \(found)")
        }
        let settings = try DriverSettings(
            driver: "bridge",
            ["mtu": "1400", "bandwidth": "10mbit", "ingress": "2GBIT", "com.docker.network.bridge.enable_icc": "false"])
        #expect(settings.mtu == 1400 && !settings.allowsTrafficBetweenContainers && settings.masquerades)
        #expect(settings.egress?.rate == 10_000_000 && settings.ingress?.rate == 2_000_000_000)
        let modes = try DriverSettings(driver: "ipvlan", ["ipvlan_mode": "l3s", "ipvlan_flag": "private"])
        #expect(modes.ipvlanMode == .l3s && modes.ipvlanFlag == .private)
        #expect(try DriverSettings(driver: "macvlan", ["macvlan_mode": "vepa"]).macvlanMode == .vepa)
    }

    @Test func theDefaultRouteIsThatOfTheFirstThatLeadsOut() throws {
        func ends(_ list: [(internal: Bool, priority: Int)]) throws -> Int? {
            DefaultRoutes(
                try list.map { one in
                    var network = try make { $0.isInternal = one.internal }
                    network.isInternal = one.internal
                    var attachment = NetworkAttachment("n")
                    attachment.gatewayPriority = one.priority
                    return (network, attachment)
                }
            ).leader(isIPv6: false)
        }
        #expect(try ends([]) == nil && ends([(true, 9)]) == nil)
        #expect(try ends([(true, 9), (false, 0), (false, 0)]) == 1)
        #expect(try ends([(false, 0), (false, 3), (false, 3)]) == 1 && ends([(false, 0), (false, -1)]) == 0)
    }

    /// As docker: a network that has no addresses of a kind leaves the route of that kind to another.
    @Test func eachKindHasItsOwnDefaultRoute() throws {
        let four = try make()
        let both = try make { $0.isIPv6 = true }
        var first = NetworkAttachment("four")
        let routes = DefaultRoutes([(four, first), (both, NetworkAttachment("both"))])
        #expect(routes.leader(isIPv6: false) == 0 && routes.leader(isIPv6: true) == 1)
        first.gatewayPriority = -1
        #expect(DefaultRoutes([(four, first), (both, NetworkAttachment("both"))]).leader(isIPv6: false) == 1)
        #expect(DefaultRoutes([(four, first)]).leader(isIPv6: true) == nil)
    }
}

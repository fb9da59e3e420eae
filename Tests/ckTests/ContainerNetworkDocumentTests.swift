import ContainerSystem
import Testing
import TextTemplate

@testable import ContainerEngine
@testable import ck

/// Networks and ports in docker's document about a container.
@Suite struct ContainerNetworkDocumentTests {
    private static let process = ProcessIdentity(pid: 7, startTime: 1)

    private static func details(
        isRunning: Bool = true, endpoints: [ContainerDetails.Endpoint] = [], ports: [PortMapping] = [],
        _ fill: (inout ContainerOptions) -> Void
    ) -> ContainerDetails {
        var options = ContainerOptions(image: "bb", command: ["sh"])
        fill(&options)
        return ContainerDetails(
            id: "c1", name: "web", created: 0,
            state: isRunning ? .running(.init(process: process, shim: process, started: 40)) : .created,
            options: options, imageCommand: nil, imageEntrypoint: nil, imageID: "sha256:1", folder: "/f", logPath: "/l",
            started: nil, restarts: 0, health: nil, endpoints: endpoints, ports: ports, snapshot: [:], size: nil)
    }

    private func text(_ format: String, _ details: ContainerDetails) throws -> String {
        let (output, failures) = try InspectFormat(format).text(of: [ContainerDocument(details).value])
        #expect(failures.isEmpty)
        return String(output.dropLast())
    }

    private static let ports = details(
        ports: [
            .init(hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80),
            .init(hostAddress: "::", hostPort: 8080, containerPort: 80),
        ]
    ) {
        $0.ports = [
            .init(80, hostPorts: 8080...8080), .init(80, .tcp, hostAddress: "127.0.0.1"),
            .init(53, .udp, hostPorts: 1...9),
        ]
        $0.exposedPorts = ["90/tcp", "80/tcp", "53/udp"]
        $0.publishesAll = true
    }

    @Test(arguments: [
        (
            "{{json .HostConfig.PortBindings}}",
            #"{"53/udp":[{"HostIp":"","HostPort":"1-9"}],"#
                + #""80/tcp":[{"HostIp":"","HostPort":"8080"},{"HostIp":"127.0.0.1","HostPort":""}]}"#
        ),
        ("{{.HostConfig.PublishAllPorts}} {{.HostConfig.NetworkMode}}", "true bridge"),
        ("{{json .Config.ExposedPorts}}", #"{"53/udp":{},"80/tcp":{},"90/tcp":{}}"#),
        (
            "{{json .NetworkSettings.Ports}}",
            #"{"53/udp":null,"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],"#
                + #""90/tcp":null}"#
        ),
        (#"{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}"#, "8080"),
        (#"{{range $p, $conf := .NetworkSettings.Ports}}{{$p}} {{end}}"#, "53/udp 80/tcp 90/tcp "),
    ]) func ofPorts(_ format: String, _ wanted: String) throws {
        #expect(try text(format, Self.ports) == wanted)
    }

    @Test func whatDoesNotRunHasNoPorts() throws {
        let stopped = Self.details(isRunning: false) { $0.exposedPorts = ["80/tcp"] }
        #expect(try text("{{json .NetworkSettings.Ports}}", stopped) == "{}")
    }

    @Test func ofNetworks() throws {
        var first = ContainerDetails.Endpoint(network: "net1")
        (first.networkID, first.endpointID, first.macAddress) = ("n1", "e1", "02:00:00:00:00:01")
        (first.address, first.prefixLength, first.gateway) = ("192.0.2.7", 24, "192.0.2.1")
        (first.address6, first.prefixLength6, first.gateway6) = ("2001:db8::7", 64, "2001:db8::1")
        first.names = ["web", "a", "c1"]
        let both = Self.details(endpoints: [first]) {
            var attachment = NetworkAttachment("net1", aliases: ["a"])
            (attachment.address, attachment.linkLocalAddresses) = ("192.0.2.7", ["169.254.1.1"])
            (attachment.links, attachment.driverOptions) = ([.init("db", alias: "d")], ["k": "v"])
            attachment.gatewayPriority = 2
            $0.network = .networks([attachment, .init("net0")])
        }
        let wanted =
            #"{"net0":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"GwPriority":0,"#
            + #""NetworkID":"","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","#
            + #""GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null},"#
            + #""net1":{"IPAMConfig":{"IPv4Address":"192.0.2.7","LinkLocalIPs":["169.254.1.1"]},"Links":["db:d"],"#
            + #""Aliases":["a"],"MacAddress":"02:00:00:00:00:01","DriverOpts":{"k":"v"},"GwPriority":2,"#
            + #""NetworkID":"n1","EndpointID":"e1","Gateway":"192.0.2.1","IPAddress":"192.0.2.7","IPPrefixLen":24,"#
            + #""IPv6Gateway":"2001:db8::1","GlobalIPv6Address":"2001:db8::7","GlobalIPv6PrefixLen":64,"#
            + #""DNSNames":["web","a","c1"]}}"#
        #expect(try text("{{json .NetworkSettings.Networks}}", both) == wanted)
        #expect(try text("{{json .HostConfig.Links}} {{.HostConfig.NetworkMode}}", both) == "null net1")
        #expect(try text("{{.NetworkSettings.IPAddress}}", both) == "", "that is of the default network")
    }

    @Test func ofTheDefaultNetwork() throws {
        var endpoint = ContainerDetails.Endpoint(network: "bridge")
        (endpoint.address, endpoint.prefixLength, endpoint.gateway) = ("10.201.0.2", 16, "10.201.0.1")
        endpoint.macAddress = "02:00:00:00:00:02"
        let plain = Self.details(endpoints: [endpoint]) {
            var attachment = NetworkAttachment("bridge")
            attachment.links = [.init("db", alias: "d")]
            $0.network = .networks([attachment])
        }
        #expect(
            try text(
                "{{.NetworkSettings.IPAddress}}/{{.NetworkSettings.IPPrefixLen}} {{.NetworkSettings.Gateway}}", plain)
                == "10.201.0.2/16 10.201.0.1")
        #expect(try text("{{json .HostConfig.Links}}", plain) == #"["/db:/web/d"]"#)
        #expect(try text("{{json .NetworkSettings.Networks.bridge.Links}}", plain) == "null")
        #expect(try text("{{.NetworkSettings.Networks.bridge.MacAddress}}", plain) == "02:00:00:00:00:02")
    }

    @Test func ofModes() throws {
        func networks(_ mode: ContainerOptions.NetworkMode) throws -> String {
            try text(
                "{{.HostConfig.NetworkMode}}{{range $n, $c := .NetworkSettings.Networks}} {{$n}}{{end}}",
                Self.details { $0.network = mode })
        }
        #expect(try networks(.none) == "none none" && networks(.host) == "host host")
        #expect(try networks(.container("abc")) == "container:abc" && networks(.bridge) == "bridge bridge")
    }
}

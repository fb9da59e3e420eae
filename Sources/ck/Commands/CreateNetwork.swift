import ArgumentParser
import ContainerEngine

struct CreateNetwork: Command {
    static let synopsis = Synopsis(
        name: "network create", operands: "[OPTIONS] NETWORK", abstract: "Create a network", count: 1...1,
        flags: DockerFlags.networkCreate)

    @Flag(help: "Let containers be attached by hand")
    var attachable = false

    @Option(help: "An address that no container gets: NAME=ADDRESS")
    var auxAddress: [String] = []

    @Option(name: .shortAndLong, help: "Driver: bridge, macvlan or ipvlan")
    var driver = "bridge"

    @Option(help: "Address of the gateway in a subnet")
    var gateway: [String] = []

    @Flag(help: "Lead nowhere but to the containers on it")
    var `internal` = false

    @Option(help: "Part of a subnet that containers get their addresses from")
    var ipRange: [String] = []

    @Option(help: "Who gives out addresses: default")
    var ipamDriver = "default"

    @Flag(inversion: .prefixedNo, help: "Give IPv4 addresses")
    var ipv4 = true

    @Flag(help: "Give IPv6 addresses too")
    var ipv6 = false

    @Option(help: "Label: NAME or NAME=VALUE")
    var label: [String] = []

    @Option(name: [.customShort("o"), .customLong("opt")], help: "Option of the driver: NAME=VALUE")
    var options: [String] = []

    @Option(help: "Its addresses, such as 192.0.2.0/24; free ones are taken otherwise")
    var subnet: [String] = []

    @Argument(help: "Its name")
    var name: String

    func run(in session: Session) throws -> Int32 {
        let network = try session.engine().createNetwork(try networkOptions())
        if attachable { session.console.error("ck: --attachable changes nothing: it is for the networks of a swarm") }
        session.console.out(network.id)
        return 0
    }

    func networkOptions() throws -> NetworkOptions {
        guard ipamDriver.isEmpty || ipamDriver == "default" else {
            throw CommandFailure(
                "ck: error looking up IPAM plugin \(ipamDriver): plugin \"\(ipamDriver)\" not found (there is default)",
                status: 1)
        }
        var made = NetworkOptions(name: name)
        made.driver = driver.isEmpty ? "bridge" : driver
        made.subnets = try SubnetFlags.parse(
            subnets: subnet, ranges: ipRange, gateways: gateway, auxiliary: auxAddress)
        made.isInternal = `internal`
        (made.isIPv4, made.isIPv6, made.attachable) = (ipv4, ipv6, attachable)
        made.labels = try Labels.parse(label)
        made.options = Labels.pairs(options)
        return made
    }
}

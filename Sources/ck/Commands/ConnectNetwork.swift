import ArgumentParser
import ContainerEngine

struct ConnectNetwork: Command {
    static let synopsis = Synopsis(
        name: "network connect", operands: "[OPTIONS] NETWORK CONTAINER", abstract: "Connect a container to a network",
        count: 2...2, flags: DockerFlags.networkConnect)

    @Option(help: "A name that others on the network reach the container by")
    var alias: [String] = []

    @Option(help: "Option of the network's driver: NAME=VALUE")
    var driverOpt: [String] = []

    @Option(help: "The network with the highest priority has the default route (default 0)")
    var gwPriority = "0"

    @Option(help: "IPv4 address in the network")
    var ip: String?

    @Option(help: "IPv6 address in the network")
    var ip6: String?

    @Option(help: "Another container under a name of its own: NAME[:ALIAS]")
    var link: [String] = []

    @Option(help: "Address of this link only")
    var linkLocalIp: [String] = []

    @Argument(help: "The network, by name or id")
    var network: String

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        try session.engine().connect(container: container, to: try attachment())
        return 0
    }

    func attachment() throws -> NetworkAttachment {
        var made = NetworkAttachment(network, aliases: try CommaFields.list(alias, flag: "alias"))
        guard let priority = Int(gwPriority) else {
            throw FlagError("gw-priority", gwPriority, "not a whole number")
        }
        made.gatewayPriority = priority
        made.address = ip.flatMap { $0.isEmpty ? nil : $0 }
        made.address6 = ip6.flatMap { $0.isEmpty ? nil : $0 }
        made.links = try link.map(AttachmentValues.link)
        made.linkLocalAddresses = try CommaFields.list(linkLocalIp, flag: "link-local-ip")
        for option in try CommaFields.list(driverOpt, flag: "driver-opt") {
            try AttachmentValues.addOption(option, to: &made)
        }
        return made
    }
}

struct DisconnectNetwork: Command {
    static let synopsis = Synopsis(
        name: "network disconnect", operands: "[OPTIONS] NETWORK CONTAINER",
        abstract: "Disconnect a container from a network", count: 2...2, flags: DockerFlags.networkDisconnect)

    @Flag(name: .shortAndLong, help: "Let it be when the container is not there, or not on it")
    var force = false

    @Argument(help: "The network, by name or id")
    var network: String

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        try session.engine().disconnect(container: container, from: network, force: force)
        return 0
    }
}

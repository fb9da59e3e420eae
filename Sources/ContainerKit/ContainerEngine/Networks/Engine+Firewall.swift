import ContainerDatabase
import ContainerNetworking
import ContainerSystem

/// What the host's packet filter does for this root.
extension Engine {
    /// Makes the rules be those for the networks that there are.
    @discardableResult
    func ensureFirewall() throws(ContainerError) -> any Firewall {
        let firewall = try firewall()
        try firewall.ensure(
            networks: { () throws(ContainerError) in try firewallNetworks() },
            ports: { () throws(ContainerError) in try publishedPorts() })
        return firewall
    }

    private func firewallNetworks() throws(ContainerError) -> [FirewallNetwork] {
        var networks: [FirewallNetwork] = []
        for network in try database.networks() where network.driver == "bridge" {
            networks.append(try Self.firewallNetwork(network))
        }
        return networks
    }

    private static func firewallNetwork(_ network: NetworkRecord) throws(ContainerError) -> FirewallNetwork {
        let settings = try DriverSettings(driver: network.driver, network.options)
        return FirewallNetwork(
            bridge: network.link,
            subnets: try network.subnets.map { subnet throws(ContainerError) in try IPSubnet(subnet.subnet) },
            isInternal: network.isInternal, masquerades: settings.masquerades,
            allowsTrafficBetweenContainers: settings.allowsTrafficBetweenContainers)
    }

    /// Those of every container that runs, when the rules are to be made anew.
    func publishedPorts() throws(ContainerError) -> [PublishedPort] {
        let records = try database.ports().filter { !hasEnded($0.container) }
        if records.isEmpty { return [] }
        let (endpoints, networks) = (try database.endpoints(), try database.networks())
        var ports: [PublishedPort] = []
        for (id, own) in Dictionary(grouping: records, by: \.container) {
            guard let container = try database.container(id: id) else { continue }
            let attachments = try Self.decode(container).network.attachments
            ports += try Self.published(
                own, Self.places(attachments, endpoints.filter { $0.container == id }, networks))
        }
        return ports
    }

    /// An end without what the kernel has of it.
    typealias Place = (network: NetworkRecord, attachment: NetworkAttachment, record: EndpointRecord)

    /// The ends that a container has of those that it is to have, in their order.
    static func places(_ attachments: [NetworkAttachment], _ endpoints: [EndpointRecord], _ networks: [NetworkRecord])
        -> [Place]
    {
        attachments.compactMap { attachment in
            guard let network = networks.first(where: { $0.name == attachment.network || $0.id == attachment.network }),
                let endpoint = endpoints.first(where: { $0.network == network.id })
            else { return nil }
            return (network, attachment, endpoint)
        }
    }

    /// Where a container's ports are to lead.
    func published(_ connection: Connection) throws(ContainerError) -> [PublishedPort] {
        try Self.published(connection.ports, connection.ends.map { ($0.network, $0.attachment, $0.record) })
    }

    /// A port leads to the container's address where its default route of that kind is, or to the first on a bridge that leads
    /// out.
    private static func published(_ ports: [PortRecord], _ places: [Place]) throws(ContainerError) -> [PublishedPort] {
        let routes = DefaultRoutes(places.map { ($0.network, $0.attachment) })
        let others = places.filter { !$0.network.isInternal }
        func candidates(isIPv6: Bool) -> [Place] { (routes.leader(isIPv6: isIPv6).map { [places[$0]] } ?? []) + others }
        // There may be a thousand ports.
        let (four, six) = (candidates(isIPv6: false), candidates(isIPv6: true))
        var result: [PublishedPort] = []
        for port in ports {
            let host = try IPAddress(port.hostAddress)
            for place in host.isIPv6 ? six : four {
                guard let published = try publishedPort(port, host, place.network, place.record) else { continue }
                result.append(published)
                break
            }
        }
        return result
    }

    /// Nil where it cannot lead.
    private static func publishedPort(
        _ port: PortRecord, _ host: IPAddress, _ network: NetworkRecord, _ endpoint: EndpointRecord
    ) throws(ContainerError) -> PublishedPort? {
        guard network.driver == "bridge", let address = host.isIPv6 ? endpoint.address6 : endpoint.address else {
            return nil
        }
        return PublishedPort(
            transport: .init(name: port.transport),
            hostAddress: host.isUnspecified ? nil : host, hostPort: port.hostPort,
            containerAddress: try IPAddress(address), containerPort: port.containerPort, bridge: network.link)
    }

    /// Takes a container's ports back, wherever on its networks they lead.
    /// - Parameter kept: those that stay.
    func unpublish(
        _ ports: [PortRecord], _ endpoints: [EndpointRecord], except kept: [PublishedPort] = []
    ) throws(ContainerError) {
        if ports.isEmpty { return }
        let networks = try database.networks()
        var all: [PublishedPort] = []
        for endpoint in endpoints {
            guard let network = networks.first(where: { $0.id == endpoint.network }) else { continue }
            for port in ports {
                let host = try IPAddress(port.hostAddress)
                guard let published = try Self.publishedPort(port, host, network, endpoint) else { continue }
                if !kept.contains(published) { all.append(published) }
            }
        }
        if !all.isEmpty { try firewall().unpublish(all) }
    }

    /// The same for all of them, at the container's end.
    func withdrawPorts(of container: String) throws(ContainerError) {
        let ports = try database.ports(container: container)
        if ports.isEmpty { return }
        do throws(ContainerError) {
            try unpublish(ports, try database.endpoints(container: container))
        } catch {
            // Where there is no packet filter nothing is published.
            guard error.code == .unsupported else { throw error }
        }
    }

    /// Gives back everything of networks that a container holds, whoever saw its end.
    func releaseNetworks(of container: String) throws(ContainerError) {
        try withdrawPorts(of: container)
        try database.releaseNetworks(container: container)
    }

    /// The rules and ports of a network, one a line.
    func firewallRules(of network: NetworkRecord) throws(ContainerError) -> [String] {
        try firewall().describe(Self.firewallNetwork(network))
    }
}

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
        return records.isEmpty ? [] : try published(records, try database.endpoints())
    }

    private func published(_ records: [PortRecord], _ endpoints: [EndpointRecord]) throws(ContainerError)
        -> [PublishedPort]
    {
        let networks = try database.networks()
        return try published(records) { container in
            endpoints.filter { $0.container == container }.compactMap { endpoint in
                networks.first { $0.id == endpoint.network }.map { (endpoint, $0) }
            }
        }
    }

    private func published(
        _ records: [PortRecord], _ ends: (_ container: String) -> [(EndpointRecord, NetworkRecord)]
    ) throws(ContainerError) -> [PublishedPort] {
        var ports: [PublishedPort] = []
        for record in records {
            if let port = try publishedPort(record, ends(record.container)) { ports.append(port) }
        }
        return ports
    }

    /// Leads the container's ports to it.
    /// - Returns: what takes that back, for whoever sees its end; nil when nothing is published.
    func publish(_ connection: Connection) throws(ContainerError) -> NetlinkBatch? {
        let ends = connection.ends.map { ($0.record, $0.network) }
        let ports = try published(connection.ports) { _ in ends }
        if ports.isEmpty { return nil }
        let firewall = try firewall()
        try firewall.publish(ports)
        return try firewall.withdrawal(of: ports)
    }

    /// A port leads to the container's address on its first bridge that has one of that kind.
    private func publishedPort(_ port: PortRecord, _ ends: [(EndpointRecord, NetworkRecord)]) throws(ContainerError)
        -> PublishedPort?
    {
        let host = try IPAddress(port.hostAddress)
        for (endpoint, network) in ends where network.driver == "bridge" && !network.isInternal {
            guard let address = host.isIPv6 ? endpoint.address6 : endpoint.address else { continue }
            return PublishedPort(
                transport: .init(name: port.transport),
                hostAddress: host.isUnspecified ? nil : host, hostPort: port.hostPort,
                containerAddress: try IPAddress(address), containerPort: port.containerPort, bridge: network.link)
        }
        return nil
    }

    /// Gives back everything of networks that a container holds, whoever saw its end.
    func releaseNetworks(of container: String) throws(ContainerError) {
        let records = try database.ports(container: container)
        if !records.isEmpty {
            do throws(ContainerError) {
                try firewall().unpublish(try published(records, try database.endpoints(container: container)))
            } catch {
                // Where there is no packet filter nothing is published.
                guard error.code == .unsupported else { throw error }
            }
        }
        try database.releaseNetworks(container: container)
    }

    /// The rules and ports of a network, one a line.
    func firewallRules(of network: NetworkRecord) throws(ContainerError) -> [String] {
        try firewall().describe(Self.firewallNetwork(network))
    }
}

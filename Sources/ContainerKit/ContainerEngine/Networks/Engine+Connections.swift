import ContainerDatabase
import ContainerNetworking
import ContainerSystem

/// Connects a container that starts.
extension Engine {
    /// Gives a container its addresses and ports; bridges and rules are put right on the way.
    /// - Parameter ports: what is to be published.
    func connection(
        of container: String, _ attachments: [NetworkAttachment], ports: [PortBinding]
    ) throws(ContainerError) -> Connection {
        let netlink = try network.netlink()
        let bridges = BridgeNetwork(netlink, sysctls: network.sysctls)
        var networks: [Connection.Candidate] = []
        for attachment in attachments {
            let isDefault = attachment.network == Self.bridgeNetworkName
            let network = isDefault ? try defaultNetwork(bridges) : try findNetwork(attachment.network)
            try check(attachment, fits: network)
            networks.append((network, attachment))
        }
        let settings = try networks.map { one throws(ContainerError) in
            try DriverSettings(driver: one.network.driver, one.network.options)
        }
        let requests = try networks.enumerated().map { index, one throws(ContainerError) in
            try Self.request(one.attachment, on: one.network, ordinal: index)
        }
        let hostAddress = settings.lazy.compactMap(\.hostAddress).first
        let (records, published) = try lease(
            container, requests, ports: try portRequests(ports, networks.map(\.network), hostAddress: hostAddress))
        let routes = DefaultRoutes(networks)
        // It could not reach itself by its ports otherwise.
        let isReflecting = !published.isEmpty && bridges.filtersFrames
        var connection = Connection()
        for (index, record) in records.enumerated() {
            connection.ends.append(
                try end(
                    of: container, record, networks[index], settings[index],
                    hasDefaultRoute: { routes.leader(isIPv6: $0) == index }, isReflecting: isReflecting, netlink))
        }
        connection.ports = published
        let links = networks.filter { $0.network.driver == "bridge" }
        if !links.isEmpty {
            connection.warnings = try ensureFirewall().obstacles(to: links.map(\.network.link)).map(\.description)
        }
        return connection
    }

    /// The ends that a container has, whose networks have not changed.
    func connection(of record: ContainerRecord, _ configuration: ContainerConfiguration) throws(ContainerError)
        -> Connection
    {
        let netlink = try network.netlink()
        let places = Self.places(
            configuration.network.attachments, try database.endpoints(container: record.id), try database.networks())
        let routes = DefaultRoutes(places.map { ($0.network, $0.attachment) })
        var connection = Connection()
        if places.contains(where: { $0.network.driver == "bridge" }) {
            connection.ports = try database.ports(container: record.id)
        }
        let filtersFrames = try network.bridges().filtersFrames
        let isReflecting = !connection.ports.isEmpty && filtersFrames
        for (index, place) in places.enumerated() {
            connection.ends.append(
                try end(
                    of: record.id, place.record, (place.network, place.attachment),
                    try DriverSettings(driver: place.network.driver, place.network.options),
                    hasDefaultRoute: { routes.leader(isIPv6: $0) == index }, isReflecting: isReflecting, netlink))
        }
        return connection
    }

    /// One that is leased, as far as it takes to disconnect it: what else belongs to the network may be gone.
    func leased(_ record: ContainerRecord, _ attachment: NetworkAttachment, on network: NetworkRecord)
        throws(ContainerError) -> ContainerEndpoint?
    {
        guard let own = try database.endpoints(container: record.id).first(where: { $0.network == network.id }) else {
            return nil
        }
        let kind: EndpointDescription.Attachment =
            switch network.driver {
            case "macvlan": .macvlan(parent: 0)
            case "ipvlan": .ipvlan(parent: 0)
            default: .bridge(index: 0)
            }
        var description = EndpointDescription(
            containerID: record.id, ordinal: own.ordinal, attachment: kind, addresses: [])
        description.interfaceName = attachment.interfaceName
        return try ContainerEndpoint(description)
    }

    /// Takes away the host's ends of links which are there when the container is not: another process is in its last network
    /// yet, and its supervisor was killed or knew nothing of that one.
    /// - Parameter count: of how many ends; nil is as many as there may be.
    func removeOldLinks(of container: String, count: Int? = nil) throws(ContainerError) {
        let bridges = try network.bridges()
        for ordinal in 0..<(count ?? InterfaceName.endpointLimit) {
            let name = try InterfaceName.hostEnd(ofContainer: container, ordinal: ordinal)
            guard bridges.hasLink(name) else { continue }
            // One that begins alike has links of the same names.
            let owners = try database.containers(idPrefix: String(container.prefix(InterfaceName.idDigits)))
            if owners.count == 1 { try bridges.deleteLink(name) }
        }
    }

    /// One end, with what the host needs for it.
    /// - Parameter hasDefaultRoute: whether it has that of IPv6, or of IPv4.
    func end(
        of container: String, _ record: EndpointRecord, _ one: Connection.Candidate, _ settings: DriverSettings,
        hasDefaultRoute: (_ isIPv6: Bool) -> Bool, isReflecting: Bool, _ netlink: any Netlink
    ) throws(ContainerError) -> Connection.End {
        let network = one.network
        var addresses: [InterfaceAddress] = []
        for address in [record.address, record.address6] {
            if let address = try Self.interfaceAddress(address, network) { addresses.append(address) }
        }
        let ownFamilies = addresses.map(\.address.isIPv6)
        for text in one.attachment.linkLocalAddresses {
            let address = try IPAddress(text)
            addresses.append(try InterfaceAddress(address, prefixLength: address.isIPv6 ? 64 : 16))
        }
        var gateways: [IPAddress] = []
        for subnet in network.subnets where ownFamilies.contains(subnet.isIPv6) {
            // Of several subnets of a kind, that of its address.
            guard let gateway = subnet.gateway else { continue }
            let range = try IPSubnet(subnet.subnet)
            if addresses.contains(where: { range.contains($0.address) }) { gateways.append(try IPAddress(gateway)) }
        }
        var description = EndpointDescription(
            containerID: container, ordinal: record.ordinal,
            attachment: try attachment(to: network, settings, isReflecting: isReflecting, netlink),
            addresses: addresses,
            defaultGateways: gateways.filter { hasDefaultRoute($0.isIPv6) })
        description.interfaceName =
            one.attachment.interfaceName
            ?? (settings.interfacePrefix == "eth" ? nil : "\(settings.interfacePrefix)\(record.ordinal)")
        description.mtu = settings.mtu
        (description.egress, description.ingress) = (settings.egress, settings.ingress)
        if network.driver == "ipvlan" {
            if settings.ipvlanMode != .l2 {
                description.defaultRoutesOnLink = IPSubnet.everything.filter {
                    ownFamilies.contains($0.isIPv6) && hasDefaultRoute($0.isIPv6)
                }
                description.defaultGateways = []
            }
            if record.mac != nil {
                throw ContainerError(
                    .invalidArgument, "ipvlan interfaces do not support custom mac address assignment",
                    hint: "leave out the MAC address, or use a macvlan network")
            }
        } else if let mac = record.mac {
            description.macAddress = try MACAddress(mac)
        }
        return Connection.End(
            network: network, settings: settings, attachment: one.attachment, record: record, addresses: addresses,
            gateways: gateways, endpoint: try ContainerEndpoint(description))
    }

    /// What an interface is made of, made where it is missing.
    private func attachment(
        to network: NetworkRecord, _ settings: DriverSettings, isReflecting: Bool, _ netlink: any Netlink
    ) throws(ContainerError) -> EndpointDescription.Attachment {
        if network.driver == "bridge" {
            let index = try ensureBridge(network, settings, BridgeNetwork(netlink, sysctls: self.network.sysctls))
            return .bridge(
                index: index, isIsolated: !settings.allowsTrafficBetweenContainers, isReflecting: isReflecting)
        }
        let parents = try parentLinks()
        let parent =
            network.link.hasPrefix("dm-") ? try parents.ensureDummy(network.link) : try parents.ensure(network.link)
        if network.driver == "macvlan" { return .macvlan(parent: parent, mode: settings.macvlanMode) }
        return .ipvlan(parent: parent, mode: settings.ipvlanMode, flag: settings.ipvlanFlag)
    }

    /// What a container asks of a network. Addresses in the one form that leases are compared by.
    static func request(
        _ attachment: NetworkAttachment, on network: NetworkRecord, ordinal: Int
    ) throws(ContainerError) -> EndpointRequest {
        func canonical(_ text: String?) throws(ContainerError) -> String? {
            guard let text else { return nil }
            return try IPAddress(text).description
        }
        return EndpointRequest(
            network, ordinal: ordinal, address: try canonical(attachment.address),
            address6: try canonical(attachment.address6), mac: attachment.macAddress)
    }

    /// Whether what is asked for can be had on a network.
    func check(_ attachment: NetworkAttachment, fits network: NetworkRecord) throws(ContainerError) {
        guard ["bridge", "macvlan", "ipvlan"].contains(network.driver) else {
            throw ContainerError(
                .invalidArgument, "container cannot be connected to \(network.name) network",
                hint: "use --network \(network.name) alone")
        }
        for text in [attachment.address, attachment.address6] {
            guard let text else { continue }
            let address = try IPAddress(text)
            let subnet = try network.subnets.map { subnet throws(ContainerError) in
                (subnet, try IPSubnet(subnet.subnet))
            }.first { $0.1.contains(address) }
            guard let subnet else {
                throw ContainerError(
                    .invalidArgument,
                    "invalid endpoint settings: no configured subnet or ip-range contain the IP address \(address)",
                    hint: "\(network.name) has \(network.subnets.map(\.subnet).joined(separator: " and "))")
            }
            if subnet.0.gateway == address.description || !Self.isForHosts(address, subnet.1) {
                throw ContainerError(
                    .conflict, "Address already in use: \(address) is the network's own", hint: "choose another")
            }
            for (name, kept) in subnet.0.reserved where try IPAddress(kept) == address {
                throw ContainerError(
                    .conflict, "Address already in use: \(address) is kept for \(name)", hint: "choose another")
            }
        }
    }

    private static func isForHosts(_ address: IPAddress, _ subnet: IPSubnet) -> Bool {
        address != subnet.network && (address.isIPv6 || address != subnet.last) || subnet.prefixLength >= 31
    }

    /// What is asked of the host's ports: each binding on one address, or on every one of each kind that a network has.
    func portRequests(_ ports: [PortBinding], _ networks: [NetworkRecord], hostAddress: String?)
        throws(ContainerError) -> [PortRequest]
    {
        let bridges = networks.filter { $0.driver == "bridge" }
        guard !ports.isEmpty, !bridges.isEmpty else { return [] }
        let hasIPv6 = bridges.contains { $0.subnets.contains(where: \.isIPv6) }
        let hasIPv4 = bridges.contains { $0.subnets.contains { !$0.isIPv6 } }
        return try ports.map { binding throws(ContainerError) in
            var addresses: [String] = []
            if let wanted = binding.hostAddress ?? hostAddress {
                let address = try IPAddress(wanted)
                guard address.isIPv6 ? hasIPv6 : hasIPv4 else {
                    throw ContainerError(
                        .unsupported, "publish \(binding.name) on \(address): the container has no such address",
                        hint: address.isIPv6 ? "put it on a network with --ipv6" : "name an IPv6 address of the host")
                }
                if address.isIPv6, address.isLoopback {
                    throw ContainerError(
                        .unsupported, "publish \(binding.name) on ::1: the kernel does not translate it",
                        hint: "127.0.0.1 works")
                }
                addresses = [address.description]
            } else {
                addresses = (hasIPv4 ? ["0.0.0.0"] : []) + (hasIPv6 ? ["::"] : [])
            }
            return PortRequest(
                transport: binding.transport.rawValue, containerPort: binding.containerPort, hostAddresses: addresses,
                hostPorts: binding.hostPorts)
        }
    }
}

import ContainerDatabase
import ContainerNetworking
import ContainerSystem

extension Engine {
    static let bridgeNetworkName = "bridge"

    /// Two roots never meet: each has a bridge, a subnet and a firewall table of its own.
    private var suffix: String? {
        if configuration.root == Configuration.defaultRoot { return nil }
        // FNV-1a: a name, not a secret.
        let hash = configuration.root.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(UInt32(truncatingIfNeeded: hash ^ (hash >> 32)), radix: 16)
    }

    private var bridgeName: String { suffix.map { "ck" + $0 } ?? "ck0" }
    private var firewallTable: String { suffix.map { "containerkit-" + $0 } ?? "containerkit" }

    /// Gives a container an address on the default network; bridge and firewall are put right on the way.
    func attachToBridge(_ container: String) throws(ContainerError) -> ContainerEndpoint {
        let bridges = BridgeNetwork(try NetlinkSocket(.route))
        let network = try bridgeNetwork(bridges)
        let subnet = try IPv4Subnet(network.subnet)
        guard let gateway = subnet.hosts.first else {
            throw ContainerError(.invalidArgument, "the subnet \(subnet) has no room for a gateway")
        }
        let bridge = try bridges.ensureBridge(
            BridgeDescription(
                name: network.bridge, addresses: [try InterfaceAddress(.v4(gateway), in: .v4(subnet))]))
        try NFTables(try NetlinkSocket(.netfilter), table: firewallTable)
            .ensure([FirewallNetwork(bridge: network.bridge, subnets: [.v4(subnet)])])
        let address = try lease(network, subnet, gateway, to: container)
        return try ContainerEndpoint(
            EndpointDescription(
                containerID: container, attachment: .bridge(index: bridge),
                addresses: [try InterfaceAddress(.v4(address), in: .v4(subnet))], defaultGateways: [.v4(gateway)]))
    }

    private func bridgeNetwork(_ bridges: BridgeNetwork) throws(ContainerError) -> NetworkRecord {
        let name = Self.bridgeNetworkName
        let make: () throws(ContainerError) -> NetworkRecord = { () throws(ContainerError) in
            let subnet = try AddressPool.freeSubnet(avoiding: try bridges.routes().map(\.destination))
            return NetworkRecord(name: name, bridge: self.bridgeName, subnet: subnet.description)
        }
        let network = try database.network(name: name, orAdd: make)
        guard try bridges.state(of: network.bridge) == nil, try database.leaseCount() == 0 else { return network }
        // The bridge went with a reboot, and somebody may have taken its addresses since.
        let subnet = try IPv4Subnet(network.subnet)
        if try bridges.routes().contains(where: {
            $0.destination.prefixLength > 1 && $0.destination.overlaps(.v4(subnet))
        }) {
            try database.removeNetwork(name: name)
            return try database.network(name: name, orAdd: make)
        }
        return network
    }

    private func lease(_ network: NetworkRecord, _ subnet: IPv4Subnet, _ gateway: IPv4Address, to container: String)
        throws(ContainerError) -> IPv4Address
    {
        let number = try database.lease(
            network: network.name, container: container,
            choose: { last, isTaken in
                let address = try AddressPool.nextFreeAddress(
                    in: .v4(subnet), avoiding: [.v4(gateway)], after: last == 0 ? nil : .v4(IPv4Address(last)),
                    network: network.bridge, isTaken: { isTaken($0.ipv4?.value ?? 0) })
                return address.ipv4?.value ?? 0
            },
            isStale: { self.hasEnded($0) })
        return IPv4Address(number)
    }

    /// Whether a container holds its address for nothing: its supervisor could not tell us of its end.
    private func hasEnded(_ container: String) -> Bool {
        let state = folders(container).state(wasStarted: true)
        if state.process != nil || state.isAlive { return false }
        // Between its lease and its start it has a folder and no process yet.
        return !Files.exists(folders(container).runFolder) || Files.exists(folders(container).folder + "/exit")
    }

    /// Removes every container, every volume, every image, and the network of this root.
    public func reset() throws(ContainerError) {
        for container in try containers() { try removeContainer(container.id, force: true) }
        for volume in try volumes() { try removeVolume(volume.name) }
        for image in try images() { _ = try removeImage(image.id, force: true) }
        try removeDefaultNetwork()
    }

    /// Removes the bridge and the firewall table of this root.
    public func removeDefaultNetwork() throws(ContainerError) {
        guard let network = try database.network(name: Self.bridgeNetworkName) else { return }
        try BridgeNetwork(try NetlinkSocket(.route)).removeBridge(network.bridge)
        try NFTables(try NetlinkSocket(.netfilter), table: firewallTable).remove()
        try database.removeNetwork(name: network.name)
    }
}

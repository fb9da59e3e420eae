import ContainerDatabase
import ContainerNetworking
import ContainerSystem

/// What the host has of this root's networks: bridges, rules.
extension Engine {
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
    /// Our name in the kernel.
    private var firewallTable: String { suffix.map { "containerkit-" + $0 } ?? "containerkit" }

    func firewall() throws(ContainerError) -> any Firewall { try network.firewall(table: firewallTable) }

    /// What macvlan and ipvlan networks are made of.
    func parentLinks() throws(ContainerError) -> ParentLinks {
        ParentLinks(try network.netlink(), owner: firewallTable)
    }

    /// The network that containers are on which name no other; made where it is missing.
    func defaultNetwork(_ bridges: BridgeNetwork) throws(ContainerError) -> NetworkRecord {
        let name = Self.bridgeNetworkName
        let make = { (others: [NetworkRecord]) throws -> NetworkRecord in
            let routes = try bridges.routes().map(\.destination)
            let builder = NetworkBuilder(others: others, routes: routes, pools: try EngineSettings.load().addressPools)
            let subnet = try builder.free(false, avoiding: [], candidates: AddressPool.defaultCandidates)
            var record = NetworkRecord(
                id: try Identifier.generate(), name: name, driver: "bridge", link: self.bridgeName,
                created: Timestamp.now)
            record.subnets = [.init(subnet.description, gateway: subnet.firstHost?.description)]
            return record
        }
        let network = try database.network(name: name, orAdd: make)
        guard !bridges.hasLink(network.link), try !database.endpoints().contains(where: { !hasEnded($0.container) })
        else { return network }
        // The bridge went with a reboot, and somebody may have taken its addresses since.
        for subnet in network.subnets {
            let subnet = try IPSubnet(subnet.subnet)
            guard
                try bridges.routes().contains(where: {
                    $0.destination.prefixLength > 1 && $0.destination.overlaps(subnet)
                })
            else { continue }
            try database.removeNetwork(id: network.id)
            return try database.network(name: name, orAdd: make)
        }
        return network
    }

    /// Makes a bridge be there as its network wants it.
    /// - Returns: its interface index.
    func ensureBridge(_ network: NetworkRecord, _ settings: DriverSettings, _ bridges: BridgeNetwork)
        throws(ContainerError) -> UInt32
    {
        var addresses: [InterfaceAddress] = []
        for subnet in network.subnets {
            guard let gateway = subnet.gateway else { continue }
            addresses.append(try InterfaceAddress(try IPAddress(gateway), in: try IPSubnet(subnet.subnet)))
        }
        return try bridges.ensureBridge(
            BridgeDescription(name: network.link, mtu: settings.mtu ?? 1500, addresses: addresses))
    }

    /// Removes every container, every volume, every image, and the networks of this root.
    public func reset() throws(ContainerError) {
        for container in try containers() { try removeContainer(container.id, force: true) }
        for volume in try volumes() { try removeVolume(volume.name) }
        for image in try images() { _ = try removeImage(image.id, force: true) }
        for network in try database.networks() where !NetworkBuilder.predefined.contains(network.name) {
            try removeNetwork(network.id)
        }
        try removeDefaultNetwork()
    }

    /// Removes the bridge of the default network, and the firewall table of this root.
    public func removeDefaultNetwork() throws(ContainerError) {
        try firewall().remove()
        guard let network = try database.network(name: Self.bridgeNetworkName) else { return }
        try self.network.bridges().removeBridge(network.link)
        try database.removeNetwork(id: network.id)
    }
}

import ContainerDatabase
import ContainerNetworking
import ContainerSystem

/// The networks of a root, as things that people make, look at and remove.
extension Engine {
    static let bridgeNetworkName = "bridge"
    /// Containers have no ends of these.
    private static let networksWithoutEnds = ["host", "none"]

    /// Makes a network. What the kernel needs for it is made when the first container is connected.
    /// - Throws: `conflict` for a name or addresses that are taken, `invalidArgument` for an option, `unsupported` for a
    ///   driver, `exhausted` when no addresses are left.
    public func createNetwork(_ options: NetworkOptions) throws(ContainerError) -> NetworkDetails {
        let routes = try hostRoutes()
        let pools = options.subnets.contains { !$0.subnet.isEmpty } ? [] : try EngineSettings.load().addressPools
        let id = try Identifier.generate()
        let record = try database.addNetwork { others in
            try NetworkBuilder(others: others, routes: routes, pools: pools)
                .record(options, id: id, created: Timestamp.now)
        }
        do throws(ContainerError) {
            try checkLink(of: record)
        } catch {
            _ = try? database.removeNetwork(id: record.id)
            throw error
        }
        note("create", record)
        return try details(record, [], [:])
    }

    /// A name that something else has is found now, rather than at the first container.
    private func checkLink(of record: NetworkRecord) throws(ContainerError) {
        switch record.driver {
        case "bridge":
            guard try network.bridges().state(of: record.link) != nil else { return }
            throw ContainerError(
                .conflict, "network \(record.name): the host has a bridge \(record.link) already",
                hint: "choose another name for the bridge, or remove that one")
        default:
            if !record.link.hasPrefix("dm-") { _ = try parentLinks().ensure(record.link) }
        }
    }

    func hostRoutes() throws(ContainerError) -> [IPSubnet] {
        try network.bridges().routes().map(\.destination)
    }

    /// Every network, by name.
    public func networks() throws(ContainerError) -> [NetworkDetails] {
        try makePredefined()
        let endpoints = try database.endpoints()
        let names = try containerNames(endpoints)
        return try database.networks().map { record throws(ContainerError) in try details(record, endpoints, names) }
    }

    /// The network of a name, or of an id or the start of one.
    /// - Throws: `notFound`; `conflict` when the start of an id fits several.
    public func network(_ nameOrID: String) throws(ContainerError) -> NetworkDetails {
        let record = try findNetwork(nameOrID)
        let endpoints = try database.endpoints()
        var details = try details(record, endpoints, try containerNames(endpoints))
        if record.driver == "bridge" { details.rules = try firewallRules(of: record) }
        if Self.networksWithoutEnds.contains(record.name) { details.containers = try users(of: record.name) }
        return details
    }

    /// Those that run with the host's interfaces, or with none.
    private func users(of predefined: String) throws(ContainerError) -> [String: NetworkDetails.Endpoint] {
        var users: [String: NetworkDetails.Endpoint] = [:]
        for record in try database.containers() where try Self.decode(record).network.name == predefined {
            if state(of: record).process != nil { users[record.id] = NetworkDetails.Endpoint(name: record.name) }
        }
        return users
    }

    /// Removes a network that no container is on.
    /// - Throws: `notFound`; `conflict` when it is in use; `permissionDenied` for one that is predefined.
    public func removeNetwork(_ nameOrID: String) throws(ContainerError) {
        try remove(try findNetwork(nameOrID))
    }

    private func remove(_ record: NetworkRecord) throws(ContainerError) {
        if NetworkBuilder.predefined.contains(record.name) {
            throw ContainerError(
                .permissionDenied, "\(record.name) is a pre-defined network and cannot be removed")
        }
        let names = try containerNames(try database.endpoints())
        let removed = try database.removeNetwork(id: record.id) { endpoints in
            let users = endpoints.filter { !self.hasEnded($0.container) }
            guard let first = users.first else { return }
            let name = names[first.container] ?? first.container
            throw ContainerError(
                .conflict, "error while removing network: network \(record.name) has active endpoints",
                cause: "\(name)" + (users.count > 1 ? " and \(users.count - 1) more" : ""),
                hint: "stop the containers on it, or disconnect them")
        }
        guard removed else { throw ContainerError(.notFound, "network \(record.name) not found") }
        try removeLink(of: record)
        note("destroy", record)
    }

    /// What the kernel has of a network.
    private func removeLink(of record: NetworkRecord) throws(ContainerError) {
        if record.driver == "bridge" {
            try network.bridges().removeBridge(record.link)
            try ensureFirewall()
        } else if try !database.networks().contains(where: { $0.driver != "bridge" && $0.link == record.link }) {
            try parentLinks().remove(record.link)
        }
    }

    /// Removes every network that no container is on and that fits.
    /// - Returns: the names of those that are gone.
    public func pruneNetworks(_ selection: NetworkSelection) throws(ContainerError) -> [String] {
        var removed: [String] = []
        for network in try networks() where network.containers.isEmpty && selection.matches(network) {
            do throws(ContainerError) {
                try removeNetwork(network.id)
                removed.append(network.name)
            } catch {
                // Somebody has connected a container meanwhile, or was faster.
                guard error.code == .conflict || error.code == .notFound else { throw error }
            }
        }
        return removed
    }

    // MARK: - Looking them up

    /// By name, id, or the start of one.
    func findNetwork(_ text: String) throws(ContainerError) -> NetworkRecord {
        if let record = try database.network(name: text) { return record }
        if NetworkBuilder.predefined.contains(text) {
            try makePredefined()
            if let record = try database.network(name: text) { return record }
        }
        if Identifier.isPrefix(text) {
            let fitting = try database.networks().filter { $0.id.hasPrefix(text) }
            if fitting.count > 1 {
                throw ContainerError(
                    .conflict, "network \(text) is ambiguous (\(fitting.count) matches found on ID prefix)",
                    hint: "write more of the id")
            }
            if let record = fitting.first { return record }
        }
        throw ContainerError(.notFound, "network \(text.printable) not found")
    }

    private func makePredefined() throws(ContainerError) {
        _ = try defaultNetwork(try network.bridges())
        for name in Self.networksWithoutEnds {
            _ = try database.network(name: name) { _ in
                NetworkRecord(
                    id: try Identifier.generate(), name: name, driver: name == "none" ? "null" : name, link: "",
                    created: Timestamp.now)
            }
        }
    }

    private func containerNames(_ endpoints: [EndpointRecord]) throws(ContainerError) -> [String: String] {
        guard !endpoints.isEmpty else { return [:] }
        let pairs = try database.containers().map { ($0.id, $0.name) }
        return Dictionary(pairs) { $1 }
    }

    private func details(_ record: NetworkRecord, _ endpoints: [EndpointRecord], _ names: [String: String])
        throws(ContainerError) -> NetworkDetails
    {
        var details = NetworkDetails(id: record.id, name: record.name, created: record.created)
        details.driver = record.driver
        details.isInternal = record.isInternal
        details.isIPv4 = record.subnets.isEmpty || record.subnets.contains { !$0.isIPv6 }
        details.isIPv6 = record.subnets.contains(where: \.isIPv6)
        details.attachable = record.isAttachable
        details.labels = record.labels
        details.options = record.options
        details.subnets = record.subnets.map {
            .init($0.subnet, gateway: $0.gateway, ipRange: $0.range, auxAddresses: $0.reserved)
        }
        for endpoint in endpoints where endpoint.network == record.id && !hasEnded(endpoint.container) {
            guard let name = names[endpoint.container] else { continue }
            var end = NetworkDetails.Endpoint(name: name)
            end.endpointID = endpoint.id
            end.macAddress = try Self.macAddress(of: endpoint) ?? ""
            end.address = try Self.interfaceAddress(endpoint.address, record)?.description ?? ""
            end.address6 = try Self.interfaceAddress(endpoint.address6, record)?.description ?? ""
            details.containers[endpoint.container] = end
        }
        return details
    }

    /// An address with the length of its subnet.
    static func interfaceAddress(_ address: String?, _ network: NetworkRecord) throws(ContainerError)
        -> InterfaceAddress?
    {
        guard let address else { return nil }
        let parsed = try IPAddress(address)
        for subnet in network.subnets where subnet.isIPv6 == parsed.isIPv6 {
            let subnet = try IPSubnet(subnet.subnet)
            if subnet.contains(parsed) { return try InterfaceAddress(parsed, in: subnet) }
        }
        return try InterfaceAddress(parsed, prefixLength: parsed.isIPv6 ? 128 : 32)
    }

    static func macAddress(of endpoint: EndpointRecord) throws(ContainerError) -> String? {
        if let mac = endpoint.mac { return mac }
        guard let address = endpoint.address ?? endpoint.address6 else { return nil }
        return MACAddress(for: try IPAddress(address)).description
    }
}

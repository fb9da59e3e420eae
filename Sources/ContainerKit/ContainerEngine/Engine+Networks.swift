import ContainerNetworking
import ContainerSystem

/// The networks of a root. Those that people make come later: there is the default one.
extension Engine {
    /// Makes a network.
    /// - Throws: `conflict` for a name that is taken, `invalidArgument` for an option, `unsupported` for a driver.
    public func createNetwork(_ options: NetworkOptions) throws(ContainerError) -> NetworkDetails {
        throw ContainerError(.unsupported, "create network \(options.name): networks of your own come later")
    }

    /// Every network, by name.
    public func networks() throws(ContainerError) -> [NetworkDetails] {
        guard let record = try database.network(name: Self.bridgeNetworkName) else { return [] }
        var network = NetworkDetails(id: String(repeating: "0", count: 64), name: record.name, created: 0)
        let gateway = try IPv4Subnet(record.subnet).hosts.first?.description
        network.subnets = [.init(record.subnet, gateway: gateway)]
        return [network]
    }

    /// The network of a name, or of an id or the start of one.
    /// - Throws: `notFound`; `conflict` when the start of an id fits several.
    public func network(_ nameOrID: String) throws(ContainerError) -> NetworkDetails {
        guard let network = try networks().first(where: { $0.name == nameOrID }) else {
            throw ContainerError(.notFound, "network \(nameOrID) not found")
        }
        return network
    }

    /// Removes a network that no container is on.
    /// - Throws: `notFound`; `conflict` when it is in use; `permissionDenied` for one that is predefined.
    public func removeNetwork(_ nameOrID: String) throws(ContainerError) {
        let network = try network(nameOrID)
        throw ContainerError(
            .permissionDenied, "\(network.name) is a pre-defined network and cannot be removed")
    }

    /// Removes every network that no container is on and that fits.
    /// - Returns: the names of those that are gone.
    public func pruneNetworks(_ selection: NetworkSelection) throws(ContainerError) -> [String] { [] }

    /// Connects a container that is there to a network, at once when it runs.
    /// - Throws: `notFound`; `conflict` when it is on it already; `exhausted` without a free address.
    public func connect(container: String, to attachment: NetworkAttachment) throws(ContainerError) {
        throw ContainerError(.unsupported, "connect \(container) to \(attachment.network): it comes later")
    }

    /// Takes a container off a network.
    /// - Parameter force: whether a container that is gone, or has no end there, is no error.
    /// - Throws: `notFound`; `conflict` when it is not on it.
    public func disconnect(container: String, from network: String, force: Bool) throws(ContainerError) {
        throw ContainerError(.unsupported, "disconnect \(container) from \(network): it comes later")
    }
}

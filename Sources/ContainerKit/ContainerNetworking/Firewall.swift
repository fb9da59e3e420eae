import ContainerSystem

/// A bridge network whose containers reach the outside under the host's address.
public struct MasqueradedNetwork: Hashable, Sendable {
    /// The interface name of the bridge.
    public var bridge: String
    public var subnet: IPv4Subnet

    public init(bridge: String, subnet: IPv4Subnet) {
        self.bridge = bridge
        self.subnet = subnet
    }
}

/// The host's packet filter, as far as bridge networks need it. What it holds grows with the networks, not with the
/// containers.
public protocol Firewall: Sendable {
    /// Makes the rules be those for exactly these networks, in one step, and touches nobody else's.
    func ensure(_ networks: [MasqueradedNetwork]) throws(ContainerError)
    /// Removes every rule of ours; none there is fine.
    func remove() throws(ContainerError)
}

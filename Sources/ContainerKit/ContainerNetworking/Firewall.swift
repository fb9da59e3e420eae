import ContainerSystem

/// A bridge network as the packet filter sees it.
public struct FirewallNetwork: Hashable, Sendable {
    /// The interface name of the bridge.
    public var bridge: String
    public var subnets: [IPSubnet]
    /// Whether its containers reach nothing outside and are reached by nothing outside; the host itself counts as
    /// inside.
    public var isInternal: Bool
    /// Whether its containers reach the outside under the host's address
    /// (docker's `com.docker.network.bridge.enable_ip_masquerade`).
    public var masquerades: Bool
    /// Whether its containers reach each other (docker's `com.docker.network.bridge.enable_icc`). Frames that stay on
    /// the bridge are the port's matter: see `EndpointDescription.Attachment.bridge`.
    public var allowsTrafficBetweenContainers: Bool
    /// Whether its containers reach the host itself; names are resolved in either case.
    public var isGatewayReachable: Bool
    /// Whether its containers reach 169.254.0.0/16 beyond the host, where clouds serve each machine its credentials.
    /// Docker's do.
    public var reachesLinkLocal: Bool

    public init(
        bridge: String, subnets: [IPSubnet], isInternal: Bool = false, masquerades: Bool = true,
        allowsTrafficBetweenContainers: Bool = true, isGatewayReachable: Bool = true, reachesLinkLocal: Bool = true
    ) {
        self.bridge = bridge
        self.subnets = subnets
        self.isInternal = isInternal
        self.masquerades = masquerades
        self.allowsTrafficBetweenContainers = allowsTrafficBetweenContainers
        self.isGatewayReachable = isGatewayReachable
        self.reachesLinkLocal = reachesLinkLocal
    }

    /// The network in one line; two that differ read differently.
    var summary: String {
        var words = [bridge] + subnets.map(\.description)
        if isInternal { words.append("internal") }
        if masquerades { words.append("masquerade") }
        if !allowsTrafficBetweenContainers { words.append("no-icc") }
        if !isGatewayReachable { words.append("no-gateway") }
        if !reachesLinkLocal { words.append("no-link-local") }
        return words.joined(separator: " ")
    }
}

/// The host's packet filter, as far as bridge networks need it. Its rules grow with the networks, not with the
/// containers: a container's published port is one element of a map.
public protocol Firewall: Sendable {
    /// Makes the rules be those for exactly these networks, in one step, and touches nobody else's.
    ///
    /// Both lists are asked for after the present rules were read, and again when another process changed them
    /// meanwhile, so that the last word is that of the newest list.
    /// - Parameters:
    ///   - networks: every network of this state root.
    ///   - ports: every published port; asked for only when the rules are to be laid anew.
    /// - Throws: `ContainerError`, and what the lists throw.
    func ensure(
        networks: () throws(ContainerError) -> [FirewallNetwork],
        ports: () throws(ContainerError) -> [PublishedPort]
    ) throws(ContainerError)
    /// Publishes ports beside those that are published; all of them or none. One that is published already is fine,
    /// and one that led elsewhere leads here from now on.
    func publish(_ ports: [PublishedPort]) throws(ContainerError)
    /// Takes ports back; one that is not published, or leads elsewhere by now, is fine.
    func unpublish(_ ports: [PublishedPort]) throws(ContainerError)
    /// What takes ports back, for somebody else to send to the kernel when they are there for certain: where one of them
    /// is not, nothing happens.
    /// - Throws: `ContainerError` for ports that cannot be published.
    func withdrawal(of ports: [PublishedPort]) throws(ContainerError) -> NetlinkBatch
    /// The ports that are published.
    func published() throws(ContainerError) -> [PublishedPort]
    /// The rules and ports that are there, one a line, for people.
    func describe() throws(ContainerError) -> [String]
    /// Those that are about one network: of a rule for several networks, that it is one of them.
    func describe(_ network: FirewallNetwork) throws(ContainerError) -> [String]
    /// What another program's rules keep from reaching these bridges, and the commands that would let it through.
    func obstacles(to bridges: [String]) throws(ContainerError) -> [FirewallObstacle]
    /// Removes every rule of ours; none there is fine.
    func remove() throws(ContainerError)
}

extension Firewall {
    /// The same with lists that are known.
    public func ensure(_ networks: [FirewallNetwork], ports: [PublishedPort] = []) throws(ContainerError) {
        try ensure(
            networks: { () throws(ContainerError) in networks }, ports: { () throws(ContainerError) in ports })
    }
}

/// Rules of another program that drop what passes through the host. An accepted packet goes on to the next program's
/// rules, so that ours cannot let it through, and theirs are not ours to change.
public struct FirewallObstacle: Hashable, Sendable, CustomStringConvertible {
    /// The chain: family, table and name.
    public let chain: String
    public let bridge: String
    /// The shell commands, as root, that let the bridge's traffic through.
    public let commands: [String]

    public init(chain: String, bridge: String, commands: [String]) {
        self.chain = chain
        self.bridge = bridge
        self.commands = commands
    }

    public var description: String {
        "the firewall chain \"\(chain)\" drops the traffic of \(bridge); to let it through: "
            + commands.joined(separator: "; ")
    }
}

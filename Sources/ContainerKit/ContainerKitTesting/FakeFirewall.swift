import ContainerNetworking
import ContainerSystem
import Synchronization

/// A firewall without a kernel: keeps what it is told, by the rules of the real one.
public final class FakeFirewall: Firewall {
    private struct State {
        var networks: [FirewallNetwork] = []
        var ports: [PublishedPort] = []
        var layings = 0
    }

    private let state = Mutex(State())
    private let foreign: [FirewallObstacle]
    private let failure: ContainerError?

    /// - Parameters:
    ///   - obstacles: what another program's rules are to drop.
    ///   - failure: what every look at the rules and every change of them throws, as on a kernel without nf_tables.
    public init(obstacles: [FirewallObstacle] = [], failure: ContainerError? = nil) {
        foreign = obstacles
        self.failure = failure
    }

    /// The networks that the rules are for.
    public var networks: [FirewallNetwork] { state.withLock { $0.networks } }
    /// How often the rules were laid anew.
    public var layings: Int { state.withLock { $0.layings } }

    /// Forgets everything, as when another program flushes the whole firewall.
    public func flush() {
        state.withLock {
            $0.networks = []
            $0.ports = []
        }
    }

    public func ensure(
        networks: () throws(ContainerError) -> [FirewallNetwork],
        ports: () throws(ContainerError) -> [PublishedPort]
    ) throws(ContainerError) {
        try check()
        let wanted = try networks()
        if self.networks == wanted { return }
        let published = try ports()
        state.withLock {
            $0.networks = wanted
            $0.ports = published
            $0.layings += 1
        }
    }

    public func publish(_ ports: [PublishedPort]) throws(ContainerError) {
        try check()
        try state.withLock { (state) throws(ContainerError) in
            guard !state.networks.isEmpty || ports.isEmpty else {
                throw ContainerError(.unavailable, "publish ports: the rules are gone", hint: "try again")
            }
            for port in ports {
                state.ports.removeAll { Self.key($0) == Self.key(port) }
                state.ports.append(port)
            }
        }
    }

    public func unpublish(_ ports: [PublishedPort]) throws(ContainerError) {
        try check()
        state.withLock { state in state.ports.removeAll { ports.contains($0) } }
    }

    /// What the kernel would be sent.
    public func withdrawal(of ports: [PublishedPort]) throws(ContainerError) -> NetlinkBatch {
        try NFTables(FakeNetlink()).withdrawal(of: ports)
    }

    public func published() throws(ContainerError) -> [PublishedPort] { state.withLock { $0.ports } }

    public func describe() throws(ContainerError) -> [String] {
        state.withLock { $0.networks.map { "network \($0.bridge)" } + $0.ports.map { "publish \($0) on \($0.bridge)" } }
    }

    public func describe(_ network: FirewallNetwork) throws(ContainerError) -> [String] {
        state.withLock { state in
            state.networks.filter { $0.bridge == network.bridge }.map { "network \($0.bridge)" }
                + state.ports.filter { $0.bridge == network.bridge }.map { "publish \($0) on \($0.bridge)" }
        }
    }

    public func obstacles(to bridges: [String]) throws(ContainerError) -> [FirewallObstacle] {
        foreign.filter { bridges.contains($0.bridge) }
    }

    public func remove() throws(ContainerError) { flush() }

    private func check() throws(ContainerError) { if let failure { throw failure } }

    /// What no two ports share.
    private static func key(_ port: PublishedPort) -> [String] {
        ["\(port.transport)", port.hostAddress?.description ?? "\(port.containerAddress.isIPv6)", "\(port.hostPort)"]
    }
}

import ContainerNetworking
import ContainerSystem
import Glibc
import Synchronization

/// The network of a host without a kernel: links, rules, ports that somebody listens on, and switches in a folder of its
/// own. What is done inside containers is done to `inside`.
public final class FakeHostNetwork: HostNetwork {
    public let links: FakeLinks
    public let packetFilter: FakeFirewall
    /// The links of the containers that were entered.
    public let inside = FakeLinks()
    private let switches: FakeSysctls

    private struct State {
        var listeners: Set<String> = []
        var tables: Set<String> = []
        var nextPort: UInt16 = 32768
    }

    private let state = Mutex(State())

    /// - Parameters:
    ///   - routes: where the host has routes to, so that no network may lie there.
    ///   - firewall: a fake of a kind of its own, such as one that is not there.
    /// - Throws: `ContainerError` when there is no room for a folder in `/tmp`.
    public init(routes: [IPSubnet] = [], firewall: FakeFirewall = FakeFirewall()) throws(ContainerError) {
        let switches = try FakeSysctls()
        self.switches = switches
        packetFilter = firewall
        links = FakeLinks(routes: routes, containers: inside) { name, isThere in
            if isThere { switches.add(link: name) } else { switches.remove(link: name) }
        }
    }

    /// Gone with this object.
    public var sysctls: String { switches.folder }

    /// A switch, such as `ipv4/ip_forward`; nil when there is none.
    public subscript(_ name: String) -> String? { switches[name] }

    /// Has a process of the host listen on a port from now on.
    public func listen(_ transport: PublishedPort.Transport, _ port: UInt16) {
        state.withLock { _ = $0.listeners.insert(Self.key(transport, port)) }
    }

    /// The names of the tables that rules were asked for.
    public var tables: Set<String> { state.withLock { $0.tables } }

    public func netlink() throws(ContainerError) -> any Netlink { links }

    public func firewall(table: String) throws(ContainerError) -> any Firewall {
        state.withLock { _ = $0.tables.insert(table) }
        return packetFilter
    }

    public func enter(
        _ namespace: Descriptor,
        _ body: @escaping @Sendable (_ netlink: any Netlink, _ sysctls: String) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        try body(inside, sysctls)
    }

    public func findPort(_ transport: PublishedPort.Transport, _ address: IPAddress, _ port: UInt16)
        throws(ContainerError) -> UInt16
    {
        try state.withLock { state throws(ContainerError) in
            if port == 0 {
                state.nextPort += 1
                return state.nextPort
            }
            guard !state.listeners.contains(Self.key(transport, port)) else {
                throw ContainerError(
                    .conflict, "failed to bind host port for \(address):\(port)/\(transport)",
                    cause: "a process of the host listens there")
            }
            return port
        }
    }

    private static func key(_ transport: PublishedPort.Transport, _ port: UInt16) -> String { "\(port)/\(transport)" }
}

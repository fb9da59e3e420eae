import ContainerSystem
import Glibc

@testable import ContainerNetworking

/// A host with bridges and containers, and the world outside it, each a network namespace of a test's own.
final class World {
    static let outside = "198.51.100.9"
    static let outside6 = "2001:db8:1::9"
    /// The host's addresses on the way to the outside.
    static let host = "198.51.100.1"
    static let hostSecond = "198.51.100.2"
    static let host6 = "2001:db8:1::1"

    let firewall: NFTables
    let netlink: NetlinkSocket
    var filtersFrames: Bool { BridgeNetwork(netlink).filtersFrames }
    private var holders: [NamespaceHolder] = []
    private var count = 0

    private init() throws {
        netlink = try NetlinkSocket(.route)
        firewall = NFTables(try NetlinkSocket(.netfilter), table: "containerkit-test")
    }

    /// Runs the body on the host.
    /// - Parameter filtersFrames: whether the packet filter sees frames that stay on a bridge.
    static func run<Value: Sendable>(
        filtersFrames: Bool = false, _ body: @escaping @Sendable (World) throws -> Value
    ) async throws -> Value {
        try await NetworkNamespace.run {
            try sh("ip link set lo up")
            // Hosts with docker or Kubernetes have it; where the kernel lacks it, both runs are the same.
            for name in ["iptables", "ip6tables"] {
                try? Files.set("/proc/sys/net/bridge/bridge-nf-call-\(name)", to: filtersFrames ? "1" : "0")
            }
            let world = try World()
            defer { world.holders.forEach { $0.end() } }
            return try body(world)
        }
    }

    /// Another machine; what it is plugged into is the caller's matter.
    func machine() throws -> pid_t {
        let holder = try NamespaceHolder()
        holders.append(holder)
        return holder.pid
    }

    /// A machine outside that has a route to the host's own network alone.
    func outside() throws -> pid_t {
        let pid = try machine()
        try sh("ip link add up0 type veth peer name eth0 netns \(pid)")
        for address in ["\(Self.host)/24", "\(Self.hostSecond)/24", "\(Self.host6)/64 nodad"] {
            try sh("ip address add \(address) dev up0")
        }
        try sh("ip link set up0 up")
        try NetworkNamespace.inside(pid) {
            for address in ["\(Self.outside)/24", "\(Self.outside6)/64 nodad"] {
                try sh("ip address add \(address) dev eth0")
            }
            try sh("ip link set lo up")
            try sh("ip link set eth0 up")
        }
        return pid
    }

    /// A bridge; its first addresses are the gateways.
    func bridge(_ name: String, _ addresses: String...) throws -> UInt32 {
        try BridgeNetwork(netlink).ensureBridge(
            BridgeDescription(name: name, addresses: addresses.map { try InterfaceAddress($0) }))
    }

    /// A container that runs.
    func container(
        _ attachment: EndpointDescription.Attachment, _ addresses: String..., gateways: [String] = [],
        change: (inout EndpointDescription) -> Void = { _ in }
    ) throws -> pid_t {
        let pid = try machine()
        count += 1
        var description = EndpointDescription(
            containerID: "\(count)000000", attachment: attachment,
            addresses: try addresses.map { try InterfaceAddress($0) },
            defaultGateways: try gateways.map { try IPAddress($0) })
        change(&description)
        try ContainerEndpoint(description).connect(Descriptor.open("/proc/\(pid)/ns/net", O_RDONLY))
        return pid
    }

    /// A UDP socket of a machine; nil is the host.
    func socket(_ pid: pid_t?, _ address: String? = nil, port: UInt16 = 0, isIPv6: Bool = false) throws -> Datagrams {
        guard let pid else { return try Datagrams(address, port: port, isIPv6: isIPv6) }
        return try NetworkNamespace.inside(pid) { try Datagrams(address, port: port, isIPv6: isIPv6) }
    }

    static func port(
        _ hostPort: UInt16, to target: String, _ containerPort: UInt16, on address: String? = nil,
        bridge: String = "ck0"
    ) throws -> PublishedPort {
        PublishedPort(
            transport: .udp, hostAddress: try address.map { try IPAddress($0) }, hostPort: hostPort,
            containerAddress: try IPAddress(target), containerPort: containerPort, bridge: bridge)
    }

    static func network(_ bridge: String, _ subnets: String..., change: (inout FirewallNetwork) -> Void = { _ in })
        throws -> FirewallNetwork
    {
        var network = FirewallNetwork(bridge: bridge, subnets: try subnets.map { try IPSubnet($0) })
        change(&network)
        return network
    }
}

/// Runs a command whose words have no spaces.
@discardableResult
func sh(_ command: String) throws -> String {
    let result = try Command.output(command.split(separator: " ").map(String.init))
    guard result.status == 0 else { throw ContainerError(.systemFailure, command, cause: result.text) }
    return result.text
}

import ContainerSystem

/// A port of the host that leads to a port of a container.
///
/// Connections keep their source address, so that a server sees its clients. Two are translated, since their answers
/// would not come back otherwise: those of the host's own loopback, and those of a container to its own network by the
/// host's address. `::1` is never published: the kernel has no way to translate it; ask for `localhost` by IPv4.
public struct PublishedPort: Hashable, Sendable, CustomStringConvertible {
    public enum Transport: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
        // Protocol numbers (IPPROTO_*).
        case tcp = 6
        case udp = 17
        case sctp = 132

        /// The transport of its own `description`; TCP for any other text.
        public init(name: String) { self = Self.allCases.first { $0.description == name } ?? .tcp }

        public var description: String {
            switch self {
            case .tcp: "tcp"
            case .udp: "udp"
            case .sctp: "sctp"
            }
        }
    }

    public var transport: Transport
    /// The one address of the host that it is reached by; nil is every address of the container address's kind.
    public var hostAddress: IPAddress?
    public var hostPort: UInt16
    public var containerAddress: IPAddress
    public var containerPort: UInt16
    /// The interface name of the container's bridge.
    public var bridge: String

    /// - Parameter hostAddress: 0.0.0.0 and :: are taken for nil.
    public init(
        transport: Transport, hostAddress: IPAddress? = nil, hostPort: UInt16, containerAddress: IPAddress,
        containerPort: UInt16, bridge: String
    ) {
        self.transport = transport
        self.hostAddress = hostAddress?.isUnspecified == true ? nil : hostAddress
        self.hostPort = hostPort
        self.containerAddress = containerAddress
        self.containerPort = containerPort
        self.bridge = bridge
    }

    /// Whether the host's own loopback reaches it.
    var isOnLoopback: Bool { !containerAddress.isIPv6 && hostAddress?.isLoopback != false }

    /// Refuses what no rule can do.
    /// - Throws: `ContainerError` `invalidArgument`.
    func validate() throws(ContainerError) {
        try InterfaceName.validate(bridge)
        guard hostPort > 0, containerPort > 0 else {
            throw ContainerError(.invalidArgument, "publish \(self): port 0 is none")
        }
        guard let hostAddress else { return }
        guard hostAddress.isIPv6 == containerAddress.isIPv6 else {
            throw ContainerError(
                .invalidArgument, "publish \(self): one address is IPv4 and the other IPv6",
                hint: "give the container an address of the same kind: make its network with IPv6")
        }
        if hostAddress.isIPv6, hostAddress.isLoopback {
            throw ContainerError(
                .unsupported, "publish \(self): the kernel cannot translate ::1", hint: "publish on 127.0.0.1")
        }
    }

    public var description: String {
        func pair(_ address: IPAddress, _ port: UInt16) -> String {
            address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        }
        let any = containerAddress.isIPv6 ? IPAddress.v6(IPv6Address(0)) : .v4(IPv4Address(0))
        return "\(pair(hostAddress ?? any, hostPort))->\(pair(containerAddress, containerPort))/\(transport)"
    }
}

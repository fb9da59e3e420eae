import ContainerDatabase

/// A port of a container that is to be reached from outside: `--publish`.
public struct PortBinding: Sendable, Equatable {
    public var containerPort: UInt16
    public var transport: Transport
    /// An address of the host's, IPv4 or IPv6; nil is the configuration's, or every address.
    public var hostAddress: String?
    /// One free port of these; nil: the kernel picks.
    public var hostPorts: ClosedRange<UInt16>?

    public init(
        _ containerPort: UInt16, _ transport: Transport = .tcp, hostAddress: String? = nil,
        hostPorts: ClosedRange<UInt16>? = nil
    ) {
        self.containerPort = containerPort
        self.transport = transport
        self.hostAddress = hostAddress
        self.hostPorts = hostPorts
    }

    public enum Transport: String, Sendable, Equatable, CaseIterable {
        case tcp, udp, sctp
    }

    /// As docker names it: `80/tcp`.
    public var name: String { "\(containerPort)/\(transport.rawValue)" }
}

/// A port that is reached from outside, as the kernel has it.
public struct PortMapping: Sendable, Equatable {
    /// `0.0.0.0` and `::` are every address.
    public var hostAddress: String
    public var hostPort: UInt16
    public var containerPort: UInt16
    public var transport: PortBinding.Transport

    public init(
        hostAddress: String, hostPort: UInt16, containerPort: UInt16, _ transport: PortBinding.Transport = .tcp
    ) {
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.containerPort = containerPort
        self.transport = transport
    }

    init(_ record: PortRecord) {
        self.init(
            hostAddress: record.hostAddress, hostPort: record.hostPort, containerPort: record.containerPort,
            PortBinding.Transport(rawValue: record.transport) ?? .tcp)
    }

    /// Whether it can be reached by every address of the host's.
    public var isOpen: Bool { hostAddress == "0.0.0.0" || hostAddress == "::" }
}

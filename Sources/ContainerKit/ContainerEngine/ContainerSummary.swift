import ContainerNamespaces

/// One line of `ck ps`.
public struct ContainerSummary: Sendable {
    public let id: String
    public let name: String
    /// As it was asked for.
    public let image: String
    /// `sha256:` and 64 hexadecimal digits.
    public let imageID: String
    public let command: String
    /// Seconds since 1970.
    public let created: Double
    public let state: ContainerState
    public let labels: [String: String]
    /// Of one that runs; nil without a health check.
    public let health: HealthStatus?
    public let mounts: [Mount]
    /// The networks that it is connected to, by name.
    public let networks: [String]
    /// `80/tcp`
    public let exposedPorts: [String]
    /// Those of the container that it was asked to publish, running or not.
    public let publishedPorts: [String]
    /// Of one that runs, what is published.
    public internal(set) var ports: [PortMapping]
    public let restart: RestartPolicy
    /// Whether somebody stopped it (`unless-stopped`).
    public let wasStoppedByHand: Bool
    /// Bytes; only where it was asked for.
    public internal(set) var size: Size?

    public init(
        id: String, name: String, image: String, imageID: String, command: String, created: Double,
        state: ContainerState, labels: [String: String], health: HealthStatus? = nil, mounts: [Mount] = [],
        networks: [String] = [], exposedPorts: [String] = [], publishedPorts: [String] = [], ports: [PortMapping] = [],
        restart: RestartPolicy = .no,
        wasStoppedByHand: Bool = false, size: Size? = nil
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.imageID = imageID
        self.command = command
        self.created = created
        self.state = state
        self.labels = labels
        self.health = health
        self.mounts = mounts
        self.networks = networks
        self.exposedPorts = exposedPorts
        self.publishedPorts = publishedPorts
        self.ports = ports
        self.restart = restart
        self.wasStoppedByHand = wasStoppedByHand
        self.size = size
    }

    public struct Mount: Sendable, Equatable {
        /// A volume's name, or a path of the host.
        public let source: String
        public let target: String
        public let isVolume: Bool
    }

    public struct Size: Sendable, Equatable {
        /// What the container has written.
        public let written: Int64
        /// That and the image.
        public let total: Int64
    }
}

/// docker's words for what a health check has found.
public enum HealthStatus: String, Sendable {
    case starting, healthy, unhealthy
}

import ContainerImages

/// What a caller asks of a new network.
public struct NetworkOptions: Sendable, Equatable {
    public var name: String
    /// `bridge`, `macvlan` or `ipvlan`.
    public var driver = "bridge"
    /// At most one of each family gets the containers' addresses; empty takes free ones.
    public var subnets: [Subnet] = []
    /// Whether it leads nowhere but to the others on it.
    public var isInternal = false
    public var isIPv4 = true
    public var isIPv6 = false
    public var attachable = false
    public var labels: [String: String] = [:]
    /// Of the driver, by docker's names: `com.docker.network.driver.mtu`.
    public var options: [String: String] = [:]

    public init(name: String) { self.name = name }

    /// A range of addresses, with what is kept free in it. As text: the engine judges it.
    public struct Subnet: Sendable, Equatable {
        /// `192.0.2.0/24`; empty takes a free one with what else is said here.
        public var subnet: String
        public var gateway: String?
        /// The part of it that containers get their addresses from.
        public var ipRange: String?
        /// Addresses that no container gets, by names for people.
        public var auxAddresses: [String: String]

        public init(
            _ subnet: String, gateway: String? = nil, ipRange: String? = nil, auxAddresses: [String: String] = [:]
        ) {
            self.subnet = subnet
            self.gateway = gateway
            self.ipRange = ipRange
            self.auxAddresses = auxAddresses
        }
    }
}

/// All that is known of a network.
public struct NetworkDetails: Sendable, Equatable {
    /// 64 hexadecimal digits.
    public var id: String
    public var name: String
    /// Seconds since 1970.
    public var created: Double
    public var driver = "bridge"
    public var isInternal = false
    public var isIPv4 = true
    public var isIPv6 = false
    public var attachable = false
    public var labels: [String: String] = [:]
    public var options: [String: String] = [:]
    public var subnets: [NetworkOptions.Subnet] = []
    /// Those on it that run, by their id.
    public var containers: [String: Endpoint] = [:]
    /// What the firewall does for it, a line each; only where it was looked up.
    public var rules: [String] = []

    public init(id: String, name: String, created: Double) {
        self.id = id
        self.name = name
        self.created = created
    }

    /// A container's end.
    public struct Endpoint: Sendable, Equatable {
        /// The container's name.
        public var name: String
        /// 64 hexadecimal digits.
        public var endpointID = ""
        public var macAddress = ""
        /// `192.0.2.7/24`; empty without one.
        public var address = ""
        public var address6 = ""

        public init(name: String) { self.name = name }
    }

    /// Whether it is there without anybody's doing, and cannot be removed.
    public var isPredefined: Bool { ["bridge", "host", "none"].contains(name) }
}

/// Which of the networks that no container is on are to be removed.
public struct NetworkSelection: Sendable, Equatable {
    /// Seconds since 1970: those made before.
    public var until: Double?
    public var labels: [PruneSelection.Label] = []
    public var excludedLabels: [PruneSelection.Label] = []

    public init() {}

    /// Whether it fits, whoever is on it.
    public func matches(_ network: NetworkDetails) -> Bool {
        let isExcluded = !excludedLabels.isEmpty && excludedLabels.allSatisfy { $0.matches(network.labels) }
        return !network.isPredefined && !isExcluded && (until.map { network.created <= $0 } ?? true)
            && labels.allSatisfy { $0.matches(network.labels) }
    }
}

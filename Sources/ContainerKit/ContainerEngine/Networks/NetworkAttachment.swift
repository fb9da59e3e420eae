/// A network that a container is connected to, and how.
public struct NetworkAttachment: Sendable, Equatable {
    /// By name, or by id (or the start of one).
    public var network: String
    /// Names that it has there besides its own.
    public var aliases: [String]
    /// Other containers under names that only this one knows.
    public var links: [Link] = []
    /// IPv4, as `192.0.2.7`; nil takes a free one.
    public var address: String?
    /// IPv6 (RFC 5952); nil takes a free one.
    public var address6: String?
    /// Further addresses of this link only, IPv4 (169.254.0.0/16) or IPv6 (fe80::/10).
    public var linkLocalAddresses: [String] = []
    /// `02:42:c0:00:02:07`; nil makes one up.
    public var macAddress: String?
    /// Options of the network's driver for this end.
    public var driverOptions: [String: String] = [:]
    /// The network with the highest one has the default route.
    public var gatewayPriority = 0
    /// The interface's name in the container; nil counts `eth0`, `eth1` and so on.
    public var interfaceName: String?

    public init(_ network: String, aliases: [String] = []) {
        self.network = network
        self.aliases = aliases
    }

    /// Whether it says no more than the network's name.
    var isPlain: Bool { self == NetworkAttachment(network) }

    /// `--link CONTAINER:ALIAS`
    public struct Link: Sendable, Equatable {
        /// The other container, by name or id.
        public var container: String
        public var alias: String

        public init(_ container: String, alias: String) {
            self.container = container
            self.alias = alias
        }
    }
}

extension ContainerOptions {
    /// How the container is connected.
    public enum NetworkMode: Sendable, Equatable {
        /// The loopback interface and nothing else.
        case none
        /// The host's own interfaces.
        case host
        /// Those of another container, by name or id.
        case container(String)
        /// In the order of the interfaces.
        case networks([NetworkAttachment])

        /// The default network, and no more of it than its name.
        public static let bridge = NetworkMode.networks([.init("bridge")])

        /// The networks that it is on by a link of its own.
        public var attachments: [NetworkAttachment] {
            if case .networks(let attachments) = self { attachments } else { [] }
        }

        /// docker's word: `none`, `host`, `container:NAME`, or the first network.
        public var name: String {
            switch self {
            case .none: "none"
            case .host: "host"
            case .container(let name): "container:" + name
            case .networks(let attachments): attachments.first?.network ?? "bridge"
            }
        }

        /// Whether the interfaces are not its own.
        var isShared: Bool {
            switch self {
            case .host, .container: true
            case .none, .networks: false
            }
        }
    }
}

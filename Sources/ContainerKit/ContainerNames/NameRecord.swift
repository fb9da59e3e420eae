/// What one container is called, and what it sees of others: the file `names.json` in its run folder, which the engine
/// writes before the container starts and whenever its networks change, and which the server of names reads.
public struct NameRecord: Sendable, Equatable {
    /// One network that the container is on.
    public struct Network: Sendable, Equatable {
        public var id: String
        /// As people call it: `NAME.NETWORK` is a name of every container on it.
        public var name: String
        /// It has no way out of the host: questions about other names are not passed on from it.
        public var isInternal: Bool
        /// The container's own, IPv4 or IPv6, in text.
        public var addresses: [String]
        /// What the container is called here: its name first, which reverse answers give, then its aliases, its short
        /// id and its name for itself.
        public var names: [String]

        public init(id: String, name: String, isInternal: Bool = false, addresses: [String], names: [String]) {
            self.id = id
            self.name = name
            self.isInternal = isInternal
            self.addresses = addresses
            self.names = names
        }
    }

    /// Another container, under a name that this one alone has for it (`--link`).
    public struct Link: Sendable, Equatable {
        public var alias: String
        /// The other's id or its name.
        public var target: String

        public init(alias: String, target: String) {
            self.alias = alias
            self.target = target
        }
    }

    /// Of the container, in full.
    public var id: String
    public var name: String
    public var networks: [Network]
    /// Where other names are asked for, as addresses in text, from the host's own network (`--dns`); empty for the
    /// servers of the host's resolv.conf(5), as they are at the time.
    public var servers: [String]
    public var links: [Link]

    public init(id: String, name: String, networks: [Network], servers: [String] = [], links: [Link] = []) {
        self.id = id
        self.name = name
        self.networks = networks
        self.servers = servers
        self.links = links
    }
}

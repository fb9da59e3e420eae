import ContainerNetworking
import ContainerSystem

/// All that is known of a container.
public struct ContainerDetails: Sendable {
    public let id: String
    public let name: String
    /// Seconds since 1970.
    public let created: Double
    public let state: ContainerState
    /// As it was made, with the image's defaults filled in; `command` is all that is run, with the entrypoint.
    public let options: ContainerOptions
    /// What `options.command` is made of.
    public let imageCommand: [String]?
    public let imageEntrypoint: [String]?
    /// `sha256:` and 64 hexadecimal digits.
    public let imageID: String
    /// With `hostname`, `hosts` and `resolv.conf`.
    public let folder: String
    /// The file with its output in docker's form.
    public let logPath: String
    /// Seconds since 1970; nil when it was never started.
    public let started: Double?
    /// How often the restart policy started it again since it was started by hand.
    public let restarts: Int
    /// Of one that runs.
    public let health: HealthRecord?
    /// One for each network; with addresses while it runs.
    public let endpoints: [Endpoint]
    /// Of one that runs, what is published.
    public internal(set) var ports: [PortMapping] = []
    /// Folders of the snapshot, as docker names them: `LowerDir`, `MergedDir`, `UpperDir`, `WorkDir`.
    public let snapshot: [String: String]
    public let size: ContainerSummary.Size?
    /// Where the files of its volumes are, by the volume's name.
    public internal(set) var volumeFolders: [String: String] = [:]

    /// Its place in a network.
    public struct Endpoint: Sendable, Equatable {
        /// Its name.
        public let network: String
        /// 64 hexadecimal digits.
        public var networkID = ""
        public var endpointID = ""
        /// Empty without one.
        public var address = ""
        /// Bits.
        public var prefixLength = 0
        public var gateway = ""
        public var address6 = ""
        public var prefixLength6 = 0
        public var gateway6 = ""
        public var macAddress = ""
        /// What others on the network reach it by.
        public var names: [String] = []

        public init(network: String) { self.network = network }
    }
}

import OCISpec

/// What a caller asks of a new container; nil and empty mean "as the image says", then docker's defaults.
public struct ContainerOptions: Sendable, Equatable {
    /// A name, a name by digest, or an id (or the start of one).
    public var image: String
    public var command: [String] = []
    public var entrypoint: [String]?
    /// 2 to 255 letters, digits, `_`, `.` and `-`; one is made up when nil.
    public var name: String?
    /// `NAME=value`, or `NAME` to pass on the caller's own.
    public var environment: [String] = []
    public var workingDirectory: String?
    /// `user`, `uid`, `user:group` or `uid:gid`.
    public var user: String?
    public var hostname: String?
    public var volumes: [VolumeBind] = []
    public var labels: [String: String] = [:]
    public var limits = Limits()
    public var network = NetworkMode.bridge
    public var noNewPrivileges = false
    /// A terminal for the process.
    public var terminal = false
    public var terminalSize: RuntimeSpec.Process.ConsoleSize?
    /// Standard input stays open.
    public var stdinOpen = false
    /// The container vanishes when it ends.
    public var autoRemove = false

    public init(image: String, command: [String] = []) {
        self.image = image
        self.command = command
    }

    /// Resource limits; nil is no limit.
    public struct Limits: Sendable, Equatable, Codable {
        /// Bytes.
        public var memory: Int64?
        /// Billionths of a CPU.
        public var nanoCPUs: Int64?
        /// Relative weight; docker's scale, 2 to 262144, where 1024 is the default.
        public var cpuShares: UInt64?
        public var pids: Int64?

        public init() {}
    }

    /// How the container is connected.
    public enum NetworkMode: String, Sendable, Equatable, Codable, CaseIterable {
        case bridge, host, none
    }
}

/// A folder or file of the host, shown in a container (`-v`).
public struct VolumeBind: Sendable, Equatable, Codable {
    public var source: String
    public var target: String
    public var readOnly: Bool

    public init(source: String, target: String, readOnly: Bool = false) {
        self.source = source
        self.target = target
        self.readOnly = readOnly
    }
}

/// The document that is kept of a container: options with the image's defaults filled in.
struct ContainerConfiguration: Codable, Sendable, Equatable {
    var imageName: String
    var command: [String]
    /// The `Cmd` and `Entrypoint` that a commit writes back.
    var imageCommand: [String]?
    var imageEntrypoint: [String]?
    var environment: [String]
    var workingDirectory: String
    var user: String
    var hostname: String
    var volumes: [VolumeBind]
    var labels: [String: String]
    var limits: ContainerOptions.Limits
    var network: ContainerOptions.NetworkMode
    var noNewPrivileges: Bool
    var terminal: Bool
    var stdinOpen: Bool
    var autoRemove: Bool
    var stopSignal: String?
}

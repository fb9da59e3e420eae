import ContainerNamespaces
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
    /// Groups, by name or gid, that the user is in besides its own.
    public var groups: [String] = []
    public var hostname: String?
    public var domainname: String?
    public var volumes: [VolumeBind] = []
    /// Containers whose volumes this one gets too: `NAME[:ro|rw]`.
    public var volumesFrom: [String] = []
    public var labels: [String: String] = [:]
    /// For OCI runtimes.
    public var annotations: [String: String] = [:]
    public var limits = Limits()
    public var network = NetworkMode.bridge
    public var ports: [PortBinding] = []
    /// Every exposed port that is not among `ports` gets a port of the host too.
    public var publishesAll = false
    public var names = NameService()
    /// `80/tcp`, `53/udp`.
    public var exposedPorts: [String] = []
    public var noNewPrivileges = false
    public var security = Security()
    public var namespaces = NamespaceModes()
    public var devices = Devices()
    /// Settings of the kernel in the container's namespaces (sysctl(8)).
    public var sysctls: [String: String] = [:]
    public var ulimits: [Ulimit] = []
    /// -1000 to 1000; the higher, the sooner the kernel ends it when memory runs out.
    public var oomScoreAdjustment: Int?
    /// Bytes of `/dev/shm`.
    public var shmSize: Int64?
    /// Nothing but volumes can be written to.
    public var readOnlyRoot = false
    /// The control group above the container's own.
    public var cgroupParent: String?
    /// The OCI runtime; nil is our own.
    public var runtime: String?
    /// A terminal for the process.
    public var terminal = false
    public var terminalSize: RuntimeSpec.Process.ConsoleSize?
    /// Standard input stays open.
    public var stdinOpen = false
    /// `stdin`, `stdout`, `stderr`: what the caller is attached to; nil is what its streams are for.
    public var attach: [String]?
    /// What is typed to leave an attached container, as docker writes it: `ctrl-p,ctrl-q`.
    public var detachKeys: String?
    /// The container vanishes when it ends.
    public var autoRemove = false
    public var restart = RestartPolicy.no
    /// Nil is the image's.
    public var health: HealthCheck?
    /// A process of ours is the container's first, and reaps what others leave.
    public var usesInit = false
    /// Nil is the engine's default.
    public var logging: LogConfiguration?
    /// A name (with `SIG` or without) or a number.
    public var stopSignal: String?
    /// Seconds; -1 waits for ever.
    public var stopTimeout: Int?

    public init(image: String, command: [String] = []) {
        self.image = image
        self.command = command
    }
}

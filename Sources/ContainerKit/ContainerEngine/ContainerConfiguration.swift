import ContainerNamespaces

/// The document that is kept of a container: options with the image's defaults filled in. A field that came with a later
/// version is optional, so that what an earlier one wrote is still read.
struct ContainerConfiguration: Sendable, Equatable {
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
    /// Of these, `pids` is nil for none.
    var limits: ContainerOptions.Limits
    var network: ContainerOptions.NetworkMode
    var noNewPrivileges: Bool
    var terminal: Bool
    var stdinOpen: Bool
    var autoRemove: Bool
    var stopSignal: String?
    /// Seconds; -1 waits for ever, nil is the default.
    var stopTimeout: Int?
    /// Nil is `no`.
    var restart: RestartPolicy?
    /// Never one that says `NONE`.
    var health: HealthCheck?
    var usesInit: Bool?
    /// Nil is the default.
    var logging: LogConfiguration?
    var attach: [String]?
    var detachKeys: String?
    var domainname: String?
    var groups: [String]?
    var annotations: [String: String]?
    var names: ContainerOptions.NameService?
    var exposedPorts: [String]?
    var ports: [PortBinding]?
    var publishesAll: Bool?
    var security: ContainerOptions.Security?
    var namespaces: ContainerOptions.NamespaceModes?
    var devices: ContainerOptions.Devices?
    var sysctls: [String: String]?
    var ulimits: [ContainerOptions.Ulimit]?
    var oomScoreAdjustment: Int?
    var shmSize: Int64?
    var readOnlyRoot: Bool?
    var cgroupParent: String?
    var runtime: String?
    /// As they were given; the volumes themselves are among `volumes`.
    var volumesFrom: [String]?
}

import ContainerCgroups
import ContainerDatabase
import ContainerImages
import ContainerNames
import ContainerNetworking
import ContainerRegistryClient
import ContainerRuntime
import ContainerStorage
import ContainerSystem
import Glibc

/// Images and containers of one state root, with docker's behaviour and without a daemon: each call does its work in
/// the calling process, and any number of processes may use the same root at once.
///
/// Calls block. A service that lives in Swift concurrency uses `ContainerEngine` of the module ContainerKit.
public final class Engine: Sendable {
    /// Where the engine keeps what it keeps.
    public struct Configuration: Sendable, Equatable {
        /// Images, containers, the database.
        public var root: String
        /// What lives as long as the host is up.
        public var runRoot: String
        /// The executable of the shim; nil looks for it beside the program.
        public var shimPath: String?

        public static let defaultRoot = "/var/lib/containerkit"
        public static let defaultRunRoot = "/run/containerkit"

        /// - Parameters: nil takes `CK_ROOT` and `CK_RUN_ROOT` from the environment, then the defaults.
        public init(root: String? = nil, runRoot: String? = nil, shimPath: String? = nil) {
            self.root = Self.absolute(root ?? Self.setting("CK_ROOT") ?? Self.defaultRoot)
            self.runRoot = Self.absolute(runRoot ?? Self.setting("CK_RUN_ROOT") ?? Self.defaultRunRoot)
            self.shimPath = shimPath
        }

        private static func setting(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }

        private static func absolute(_ path: String) -> String {
            var path = path
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            if path.hasPrefix("/") { return path }
            guard let current = getcwd(nil, 0) else { return path }
            defer { free(current) }
            return String(cString: current) + "/" + path
        }
    }

    public let configuration: Configuration
    /// The images of this root.
    public let imageStore: ImageStore
    var database: MetadataDatabase { imageStore.database }
    var snapshotter: any Snapshotter { imageStore.snapshotter }
    let runtime: Runtime
    let network: any HostNetwork
    /// Nil is our own server.
    let names: (any NameRegistry)?

    /// Opens the state, and makes it where it is missing.
    /// - Throws: `permissionDenied` when the caller is not root, `exhausted` on a full disk, `notFound` without the shim.
    public convenience init(_ configuration: Configuration = Configuration()) throws(ContainerError) {
        guard geteuid() == 0 else {
            throw ContainerError(
                .permissionDenied, "containers need root", cause: "this is user \(geteuid())", hint: "use sudo")
        }
        try self.init(
            configuration,
            runtime: try Runtime(shimPath: configuration.shimPath, cacheFolder: configuration.root + "/seccomp"),
            network: KernelNetwork())
    }

    /// An engine on other ground than the kernel's. Given fakes of all three (`FakeLauncher`, `FakeHostNetwork`,
    /// `FakeNames` of ContainerKitTesting), it changes nothing but the files below its roots.
    /// - Parameters:
    ///   - runtime: what starts processes.
    ///   - network: the network of the host.
    ///   - names: who is told of names that change; nil is the server of names.
    public init(
        _ configuration: Configuration, runtime: Runtime, network: any HostNetwork, names: (any NameRegistry)? = nil
    ) throws(ContainerError) {
        self.configuration = configuration
        self.runtime = runtime
        self.network = network
        self.names = names
        let root = configuration.root
        if !Files.exists(root + "/containers") {
            try Files.makeDirectory(root, mode: 0o711)
            try Files.makeDirectory(root + "/containers", mode: 0o711)
        }
        try Files.makeDirectory(configuration.runRoot + "/containers", mode: 0o711)
        imageStore = try ImageStore(root: root)
    }

    /// A client for registries, with the logins of docker's configuration and the host's settings.
    /// - Throws: `invalidArgument` for a configuration file that is malformed.
    public static func registryClient(credentials: @escaping CredentialProvider = DockerConfig.credentials)
        throws(ContainerError) -> RegistryClient
    {
        try RegistryClient(credentials: credentials)
    }

    /// At the root of each tree: a folder above would have to be made and removed too, once per tree and container.
    /// - Parameter parent: another control group to put it in (`--cgroup-parent`).
    static func cgroupPath(_ id: String, parent: String? = nil) -> String {
        let own = "\(Cgroup.ownFolder)-\(id)"
        guard let parent else { return own }
        return "/" + parent.split(separator: "/").joined(separator: "/") + own
    }

    /// The control group of a container, also where its configuration is not at hand.
    func cgroupPath(_ id: String) -> String { Self.cgroupPath(id, parent: folders(id).cgroupParent) }

    func folders(_ id: String) -> ContainerFolders {
        ContainerFolders(id: id, root: configuration.root, runRoot: configuration.runRoot)
    }
}

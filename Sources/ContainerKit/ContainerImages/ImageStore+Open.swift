import ContainerDatabase
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem

extension ImageStore {
    /// Opens the images of a state root, an engine's or one of their own, and makes it where it is missing.
    /// - Throws: `permissionDenied`, `exhausted`, `corrupted` with the path.
    public init(root: String) throws(ContainerError) {
        try Files.makeDirectory(root, mode: 0o711)
        self.init(
            content: try LocalContentStore(root: root + "/content"),
            snapshotter: try OverlaySnapshotter(root: root + "/overlay"),
            database: try MetadataDatabase(folder: root, isLazy: true),
            folder: root)
    }
}

extension RegistryClient {
    /// A client that checks what it gets with the hash of `ContainerStorage`.
    /// - Parameters:
    ///   - credentials: who to be for a registry that asks; by default the logins in docker's configuration.
    ///   - configuration: certificates, mirrors and proxies; nil reads the host's.
    /// - Throws: `invalidArgument` for a configuration file of the host that is malformed.
    public convenience init(
        credentials: @escaping CredentialProvider = DockerConfig.credentials,
        configuration: RegistryConfiguration? = nil
    ) throws(ContainerError) {
        let configuration = if let configuration { configuration } else { try RegistryConfiguration.load() }
        self.init(
            credentials: credentials, configuration: configuration,
            makeHasher: { () throws(ContainerError) in try SHA256Hasher() })
    }
}

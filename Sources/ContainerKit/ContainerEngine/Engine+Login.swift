import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import OCISpec

extension Engine {
    /// The registry that is meant when none is named.
    public static let defaultRegistry = "docker.io"

    /// A registry as references spell it: `https://index.docker.io/v1/` is `docker.io`.
    public static func registryName(_ text: String) -> String { RegistryName.plain(text) }

    /// The user of the login that is kept for a registry; nil without one. Needs no root.
    /// - Throws: `corrupted` for a broken configuration, `unavailable` for a credential helper that fails.
    public static func keptLogin(_ registry: String) throws(ContainerError) -> RegistryCredential? {
        try DockerConfig.credentials(registry)
    }

    /// Asks a registry whether it takes a login, and keeps it in docker's configuration. Needs no root.
    /// - Throws: `permissionDenied` when the registry refuses it, and nothing is kept; `unavailable`, `corrupted`.
    public static func login(_ registry: String, _ credential: RegistryCredential) throws(ContainerError)
        -> DockerConfig.Keeper
    {
        let client = try registryClient(credentials: { _ throws(ContainerError) in credential })
        let token = try client.login(registry)
        return try DockerConfig.store(token ?? credential, for: registry)
    }

    /// Searches a registry's repositories. Needs no root.
    /// - Parameter term: `busybox`, or with a registry in front, `localhost:5000/app`.
    /// - Throws: as `RegistryClient.search`.
    public static func search(_ term: String, limit: Int = RegistryClient.searchLimit) throws(ContainerError)
        -> [RegistrySearchResult]
    {
        try registryClient().search(term, limit: limit)
    }

    /// The tags that a registry has of a repository, in its order. Needs no root.
    /// - Throws: `notFound` when there is no such repository; as `RegistryClient.tags`.
    public static func registryTags(_ repository: String) throws(ContainerError) -> [String] {
        try registryClient().tags(of: try ImageReference(parsing: repository, defaultTag: nil))
    }

    /// Forgets the login of a registry.
    /// - Throws: `corrupted`, `unavailable`.
    public static func logout(_ registry: String) throws(ContainerError) { try DockerConfig.erase(registry) }
}

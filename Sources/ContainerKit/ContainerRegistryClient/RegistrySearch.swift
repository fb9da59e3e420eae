import ContainerSystem
import FoundationEssentials
import OCISpec

/// A repository that a search found.
public struct RegistrySearchResult: Sendable, Hashable {
    /// As it is pulled: `busybox`, `localhost:5000/team/app`.
    public var name: String
    public var description: String
    public var stars: Int
    public var isOfficial: Bool

    public init(name: String, description: String = "", stars: Int = 0, isOfficial: Bool = false) {
        self.name = name
        self.description = description
        self.stars = stars
        self.isOfficial = isOfficial
    }
}

extension RegistryClient {
    /// How many results docker asks for.
    public static let searchLimit = 25
    private static let searchLimits = 1...100
    private static let answerLimit = 4 << 20

    /// Searches a registry's repositories: with docker's search API, or, where the registry has none, by a part of the
    /// name in its catalog.
    /// - Parameters:
    ///   - term: `busybox`, or with a registry in front, `localhost:5000/app`; without one it is `docker.io`.
    ///   - limit: how many results, from 1 to 100.
    /// - Throws: `invalidArgument`, `notFound` when the registry has neither, `permissionDenied`, `unavailable`.
    public func search(_ term: String, limit: Int = searchLimit) throws(ContainerError) -> [RegistrySearchResult] {
        guard !term.contains("://") else {
            throw ContainerError(
                .invalidArgument,
                "invalid repository name: repository name (\(Foreign.text(term))) should not have a scheme")
        }
        guard Self.searchLimits.contains(limit) else {
            throw ContainerError(.invalidArgument, "limit \(limit) is outside the range of [1, 100]")
        }
        let (registry, words) = Self.split(term)
        if let results = try searchIndex(registry, words, limit: limit) { return Array(results.prefix(limit)) }
        let names = try catalog(of: registry).filter { $0.contains(words.lowercased()) }
        return names.prefix(limit).map {
            RegistrySearchResult(name: "\(registry)/\($0)", description: "", stars: 0, isOfficial: false)
        }
    }

    /// Takes the registry off a term, as docker does.
    private static func split(_ term: String) -> (registry: String, words: String) {
        let halves = term.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let isRegistry =
            halves.count == 2 && (halves[0].contains { $0 == "." || $0 == ":" } || halves[0] == "localhost")
        let (registry, words) = isRegistry ? (RegistryName.plain(halves[0]), halves[1]) : ("docker.io", term)
        let isShort = registry == "docker.io" && words.hasPrefix("library/")
        return (registry, isShort ? String(words.dropFirst(8)) : words)
    }

    private struct Index: Decodable {
        struct Result: Decodable {
            var name: String
            var description: String?
            var stars: Int?
            var isOfficial: Bool?

            enum CodingKeys: String, CodingKey {
                case name, description
                case stars = "star_count"
                case isOfficial = "is_official"
            }
        }

        var results: [Result]
    }

    /// docker's search API, "v1".
    /// - Returns: nil when the registry has none.
    private func searchIndex(_ registry: String, _ words: String, limit: Int) throws(ContainerError)
        -> [RegistrySearchResult]?
    {
        let isHub = registry == "docker.io"
        var operation = RegistryOperation("search", registry: registry)
        // The index of docker's registry has a host of its own.
        if isHub { operation.registryHost = "index.docker.io" }
        let query = HTTPAddress.form([(name: "q", value: words), (name: "n", value: "\(limit)")])
        let request = RegistryRequest(
            operation: operation, location: .path("/v1/search?\(query)"),
            headers: [HTTPHeader("Accept", "application/json")], stallTimeout: session.patience.stall)
        let body = try session.retrying { () throws(RegistryFailure) -> [UInt8]? in
            do throws(RegistryFailure) {
                var bytes = [UInt8]()
                _ = try session.exchange(request) { _, piece throws(ContainerError) in
                    guard bytes.count + piece.count <= Self.answerLimit else {
                        throw ContainerError(.corrupted, "the answer is larger than \(Self.answerLimit >> 20) MiB")
                    }
                    bytes.append(contentsOf: piece)
                }
                return bytes
            } catch {
                // Any answer but "later" is that of a registry without an index.
                guard error.isAnswer, !error.isTransient, error.error.code != .corrupted, !isHub else { throw error }
                return nil
            }
        }
        guard let body else { return nil }
        guard let index = try? JSONDecoder().decode(Index.self, from: Data(body)) else {
            guard isHub else { return nil }
            throw ContainerError(.unavailable, "\(operation.name): the answer is no list of repositories")
        }
        return index.results.map { result in
            // Without its registry, the name would be pulled from docker's.
            RegistrySearchResult(
                name: isHub ? result.name : "\(registry)/\(result.name)", description: result.description ?? "",
                stars: result.stars ?? 0, isOfficial: result.isOfficial ?? false)
        }
    }
}

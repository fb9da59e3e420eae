import ContainerSystem
import FoundationEssentials
import OCISpec

extension RegistryClient {
    /// Names on one page, as we ask for them; a registry may give fewer.
    private static let pageSize = 1000
    private static let pageLimit = 4 << 20

    /// The tags of a repository, in the registry's order (distribution specification, "Listing tags").
    /// - Parameters:
    ///   - reference: its tag and digest do not matter.
    ///   - limit: a registry that goes on beyond so many is refused.
    /// - Throws: `notFound` when there is no such repository; `corrupted` for a list that is none or has no end.
    public func tags(of reference: ImageReference, limit: Int = 100_000) throws(ContainerError) -> [String] {
        struct Page: Decodable { var tags: [String]? }
        let operation = RegistryOperation("list the tags of", repository: reference)
        let path = "/v2/\(reference.path)/tags/list?n=\(Self.pageSize)"
        return try list(operation, path, limit: limit, as: Page.self) { page throws(ContainerError) in
            let tags = page.tags ?? []
            for tag in tags { _ = try reference.withTag(tag) }
            return tags
        }
    }

    /// The repositories of a registry, in its order (docker's "Listing Repositories"; many registries keep it to
    /// themselves).
    /// - Parameters:
    ///   - registry: as references spell it: `localhost:5000`.
    ///   - limit: a registry that goes on beyond so many is refused.
    /// - Throws: `notFound` when the registry has no such list; `permissionDenied`, `corrupted`.
    public func catalog(of registry: String, limit: Int = 100_000) throws(ContainerError) -> [String] {
        struct Page: Decodable { var repositories: [String]? }
        let operation = RegistryOperation(
            "list the repositories of", registry: registry, scopes: ["registry:catalog:*"])
        return try list(operation, "/v2/_catalog?n=\(Self.pageSize)", limit: limit, as: Page.self) {
            // Anything may lie in a registry's storage; what no reference can name is not shown.
            ($0.repositories ?? []).filter { ImageReference.isRepositoryPath($0) }
        }
    }

    private func list<Page: Decodable>(
        _ operation: RegistryOperation, _ path: String, limit: Int, as type: Page.Type,
        names: (Page) throws(ContainerError) -> [String]
    ) throws(ContainerError) -> [String] {
        func corrupted(_ cause: String) -> ContainerError {
            ContainerError(.corrupted, "\(operation.name): \(operation.registry) sent no list", cause: cause)
        }
        var all = [String]()
        var location = RegistryRequest.Location.path(path)
        while true {
            let request = RegistryRequest(
                operation: operation, location: location, headers: [HTTPHeader("Accept", "application/json")],
                stallTimeout: session.patience.stall)
            let (answer, bytes) = try fetchBytes(request, limit: Self.pageLimit)
            guard let page = try? JSONDecoder().decode(type, from: Data(bytes)) else { throw corrupted("not JSON") }
            let found: [String]
            do { found = try names(page) } catch { throw corrupted("it has a name that cannot be one") }
            all += found
            guard all.count <= limit else { throw corrupted("it has more than \(limit) names") }
            guard let link = answer.head["Link"], let target = Self.next(link) else { return all }
            guard let next = answer.address.resolving(target), next.origin == answer.address.origin else {
                throw corrupted("its next page is elsewhere: \(Foreign.text(target, limit: 100))")
            }
            // A page without names that points to another one could go on for ever.
            guard !found.isEmpty, next != answer.address else { throw corrupted("its pages have no end") }
            location = .address(next)
        }
    }

    /// The target of `<target>; rel="next"` (RFC 8288).
    private static func next(_ link: String) -> String? {
        guard let open = link.firstIndex(of: "<"), let close = link[open...].firstIndex(of: ">") else { return nil }
        let rest = link[close...].lowercased().filter { $0 != " " && $0 != "\"" }
        return rest.contains("rel=next") ? String(link[link.index(after: open)..<close]) : nil
    }
}

import ContainerSystem
import OCISpec

/// A client of the OCI distribution specification: finds images and moves their bytes. It keeps nothing on disk.
/// Calls block and may be made from many threads at once; they share tokens and open connections.
public final class RegistryClient: Sendable {
    let session: RegistrySession
    /// How registries are reached.
    public var configuration: RegistryConfiguration { session.configuration }
    let makeHasher: @Sendable () throws(ContainerError) -> any DigestHasher

    /// - Parameters:
    ///   - credentials: who to be for a registry that asks; by default the logins in docker's configuration.
    ///   - configuration: certificates, mirrors and proxies; `RegistryConfiguration.load()` reads the host's.
    ///   - makeHasher: a fresh SHA-256.
    public convenience init(
        transport: any HTTPTransport = CurlTransport(),
        credentials: @escaping CredentialProvider = DockerConfig.credentials,
        configuration: RegistryConfiguration = RegistryConfiguration(),
        patience: RegistryPatience = RegistryPatience(),
        makeHasher: @escaping @Sendable () throws(ContainerError) -> any DigestHasher
    ) {
        self.init(
            transport: transport, credentials: credentials, configuration: configuration, patience: patience,
            clock: .system, makeHasher: makeHasher)
    }

    init(
        transport: any HTTPTransport, credentials: @escaping CredentialProvider, configuration: RegistryConfiguration,
        lookup: HostLookup = .system, patience: RegistryPatience, clock: RetryClock,
        makeHasher: @escaping @Sendable () throws(ContainerError) -> any DigestHasher
    ) {
        session = RegistrySession(
            transport: transport, configuration: configuration, lookup: lookup, credentials: credentials,
            patience: patience, clock: clock)
        self.makeHasher = makeHasher
    }

    func digest(of bytes: [UInt8]) throws(ContainerError) -> Digest {
        var hasher = try makeHasher()
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }
}

/// A manifest or an index as a registry served it; `digest` is that of `bytes`.
public struct FetchedManifest: Sendable, Hashable {
    public var document: ManifestDocument
    public var mediaType: String
    public var digest: Digest
    /// The exact bytes, which the digest is of: store these, never an encoding of `document`.
    public var bytes: [UInt8]
}

/// An image found for one platform.
public struct ResolvedImage: Sendable, Hashable {
    public var manifest: ImageManifest
    public var mediaType: String
    /// Digest of the manifest.
    public var digest: Digest
    public var bytes: [UInt8]
    /// The index that the reference names, when it names one. Its digest is then the image's repository digest.
    public var index: FetchedManifest?

    /// The digest by which the registry knows what the reference names.
    public var repositoryDigest: Digest { index?.digest ?? digest }
}

extension RegistryClient {
    private static let accept = HTTPHeader(
        "Accept",
        [MediaType.ociIndex, MediaType.dockerManifestList, MediaType.ociManifest, MediaType.dockerManifest]
            .joined(separator: ", "))

    /// An index may hold an index; a chain of more than these is a trap.
    private static let indexDepth = 4

    /// Finds the image of a reference for a platform (distribution specification, "Pulling manifests").
    /// - Throws: `notFound` in docker's words when there is no such image or none for the platform; `corrupted` for
    ///   bytes that do not match their digest or size; `permissionDenied`, `unavailable`, `unsupported`.
    public func resolve(_ reference: ImageReference, platform: Platform = .current) throws(ContainerError)
        -> ResolvedImage
    {
        var fetched = try fetchManifest(reference)
        var index: FetchedManifest?
        for _ in 0..<Self.indexDepth {
            switch fetched.document {
            case .manifest(let manifest):
                return ResolvedImage(
                    manifest: manifest, mediaType: fetched.mediaType, digest: fetched.digest, bytes: fetched.bytes,
                    index: index)
            case .index(let list):
                index = index ?? fetched
                guard let entry = list.select(for: platform) else {
                    throw ContainerError(
                        .notFound,
                        "pull \(reference.familiar): no matching manifest for \(platform) in the manifest list entries",
                        hint: Self.offer(list))
                }
                fetched = try fetchManifest(reference.withDigest(entry.digest), as: reference, expecting: entry)
            }
        }
        throw ContainerError(.corrupted, "pull \(reference.familiar): indexes are nested too deeply")
    }

    /// Fetches what a tag or a digest names. The digest of the bytes is always computed; it is compared with the
    /// reference's, when that has one, and with the registry's header.
    public func fetchManifest(_ reference: ImageReference) throws(ContainerError) -> FetchedManifest {
        try fetchManifest(reference, as: reference, expecting: nil)
    }

    private func fetchManifest(
        _ reference: ImageReference, as named: ImageReference, expecting descriptor: ContentDescriptor?
    ) throws(ContainerError) -> FetchedManifest {
        let whole = RegistryOperation("pull", named, .manifest)
        for operation in session.sources(whole).dropLast() {
            do {
                return try fetchManifest(reference, operation, expecting: descriptor)
            } catch {
                // Whatever a mirror does wrong, the registry itself may do right.
                session.rest(operation.mirror, after: error)
            }
        }
        return try fetchManifest(reference, whole, expecting: descriptor)
    }

    private func fetchManifest(
        _ reference: ImageReference, _ operation: RegistryOperation, expecting descriptor: ContentDescriptor?
    ) throws(ContainerError) -> FetchedManifest {
        func corrupted(_ message: String, _ cause: String) -> ContainerError {
            ContainerError(
                .corrupted, "\(operation.name): \(message)", cause: cause,
                hint: "the registry or something on the way to it changed the bytes")
        }
        if let descriptor, descriptor.size > ManifestDocument.sizeLimit {
            throw corrupted("manifest \(descriptor.digest) is too large", "\(descriptor.size) bytes")
        }
        let request = RegistryRequest(
            operation: operation,
            location: .path("/v2/\(reference.path)/manifests/\(reference.tagOrDigest)"),
            headers: [Self.accept], stallTimeout: session.patience.stall)
        let (answer, bytes) = try fetchBytes(request, limit: ManifestDocument.sizeLimit)
        let digest = try digest(of: bytes)
        let type = answer.head["Content-Type"]
        if type?.lowercased().hasPrefix("text/html") == true {
            throw ContainerError(
                .unavailable, "\(operation.name): \(answer.address.authority) does not answer like a registry",
                cause: "it sent a web page", hint: "check host and port")
        }
        if let wanted = reference.digest, wanted != digest {
            throw corrupted("manifest does not match its digest", "wanted \(wanted), got \(digest)")
        }
        if let stated = answer.head["Docker-Content-Digest"].flatMap({ Digest($0) }), stated != digest {
            throw corrupted("manifest does not match the registry's digest", "stated \(stated), got \(digest)")
        }
        if let descriptor, descriptor.size != Int64(bytes.count) {
            throw corrupted(
                "manifest \(digest) does not match its size", "wanted \(descriptor.size) bytes, got \(bytes.count)")
        }
        do {
            let (document, mediaType) = try ManifestDocument.parse(bytes, contentType: type)
            return FetchedManifest(document: document, mediaType: mediaType, digest: digest, bytes: bytes)
        } catch {
            throw error.during(operation.name)
        }
    }

    /// A whole small answer in memory.
    func fetchBytes(_ request: RegistryRequest, limit: Int) throws(ContainerError)
        -> (answer: RegistryAnswer, bytes: [UInt8])
    {
        try session.retrying { () throws(RegistryFailure) in
            var bytes = [UInt8]()
            let answer = try session.exchange(request) { _, piece throws(ContainerError) in
                guard bytes.count + piece.count <= limit else {
                    throw ContainerError(.corrupted, "the answer is larger than \(limit >> 20) MiB")
                }
                bytes.append(contentsOf: piece)
            }
            return (answer, bytes)
        }
    }

    private static func offer(_ list: ImageIndex) -> String? {
        let names = list.manifests.compactMap { $0.platform?.description }.filter { $0 != "unknown/unknown" }
        return names.isEmpty ? nil : "it is there for " + Foreign.text(names.prefix(12).joined(separator: ", "))
    }
}

import ContainerSystem

/// The name of an image, `[domain/]path[:tag][@digest]`, parsed and normalised as docker does: `busybox` is
/// `docker.io/library/busybox:latest`.
public struct ImageReference: Hashable, Sendable {
    /// The registry as a name: `docker.io`, `localhost:5000`, `[::1]:5000`.
    public let domain: String
    /// The repository within the registry: `library/busybox`.
    public let path: String
    public let tag: String?
    /// Wins over the tag where both are given.
    public let digest: Digest?

    /// Parses a name as a user types it.
    /// - Parameter defaultTag: the tag of a name that has neither tag nor digest; nil leaves it without.
    /// - Throws: `invalidArgument` with docker's words, or `unsupported` for a digest other than SHA-256.
    public init(parsing text: String, defaultTag: String? = "latest") throws(ContainerError) {
        let invalid = ContainerError(.invalidArgument, "invalid reference format")
        if text.utf8.count == 64, text.utf8.allSatisfy(ReferenceGrammar.isLowerHex) {
            throw ContainerError(
                .invalidArgument,
                "invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
        }
        // A megabyte of text must not come back in the message below.
        guard text.utf8.count <= 4096, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw invalid }
        let (domain, remainder) = Self.split(text)
        let name = remainder.prefix { $0 != ":" }
        guard name == name.lowercased() else {
            throw ContainerError(
                .invalidArgument, "invalid reference format: repository name (\(name)) must be lowercase")
        }
        let halves = remainder.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let named = halves[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let path = named[0]
        let tag = named.count == 2 ? String(named[1]) : nil
        guard ReferenceGrammar.isDomain(domain), ReferenceGrammar.isPath(path) else { throw invalid }
        if let tag, !ReferenceGrammar.isTag(tag) { throw invalid }
        if halves.count == 2, !ReferenceGrammar.isDigest(halves[1]) { throw invalid }
        guard path.utf8.count <= 255 else {
            throw ContainerError(.invalidArgument, "repository name must not be more than 255 characters")
        }
        self.domain = String(domain)
        self.path = String(path)
        self.digest = halves.count == 2 ? try Self.digest(halves[1]) : nil
        self.tag = tag ?? (halves.count == 2 ? nil : defaultTag)
    }

    private init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// The first segment is a registry only when it cannot be a repository of the default one.
    private static func split(_ text: String) -> (domain: Substring, remainder: String) {
        guard let slash = text.firstIndex(of: "/") else { return ("docker.io", "library/" + text) }
        let first = text[..<slash]
        let rest = String(text[text.index(after: slash)...])
        let isDomain =
            first == "localhost" || first.contains { $0 == "." || $0 == ":" } || first != first.lowercased()
        guard isDomain else { return ("docker.io", text) }
        guard first == "docker.io" || first == "index.docker.io" else { return (first, rest) }
        return ("docker.io", rest.contains("/") ? rest : "library/" + rest)
    }

    private static func digest(_ text: Substring) throws(ContainerError) -> Digest {
        if let digest = Digest(text) { return digest }
        let halves = text.split(separator: ":", maxSplits: 1)
        let lengths = ["sha256": 64, "sha384": 96, "sha512": 128]
        guard let length = lengths[String(halves[0])] else {
            throw ContainerError(.invalidArgument, "unsupported digest algorithm", cause: String(halves[0]))
        }
        guard halves[1].utf8.count == length else {
            throw ContainerError(.invalidArgument, "invalid checksum digest length")
        }
        guard halves[1].utf8.allSatisfy(ReferenceGrammar.isLowerHex) else {
            throw ContainerError(.invalidArgument, "invalid checksum digest format")
        }
        throw ContainerError(
            .unsupported, "unsupported digest algorithm", cause: String(halves[0]), hint: "name the image by sha256")
    }
}

extension ImageReference {
    /// The full name without tag and digest: `docker.io/library/busybox`.
    public var repository: String { "\(domain)/\(path)" }

    /// The repository as docker prints it: `busybox`, `user/app`, `localhost:5000/app`.
    public var familiarRepository: String {
        guard domain == "docker.io" else { return repository }
        let segments = path.split(separator: "/")
        if segments.count == 2, segments[0] == "library" { return String(segments[1]) }
        // Without its registry, docker.io/localhost/a would name another image.
        let isAmbiguous = segments.count > 1 && (segments[0] == "localhost" || segments[0].contains("."))
        return isAmbiguous ? repository : path
    }

    /// The whole reference as docker prints it: `busybox:latest`.
    public var familiar: String { familiarRepository + suffix }

    /// Host and port to talk to. The default registry's name is not the host that serves it.
    public var registryHost: String { Self.host(ofRegistry: domain) }

    /// Host and port that serve a registry, given its name as references spell it.
    public static func host(ofRegistry domain: String) -> String {
        domain == "docker.io" ? "registry-1.docker.io" : domain
    }

    /// Whether a registry's repository of that name can be named: `library/busybox`.
    public static func isRepositoryPath(_ path: String) -> Bool {
        path.utf8.count <= 255 && ReferenceGrammar.isPath(path)
    }

    /// What a registry is asked for: the digest if there is one, else the tag.
    public var tagOrDigest: String { digest?.description ?? tag ?? "latest" }

    /// The same repository under another tag, without a digest.
    /// - Throws: `invalidArgument` when `tag` is no tag.
    public func withTag(_ tag: String) throws(ContainerError) -> ImageReference {
        guard ReferenceGrammar.isTag(tag) else {
            throw ContainerError(.invalidArgument, "invalid reference format", cause: "not a tag")
        }
        return ImageReference(domain: domain, path: path, tag: tag, digest: nil)
    }

    /// The same name pinned to a digest; the tag stays.
    public func withDigest(_ digest: Digest) -> ImageReference {
        ImageReference(domain: domain, path: path, tag: tag, digest: digest)
    }

    /// The same name with the tag alone.
    public func withoutDigest() -> ImageReference {
        ImageReference(domain: domain, path: path, tag: tag, digest: nil)
    }

    private var suffix: String { (tag.map { ":" + $0 } ?? "") + (digest.map { "@\($0)" } ?? "") }
}

extension ImageReference: CustomStringConvertible {
    /// The full, normalised form: `docker.io/library/busybox:latest`.
    public var description: String { repository + suffix }
}

/// An image reference as a person writes it, in the forms that docker prints. It decides nothing: the engine parses
/// references for itself.
struct ReferenceText: Equatable {
    /// `docker.io`, `localhost:5000`
    let domain: String
    /// `library/busybox`
    let path: String
    /// `latest`; nil with a digest.
    let tag: String?
    let digest: String?
    let hadTag: Bool

    init(_ text: String) {
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let slash = rest.lastIndex(of: "/")
        if let colon = rest.lastIndex(of: ":"), slash.map({ $0 < colon }) ?? true {
            tag = digest == nil ? String(rest[rest.index(after: colon)...]) : nil
            hadTag = true
            rest = rest[..<colon]
        } else {
            tag = digest == nil ? "latest" : nil
            hadTag = false
        }
        let first = rest.firstIndex(of: "/").map { rest[..<$0] }
        if let first, first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" || $0.isUppercase }) {
            domain = first == "index.docker.io" ? "docker.io" : String(first)
            rest = rest[first.endIndex...].dropFirst()
        } else {
            domain = "docker.io"
        }
        path = domain == "docker.io" && !rest.contains("/") ? "library/\(rest)" : String(rest)
    }

    /// Registry and path, as docker names a repository in full.
    var repository: String { "\(domain)/\(path)" }

    private var suffix: String { digest.map { "@\($0)" } ?? tag.map { ":\($0)" } ?? "" }

    /// `busybox`, `localhost:5000/busybox`
    var familiarName: String {
        guard domain == "docker.io" else { return "\(domain)/\(path)" }
        return path.hasPrefix("library/") ? String(path.dropFirst(8)) : path
    }

    /// `busybox:latest`
    var familiar: String { familiarName + suffix }
    /// `docker.io/library/busybox:latest`
    var full: String { "\(domain)/\(path)\(suffix)" }
}

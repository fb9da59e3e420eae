import OCISpec

/// An image reference as a person writes it, in the forms that docker prints. It decides nothing: what is no reference is
/// shown as it stands, and the engine says why it is none.
struct ReferenceText: Equatable {
    private let text: String
    private let parsed: ImageReference?

    init(_ text: String) {
        self.text = text
        parsed = try? ImageReference(parsing: text, defaultTag: nil)
    }

    private var tagged: ImageReference? { try? ImageReference(parsing: text) }

    /// Whether a tag or a digest is part of the text.
    var hadTag: Bool { parsed.map { $0.tag != nil || $0.digest != nil } ?? true }

    /// `library/busybox`
    var path: String { parsed?.path ?? text }
    /// `latest`; nil with a digest, which wins.
    var tag: String? { digest == nil ? tagged?.tag : nil }
    var digest: String? { parsed?.digest?.description }

    /// Registry and path, as docker names a repository in full.
    var repository: String { parsed?.repository ?? text }
    /// `busybox`, `localhost:5000/busybox`
    var familiarName: String { parsed?.familiarRepository ?? text }
    /// `busybox:latest`
    var familiar: String { tagged?.familiar ?? text }
    /// `docker.io/library/busybox:latest`
    var full: String { tagged?.description ?? text }
}

import ContainerSystem
import FoundationEssentials

/// What a registry or an image layout holds under a tag: an image, or an index of images.
public enum ManifestDocument: Sendable, Hashable {
    case manifest(ImageManifest)
    case index(ImageIndex)

    /// The largest document that is read, in bytes (distribution specification, "Pushing manifests").
    public static let sizeLimit = 4 << 20

    /// Parses strictly: a document that two readers could take for two different things is refused (CVE-2021-41190).
    /// - Parameters:
    ///   - contentType: the media type that came with the bytes, from an HTTP header or a descriptor; parameters such
    ///     as `charset` are ignored. Nil or `application/json` leave the decision to the document.
    /// - Returns: the document and its media type.
    /// - Throws: `corrupted`, or `unsupported` for docker's schema 1 and for what is no image at all.
    public static func parse(_ bytes: some Collection<UInt8>, contentType: String?) throws(ContainerError)
        -> (document: ManifestDocument, mediaType: String)
    {
        guard bytes.count <= sizeLimit else {
            throw ContainerError(.corrupted, "manifest is larger than \(sizeLimit >> 20) MiB")
        }
        let declared = try declaredType(contentType)
        let data = Data(bytes)
        try JSONBounds.check(Array(bytes), name: "manifest")
        let shape: Shape = try decode(data)
        if shape.schemaVersion == 1 { throw schema1 }
        guard shape.schemaVersion == 2 else { throw ContainerError(.corrupted, "manifest has no schemaVersion 2") }
        let looksLikeIndex = shape.has(.manifests)
        guard !(looksLikeIndex && (shape.has(.config) || shape.has(.layers) || shape.has(.fsLayers))) else {
            throw ContainerError(
                .corrupted, "manifest is ambiguous", cause: "it has the fields of an image and of an index")
        }
        if let declared, let stated = shape.mediaType, !stated.isEmpty, declared != stated {
            throw ContainerError(
                .corrupted, "manifest is ambiguous",
                cause: "it came as \(printable(declared)) and calls itself \(printable(stated))")
        }
        let stated = shape.mediaType.flatMap { $0.isEmpty ? nil : $0 }
        let type = declared ?? stated ?? (looksLikeIndex ? MediaType.ociIndex : MediaType.ociManifest)
        if MediaType.dockerSchema1.contains(type) { throw schema1 }
        switch (MediaType.isIndex(type), MediaType.isManifest(type)) {
        case (true, _):
            guard looksLikeIndex else { throw ContainerError(.corrupted, "index has no list of manifests") }
            return (.index(try decode(data)), type)
        case (_, true):
            guard !looksLikeIndex else { throw ContainerError(.corrupted, "manifest has the fields of an index") }
            return (.manifest(try decode(data)), type)
        default:
            throw ContainerError(.unsupported, "manifest is of type \(printable(type))", cause: "not an image")
        }
    }

    private static let schema1 = ContainerError(
        .unsupported, "the image has a manifest of docker's schema 1, which is not supported",
        hint: "push it again with a current tool")

    private static func declaredType(_ contentType: String?) throws(ContainerError) -> String? {
        guard let contentType else { return nil }
        let end = contentType.firstIndex(of: ";") ?? contentType.endIndex
        let type = contentType[..<end].filter { $0 != " " && $0 != "\t" }.lowercased()
        return ["", "application/json", "application/octet-stream", "binary/octet-stream"].contains(type) ? nil : type
    }

    private static func decode<Value: Decodable>(_ data: Data) throws(ContainerError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch let error as DecodingError {
            throw ContainerError(.corrupted, "manifest is malformed", cause: describe(error))
        } catch {
            throw ContainerError(.corrupted, "manifest is malformed")
        }
    }

    /// Foreign text goes into messages short and without control characters.
    private static func printable(_ text: String) -> String {
        String(
            decoding: text.utf8.prefix(100).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// What is wrong with a document, and where, in a few printable words.
    package static func describe(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
        }
        let text: String
        switch error {
        case .keyNotFound(let key, let context): text = "no \(place(context.codingPath + [key]))"
        case .valueNotFound(_, let context): text = "null at \(place(context.codingPath))"
        case .typeMismatch(_, let context): text = "wrong type at \(place(context.codingPath))"
        case .dataCorrupted(let context):
            text =
                context.codingPath.isEmpty
                ? "not JSON" : "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: text = "not readable"
        }
        return printable(text)
    }

    /// Which of the telling fields are there, whatever they hold.
    private struct Shape: Decodable {
        enum Key: String, CodingKey { case schemaVersion, mediaType, config, layers, fsLayers, manifests }

        var schemaVersion: Int?
        var mediaType: String?
        private var keys: Set<Key>

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            schemaVersion = try fields.decodeIfPresent(Int.self, forKey: .schemaVersion)
            mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
            keys = Set(fields.allKeys)
        }

        func has(_ key: Key) -> Bool { keys.contains(key) }
    }
}

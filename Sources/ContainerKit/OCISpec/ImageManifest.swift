/// A reference to content by its digest (OCI image specification, descriptor.md).
public struct ContentDescriptor: Codable, Sendable, Hashable {
    public var mediaType: String
    public var digest: Digest
    /// Bytes; never negative.
    public var size: Int64
    /// Elsewhere to find the bytes. Decoded so that it survives a copy, never followed.
    public var urls: [String]?
    public var annotations: [String: String]?
    public var platform: Platform?
    public var artifactType: String?

    public init(
        mediaType: String, digest: Digest, size: Int64, annotations: [String: String]? = nil, platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType) ?? ""
        digest = try fields.decode(Digest.self, forKey: .digest)
        size = try fields.decode(Int64.self, forKey: .size)
        urls = try fields.decodeIfPresent([String].self, forKey: .urls)
        annotations = try fields.decodeIfPresent([String: String].self, forKey: .annotations)
        platform = try fields.decodeIfPresent(Platform.self, forKey: .platform)
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        guard size >= 0 else {
            throw DecodingError.dataCorruptedError(forKey: .size, in: fields, debugDescription: "negative size")
        }
    }
}

/// One image for one platform (OCI image specification, manifest.md; docker's schema 2 has the same shape).
public struct ImageManifest: Codable, Sendable, Hashable {
    public var schemaVersion = 2
    public var mediaType: String?
    public var artifactType: String?
    public var config: ContentDescriptor
    /// The lowest layer first.
    public var layers: [ContentDescriptor]
    public var annotations: [String: String]?

    public init(mediaType: String = MediaType.ociManifest, config: ContentDescriptor, layers: [ContentDescriptor]) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try fields.decode(Int.self, forKey: .schemaVersion)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        artifactType = try fields.decodeIfPresent(String.self, forKey: .artifactType)
        config = try fields.decode(ContentDescriptor.self, forKey: .config)
        layers = try fields.decodeIfPresent([ContentDescriptor].self, forKey: .layers) ?? []
        annotations = try fields.decodeIfPresent([String: String].self, forKey: .annotations)
    }
}

/// One image for many platforms (OCI image specification, image-index.md; docker calls it a manifest list).
public struct ImageIndex: Codable, Sendable, Hashable {
    public var schemaVersion = 2
    public var mediaType: String?
    public var manifests: [ContentDescriptor]
    public var annotations: [String: String]?

    public init(mediaType: String = MediaType.ociIndex, manifests: [ContentDescriptor]) {
        self.mediaType = mediaType
        self.manifests = manifests
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try fields.decode(Int.self, forKey: .schemaVersion)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        manifests = try fields.decodeIfPresent([ContentDescriptor].self, forKey: .manifests) ?? []
        annotations = try fields.decodeIfPresent([String: String].self, forKey: .annotations)
    }
}

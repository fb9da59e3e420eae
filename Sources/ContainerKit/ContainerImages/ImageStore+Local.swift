import ContainerDatabase
import ContainerStorage
import ContainerSystem
import OCISpec

/// One line of `ck images`, before it is split by names.
public struct ImageSummary: Sendable {
    /// `sha256:` and 64 hexadecimal digits.
    public let id: String
    /// As docker prints them; empty for an image that has lost its names.
    public let names: [(repository: String, tag: String)]
    /// `repository@sha256:...`
    public let digests: [String]
    /// Seconds since 1970.
    public let created: Double?
    /// Bytes on disk, unpacked.
    public let size: Int64
    public let labels: [String: String]
    /// Of `size`, what other images use too; nil where it was not asked for.
    public let sharedSize: Int64?

    public init(
        id: String, names: [(repository: String, tag: String)], digests: [String], created: Double?, size: Int64,
        labels: [String: String] = [:], sharedSize: Int64? = nil
    ) {
        self.labels = labels
        self.sharedSize = sharedSize
        self.id = id
        self.names = names
        self.digests = digests
        self.created = created
        self.size = size
    }
}

extension ImageStore {
    /// Every image, the newest first.
    /// - Parameter measuresSharing: whether to find out what images share, which takes a look at every layer.
    public func list(measuresSharing: Bool = false) throws(ContainerError) -> [ImageSummary] {
        let tags = Dictionary(grouping: try database.imageTags(), by: \.image)
        let digests = Dictionary(grouping: try database.imageDigests(), by: \.image)
        var summaries = [ImageSummary]()
        let records = try database.images()
        let shared = measuresSharing ? try sharedLayers(of: records) : nil
        for record in records {
            let config = try StoredImage.parse(record.config)
            summaries.append(
                ImageSummary(
                    id: "sha256:" + record.id,
                    names: (tags[record.id] ?? []).map { (Self.familiar($0.repository), $0.reference) },
                    digests: (digests[record.id] ?? []).map { "\(Self.familiar($0.repository))@\($0.reference)" },
                    created: config.created.flatMap(Timestamp.parse), size: record.size,
                    labels: config.config?.labels ?? [:],
                    sharedSize: shared.map { shared in record.layers.reduce(0) { $0 + (shared[$1] ?? 0) } }))
        }
        return summaries.sorted { ($0.created ?? 0, $0.id) > ($1.created ?? 0, $1.id) }
    }

    /// The layers that several images have, with their sizes.
    private func sharedLayers(of images: [ImageRecord]) throws(ContainerError) -> [String: Int64] {
        var counts: [String: Int] = [:]
        for layer in images.flatMap(\.layers) { counts[layer, default: 0] += 1 }
        var sizes: [String: Int64] = [:]
        for (layer, count) in counts where count > 1 {
            // One whose folder is damaged is no reason to list nothing.
            sizes[layer] = Digest(hex: layer).flatMap { try? snapshotter.layer(ChainID($0)).size }
        }
        return sizes
    }

    static func familiar(_ repository: String) -> String {
        (try? ImageReference(parsing: repository, defaultTag: nil))?.familiarRepository ?? repository
    }

    /// Gives an image one more name.
    public func tag(_ image: String, as name: ImageReference) throws(ContainerError) {
        let image = try find(image)
        try database.addTag(repository: name.repository, tag: name.tag ?? "latest", image: image.record.id)
    }
}

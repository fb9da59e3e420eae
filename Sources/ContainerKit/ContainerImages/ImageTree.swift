import ContainerDatabase
import ContainerStorage
import ContainerSystem
import OCISpec

/// How images share their layers: each layer with what stands on it.
public struct ImageTree: Sendable, Equatable {
    /// A layer on those above it in the tree.
    public struct Layer: Sendable, Equatable {
        /// The chain that ends with it, `sha256:` and 64 hexadecimal digits.
        public let chainID: String
        /// Bytes that it adds, unpacked.
        public let size: Int64
        /// Bytes of it and all below it.
        public let total: Int64
        /// The step that made it, as the first image that has it tells.
        public let createdBy: String
        /// The images that end with it.
        public var images: [Image]
        public var layers: [Layer]

        public init(
            chainID: String, size: Int64, total: Int64, createdBy: String, images: [Image], layers: [Layer]
        ) {
            self.chainID = chainID
            self.size = size
            self.total = total
            self.createdBy = createdBy
            self.images = images
            self.layers = layers
        }
    }

    public struct Image: Sendable, Equatable {
        /// `sha256:` and 64 hexadecimal digits.
        public let id: String
        /// As docker prints them.
        public let names: [String]

        public init(id: String, names: [String]) {
            self.id = id
            self.names = names
        }
    }

    /// The lowest layers.
    public let layers: [Layer]
    /// Images without a layer.
    public let empty: [Image]

    public init(layers: [Layer], empty: [Image]) {
        self.layers = layers
        self.empty = empty
    }
}

/// An image's platform, and what it is as a registry would hold it.
public struct ImageContent: Sendable, Equatable {
    public let platform: Platform
    /// Digest of the manifest.
    public let manifest: String
    /// Bytes of manifest, configuration and layers, as they are transferred.
    public let size: Int64

    public init(platform: Platform, manifest: String, size: Int64) {
        self.platform = platform
        self.manifest = manifest
        self.size = size
    }
}

extension ImageStore {
    /// How images share their layers.
    /// - Parameter names: the images, by name or id; none for all.
    /// - Throws: `notFound`.
    public func tree(_ names: [String] = []) throws(ContainerError) -> ImageTree {
        var records: [ImageRecord] = []
        if names.isEmpty {
            records = try database.images()
        } else {
            for name in names {
                let record = try find(name).record
                if !records.contains(where: { $0.id == record.id }) { records.append(record) }
            }
        }
        let tags = Dictionary(grouping: try database.imageTags() + database.imageDigests(), by: \.image)
        var plants: [Plant] = []
        for record in records {
            let steps = try StoredImage.parse(record.config).layerSteps
            let names = (tags[record.id] ?? []).sorted { $0.text < $1.text }
            let shown = names.contains { !$0.isDigest } ? names.filter { !$0.isDigest } : names
            plants.append(
                Plant(
                    image: ImageTree.Image(id: "sha256:" + record.id, names: shown.map(\.familiar)),
                    layers: record.layers, steps: steps))
        }
        plants.sort { ($0.image.names.first ?? "~", $0.image.id) < ($1.image.names.first ?? "~", $1.image.id) }
        return ImageTree(
            layers: try grow(plants.filter { !$0.layers.isEmpty }),
            empty: plants.filter(\.layers.isEmpty).map(\.image))
    }

    /// An image on its way into the tree.
    private struct Plant {
        let image: ImageTree.Image
        /// Chain ids, bottom first.
        let layers: [String]
        /// What made each.
        let steps: [String]
    }

    /// Built from the top down to the root of each stack, without recursion: an image may have many layers.
    private func grow(_ plants: [Plant]) throws(ContainerError) -> [ImageTree.Layer] {
        var nodes: [String: ImageTree.Layer] = [:]
        var order: [(chain: String, parent: String?, depth: Int)] = []
        for plant in plants {
            var total: Int64 = 0
            for (depth, chain) in plant.layers.enumerated() {
                if let known = nodes[chain] {
                    total = known.total
                    continue
                }
                guard let digest = Digest(hex: chain) else { continue }
                let size = try snapshotter.layer(ChainID(digest)).size
                total += size
                nodes[chain] = ImageTree.Layer(
                    chainID: "sha256:" + chain, size: size, total: total,
                    createdBy: depth < plant.steps.count ? plant.steps[depth] : "", images: [], layers: [])
                order.append((chain, depth == 0 ? nil : plant.layers[depth - 1], depth))
            }
            plant.layers.last.map { nodes[$0]?.images.append(plant.image) }
        }
        // The deepest first, each into the one below it; within a depth in the order of the images.
        for (chain, parent, _) in order.enumerated().sorted(by: {
            ($0.element.depth, $0.offset) > ($1.element.depth, $1.offset)
        }).map(\.element) {
            if let parent, let node = nodes[chain] { nodes[parent]?.layers.insert(node, at: 0) }
        }
        return order.filter { $0.parent == nil }.compactMap { nodes[$0.chain] }
    }

    /// What an image is as a registry would hold it.
    /// - Throws: `notFound`.
    public func contentOf(_ name: String) throws(ContainerError) -> ImageContent {
        let image = try find(name)
        let (manifest, bytes) = try manifest(of: image)
        let size = ([manifest.config] + manifest.layers).reduce(Int64(bytes.count)) {
            $0.addingReportingOverflow($1.size).partialValue
        }
        return ImageContent(
            platform: image.config.platform, manifest: "sha256:" + image.record.manifest, size: size)
    }

    /// What is different in the files of another image, in the order of paths; read without a mount. Files with the
    /// same bytes, owner, mode and attributes are the same, whenever they were written.
    /// - Parameters: two images, by name or id.
    /// - Throws: `notFound`; what `body` throws.
    public func diff(
        _ before: String, _ after: String, _ body: (FileChange) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let old = try snapshotter.view(nil, layers: try find(before).layers)
        let new = try snapshotter.view(nil, layers: try find(after).layers)
        try old.changes(to: new, body)
    }
}

extension ImageConfig {
    /// What made each layer, bottom first.
    var layerSteps: [String] { (history ?? []).filter { $0.emptyLayer != true }.map { $0.createdBy ?? "" } }
}

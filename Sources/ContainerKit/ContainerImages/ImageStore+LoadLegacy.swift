import ContainerStorage
import ContainerSystem
import OCISpec

/// `ID/json` of docker's archives before 1.10 (docker's image specification 1.0): an image is one layer and its parent.
private struct LegacyImage: Decodable {
    struct Origin: Decodable {
        var cmd: [String]?
        enum CodingKeys: String, CodingKey { case cmd = "Cmd" }
    }

    var parent: String?
    var created: String?
    var author: String?
    var comment: String?
    var architecture: String?
    var variant: String?
    var os: String?
    var config: ImageConfig.Execution?
    var origin: Origin?

    enum CodingKeys: String, CodingKey {
        case parent, created, author, comment, architecture, variant, os, config
        case origin = "container_config"
    }

    var step: ImageConfig.History {
        .init(created: created, createdBy: origin?.cmd?.joined(separator: " "), author: author, comment: comment)
    }
}

extension ImageStore {
    private static let maximumAncestors = 200

    /// The images of an archive of docker's before 1.10: `repositories` has their names, each is a folder with `json` and
    /// `layer.tar`, and refers to the one below it. Their configurations are made here, as docker 1.10 did.
    /// - Returns: nil when it is no such archive.
    func legacyParts(of archive: LoadedArchive) throws(ContainerError) -> [LoadedArchive.Part]? {
        let folders = archive.files.folders(with: "json").intersection(archive.files.folders(with: "layer.tar"))
        guard !folders.isEmpty else { return nil }
        var images: [String: LegacyImage] = [:]
        for folder in folders { images[folder] = try document("\(folder)/json", archive) }
        var names: [String: [ImageReference]] = [:]
        let repositories: [String: [String: String]] = try document("repositories", archive) ?? [:]
        for (repository, tags) in repositories.sorted(by: { $0.key < $1.key }) {
            for (tag, folder) in tags.sorted(by: { $0.key < $1.key }) {
                guard images[folder] != nil else {
                    throw archive.corrupted("\(repository):\(tag) is the image \(folder.prefix(80)), which is missing")
                }
                names[folder, default: []] += try archive.references(["\(repository):\(tag)"])
            }
        }
        // Without names, what nothing stands on is what was saved.
        let parents = Set(images.values.compactMap(\.parent))
        let heads = names.isEmpty ? folders.subtracting(parents) : Set(names.keys)
        var parts: [LoadedArchive.Part] = []
        for head in heads.sorted() {
            let lineage = try lineage(of: head, images, archive)
            let part = try part(of: lineage, names: names[head] ?? [], archive)
            if archive.takes(try StoredImage.parse(part.config)) { parts.append(part) }
        }
        return parts
    }

    /// An image and those below it, bottom first.
    private func lineage(
        of head: String, _ images: [String: LegacyImage], _ archive: LoadedArchive
    ) throws(ContainerError) -> [(folder: String, image: LegacyImage)] {
        var lineage: [(folder: String, image: LegacyImage)] = []
        var next: String? = head
        while let folder = next, !folder.isEmpty {
            guard let image = images[folder] else {
                throw archive.corrupted("the image \(folder.prefix(80)), which another stands on, is missing")
            }
            guard lineage.count < Self.maximumAncestors else {
                throw archive.corrupted("more than \(Self.maximumAncestors) images stand on each other")
            }
            lineage.append((folder, image))
            next = image.parent
        }
        return lineage.reversed()
    }

    private func part(
        of lineage: [(folder: String, image: LegacyImage)], names: [ImageReference], _ archive: LoadedArchive
    ) throws(ContainerError) -> LoadedArchive.Part {
        var layers: [StoredBlob] = []
        var chain: [ChainID] = []
        var diffIDs: [Digest] = []
        for (folder, _) in lineage {
            guard let blob = archive.files.blob("\(folder)/layer.tar") else {
                throw archive.corrupted("\(folder.prefix(80))/layer.tar is missing")
            }
            // Nothing in such an archive says what a layer must be.
            let layer = try snapshotter.unpack(
                try content.open(blob.digest), compression: nil, diffID: nil, parents: chain, tee: nil)
            layers.append(blob)
            chain.append(layer.chainID)
            diffIDs.append(layer.diffID)
        }
        let top = lineage[lineage.count - 1].image
        let platform = Platform(
            os: top.os ?? "linux", architecture: top.architecture ?? Platform.current.architecture,
            variant: top.variant)
        let config = ImageConfig(
            platform: platform, created: top.created, author: top.author, config: top.config ?? .init(),
            rootfs: .init(diffIDs: diffIDs), history: lineage.map(\.image.step))
        return LoadedArchive.Part(config: try Self.encode(config), layers: layers, manifest: nil, names: names)
    }
}

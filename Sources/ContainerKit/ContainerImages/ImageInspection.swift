import ContainerSystem
import FoundationEssentials
import OCISpec

extension ImageStore {
    /// docker's document about an image (`docker image inspect`), one JSON object.
    /// - Parameter platform: what it must be for; nil takes any.
    /// - Throws: `notFound`.
    public func inspect(_ name: String, platform: Platform? = nil) throws(ContainerError) -> String {
        let image = try find(name, platform: platform)
        let config = image.config
        let tags = try database.imageTags().filter { $0.image == image.record.id }
        let digests = try database.imageDigests().filter { $0.image == image.record.id }
        let document = Document(
            id: image.id,
            repoTags: tags.map { "\(Self.familiar($0.repository)):\($0.reference)" },
            repoDigests: digests.map { "\(Self.familiar($0.repository))@\($0.reference)" },
            comment: config.history?.last?.comment ?? "", created: config.created ?? "", author: config.author ?? "",
            config: config.config ?? .init(), architecture: config.architecture, variant: config.variant, os: config.os,
            size: image.record.size,
            graphDriver: .init(name: "overlay", data: ["Layers": image.record.layers.joined(separator: " ")]),
            rootFS: .init(type: "layers", layers: config.rootfs.diffIDs),
            metadata: .init(lastTagTime: Timestamp.format(image.record.added)))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        do { return String(decoding: try encoder.encode(document), as: UTF8.self) } catch {
            throw ContainerError(.systemFailure, "describe image \(name)", cause: "\(error)")
        }
    }

    private struct Document: Encodable {
        struct GraphDriver: Encodable {
            let name: String
            let data: [String: String]
            enum CodingKeys: String, CodingKey {
                case name = "Name"
                case data = "Data"
            }
        }
        struct RootFS: Encodable {
            let type: String
            let layers: [Digest]
            enum CodingKeys: String, CodingKey {
                case type = "Type"
                case layers = "Layers"
            }
        }
        struct Metadata: Encodable {
            let lastTagTime: String
            enum CodingKeys: String, CodingKey { case lastTagTime = "LastTagTime" }
        }

        let id: String
        let repoTags: [String]
        let repoDigests: [String]
        let comment: String
        let created: String
        let author: String
        let config: ImageConfig.Execution
        let architecture: String
        let variant: String?
        let os: String
        let size: Int64
        let graphDriver: GraphDriver
        let rootFS: RootFS
        let metadata: Metadata

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case repoTags = "RepoTags"
            case repoDigests = "RepoDigests"
            case comment = "Comment"
            case created = "Created"
            case author = "Author"
            case config = "Config"
            case architecture = "Architecture"
            case variant = "Variant"
            case os = "Os"
            case size = "Size"
            case graphDriver = "GraphDriver"
            case rootFS = "RootFS"
            case metadata = "Metadata"
        }
    }
}

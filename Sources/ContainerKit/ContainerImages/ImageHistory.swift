import ContainerSystem
import OCISpec

/// One step of an image's making, for `history`.
public struct ImageHistoryStep: Sendable, Equatable {
    /// The image that the step ended with, where there is one: the last step.
    public let image: String?
    /// Seconds since 1970.
    public let created: Double?
    public let createdBy: String
    /// Bytes that it added, unpacked.
    public let size: Int64
    public let comment: String
    /// The names of the image that the step ended with.
    public let tags: [String]

    public init(
        image: String?, created: Double?, createdBy: String, size: Int64, comment: String, tags: [String]
    ) {
        self.image = image
        self.created = created
        self.createdBy = createdBy
        self.size = size
        self.comment = comment
        self.tags = tags
    }
}

extension ImageStore {
    /// How an image came about, the last step first.
    /// - Parameter platform: what it must be for; nil takes any.
    /// - Throws: `notFound`; `corrupted` when its history has other layers than it has.
    public func history(_ name: String, platform: Platform? = nil) throws(ContainerError) -> [ImageHistoryStep] {
        let image = try find(name, platform: platform)
        var layers = image.layers[...]
        // An image that tells nothing of itself still has its layers.
        let recorded = image.config.history ?? image.layers.map { _ in .init() }
        var steps: [ImageHistoryStep] = []
        for (index, step) in recorded.enumerated() {
            var size: Int64 = 0
            if step.emptyLayer != true {
                guard let layer = layers.popFirst() else {
                    throw ContainerError(.corrupted, "history of \(name): it has more steps than layers")
                }
                size = try snapshotter.layer(layer).size
            }
            let isLast = index == recorded.count - 1
            steps.append(
                ImageHistoryStep(
                    image: isLast ? image.id : nil, created: step.created.flatMap(Timestamp.parse),
                    createdBy: step.createdBy ?? "", size: size, comment: step.comment ?? "",
                    tags: isLast ? try names(of: image) : []))
        }
        return steps.reversed()
    }

    /// The names of an image, as docker prints them.
    func names(of image: StoredImage) throws(ContainerError) -> [String] {
        try database.imageTags().filter { $0.image == image.record.id }
            .map { "\(Self.familiar($0.repository)):\($0.reference)" }
    }
}

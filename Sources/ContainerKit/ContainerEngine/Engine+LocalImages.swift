import ContainerImages
import ContainerSystem
import OCISpec

extension Engine {
    /// Every image, the newest first.
    /// - Parameter measuresSharing: whether to find out what images share, which takes a look at every layer.
    public func images(measuresSharing: Bool = false) throws(ContainerError) -> [ImageSummary] {
        try imageStore.list(measuresSharing: measuresSharing)
    }

    /// How many containers each image has, by the image's id.
    public func containerCounts() throws(ContainerError) -> [String: Int] {
        try database.containers().reduce(into: [:]) { $0["sha256:" + $1.image, default: 0] += 1 }
    }

    /// Removes a name of an image, and with the last one the image.
    /// - Parameter platform: what it must be for; nil takes any.
    /// - Throws: `notFound`; `conflict` while a container uses it.
    public func removeImage(_ name: String, force: Bool = false, platform: Platform? = nil) throws(ContainerError)
        -> [ImageRemoval]
    {
        try imageStore.remove(name, force: force, platform: platform) { id throws(ContainerError) in try users(of: id) }
    }

    /// What a prune would remove, and how much that frees. Nothing is changed.
    public func planImagePrune(_ selection: PruneSelection) throws(ContainerError) -> PrunePlan {
        try imageStore.planPrune(selection) { id throws(ContainerError) in try users(of: id) }
    }

    /// Removes the images of a plan, but for those that are used by now.
    public func pruneImages(_ plan: PrunePlan) throws(ContainerError) -> PrunedImages {
        try imageStore.prune(plan) { id throws(ContainerError) in try users(of: id) }
    }

    private func users(of image: String) throws(ContainerError) -> [ImageUser] {
        try database.containers(usingImage: image).map { record in
            var isRunning = false
            if case .running = state(of: record) { isRunning = true }
            return (Identifier.short(record.id), isRunning)
        }
    }
}

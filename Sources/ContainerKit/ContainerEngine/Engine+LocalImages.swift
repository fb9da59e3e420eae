import ContainerImages
import ContainerStorage
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
        let image = try? imageStore.find(name)
        let removals = try imageStore.remove(name, force: force, platform: platform) {
            id throws(ContainerError) in try users(of: id)
        }
        noteRemovals(removals, of: image?.id)
        return removals
    }

    /// What a prune would remove, and how much that frees. Nothing is changed.
    public func planImagePrune(_ selection: PruneSelection) throws(ContainerError) -> PrunePlan {
        try imageStore.planPrune(selection) { id throws(ContainerError) in try users(of: id) }
    }

    /// Removes the images of a plan, but for those that are used by now.
    public func pruneImages(_ plan: PrunePlan) throws(ContainerError) -> PrunedImages {
        let pruned = try imageStore.prune(plan) { id throws(ContainerError) in try users(of: id) }
        noteRemovals(pruned.removals, of: nil)
        note([Event(.image, "prune", id: "", attributes: ["reclaimed": String(pruned.bytes)])])
        return pruned
    }

    /// - Parameter image: whose names they are; nil leaves it at the names.
    private func noteRemovals(_ removals: [ImageRemoval], of image: String?) {
        note(
            removals.map { removal in
                switch removal {
                case .untagged(let name): Event(.image, "untag", id: image ?? name, attributes: ["name": image ?? name])
                case .deleted(let id): Event(.image, "delete", id: id, attributes: ["name": id])
                }
            })
    }

    /// How images share their layers, and what each layer adds.
    /// - Parameter names: the images, by name or id; none for all.
    /// - Throws: `notFound`.
    public func imageTree(_ names: [String] = []) throws(ContainerError) -> ImageTree { try imageStore.tree(names) }

    /// An image's platform, and what it is as a registry would hold it.
    /// - Throws: `notFound`.
    public func imageContent(_ name: String) throws(ContainerError) -> ImageContent { try imageStore.contentOf(name) }

    /// What is different in the files of another image, in the order of paths.
    /// - Throws: `notFound`; what `body` throws.
    public func diffImages(
        _ before: String, _ after: String, _ body: (FileChange) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        try imageStore.diff(before, after, body)
    }

    /// Writes all files of a container as a tar that `import` takes; a running one should be still meanwhile.
    /// - Throws: `notFound`, before anything is written.
    public func exportContainer(_ name: String, to output: Descriptor, outputName: String) throws(ContainerError) {
        let view = try containerView(name)
        try view.writeArchive(to: output, name: outputName)
        noteContainerEvent("export", container: name)
    }

    private func containerView(_ name: String) throws(ContainerError) -> LayeredView {
        let record = try find(name)
        let image = try imageStore.find("sha256:" + record.image)
        return try snapshotter.view(record.id, layers: image.layers)
    }

    private func users(of image: String) throws(ContainerError) -> [ImageUser] {
        try database.containers(usingImage: image).map { record in
            (Identifier.short(record.id), state(of: record).isAlive)
        }
    }
}

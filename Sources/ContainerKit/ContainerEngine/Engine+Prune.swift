import ContainerImages
import ContainerSystem

extension Engine {
    /// The containers that a prune would remove, with their sizes: those that do not run. Nothing is changed.
    /// - Parameter selection: of which `until` is the time of the making; `includesTagged` has no meaning.
    public func planContainerPrune(_ selection: PruneSelection) throws(ContainerError) -> [ContainerSummary] {
        var plan: [ContainerSummary] = []
        for container in try containers() where !container.state.isAlive && container.state.process == nil {
            if container.state == .removing { continue }
            if let until = selection.until, container.created >= until { continue }
            guard selection.labels.allSatisfy({ $0.matches(container.labels) }),
                !selection.excludedLabels.contains(where: { $0.matches(container.labels) })
            else { continue }
            var measured = container
            if let record = try database.container(id: container.id) { measured.size = try? size(of: record) }
            plan.append(measured)
        }
        return plan
    }

    /// Removes the containers of a plan, but for those that run by now or are gone.
    public func pruneContainers(_ plan: [ContainerSummary]) throws(ContainerError) -> [ContainerSummary] {
        var removed: [ContainerSummary] = []
        for container in plan {
            do throws(ContainerError) {
                try removeContainer(container.id)
                removed.append(container)
            } catch {
                guard error.code == .conflict || error.code == .notFound else { throw error }
            }
        }
        note([
            Event(
                .container, "prune", id: "",
                attributes: ["reclaimed": String(removed.reduce(0) { $0 + ($1.size?.written ?? 0) })])
        ])
        return removed
    }

    /// The ids of an image and of those that were made from it, which begin with all of its layers.
    /// - Returns: none for an image that is not there.
    public func imagesBased(on name: String) throws(ContainerError) -> Set<String> {
        guard let base = try imageStore.findIfPresent(name) else { return [] }
        return Set(
            try database.images().filter { $0.layers.starts(with: base.record.layers) }.map { "sha256:" + $0.id })
    }
}

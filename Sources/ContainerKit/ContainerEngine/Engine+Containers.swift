import ContainerDatabase
import ContainerStorage
import ContainerSystem

extension Engine {
    /// Every container, the newest first, as the kernel and the supervisors say it is.
    /// - Parameter measuresSize: whether to find out how much each has written, which looks at all of its files.
    public func containers(measuresSize: Bool = false) throws(ContainerError) -> [ContainerSummary] {
        var summaries = [ContainerSummary]()
        for record in try database.containers() {
            let outline = try ContainerOutline(record)
            let state = state(of: record)
            if outline.autoRemove, try vanish(record, state) { continue }
            var summary = summary(record, outline, state)
            if measuresSize { summary.size = try size(of: record) }
            summaries.append(summary)
        }
        return summaries
    }

    private func summary(_ record: ContainerRecord, _ outline: ContainerOutline, _ state: ContainerState)
        -> ContainerSummary
    {
        let folders = folders(record.id)
        let health = outline.hasHealthCheck && state.process != nil ? HealthRecord(folders)?.status ?? .starting : nil
        return ContainerSummary(
            id: record.id, name: record.name, image: outline.imageName, imageID: "sha256:" + record.image,
            command: outline.command.joined(separator: " "), created: record.created, state: state,
            labels: outline.labels, health: health, mounts: outline.mounts, networks: [outline.network],
            exposedPorts: outline.exposedPorts, restart: outline.restart,
            wasStoppedByHand: outline.restart != .no && Files.exists(folders.stopMarker))
    }

    /// What a container has written, and that with its image.
    func size(of record: ContainerRecord) throws(ContainerError) -> ContainerSummary.Size {
        let written = try DiskUsage(of: try snapshotter.upperDirectory(record.id)).size
        let image = try? imageStore.find("sha256:" + record.image).record.size
        return .init(written: written, total: written + (image ?? 0))
    }

    func state(of record: ContainerRecord) -> ContainerState {
        folders(record.id).state(
            wasStarted: record.started != nil, isBeingMade: { record.owner.isAlive },
            isFrozen: { isFrozen(record.id) })
    }

    /// A container that was to vanish with its end, and whose end nobody of us saw, vanishes when it is looked at.
    private func vanish(_ record: ContainerRecord, _ state: ContainerState) throws(ContainerError) -> Bool {
        if state.isAlive || state.process != nil || state == .removing { return false }
        // While its maker lives, it may be about to start, or about to be removed by it.
        let isFresh = record.created > Timestamp.now - 10
        if record.owner.isAlive, isFresh || Files.exists(folders(record.id).folder) { return false }
        try removeAnonymousVolumes(of: record.id)
        if try discard(record.id), let configuration = try? Self.decode(record) {
            note("destroy", record, configuration)
        }
        return true
    }

    /// The container that a name, an id or the start of an id means.
    /// - Throws: `notFound`, in docker's words; `conflict` when the start of an id fits several.
    func find(_ name: String) throws(ContainerError) -> ContainerRecord {
        let plain = name.hasPrefix("/") ? String(name.dropFirst()) : name
        if let record = try database.container(name: plain) { return record }
        let matches = Identifier.isPrefix(plain) ? try database.containers(idPrefix: plain) : []
        guard matches.count < 2 else {
            throw ContainerError(
                .conflict, "container id \(plain): it fits more than one container", hint: "give more digits")
        }
        guard let record = matches.first else { throw ContainerError(.notFound, "No such container: \(name)") }
        return record
    }
}

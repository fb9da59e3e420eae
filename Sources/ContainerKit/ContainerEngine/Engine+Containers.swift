import ContainerDatabase
import ContainerStorage
import ContainerSystem

extension Engine {
    /// Every container, the newest first, as the kernel and the supervisors say it is.
    /// - Parameter measuresSize: whether to find out how much each has written, which looks at all of its files.
    public func containers(measuresSize: Bool = false) throws(ContainerError) -> [ContainerSummary] {
        var summaries = [ContainerSummary]()
        let ports = try database.ports()
        for record in try database.containers() {
            let configuration = try Self.decode(record)
            let state = state(of: record)
            if configuration.autoRemove, try vanish(record, state) { continue }
            var summary = summary(record, configuration, state)
            if !ports.isEmpty, state.process != nil {
                summary.ports = ports.filter { $0.container == record.id }.map(PortMapping.init)
            }
            if measuresSize { summary.size = try size(of: record) }
            summaries.append(summary)
        }
        return summaries
    }

    private func summary(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ state: ContainerState
    ) -> ContainerSummary {
        let folders = folders(record.id)
        let hasHealth = configuration.health != nil && state.process != nil
        let restart = configuration.restart ?? .no
        return ContainerSummary(
            id: record.id, name: record.name, image: configuration.imageName, imageID: "sha256:" + record.image,
            command: configuration.command.joined(separator: " "), created: record.created, state: state,
            labels: configuration.labels, health: hasHealth ? HealthRecord(folders)?.status ?? .starting : nil,
            mounts: configuration.volumes.filter { $0.kind != .tmpfs }.map {
                .init(source: $0.source, target: $0.target, isVolume: $0.kind == .volume)
            }, networks: Self.networkNames(configuration.network), exposedPorts: configuration.exposedPorts ?? [],
            publishedPorts: (configuration.ports ?? []).map(\.name),
            restart: restart, wasStoppedByHand: restart != .no && Files.exists(folders.stopMarker))
    }

    /// A container that shares another's network has none of its own.
    private static func networkNames(_ mode: ContainerOptions.NetworkMode) -> [String] {
        switch mode {
        case .none, .host: [mode.name]
        case .container: []
        case .networks(let attachments): attachments.map(\.network)
        }
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

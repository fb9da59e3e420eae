import ContainerDatabase
import ContainerImages
import ContainerNamespaces
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec

/// The volumes of a container on its way into being.
struct ContainerVolumes {
    /// What the container uses, with a name for each.
    var records: [VolumeRecord] = []
    /// What the user should hear.
    var warnings: [String] = []
}

extension Engine {
    var volumeFolders: VolumeFolders { VolumeFolders(root: configuration.root + "/volumes") }

    /// Names the volumes of a container: those of others that it shares, those of its image, and those without a name.
    /// Nothing is made yet, but for folders of the host that are missing.
    func prepareVolumes(_ configuration: inout ContainerConfiguration, _ image: StoredImage) throws(ContainerError)
        -> ContainerVolumes
    {
        var prepared = ContainerVolumes()
        if let sources = configuration.volumesFrom { try share(sources, &configuration) }
        if let paths = image.config.config?.volumes, !paths.isEmpty {
            prepared.warnings += addImageVolumes(paths.keys.sorted(), &configuration)
        }
        guard !configuration.volumes.isEmpty else { return prepared }
        let hasSELinux = Files.exists("/sys/fs/selinux/enforce")
        for index in configuration.volumes.indices {
            var volume = configuration.volumes[index]
            let words = volume.details?.mode?.split(separator: ",") ?? []
            if hasSELinux, words.contains("z") || words.contains("Z") {
                throw ContainerError(.unsupported, "relabel \(volume.source): labels of SELinux are not made yet")
            }
            switch volume.kind ?? .bind {
            case .bind: try checkSource(of: volume, &prepared)
            case .volume:
                let record = try record(of: &volume)
                if !prepared.records.contains(where: { $0.name == record.name }) { prepared.records.append(record) }
                configuration.volumes[index] = volume
            case .tmpfs, .image: break
            }
        }
        return prepared
    }

    private func checkSource(of volume: VolumeBind, _ prepared: inout ContainerVolumes) throws(ContainerError) {
        if !Files.exists(volume.source) {
            if volume.details?.sourceMustExist == true {
                throw ContainerError(
                    .notFound,
                    "invalid mount config for type \"bind\": bind source path does not exist: \(volume.source)")
            }
            try Files.makeDirectory(volume.source)
            prepared.warnings.append(
                "made the folder \(volume.source), which was missing, to show it as \(volume.target)")
        }
        try MountPropagation.check(volume)
    }

    private func record(of volume: inout VolumeBind) throws(ContainerError) -> VolumeRecord {
        var labels = volume.details?.labels ?? [:]
        let options = volume.details?.driverOptions ?? [:]
        let isAnonymous = volume.source.isEmpty
        if isAnonymous {
            volume.source = try Identifier.generate()
            var details = volume.details ?? .init()
            details.isAnonymous = true
            volume.details = details
            labels[Volume.anonymousLabel] = ""
        }
        if !options.isEmpty { _ = try Volume.source(volume.source, options: options) }
        return VolumeRecord(
            name: volume.source, labels: labels, options: options, created: Timestamp.now, isAnonymous: isAnonymous)
    }

    // MARK: - From elsewhere

    /// The volumes of other containers, but for places that the caller has something else for.
    private func share(_ sources: [String], _ configuration: inout ContainerConfiguration) throws(ContainerError) {
        for text in sources {
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            let record = try find(parts[0])
            let isReadOnly = parts.count > 1 && parts[1].split(separator: ",").contains("ro")
            for shared in try Self.decode(record).volumes where shared.kind != .tmpfs {
                if configuration.volumes.contains(where: { $0.target == shared.target }) { continue }
                var volume = shared
                volume.readOnly = shared.readOnly || isReadOnly
                // It has been filled, and is no longer one container's own.
                var details = volume.details ?? .init()
                details.noCopy = true
                volume.details = details
                configuration.volumes.append(volume)
            }
        }
    }

    /// What the image keeps apart from its files becomes a volume without a name.
    /// - Returns: a word about each that is left out: an image may not hide the kernel's files.
    private func addImageVolumes(_ paths: [String], _ configuration: inout ContainerConfiguration) -> [String] {
        var warnings: [String] = []
        for path in paths {
            let target = ImageConfig.Execution.absolute(path)
            let first = target.split(separator: "/").first
            guard let first, !["proc", "sys", "dev"].contains(first), target.utf8.count < 4096, !target.utf8.contains(0)
            else {
                warnings.append("left out the image's volume at \(String(target.prefix(100)).printable)")
                continue
            }
            if configuration.volumes.contains(where: { $0.target == target }) { continue }
            configuration.volumes.append(VolumeBind(source: "", target: target, kind: .volume))
        }
        return warnings
    }

    // MARK: - Folders

    /// Makes the folders of volumes that are in the database, and fills those that are empty with what the image has.
    func fillVolumes(_ configuration: ContainerConfiguration, _ image: StoredImage) throws(ContainerError) {
        for volume in configuration.volumes where volume.kind == .volume && volume.details?.noCopy != true {
            guard let record = try database.volume(volume.source), record.options.isEmpty else { continue }
            let view = try snapshotter.view(nil, layers: image.layers)
            try volumeFolders.fill(volume.source, from: view, at: volume.target)
        }
    }

    /// Adds a container and its volumes to the database, and makes the folders of those that are new.
    func add(_ record: ContainerRecord, _ volumes: [VolumeRecord]) throws(ContainerError) {
        guard !volumes.isEmpty else { return try database.addContainer(record) }
        let lock = try volumeFolders.lock()
        defer { withExtendedLifetime(lock) {} }
        var isNew: [Bool] = []
        for volume in volumes { isNew.append(try database.volume(volume.name) == nil) }
        try database.addContainer(record, volumes: volumes)
        for (volume, isNew) in zip(volumes, isNew) { try volumeFolders.make(volume.name, isNew: isNew) }
    }

    /// Where the files of a container's volumes are, by the volumes' names.
    func volumeSources(_ configuration: ContainerConfiguration) throws(ContainerError) -> [String: VolumeSource] {
        var sources: [String: VolumeSource] = [:]
        for volume in configuration.volumes where volume.kind == .volume {
            guard let record = try database.volume(volume.source) else {
                throw ContainerError(.notFound, "get \(volume.source): no such volume")
            }
            sources[volume.source] =
                record.options.isEmpty
                ? VolumeSource(source: volumeFolders.data(record.name))
                : try Volume.source(record.name, options: record.options)
        }
        return sources
    }
}

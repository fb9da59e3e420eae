import ContainerDatabase
import ContainerStorage
import ContainerSystem
import Glibc

/// A volume of the driver `local`.
public struct Volume: Sendable, Equatable {
    public let name: String
    public let labels: [String: String]
    /// `type`, `device` and `o`, when it is more than a folder.
    public let options: [String: String]
    /// Seconds since 1970.
    public let created: Double
    /// The folder of its files.
    public let mountpoint: String
    /// Made for one container, without a name of the user's.
    public let isAnonymous: Bool
    /// Ids of the containers that use it.
    public let containers: [String]

    /// By it docker knows a volume without a name of the user's.
    static let anonymousLabel = "com.docker.volume.anonymous"

    /// Where the files of a volume with options are (moby's driver `local`).
    /// - Throws: `invalidArgument` for options that docker does not have; `unsupported` for what would be another file
    ///   system for each container.
    static func source(_ name: String, options: [String: String]) throws(ContainerError) -> VolumeSource {
        for option in options.keys.sorted() where !["type", "device", "o", "size"].contains(option) {
            throw ContainerError(.invalidArgument, "create \(name): invalid option: \"\(option.printable)\"")
        }
        if options["size"] != nil {
            throw ContainerError(.unsupported, "create \(name): quota size requested but no quota support")
        }
        let device = options["device"] ?? ""
        let flags = (options["o"] ?? "").split(separator: ",").map(String.init)
        let type = options["type"] ?? ""
        guard !device.isEmpty else {
            throw ContainerError(.invalidArgument, "create \(name): missing device in volume options")
        }
        if flags.contains("bind") || flags.contains("rbind") {
            guard device.hasPrefix("/") else {
                throw ContainerError(.invalidArgument, "create \(name): device \(device.printable) is no absolute path")
            }
            let others = flags.filter { $0 != "bind" && $0 != "rbind" }
            return VolumeSource(type: nil, source: device, options: others)
        }
        guard !type.isEmpty, type != "none" else {
            throw ContainerError(.invalidArgument, "create \(name): missing type in volume options")
        }
        guard type != "tmpfs", type != "ramfs" else {
            throw ContainerError(
                .unsupported, "create \(name): a volume of type \(type)",
                cause: "each container would have one of its own", hint: "use run --tmpfs")
        }
        return VolumeSource(type: type, source: device, options: flags)
    }
}

/// Which volumes a prune takes.
public struct VolumeSelection: Sendable, Equatable {
    /// Those with a name as well.
    public var includesNamed = false
    public var labels: [PruneSelection.Label] = []
    public var excludedLabels: [PruneSelection.Label] = []

    public init() {}
}

extension Engine {
    /// Makes a volume; one that is there is fine.
    /// - Parameter name: nil makes one up.
    /// - Returns: its name.
    /// - Throws: `invalidArgument` for a name or an option that cannot be; `conflict` when there is one of other options.
    @discardableResult
    public func createVolume(_ name: String? = nil, labels: [String: String] = [:], options: [String: String] = [:])
        throws(ContainerError) -> String
    {
        if let name { try VolumeName.check(name) }
        var labels = labels
        if name == nil { labels[Volume.anonymousLabel] = "" }
        let ownName: String
        if let name { ownName = name } else { ownName = try Identifier.generate() }
        let record = VolumeRecord(
            name: ownName, labels: labels, options: options, created: Timestamp.now,
            isAnonymous: name == nil)
        if !options.isEmpty { _ = try Volume.source(record.name, options: options) }
        let lock = try volumeFolders.lock()
        defer { withExtendedLifetime(lock) {} }
        let isNew = try database.addVolume(record)
        if !isNew, !options.isEmpty, try database.volume(record.name)?.options != options {
            throw ContainerError(
                .conflict, "create \(record.name): a volume named \(record.name) already exists with other options")
        }
        try volumeFolders.make(record.name, isNew: isNew)
        return record.name
    }

    /// Every volume, by name.
    public func volumes() throws(ContainerError) -> [Volume] {
        // What went with its container is not there.
        _ = try containers()
        let uses = try database.volumeUses()
        let records = try database.volumes()
        return records.map { volume($0, uses) }
    }

    /// - Throws: `notFound`, in docker's words.
    public func volume(_ name: String) throws(ContainerError) -> Volume {
        guard let record = try database.volume(name) else {
            throw ContainerError(.notFound, "get \(name): no such volume")
        }
        return volume(record, try database.volumeUses())
    }

    private func volume(_ record: VolumeRecord, _ uses: [String: [String]]) -> Volume {
        Volume(
            name: record.name, labels: record.labels, options: record.options, created: record.created,
            mountpoint: volumeFolders.data(record.name), isAnonymous: record.isAnonymous,
            containers: uses[record.name] ?? [])
    }

    /// Removes a volume and its files.
    /// - Throws: `notFound`; `conflict` while a container uses it.
    public func removeVolume(_ name: String) throws(ContainerError) {
        _ = try containers()
        let lock = try volumeFolders.lock()
        guard try database.removeVolume(name) else {
            throw ContainerError(.notFound, "get \(name): no such volume")
        }
        try volumeFolders.discard(name)
        withExtendedLifetime(lock) {}
        try volumeFolders.cleanUp()
    }

    /// What a prune would take, without taking it.
    public func volumesToPrune(_ selection: VolumeSelection) throws(ContainerError) -> [Volume] {
        try volumes().filter { volume in
            volume.containers.isEmpty && (selection.includesNamed || volume.isAnonymous)
                && selection.labels.allSatisfy { $0.matches(volume.labels) }
                && !selection.excludedLabels.contains { $0.matches(volume.labels) }
        }
    }

    /// Removes volumes; one that is in use by now, or gone, stays out of it.
    /// - Returns: the names of those that were removed.
    public func pruneVolumes(_ names: [String]) throws(ContainerError) -> [String] {
        var removed: [String] = []
        for name in names {
            do throws(ContainerError) { try removeVolume(name) } catch {
                if error.code == .conflict || error.code == .notFound { continue }
                throw error
            }
            removed.append(name)
        }
        return removed
    }

    /// The bytes that a volume's files take on the disk.
    public func diskUsage(ofVolume name: String) throws(ContainerError) -> Int64 {
        try volumeFolders.diskUsage(name)
    }

    /// Removes the volumes without a name that a container alone uses: before the container itself is removed.
    public func removeAnonymousVolumes(of id: String) throws(ContainerError) {
        guard Files.exists(volumeFolders.root) else { return }
        let lock = try volumeFolders.lock()
        let names = try database.removeAnonymousVolumes(container: id)
        for name in names { try volumeFolders.discard(name) }
        withExtendedLifetime(lock) {}
        if !names.isEmpty { try volumeFolders.cleanUp() }
    }
}

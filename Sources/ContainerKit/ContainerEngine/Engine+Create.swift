import ContainerDatabase
import ContainerImages
import ContainerNamespaces
import ContainerSystem
import Glibc

/// A container that has been made: its record, its document, and its image.
struct Container {
    let record: ContainerRecord
    let configuration: ContainerConfiguration
    let image: StoredImage

    var id: String { record.id }
}

/// A container that has just been made, before it is started.
public struct CreatedContainer: Sendable {
    public let id: String
    /// What the user should hear, such as a folder that was missing and has been made.
    public let warnings: [String]
}

extension Engine {
    /// Makes a container and does not start it.
    /// - Parameter created: called once it is made; what it throws undoes that.
    /// - Returns: its id.
    /// - Throws: `notFound` for the image, `conflict` for a name that is taken, `invalidArgument` for an option.
    public func createContainer(
        _ options: ContainerOptions, created: (CreatedContainer) throws(ContainerError) -> Void = { _ in }
    ) throws(ContainerError) -> String {
        try create(options, started: nil, created: created).container.id
    }

    /// - Parameter started: the time of its start, where that follows at once; then it is held, and its connection pending.
    func create(
        _ options: ContainerOptions, started: Double?, created: (CreatedContainer) throws(ContainerError) -> Void
    ) throws(ContainerError) -> (container: Container, lock: FileLock?, pending: PendingConnection?) {
        let image = try imageStore.find(options.image)
        let id = try newIdentifier()
        var configuration = try ConfigurationBuilder.build(
            options, image: image.config, imageName: imageName(options, image), id: id,
            settings: try EngineSettings.load())
        try resolve(&configuration)
        let volumes = try prepareVolumes(&configuration, image)
        // The record first: whatever a process that is killed from here on has made, is found by it.
        let record = try addRecord(id, options.name, image, configuration, started, volumes.records)
        let container = Container(record: record, configuration: configuration, image: image)
        var pending: PendingConnection?
        do throws(ContainerError) {
            try Files.makeDirectory(folders(id).folder, mode: 0o710)
            let lock = started == nil ? nil : try hold(record)
            // What fails here, `start` does again and says.
            if lock != nil, !configuration.network.attachments.isEmpty { pending = try? beginConnecting(container) }
            if let parent = configuration.cgroupParent { try folders(id).write(cgroupParent: parent) }
            _ = try snapshotter.prepare(id, layers: image.layers)
            if !volumes.records.isEmpty { try fillVolumes(configuration, image) }
            note("create", record, configuration)
            try created(CreatedContainer(id: id, warnings: volumes.warnings + Self.warnings(configuration)))
            return (container, lock, pending)
        } catch {
            if let pending {
                pending.thread.join()
                try? releaseNetworks(of: id)
            }
            if !volumes.records.isEmpty { try? removeAnonymousVolumes(of: id) }
            _ = try? discard(id)
            throw error
        }
    }

    private static func warnings(_ configuration: ContainerConfiguration) -> [String] {
        var warnings: [String] = []
        if configuration.limits.oomKillDisable == true, configuration.limits.memory == nil {
            warnings.append(
                "OOM killer is disabled for the container, but no memory limit is set, this can result in the system "
                    + "running out of resources")
        }
        if configuration.network == .host, configuration.ports != nil || configuration.publishesAll == true {
            warnings.append("Published ports are discarded when using host network mode")
        }
        return warnings
    }

    /// The first seven digits name and number the container's end of the network on the host.
    private func newIdentifier() throws(ContainerError) -> String {
        while true {
            let id = try Identifier.generate()
            if try database.containers(idPrefix: String(id.prefix(7))).isEmpty { return id }
        }
    }

    /// As it was asked for, unless that was the start of an id.
    private func imageName(_ options: ContainerOptions, _ image: StoredImage) -> String {
        image.reference == nil ? Identifier.short(image.id) : options.image
    }

    private func addRecord(
        _ id: String, _ name: String?, _ image: StoredImage, _ configuration: ContainerConfiguration,
        _ started: Double?, _ volumes: [VolumeRecord]
    ) throws(ContainerError) -> ContainerRecord {
        if let name { try Identifier.check(name: name) }
        let document = configuration.document
        var attempt = 0
        while true {
            let record = ContainerRecord(
                id: id, name: name ?? Identifier.makeName(attempt: attempt), image: image.record.id,
                configuration: document, created: Timestamp.now, started: started, owner: .current)
            do throws(ContainerError) {
                try add(record, volumes)
                return record
            } catch {
                // A name that was made up is made up again.
                guard name == nil, error.code == .conflict, attempt < 20 else { throw error }
                attempt += 1
            }
        }
    }

    static func decode(_ record: ContainerRecord) throws(ContainerError) -> ContainerConfiguration {
        do throws(ContainerError) { return try ContainerConfiguration(document: record.configuration) } catch {
            throw ContainerError(
                .corrupted, "read the configuration of container \(record.name)", cause: error.message,
                hint: "remove it with rm -f")
        }
    }
}

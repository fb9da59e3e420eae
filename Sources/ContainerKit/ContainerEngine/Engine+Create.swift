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

extension Engine {
    /// Makes a container and does not start it.
    /// - Returns: its id.
    /// - Throws: `notFound` for the image, `conflict` for a name that is taken, `invalidArgument` for an option.
    public func createContainer(_ options: ContainerOptions) throws(ContainerError) -> String {
        try create(options, started: nil).id
    }

    /// - Parameter started: the time of its start, where that follows at once.
    func create(_ options: ContainerOptions, started: Double?) throws(ContainerError) -> Container {
        let image = try imageStore.find(options.image)
        let id = try newIdentifier()
        let configuration = try ConfigurationBuilder.build(
            options, image: image.config, imageName: imageName(options, image), id: id)
        for volume in configuration.volumes where !Files.exists(volume.source) {
            try Files.makeDirectory(volume.source)
        }
        // The record first: whatever a process that is killed from here on has made, is found by it.
        let record = try addRecord(id, options.name, image, configuration, started)
        do throws(ContainerError) {
            try Files.makeDirectory(folders(id).folder, mode: 0o710)
            _ = try snapshotter.prepare(id, layers: image.layers)
            note("create", record, configuration)
            return Container(record: record, configuration: configuration, image: image)
        } catch {
            _ = try? discard(id)
            throw error
        }
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
        _ started: Double?
    ) throws(ContainerError) -> ContainerRecord {
        if let name { try Identifier.check(name: name) }
        let document = configuration.document
        var attempt = 0
        while true {
            let record = ContainerRecord(
                id: id, name: name ?? Identifier.makeName(attempt: attempt), image: image.record.id,
                configuration: document, created: Timestamp.now, started: started, owner: .current)
            do throws(ContainerError) {
                try database.addContainer(record)
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

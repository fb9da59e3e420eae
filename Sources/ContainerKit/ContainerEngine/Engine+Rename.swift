import ContainerDatabase
import ContainerSystem

extension Engine {
    /// Gives a container another name.
    /// - Throws: `notFound`; `invalidArgument` for a name that cannot be one, or is the container's own; `conflict` when
    ///   it is taken.
    public func renameContainer(_ name: String, to newName: String) throws(ContainerError) {
        let new = newName.hasPrefix("/") ? String(newName.dropFirst()) : newName
        guard !name.isEmpty, !new.isEmpty else {
            throw ContainerError(.invalidArgument, "Neither old nor new names may be empty")
        }
        let found = try find(name)
        let lock = try hold(found)
        defer { withExtendedLifetime(lock) {} }
        guard let record = try database.container(id: found.id) else {
            throw ContainerError(.notFound, "No such container: \(name)")
        }
        guard record.name != new else {
            throw ContainerError(
                .invalidArgument, "Renaming a container with the same name as its current name")
        }
        do throws(ContainerError) {
            try Identifier.check(name: new)
            removeCard(of: record.id, name: record.name)
            try database.renameContainer(id: record.id, to: new)
        } catch {
            throw error.during("Error when allocating new name")
        }
        let configuration = try Self.decode(record)
        if state(of: record).isAlive {
            try writeAttributes(name: new, configuration, folders(record.id))
            try writeCard(record.renamed(new))
        }
        let renamed = record.renamed(new)
        try nameAnew(renamed, configuration)
        note("rename", renamed, configuration, ["oldName": "/" + record.name])
    }
}

extension ContainerRecord {
    fileprivate func renamed(_ name: String) -> ContainerRecord {
        ContainerRecord(
            id: id, name: name, image: image, configuration: configuration, created: created, started: started,
            owner: owner)
    }
}

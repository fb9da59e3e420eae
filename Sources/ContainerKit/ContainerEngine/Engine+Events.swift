import ContainerDatabase
import ContainerSystem
import OCISpec

extension Engine {
    var eventLog: EventLog { EventLog(folder: configuration.root) }

    /// What happens to containers and images of this root, whoever does it.
    /// - Parameter fromStart: whether what has happened comes first, as far as it is kept.
    public func events(fromStart: Bool) throws(ContainerError) -> EventReader {
        try EventReader(eventLog, fromStart: fromStart)
    }

    /// Notes what happened. An event that cannot be written, be it for a full disk, changes nothing for what happened.
    func note(_ events: [Event]) { try? eventLog.append(events) }

    /// Notes what happened to a container.
    func note(
        _ action: String, _ record: ContainerRecord, _ configuration: ContainerConfiguration,
        _ more: [String: String] = [:]
    ) {
        note([event(action, record, configuration, more)])
    }

    func event(
        _ action: String, _ record: ContainerRecord, _ configuration: ContainerConfiguration,
        _ more: [String: String] = [:]
    ) -> Event {
        let attributes = Self.attributes(name: record.name, configuration).merging(more) { $1 }
        return Event(.container, action, id: record.id, attributes: attributes)
    }

    /// What all events of a container say of it.
    static func attributes(name: String, _ configuration: ContainerConfiguration) -> [String: String] {
        var attributes = configuration.labels
        attributes["image"] = configuration.imageName
        attributes["name"] = name
        return attributes
    }

    /// Tells the supervisor what its events say.
    func writeAttributes(name: String, _ configuration: ContainerConfiguration, _ folders: ContainerFolders)
        throws(ContainerError)
    {
        let text = JSONString.members(Self.attributes(name: name, configuration))
        try Files.replace(folders.attributes, with: text.utf8, mode: 0o600)
    }

    /// Notes what happened to a container that is still there; one that is not has no name to note it by.
    public func noteContainerEvent(_ action: String, container name: String, _ more: [String: String] = [:]) {
        guard let record = try? find(name), let configuration = try? Self.decode(record) else { return }
        note(action, record, configuration, more)
    }

    /// Notes what happened to an image.
    /// - Parameters:
    ///   - id: with `sha256:`, or for a registry the name.
    ///   - name: what docker calls the image in that event.
    func noteImage(_ action: String, id: String, name: String, labels: [String: String]? = nil) {
        var attributes = labels ?? [:]
        attributes["name"] = name
        note([Event(.image, action, id: id, attributes: attributes)])
    }
}

import ContainerDatabase
import ContainerImages
import ContainerStorage
import ContainerSystem
import OCISpec

extension Engine {
    /// Makes an image of what a container has changed.
    /// - Parameters:
    ///   - author: who made it.
    ///   - message: of the image's history.
    ///   - changes: instructions of a Dockerfile: `CMD ["sh"]`, `ENV A=b`.
    ///   - pause: a running container is frozen meanwhile; one that is paused stays so.
    /// - Returns: its id.
    /// - Throws: `notFound`; `invalidArgument` for an instruction or a name that cannot be.
    public func commit(
        container name: String, name imageName: String?, author: String? = nil, message: String? = nil,
        changes: [String] = [], pause: Bool = true
    ) throws(ContainerError) -> String {
        let record = try find(name)
        let configuration = try Self.decode(record)
        let base = try imageStore.find("sha256:" + record.image)
        var execution = base.config.config ?? .init()
        CommittedConfiguration.fill(&execution, from: configuration)
        try ConfigChange.apply(changes, to: &execution)
        let reference = try imageName.map { name throws(ContainerError) in try Self.newName(name) }
        var image = NewImage(reference: reference, execution: execution)
        image.author = author
        image.comment = message
        image.createdBy = (configuration.imageCommand ?? []).joined(separator: " ")
        let thaw = try pause ? holdStill(record) : nil
        defer { thaw?() }
        let id = try imageStore.make(
            fromSnapshot: record.id, on: base, mountTargets: DockerDefaults.mountTargets, image
        ).id
        if let reference { noteImage("tag", id: id, name: reference.familiar, labels: configuration.labels) }
        note(
            "commit", record, configuration,
            ["comment": message ?? "", "imageID": id, "imageRef": reference?.familiar ?? ""])
        return id
    }

    /// What a container has changed of its image, in the order of paths. Volumes and tmpfs are not looked into; the folders
    /// that they are mounted on count when the image does not have them.
    /// - Throws: `notFound`.
    public func changes(of container: String) throws(ContainerError) -> [FileChange] {
        var changes: [FileChange] = []
        try forEachChange(of: container) { changes.append($0) }
        return changes
    }

    /// As `changes(of:)`, one after the other.
    /// - Throws: `notFound`; what `body` throws.
    public func forEachChange(
        of container: String, _ body: (FileChange) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let record = try find(container)
        let image = try imageStore.find("sha256:" + record.image)
        try LayerStore(content: imageStore.content, snapshotter: snapshotter).changes(
            of: record.id, parents: image.layers, mountTargets: DockerDefaults.mountTargets, body)
    }

    /// Freezes a running container, which nobody thaws meanwhile; what lets it go on. One that is paused stays so.
    private func holdStill(_ record: ContainerRecord) throws(ContainerError) -> (() -> Void)? {
        guard state(of: record).isRunning else { return nil }
        let lock = try hold(record)
        guard state(of: record).isRunning else { return nil }
        try freeze(record)
        return { [self] in
            try? thaw(record)
            withExtendedLifetime(lock) {}
        }
    }
}

extension DockerDefaults {
    /// Where something is mounted in every container.
    static let mountTargets = mounts.map(\.destination) + ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"]
}

/// What a container adds to the configuration of its image (docker keeps one document for both).
enum CommittedConfiguration {
    static func fill(_ execution: inout ImageConfig.Execution, from configuration: ContainerConfiguration) {
        execution.cmd = configuration.imageCommand
        execution.entrypoint = configuration.imageEntrypoint
        execution.env = configuration.environment
        execution.user = configuration.user.isEmpty ? nil : configuration.user
        execution.labels = configuration.labels.isEmpty ? nil : configuration.labels
        if configuration.workingDirectory != "/" { execution.workingDir = configuration.workingDirectory }
        if let signal = configuration.stopSignal { execution.stopSignal = signal }
        for word in configuration.exposedPorts ?? [] {
            for port in ConfigChange.ports(word) ?? [] {
                execution.exposedPorts = (execution.exposedPorts ?? [:]).merging([port: .init()]) { $1 }
            }
        }
        for volume in configuration.volumes where volume.details?.isAnonymous == true {
            execution.volumes = (execution.volumes ?? [:]).merging([volume.target: .init()]) { $1 }
        }
        if let health = configuration.health {
            var check = ImageConfig.Healthcheck()
            check.test = health.test
            check.interval = health.interval == 0 ? nil : health.interval
            check.timeout = health.timeout == 0 ? nil : health.timeout
            check.startPeriod = health.startPeriod == 0 ? nil : health.startPeriod
            check.startInterval = health.startInterval == 0 ? nil : health.startInterval
            check.retries = health.retries == 0 ? nil : health.retries
            execution.healthcheck = check
        }
    }
}

import ContainerDatabase
import ContainerNetworking
import ContainerSystem

extension Engine {
    /// What a container does not see of /proc and /sys, and what it cannot change.
    public static let maskedPaths = DockerDefaults.maskedPaths
    public static let readonlyPaths = DockerDefaults.readonlyPaths

    /// The id of a container, by name or by the start of its id.
    /// - Throws: `notFound`; `conflict` when the start of an id fits several.
    public func containerID(_ name: String) throws(ContainerError) -> String { try find(name).id }

    /// All that is known of a container.
    /// - Parameter measuresSize: whether to find out how much it has written.
    /// - Throws: `notFound`; `conflict` when the start of an id fits several.
    public func inspectContainer(_ name: String, measuresSize: Bool = false) throws(ContainerError)
        -> ContainerDetails
    {
        let record = try find(name)
        let configuration = try Self.decode(record)
        let folders = folders(record.id)
        let state = state(of: record)
        var details = ContainerDetails(
            id: record.id, name: record.name, created: record.created, state: state,
            options: ContainerOptions(configuration), imageCommand: configuration.imageCommand,
            imageEntrypoint: configuration.imageEntrypoint, imageID: "sha256:" + record.image,
            folder: folders.folder, logPath: folders.logFile(id: record.id), started: record.started,
            restarts: folders.restarts(state),
            health: configuration.health == nil || state.process == nil ? nil : HealthRecord(folders),
            endpoints: state.process == nil ? [] : try endpoints(of: record, configuration),
            snapshot: snapshotFolders(of: record), size: measuresSize ? try size(of: record) : nil)
        for volume in configuration.volumes where volume.kind == .volume {
            details.volumeFolders[volume.source] = volumeFolders.data(volume.source)
        }
        return details
    }

    private func endpoints(of record: ContainerRecord, _ configuration: ContainerConfiguration)
        throws(ContainerError) -> [ContainerDetails.Endpoint]
    {
        guard !configuration.network.attachments.isEmpty,
            let network = try database.network(name: Self.bridgeNetworkName),
            let address = try database.leasedAddress(container: record.id).map(IPv4Address.init)
        else { return [] }
        let subnet = try IPv4Subnet(network.subnet)
        var endpoint = ContainerDetails.Endpoint(network: network.name)
        endpoint.address = address.description
        endpoint.prefixLength = subnet.prefixLength
        endpoint.gateway = subnet.hosts.first?.description ?? ""
        endpoint.macAddress = MACAddress(for: address).description
        return [endpoint]
    }

    private func snapshotFolders(of record: ContainerRecord) -> [String: String] {
        guard let image = try? imageStore.find("sha256:" + record.image),
            let mount = try? snapshotter.mount(record.id, layers: image.layers)
        else { return [:] }
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : "\(mount.workingDirectory)/\(path)"
        }
        return [
            "LowerDir": mount.lowerdirs.map(absolute).joined(separator: ":"), "MergedDir": mount.target,
            "UpperDir": absolute(mount.upperdir), "WorkDir": absolute(mount.workdir),
        ]
    }
}

extension ContainerFolders {
    /// How often the policy started it again in this life, or in the last one.
    func restarts(_ state: ContainerState) -> Int {
        switch state {
        case .restarting(let restart): restart.count
        case .exited(let exit): exit.restarts
        // The life before this one has counted it.
        case .running, .paused: recordedExit()?.restarts ?? 0
        case .created, .removing, .dead: 0
        }
    }
}

extension ContainerOptions {
    /// What would make the same container again.
    init(_ configuration: ContainerConfiguration) {
        self.init(image: configuration.imageName, command: configuration.command)
        environment = configuration.environment
        workingDirectory = configuration.workingDirectory
        user = configuration.user
        hostname = configuration.hostname
        volumes = configuration.volumes
        labels = configuration.labels
        limits = configuration.limits
        network = configuration.network
        noNewPrivileges = configuration.noNewPrivileges
        terminal = configuration.terminal
        stdinOpen = configuration.stdinOpen
        autoRemove = configuration.autoRemove
        stopSignal = configuration.stopSignal
        stopTimeout = configuration.stopTimeout
        restart = configuration.restart ?? .no
        health = configuration.health
        usesInit = configuration.usesInit ?? false
        logging = configuration.logging
        attach = configuration.attach
        detachKeys = configuration.detachKeys
        domainname = configuration.domainname
        setRest(configuration)
    }

    private mutating func setRest(_ configuration: ContainerConfiguration) {
        groups = configuration.groups ?? []
        annotations = configuration.annotations ?? [:]
        names = configuration.names ?? .init()
        exposedPorts = configuration.exposedPorts ?? []
        ports = configuration.ports ?? []
        publishesAll = configuration.publishesAll ?? false
        security = configuration.security ?? .init()
        namespaces = configuration.namespaces ?? .init()
        devices = configuration.devices ?? .init()
        sysctls = configuration.sysctls ?? [:]
        ulimits = configuration.ulimits ?? []
        oomScoreAdjustment = configuration.oomScoreAdjustment
        shmSize = configuration.shmSize
        readOnlyRoot = configuration.readOnlyRoot ?? false
        cgroupParent = configuration.cgroupParent
        runtime = configuration.runtime
        volumesFrom = configuration.volumesFrom ?? []
    }
}

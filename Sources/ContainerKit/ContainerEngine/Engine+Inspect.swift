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
            endpoints: try endpoints(of: record, configuration, isRunning: state.process != nil),
            snapshot: snapshotFolders(of: record), size: measuresSize ? try size(of: record) : nil)
        if state.process != nil { details.ports = try database.ports(container: record.id).map(PortMapping.init) }
        for volume in configuration.volumes where volume.kind == .volume {
            details.volumeFolders[volume.source] = volumeFolders.data(volume.source)
        }
        return details
    }

    /// Its ends while it runs; else only what it is to be on.
    private func endpoints(of record: ContainerRecord, _ configuration: ContainerConfiguration, isRunning: Bool)
        throws(ContainerError) -> [ContainerDetails.Endpoint]
    {
        let attachments = configuration.network.attachments
        if [.host, .none].contains(configuration.network) {
            let network = try findNetwork(configuration.network.name)
            var endpoint = ContainerDetails.Endpoint(network: network.name)
            endpoint.networkID = network.id
            return [endpoint]
        }
        if attachments.isEmpty { return [] }
        let networks = try database.networks()
        let records = isRunning ? try database.endpoints(container: record.id) : []
        return try attachments.map { attachment throws(ContainerError) in
            var endpoint = ContainerDetails.Endpoint(network: attachment.network)
            guard let network = networks.first(where: { $0.name == attachment.network }) else { return endpoint }
            endpoint.networkID = network.id
            if network.name != Self.bridgeNetworkName {
                endpoint.names = Self.names(of: record, configuration, attachment)
            }
            guard let own = records.first(where: { $0.network == network.id }) else { return endpoint }
            endpoint.endpointID = own.id
            endpoint.macAddress = network.driver == "ipvlan" ? "" : try Self.macAddress(of: own) ?? ""
            for text in [own.address, own.address6] {
                guard let address = try Self.interfaceAddress(text, network) else { continue }
                let gateway = network.subnets.first { subnet in
                    (try? IPSubnet(subnet.subnet))?.contains(address.address) == true
                }?.gateway
                if address.address.isIPv6 {
                    endpoint.address6 = address.address.description
                    endpoint.prefixLength6 = address.prefixLength
                    endpoint.gateway6 = gateway ?? ""
                } else {
                    endpoint.address = address.address.description
                    endpoint.prefixLength = address.prefixLength
                    endpoint.gateway = gateway ?? ""
                }
            }
            return endpoint
        }
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

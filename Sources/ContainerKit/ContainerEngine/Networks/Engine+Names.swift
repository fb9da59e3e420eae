import ContainerDatabase
import ContainerNames
import ContainerNamespaces
import ContainerNetworking
import ContainerRuntime
import ContainerSystem
import Glibc

/// A container whose network another one has.
struct NetworkDonor {
    /// Where it says which its first process is.
    let runFolder: String
    /// Where its files are that say its names.
    let folder: String
    /// Its name for itself.
    let hostname: String
}

/// A container's connection to its networks, which a thread makes beside the rest of the start.
struct PendingConnection: Sendable {
    let donor: NetworkDonor?
    let thread: Threads.Handle<(connection: Connection, launch: LaunchContext.Network)>
}

/// What a container that starts gets of networks, and the files that tell it its names.
extension Engine {
    /// Another container whose network it has.
    func donor(of configuration: ContainerConfiguration) throws(ContainerError) -> NetworkDonor? {
        guard case .container(let name) = configuration.network else { return nil }
        let record = try find(name)
        guard case .running(let running) = state(of: record), running.hasStarted else {
            throw ContainerError(
                .conflict, "cannot join network of a non running container: \(record.id)",
                hint: "start \(record.name) first")
        }
        let own = try Self.decode(record)
        // What it has is another's again.
        let first = try donor(of: own)
        let folders = folders(record.id)
        return NetworkDonor(
            runFolder: folders.runFolder, folder: first?.folder ?? folders.folder,
            hostname: first?.hostname ?? own.hostname)
    }

    /// Begins to connect the container: that takes about as long as all the rest, which needs nothing of it until the plan is
    /// made.
    func beginConnecting(_ container: Container) throws(ContainerError) -> PendingConnection {
        let folders = folders(container.id)
        try Files.makeDirectory(folders.runFolder, mode: 0o710)
        let donor = try donor(of: container.configuration)
        let thread = try Threads.start { () throws(ContainerError) in
            try self.connect(container, folders, isJoining: donor != nil)
        }
        return PendingConnection(donor: donor, thread: thread)
    }

    /// Connects the container, and writes the files.
    private func connect(_ container: Container, _ folders: ContainerFolders, isJoining: Bool) throws(ContainerError)
        -> (connection: Connection, launch: LaunchContext.Network)
    {
        let configuration = container.configuration
        var connection = Connection()
        var launch = LaunchContext.Network()
        switch configuration.network {
        case .networks(let attachments):
            connection = try self.connection(of: container.id, attachments, ports: try ports(of: configuration))
            let ports = try published(connection)
            let firewall = try ports.isEmpty ? nil : firewall()
            try firewall?.publish(ports)
            launch = try planned(connection, of: container.id, withdrawal: try firewall?.withdrawal(of: ports))
            try writeNetworks(connection, of: container.id)
            if connection.hasNames {
                try nameRecord(container.record, configuration, connection.ends).write(to: folders.runFolder)
            }
        case .none: launch.containerLinks = .init(ContainerEndpoint.loopbackBatch)
        case .host, .container: break
        }
        // Those of the container that it joins are its own.
        if isJoining { return (connection, launch) }
        try write(try hosts(configuration, connection), "hosts", folders)
        try write(NameFiles.hostname(configuration.hostname), "hostname", folders)
        try write(try resolver(configuration, connection), "resolv.conf", folders)
        return (connection, launch)
    }

    /// What the launch plan has of networks.
    /// - Parameter withdrawal: takes back the ports that lead to it.
    func planned(_ connection: Connection, of container: String, withdrawal: NetlinkBatch?) throws(ContainerError)
        -> LaunchContext.Network
    {
        var network = LaunchContext.Network()
        network.hostLinks = connection.ends.map { .init($0.endpoint.hostBatch) }
        network.containerLinks = .init(connection.containerBatch)
        let endpoints = connection.ends.map(\.endpoint)
        network.hostParting = Self.links(
            endpoints.compactMap(\.hostInterface).map { RouteMessage.deleteLink(named: $0) })
        network.containerParting = Self.links(endpoints.filter { $0.hostInterface == nil }.map(\.deletion))
        network.withdrawal = withdrawal.map { .init($0) }
        network.heldPorts = try connection.ports.map { port throws(ContainerError) in
            LaunchPlan.HeldPort(
                transport: PublishedPort.Transport(name: port.transport).rawValue,
                address: try IPAddress(port.hostAddress).bytes, port: port.hostPort)
        }
        if connection.hasNames {
            network.names = LaunchPlan.NameServer(
                program: try NameServerClient.findProgram(), runRoot: configuration.runRoot, id: container)
        }
        return network
    }

    private static func links(_ messages: [NetlinkMessage]) -> LaunchPlan.LinkMessages? {
        messages.isEmpty ? nil : .init(NetlinkBatch(messages))
    }

    /// Tells the supervisor what its events of networks say.
    func writeNetworks(_ connection: Connection, of container: String) throws(ContainerError) {
        var text = ""
        for end in connection.ends { text += Self.networkEvent("", end.network, container: container).actor + "\n" }
        try Files.replace(folders(container).networks, with: text.utf8, mode: 0o600)
    }

    /// What of its ports the container is to have on the host.
    func ports(of configuration: ContainerConfiguration) throws(ContainerError) -> [PortBinding] {
        if configuration.ports == nil, configuration.publishesAll == nil { return [] }
        return configuration.portsToPublish(standard: try EngineSettings.load().hostAddress)
    }

    func write(_ text: String, _ name: String, _ folders: ContainerFolders) throws(ContainerError) {
        let file = try Descriptor.open(
            "\(folders.folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
        try file.writeAll(text.utf8, name: name)
    }

    // MARK: - The server of names

    /// Whether containers find each other by name there: on every network that people make.
    static func hasNames(_ network: String) -> Bool { network != bridgeNetworkName }

    /// Has it get ready beside all the rest, for a container that will have names.
    func expectNames(_ network: ContainerOptions.NetworkMode, by launch: any PreparedLaunch) {
        guard network.attachments.contains(where: { Self.hasNames($0.network) }),
            let program = try? NameServerClient.findProgram()
        else { return }
        launch.expectNames(program: program, runRoot: configuration.runRoot)
    }

    func nameRecord(_ record: ContainerRecord, _ configuration: ContainerConfiguration, _ ends: [Connection.End])
        throws(ContainerError) -> NameRecord
    {
        let named = ends.filter { Self.hasNames($0.network.name) }
        let networks = named.map { end in
            NameRecord.Network(
                id: end.network.id, name: end.network.name, isInternal: end.network.isInternal,
                addresses: [end.record.address, end.record.address6].compactMap { $0 },
                names: Self.names(of: record, configuration, end.attachment))
        }
        var links: [NameRecord.Link] = []
        for link in named.flatMap(\.attachment.links) {
            // By name, as under docker: whoever is not there may come, and come anew.
            links.append(
                NameRecord.Link(alias: link.alias, target: try findIfThere(link.container)?.name ?? link.container))
        }
        return NameRecord(
            id: record.id, name: record.name, networks: networks, servers: configuration.names?.servers ?? [],
            links: links)
    }

    private func findIfThere(_ container: String) throws(ContainerError) -> ContainerRecord? {
        do throws(ContainerError) { return try find(container) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// What others on a network reach a container by, its name first, in docker's order.
    static func names(
        of record: ContainerRecord, _ configuration: ContainerConfiguration, _ attachment: NetworkAttachment
    ) -> [String] {
        var names = [record.name]
        for name in attachment.aliases + [Identifier.short(record.id), configuration.hostname]
        where !names.contains(name) && !name.isEmpty {
            names.append(name)
        }
        return names
    }

    // MARK: - The files

    /// The text of /etc/hosts.
    /// - Parameter hasStarted: whether links to containers that do not run any more are left out, and are no error.
    func hosts(_ configuration: ContainerConfiguration, _ connection: Connection, hasStarted: Bool = false)
        throws(ContainerError) -> String
    {
        var entries = try (configuration.names?.hosts ?? []).map { text throws(ContainerError) in
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            let target = parts.count > 1 ? parts[1] : ""
            return NameFiles.HostEntry(
                name: parts[0], address: target == "host-gateway" ? try hostGateway(connection) : target)
        }
        guard configuration.network == .host else {
            entries += try linked(connection, hasStarted: hasStarted)
            let addresses = connection.ends.flatMap { [$0.record.address, $0.record.address6] }.compactMap { $0 }
            return NameFiles.hosts(hostname: configuration.hostname, addresses: addresses, extra: entries)
        }
        return NameFiles.hosts(ofHost: try Files.readText("/etc/hosts", limit: 1 << 20), extra: entries)
    }

    /// On the default network others have names only by links.
    private func linked(_ connection: Connection, hasStarted: Bool) throws(ContainerError) -> [NameFiles.HostEntry] {
        var entries: [NameFiles.HostEntry] = []
        for end in connection.ends where end.network.name == Self.bridgeNetworkName {
            for link in end.attachment.links {
                guard let other = try hasStarted ? findIfThere(link.container) : find(link.container) else { continue }
                let isOnIt = try Self.decode(other).network.attachments.contains { $0.network == end.network.name }
                let address = try database.endpoints(container: other.id).first { $0.network == end.network.id }?
                    .address
                guard isOnIt, state(of: other).process != nil, let address else {
                    if hasStarted { continue }
                    throw Self.cannotLink(to: other, as: link.alias, isOnIt: isOnIt)
                }
                for name in [link.alias, other.name] where !entries.contains(where: { $0.name == name }) {
                    entries.append(NameFiles.HostEntry(name: name, address: address))
                }
            }
        }
        return entries
    }

    private static func cannotLink(to other: ContainerRecord, as alias: String, isOnIt: Bool) -> ContainerError {
        isOnIt
            ? ContainerError(
                .conflict, "Cannot link to a non running container: /\(other.name) AS \(alias)",
                hint: "start \(other.name) first")
            : ContainerError(
                .invalidArgument, "Cannot link to /\(other.name), as it does not belong to the default network",
                hint: "on the networks that people make, containers know each other by name without links")
    }

    /// Where a container reaches the host: a bridge's own address, of the default network where it is on none.
    private func hostGateway(_ connection: Connection) throws(ContainerError) -> String {
        for end in connection.ends where end.network.driver == "bridge" {
            if let gateway = end.gateways.first { return gateway.description }
        }
        let bridges = try network.bridges()
        let standard = try defaultNetwork(bridges)
        guard let gateway = standard.subnets.lazy.compactMap(\.gateway).first else {
            throw ContainerError(
                .invalidArgument, "unable to derive the IP value for host-gateway",
                cause: "the network \(standard.name) has no gateway", hint: "name the address")
        }
        _ = try ensureBridge(standard, try DriverSettings(driver: standard.driver, standard.options), bridges)
        return gateway
    }

    /// The text of /etc/resolv.conf: on a bridge from the host's real servers, where the file only names a local stub;
    /// our own server where containers have names.
    func resolver(_ configuration: ContainerConfiguration, _ connection: Connection) throws(ContainerError) -> String {
        let text = (try? Files.readText("/etc/resolv.conf", limit: 1 << 16)) ?? ""
        let isConnected = !connection.ends.isEmpty
        if !isConnected, configuration.names == nil { return text }
        var base = ResolverConfiguration(parsing: text)
        if isConnected, let path = base.realPath, let real = try? Files.readText(path, limit: 1 << 16) {
            base = ResolverConfiguration(parsing: real)
        }
        if isConnected { base = base.forBridge() }
        if let names = configuration.names {
            base = base.replacing(nameservers: names.servers, search: names.search, options: names.options)
        }
        guard connection.hasNames else { return base.rendered() }
        // As docker: names without a dot are ours first.
        base.nameservers = [Self.nameServer]
        if !base.options.contains(where: { $0.hasPrefix("ndots:") }) { base.options.append("ndots:0") }
        return base.rendered()
    }

    private static let nameServer = "127.0.0.11"
}

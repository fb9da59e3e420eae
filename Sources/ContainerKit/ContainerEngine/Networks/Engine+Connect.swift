import ContainerDatabase
import ContainerNames
import ContainerNetworking
import ContainerSystem
import Glibc

/// Connects and disconnects containers that are there, at once when they run.
extension Engine {
    /// Connects a container that is there to a network, at once when it runs.
    /// - Throws: `notFound`; `conflict` when it is on it already; `exhausted` without a free address; `unavailable` when
    ///   the server of names cannot be told. The container is as before then.
    public func connect(container: String, to attachment: NetworkAttachment) throws(ContainerError) {
        try NetworkCheck.check(attachment)
        let (record, lock) = try held(container)
        defer { withExtendedLifetime(lock) {} }
        let network = try findNetwork(attachment.network)
        try check(attachment, fits: network)
        var configuration = try Self.decode(record)
        var attachments = try attachments(of: configuration)
        var attachment = attachment
        attachment.network = network.name
        if attachments.contains(where: { $0.network == network.name }) {
            throw ContainerError(
                .conflict, "endpoint with name \(record.name) already exists in network \(network.name)",
                hint: "disconnect it first")
        }
        attachments.append(attachment)
        configuration.network = .networks(attachments)
        let process = state(of: record).process?.process
        if let process { try join(record, configuration, network, attachment, process) }
        try database.setConfiguration(container: record.id, to: configuration.document)
        // Of one that does not run its start tells.
        if process != nil { note("connect", network, container: record.id) }
    }

    private func join(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ network: NetworkRecord,
        _ attachment: NetworkAttachment, _ process: ProcessIdentity
    ) throws(ContainerError) {
        let settings = try DriverSettings(driver: network.driver, network.options)
        let taken = try database.endpoints(container: record.id).map(\.ordinal)
        let ordinal = (0...taken.count).first { !taken.contains($0) } ?? taken.count
        let request = try Self.request(attachment, on: network, ordinal: ordinal)
        let (records, _) = try lease(record.id, [request])
        do throws(ContainerError) {
            guard let own = records.first else { return }
            let end = try end(
                of: record.id, own, (network, attachment), settings, hasDefaultRoutes: false,
                try self.network.netlink())
            if network.driver == "bridge" { try ensureFirewall() }
            let namespace = try Self.namespace(of: process)
            try end.endpoint.connect(namespace, to: self.network)
            do throws(ContainerError) {
                try settle(record, configuration, process, namespace)
            } catch {
                try? end.endpoint.disconnect(namespace, from: self.network)
                throw error
            }
        } catch {
            try? database.removeEndpoint(container: record.id, network: network.id)
            throw error
        }
    }

    /// Takes a container off a network.
    /// - Parameter force: whether a container that is gone, or has no end there, is no error.
    /// - Throws: `notFound`; `conflict` when it is not on it.
    public func disconnect(container: String, from nameOrID: String, force: Bool) throws(ContainerError) {
        let network = try findNetwork(nameOrID)
        let found: (record: ContainerRecord, lock: FileLock)
        do throws(ContainerError) { found = try held(container) } catch {
            if force, error.code == .notFound { return }
            throw error
        }
        let record = found.record
        defer { withExtendedLifetime(found.lock) {} }
        var configuration = try Self.decode(record)
        switch (configuration.network, network.name) {
        case (.host, "host"):
            throw ContainerError(
                .conflict, "container cannot be disconnected from host network", hint: "make it anew with --network")
        // Scripts do so before they connect it.
        case (.none, "none"): return
        default: break
        }
        var attachments = configuration.network.attachments
        guard attachments.contains(where: { $0.network == network.name }) else {
            if force { return }
            throw ContainerError(
                .conflict, "container \(record.id) is not connected to network \(network.name)",
                hint: "ck inspect \(record.name) shows its networks")
        }
        let process = state(of: record).process?.process
        let connection = process == nil ? nil : try self.connection(of: record, configuration)
        attachments.removeAll { $0.network == network.name }
        configuration.network = attachments.isEmpty ? .none : .networks(attachments)
        if let process, let end = connection?.ends.first(where: { $0.network.id == network.id }) {
            let namespace = try Self.namespace(of: process)
            try end.endpoint.disconnect(namespace, from: self.network)
            try withdraw(record, of: end)
            try database.removeEndpoint(container: record.id, network: network.id)
            try settle(record, configuration, process, namespace)
        }
        try database.setConfiguration(container: record.id, to: configuration.document)
        if process != nil { note("disconnect", network, container: record.id) }
    }

    /// Ports that led to an end that is gone lead nowhere.
    private func withdraw(_ record: ContainerRecord, of end: Connection.End) throws(ContainerError) {
        let own = [end.record.address, end.record.address6].compactMap { $0 }
        let firewall = try firewall()
        let ports = try firewall.published().filter { own.contains($0.containerAddress.description) }
        if !ports.isEmpty { try firewall.unpublish(ports) }
    }

    /// Routes and names of a container whose networks have changed.
    private func settle(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ process: ProcessIdentity,
        _ namespace: Descriptor
    ) throws(ContainerError) {
        let connection = try self.connection(of: record, configuration)
        for end in connection.ends { try end.endpoint.takeDefaultRoutes(namespace, on: network) }
        let folders = folders(record.id)
        try writeNetworks(connection, of: record.id)
        try write(try hosts(configuration, connection), "hosts", folders)
        try write(try resolver(configuration, connection), "resolv.conf", folders)
        let hadNames = Files.exists(folders.runFolder + "/names.json")
        if connection.hasNames {
            try nameRecord(record, configuration, connection.ends).write(to: folders.runFolder)
            try nameRegistry().update(record.id, pid: process.pid)
        } else if hadNames {
            unlink(folders.runFolder + "/names.json")
            try nameRegistry().remove(record.id)
        }
    }

    /// Has others find a container that runs by its new name.
    func nameAnew(_ record: ContainerRecord, _ configuration: ContainerConfiguration) throws(ContainerError) {
        let folders = folders(record.id)
        guard Files.exists(folders.runFolder + "/names.json"), let process = state(of: record).process?.process else {
            return
        }
        try nameRecord(record, configuration, try connection(of: record, configuration).ends)
            .write(to: folders.runFolder)
        try nameRegistry().update(record.id, pid: process.pid)
    }

    /// The ends that a container has, whose networks have not changed.
    func connection(of record: ContainerRecord, _ configuration: ContainerConfiguration) throws(ContainerError)
        -> Connection
    {
        let netlink = try network.netlink()
        let records = try database.endpoints(container: record.id)
        let networks = try database.networks()
        var ends: [(network: NetworkRecord, attachment: NetworkAttachment)] = []
        var endpoints: [EndpointRecord] = []
        for attachment in configuration.network.attachments {
            guard let network = networks.first(where: { $0.name == attachment.network || $0.id == attachment.network }),
                let endpoint = records.first(where: { $0.network == network.id })
            else { continue }
            ends.append((network, attachment))
            endpoints.append(endpoint)
        }
        let leader = Connection.leader(ends)
        var connection = Connection()
        for (index, one) in ends.enumerated() {
            connection.ends.append(
                try end(
                    of: record.id, endpoints[index], one,
                    try DriverSettings(driver: one.network.driver, one.network.options),
                    hasDefaultRoutes: index == leader, netlink))
        }
        connection.ports = try database.ports(container: record.id)
        return connection
    }

    private func held(_ container: String) throws(ContainerError) -> (record: ContainerRecord, lock: FileLock) {
        let found = try find(container)
        let lock = try hold(found)
        guard let record = try database.container(id: found.id) else {
            throw ContainerError(.notFound, "No such container: \(container)")
        }
        return (record, lock)
    }

    private static func namespace(of process: ProcessIdentity) throws(ContainerError) -> Descriptor {
        let namespace = try Descriptor.open("/proc/\(process.pid)/ns/net", O_RDONLY)
        // It may have been another process's number by then.
        guard process.isAlive else {
            throw ContainerError(.conflict, "connect the container: it has just ended", hint: "try again")
        }
        return namespace
    }

    /// What a container is on, where it can be on more.
    private func attachments(of configuration: ContainerConfiguration) throws(ContainerError) -> [NetworkAttachment] {
        switch configuration.network {
        case .networks(let attachments): return attachments
        case .none: return []
        case .host:
            throw ContainerError(
                .conflict, "container cannot be connected to a network: it has the host's",
                hint: "make it anew with --network")
        case .container:
            throw ContainerError(
                .conflict,
                "container sharing network namespace with another container cannot be connected to any other network",
                hint: "connect the other one")
        }
    }

    /// At create: what is there is named as people name it, what is not is refused.
    func resolveNetworks(_ mode: inout ContainerOptions.NetworkMode) throws(ContainerError) {
        guard case .networks(var attachments) = mode else { return }
        for index in attachments.indices where attachments[index].network != Self.bridgeNetworkName {
            let network = try findNetwork(attachments[index].network)
            try check(attachments[index], fits: network)
            attachments[index].network = network.name
        }
        for (index, attachment) in attachments.enumerated()
        where attachments[..<index].contains(where: { $0.network == attachment.network }) {
            throw ContainerError(
                .invalidArgument, "network \"\(attachment.network)\" is specified multiple times")
        }
        mode = .networks(attachments)
    }

    private func nameRegistry() throws(ContainerError) -> any NameRegistry {
        if let names { return names }
        return try NameServerClient(runRoot: configuration.runRoot)
    }

    // MARK: - Events

    func note(_ action: String, _ network: NetworkRecord, container: String? = nil) {
        note([Self.networkEvent(action, network, container: container)])
    }

    static func networkEvent(_ action: String, _ network: NetworkRecord, container: String?) -> Event {
        var attributes = ["name": network.name, "type": network.driver]
        attributes["container"] = container
        return Event(.network, action, id: network.id, attributes: attributes)
    }
}

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
        let before = try Self.decode(record)
        var attachments = try attachments(of: before)
        var attachment = attachment
        attachment.network = network.name
        if attachments.contains(where: { $0.network == network.name }) {
            throw ContainerError(
                .conflict, "endpoint with name \(record.name) already exists in network \(network.name)",
                hint: "disconnect it first")
        }
        attachments.append(attachment)
        var after = before
        after.network = .networks(attachments)
        guard isUp(record) else { return try keep(after, of: record) }
        let hadPorts = try !database.ports(container: record.id).isEmpty
        try leaseMore(record.id, attachment, network, ports: hadPorts ? [] : try ports(of: after))
        do throws(ContainerError) {
            if network.driver == "bridge" { try ensureFirewall() }
            try database.setConfiguration(container: record.id, to: after.document)
            try settle(record, after, joining: network.id)
        } catch {
            let end = try? connection(of: record, after).ends.first { $0.network.id == network.id }
            try? database.setConfiguration(container: record.id, to: before.document)
            try? settle(record, before, leaving: end)
            _ = try? database.removeEndpoint(container: record.id, network: network.id)
            if !hadPorts { try? database.removePorts(container: record.id) }
            throw error
        }
        note("connect", network, container: record.id)
    }

    /// An address on one more network, and ports where it has none yet.
    private func leaseMore(
        _ container: String, _ attachment: NetworkAttachment, _ network: NetworkRecord, ports: [PortBinding]
    ) throws(ContainerError) {
        let settings = try DriverSettings(driver: network.driver, network.options)
        let taken = try database.endpoints(container: container).map(\.ordinal)
        let ordinal = (0...taken.count).first { !taken.contains($0) } ?? taken.count
        let request = try Self.request(attachment, on: network, ordinal: ordinal)
        _ = try lease(
            container, [request], ports: try portRequests(ports, [network], hostAddress: settings.hostAddress))
    }

    /// Takes a container off a network.
    /// - Parameter force: whether a container that is gone, or has no end there, is no error.
    /// - Throws: `notFound`; `conflict` when it is not on it. The container is as before then.
    public func disconnect(container: String, from nameOrID: String, force: Bool) throws(ContainerError) {
        let found: (record: ContainerRecord, lock: FileLock)
        do throws(ContainerError) { found = try held(container) } catch {
            guard force, error.code == .notFound else { throw error }
            _ = try findNetwork(nameOrID)
            return
        }
        let record = found.record
        defer { withExtendedLifetime(found.lock) {} }
        let before = try Self.decode(record)
        let network: NetworkRecord
        do throws(ContainerError) { network = try findNetwork(nameOrID) } catch {
            // Of one that was removed a container that does not run has the name.
            guard error.code == .notFound, !isUp(record), let after = before.without(nameOrID) else { throw error }
            return try keep(after, of: record)
        }
        switch (before.network, network.name) {
        case (.host, "host"):
            throw ContainerError(
                .conflict, "container cannot be disconnected from host network", hint: "make it anew with --network")
        // Scripts do so before they connect it.
        case (.none, "none"): return
        default: break
        }
        guard let after = before.without(network.name) else {
            if force { return }
            throw ContainerError(
                .conflict, "container \(record.id) is not connected to network \(network.name)",
                hint: "ck inspect \(record.name) shows its networks")
        }
        guard isUp(record) else { return try keep(after, of: record) }
        let end = try connection(of: record, before).ends.first { $0.network.id == network.id }
        do throws(ContainerError) {
            try database.setConfiguration(container: record.id, to: after.document)
            try settle(record, after, leaving: end)
        } catch {
            try? database.setConfiguration(container: record.id, to: before.document)
            try? settle(record, before, leaving: end, joining: network.id)
            throw error
        }
        try database.removeEndpoint(container: record.id, network: network.id)
        if try connection(of: record, after).ports.isEmpty { try database.removePorts(container: record.id) }
        note("disconnect", network, container: record.id)
    }

    /// Of one that does not run its start tells, and connects it. Nothing of its last life is of that one's.
    private func keep(_ configuration: ContainerConfiguration, of record: ContainerRecord) throws(ContainerError) {
        try releaseNetworks(of: record.id)
        try database.setConfiguration(container: record.id, to: configuration.document)
    }

    /// Whether it has ends that can be changed, or is about to have some.
    private func isUp(_ record: ContainerRecord) -> Bool {
        let state = state(of: record)
        return state.process != nil || state.isAlive
    }

    /// Has everything follow the networks of a container that is up: the files that tell it its names, what leads to its ports, its
    /// supervisor, the life that goes on, and the names that others find it by.
    /// - Parameters:
    ///   - end: one that it is to have no more; that it has it no more is fine.
    ///   - network: one whose end it has not yet, by id.
    private func settle(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, leaving end: Connection.End? = nil,
        joining network: String? = nil
    ) throws(ContainerError) {
        let connection = try self.connection(of: record, configuration)
        let folders = folders(record.id)
        try writeNetworks(connection, of: record.id)
        try write(try hosts(configuration, connection, hasStarted: true), "hosts", folders)
        try write(try resolver(configuration, connection), "resolv.conf", folders)
        let hadNames = Files.exists(folders.runFolder + "/names.json")
        if connection.hasNames {
            try nameRecord(record, configuration, connection.ends).write(to: folders.runFolder)
        } else if hadNames {
            unlink(folders.runFolder + "/names.json")
        }
        let ports = try published(connection)
        if !ports.isEmpty { try firewall().publish(ports) }
        // The next life first: one that comes before the supervisor has heard of this ends up in what follows.
        try renew(
            record, configuration, connection, withdrawal: try ports.isEmpty ? nil : firewall().withdrawal(of: ports))
        if let process = state(of: record).process?.process {
            do throws(ContainerError) {
                let namespace = try Self.namespace(of: process)
                if let end { try end.endpoint.disconnect(namespace, from: self.network) }
                let joined = connection.ends.first { $0.network.id == network }
                if let joined { try joined.endpoint.connect(namespace, to: self.network) }
                for end in connection.ends { try end.endpoint.takeDefaultRoutes(namespace, on: self.network) }
                if connection.hasNames { try nameRegistry().update(record.id, pid: process.pid) }
            } catch {
                // What has ended has no networks.
                if process.isAlive { throw error }
            }
        }
        if hadNames, !connection.hasNames { try nameRegistry().remove(record.id) }
        let known = try database.ports(container: record.id)
        try unpublish(known, try database.endpoints(container: record.id), except: ports)
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
        let places = Self.places(
            configuration.network.attachments, try database.endpoints(container: record.id), try database.networks())
        let routes = DefaultRoutes(places.map { ($0.network, $0.attachment) })
        var connection = Connection()
        if places.contains(where: { $0.network.driver == "bridge" }) {
            connection.ports = try database.ports(container: record.id)
        }
        let filtersFrames = try network.bridges().filtersFrames
        let isReflecting = !connection.ports.isEmpty && filtersFrames
        for (index, place) in places.enumerated() {
            connection.ends.append(
                try end(
                    of: record.id, place.record, (place.network, place.attachment),
                    try DriverSettings(driver: place.network.driver, place.network.options),
                    hasDefaultRoute: { routes.leader(isIPv6: $0) == index }, isReflecting: isReflecting, netlink))
        }
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

extension ContainerConfiguration {
    /// The same off a network; nil when it is not on it.
    fileprivate func without(_ network: String) -> ContainerConfiguration? {
        let attachments = network.isEmpty ? [] : self.network.attachments
        guard attachments.contains(where: { $0.network == network }) else { return nil }
        let rest = attachments.filter { $0.network != network }
        var other = self
        other.network = rest.isEmpty ? .none : .networks(rest)
        return other
    }
}

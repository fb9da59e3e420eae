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
        let ports = try database.ports(container: record.id)
        var progress = Progress(isPlanned: false, isConnected: false, isPublished: false)
        do throws(ContainerError) {
            try leaseMore(record.id, attachment, network, try self.ports(of: after), beside: ports)
            try database.setConfiguration(container: record.id, to: after.document)
            try settle(record, after, .joining(network.id), &progress)
        } catch {
            undo(record, before, ports, attachment, network, progress)
            throw error
        }
        note("connect", network, container: record.id)
    }

    /// Has a container be as it was before a connection that came so far.
    private func undo(
        _ record: ContainerRecord, _ before: ContainerConfiguration, _ ports: [PortRecord],
        _ attachment: NetworkAttachment, _ network: NetworkRecord, _ progress: Progress
    ) {
        var progress = progress
        let added = ((try? database.ports(container: record.id)) ?? []).filter { !ports.contains($0) }
        try? database.setConfiguration(container: record.id, to: before.document)
        try? database.setPorts(container: record.id, to: ports)
        // A link that was refused may be somebody else's.
        let end = progress.isConnected ? try? leased(record, attachment, on: network) : nil
        try? settle(record, before, .leaving(end), &progress)
        try? unpublish(added, (try? database.endpoints(container: record.id)) ?? [])
        _ = try? database.removeEndpoint(container: record.id, network: network.id)
    }

    /// An address on one more network, and ports of a kind that the container has none of yet.
    private func leaseMore(
        _ container: String, _ attachment: NetworkAttachment, _ network: NetworkRecord, _ bindings: [PortBinding],
        beside known: [PortRecord]
    ) throws(ContainerError) {
        let settings = try DriverSettings(driver: network.driver, network.options)
        let taken = try database.endpoints(container: container).map(\.ordinal)
        let ordinal = (0...taken.count).first { !taken.contains($0) } ?? taken.count
        let request = try Self.request(attachment, on: network, ordinal: ordinal)
        let ports =
            try known.isEmpty
            ? portRequests(bindings, [network], hostAddress: settings.hostAddress)
            : Self.portsOfOtherKind(bindings, network, beside: known)
        _ = try lease(container, [request], ports: ports, keepsPorts: true)
    }

    /// A port on every address is one on those of IPv6 too, once the container has one of its own.
    private static func portsOfOtherKind(
        _ bindings: [PortBinding], _ network: NetworkRecord, beside known: [PortRecord]
    ) -> [PortRequest] {
        guard network.driver == "bridge" else { return [] }
        var requests: [PortRequest] = []
        for (every, other, isIPv6) in [("0.0.0.0", "::", false), ("::", "0.0.0.0", true)]
        where network.subnets.contains(where: { $0.isIPv6 == isIPv6 })
            && !known.contains(where: { $0.hostAddress == every })
        {
            for port in known where port.hostAddress == other {
                let own = bindings.filter {
                    $0.containerPort == port.containerPort && $0.transport.rawValue == port.transport
                        && $0.hostPorts?.contains(port.hostPort) != false
                }
                guard !own.isEmpty, own.allSatisfy({ $0.hostAddress == nil }) else { continue }
                requests.append(
                    PortRequest(
                        transport: port.transport, containerPort: port.containerPort, hostAddresses: [every],
                        hostPorts: port.hostPort...port.hostPort))
            }
        }
        return requests
    }

    /// Takes a container off a network.
    /// - Parameter force: whether a container that is gone, or has no end there, is no error.
    /// - Throws: `notFound`; `conflict` when it is not on it. What else fails comes after it was cut off, and nothing of the
    ///   container's own keeps it on.
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
        let isUp = isUp(record)
        let network: NetworkRecord
        do throws(ContainerError) { network = try findNetwork(nameOrID) } catch {
            // Of one that was removed a container that does not run has the name.
            guard error.code == .notFound, !isUp, let after = before.without(nameOrID) else { throw error }
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
        // One that was interrupted goes on where there is an end yet.
        let isLeased = try database.endpoints(container: record.id).contains { $0.network == network.id }
        let hasEnd = isLeased && isUp
        guard let after = before.without(network.name) ?? (hasEnd ? before : nil) else {
            if force { return }
            throw ContainerError(
                .conflict, "container \(record.id) is not connected to network \(network.name)",
                hint: "ck inspect \(record.name) shows its networks")
        }
        guard isUp else { return try keep(after, of: record) }
        let attachment = before.network.attachments.first { $0.network == network.name }
        let end = try leased(record, attachment ?? NetworkAttachment(network.name), on: network)
        try database.setConfiguration(container: record.id, to: after.document)
        var progress = Progress(isPlanned: true, isConnected: end != nil, isPublished: true)
        var failure: ContainerError?
        do throws(ContainerError) { try settle(record, after, .leaving(end), &progress) } catch { failure = error }
        // What leads to it yet would lead to whoever gets its address.
        if let failure, progress.isConnected || progress.isPublished {
            throw failure.during("disconnect container \(record.name)")
        }
        try database.removeEndpoint(container: record.id, network: network.id)
        try releasePortsWithoutBridge(of: record, after)
        note("disconnect", network, container: record.id)
        if let failure { throw failure.during("disconnected container \(record.name), but") }
    }

    private func releasePortsWithoutBridge(of record: ContainerRecord, _ configuration: ContainerConfiguration)
        throws(ContainerError)
    {
        let places = Self.places(
            configuration.network.attachments, try database.endpoints(container: record.id), try database.networks())
        if !places.contains(where: { $0.network.driver == "bridge" }) {
            try database.setPorts(container: record.id, to: [])
        }
    }

    /// Of one that does not run its start tells, and connects it. Nothing of its last life is of that one's.
    private func keep(_ configuration: ContainerConfiguration, of record: ContainerRecord) throws(ContainerError) {
        if Files.exists(folders(record.id).networkIsShared) { try removeOldLinks(of: record.id) }
        try releaseNetworks(of: record.id)
        try database.setConfiguration(container: record.id, to: configuration.document)
    }

    /// Whether it has ends that can be changed, or is about to have some.
    private func isUp(_ record: ContainerRecord) -> Bool {
        let state = state(of: record)
        return state.process != nil || state.isAlive
    }

    private func held(_ container: String) throws(ContainerError) -> (record: ContainerRecord, lock: FileLock) {
        let found = try find(container)
        let lock = try hold(found)
        guard let record = try database.container(id: found.id) else {
            throw ContainerError(.notFound, "No such container: \(container)")
        }
        return (record, lock)
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

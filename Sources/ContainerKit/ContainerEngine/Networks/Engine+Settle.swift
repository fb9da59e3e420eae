import ContainerDatabase
import ContainerNames
import ContainerNetworking
import ContainerSystem
import Glibc

/// What follows when the networks of a container that is up have changed.
extension Engine {
    /// What changes about the networks of a container.
    enum Change {
        /// It is to have an end on this network, by id. What fails is the end of it.
        case joining(String)
        /// It is to have this end no more; that it has it no more is fine. What fails keeps nothing else from being done: what
        /// the container has made of its files and links is no reason to leave it connected.
        case leaving(Connection.End?)
    }

    /// Has everything follow the networks of a container that is up: the files that tell it its names, what leads to its ports, its
    /// supervisor, the life that goes on, and the names that others find it by.
    /// - Parameter knows: whether the supervisor has a plan with what it is to have no more, and in turn with what it is to have.
    func settle(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ change: Change,
        supervisor knows: inout Bool
    ) throws(ContainerError) {
        var failure: ContainerError?
        func attempt(_ body: () throws(ContainerError) -> Void) throws(ContainerError) {
            do throws(ContainerError) { try body() } catch {
                if case .joining = change { throw error }
                failure = failure ?? error
            }
        }
        let connection: Connection
        do throws(ContainerError) { connection = try self.connection(of: record, configuration) } catch {
            if case .leaving(let end?) = change, let process = state(of: record).process?.process {
                try? end.endpoint.disconnect(Self.namespace(of: process), from: network)
            }
            throw error
        }
        let hadNames = Files.exists(folders(record.id).runFolder + "/names.json")
        try attempt { () throws(ContainerError) in try writeFiles(record, configuration, connection) }
        var ports: [PublishedPort] = []
        try attempt { () throws(ContainerError) in
            ports = try published(connection)
            // Rules that somebody has deleted are put right on the way.
            if connection.ends.contains(where: { $0.network.driver == "bridge" }) {
                try ensureFirewall().publish(ports)
            }
        }
        // The next life first: one that comes before the supervisor has heard of this ends up in what follows.
        var life = PresentLife.unsupervised
        try attempt { () throws(ContainerError) in
            do throws(ContainerError) {
                let withdrawal = try ports.isEmpty ? nil : firewall().withdrawal(of: ports)
                life = try renew(record, configuration, connection, withdrawal: withdrawal)
                if case .joining = change { knows = true }
            } catch {
                if case .leaving = change, knows { try forgoRestarts(of: record) }
                throw error
            }
        }
        let process: ProcessIdentity? =
            switch life {
            case .process(let process): process
            case .none: nil
            case .unsupervised: state(of: record).process?.process
            }
        if let process {
            // What has ended has no networks.
            func attemptOnProcess(_ body: () throws(ContainerError) -> Void) throws(ContainerError) {
                try attempt { () throws(ContainerError) in
                    do throws(ContainerError) { try body() } catch {
                        if process.isAlive { throw error }
                    }
                }
            }
            try attemptOnProcess { () throws(ContainerError) in
                try rewire(connection, change, Self.namespace(of: process))
            }
            if connection.hasNames {
                try attemptOnProcess { () throws(ContainerError) in
                    try nameRegistry().update(record.id, pid: process.pid)
                }
            }
        }
        if hadNames, !connection.hasNames {
            try attempt { () throws(ContainerError) in try nameRegistry().remove(record.id) }
        }
        try attempt { () throws(ContainerError) in
            // Nobody takes back what is published for one that has come to its end meanwhile.
            if case .unsupervised = life, process?.isAlive != true { ports = [] }
            let (known, endpoints) = try (
                database.ports(container: record.id), database.endpoints(container: record.id)
            )
            try unpublish(known, endpoints, except: ports)
        }
        if let failure { throw failure }
    }

    private func writeFiles(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ connection: Connection
    ) throws(ContainerError) {
        let folders = folders(record.id)
        try writeNetworks(connection, of: record.id)
        if connection.hasNames {
            try nameRecord(record, configuration, connection.ends).write(to: folders.runFolder)
        } else {
            unlink(folders.runFolder + "/names.json")
        }
        try write(try hosts(configuration, connection, hasStarted: true), "hosts", folders)
        try write(try resolver(configuration, connection), "resolv.conf", folders)
    }

    /// The links and routes of a life that goes on.
    private func rewire(_ connection: Connection, _ change: Change, _ namespace: Descriptor) throws(ContainerError) {
        switch change {
        case .joining(let network):
            try connection.ends.first { $0.network.id == network }?.endpoint.connect(namespace, to: self.network)
        case .leaving(let end):
            try end?.endpoint.disconnect(namespace, from: self.network)
        }
        for end in connection.ends { try end.endpoint.takeDefaultRoutes(namespace, on: self.network) }
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

    private static func namespace(of process: ProcessIdentity) throws(ContainerError) -> Descriptor {
        let namespace = try Descriptor.open("/proc/\(process.pid)/ns/net", O_RDONLY)
        // It may have been another process's number by then.
        guard process.isAlive else {
            throw ContainerError(.conflict, "connect the container: it has just ended", hint: "try again")
        }
        return namespace
    }

    private func nameRegistry() throws(ContainerError) -> any NameRegistry {
        if let names { return names }
        return try NameServerClient(runRoot: configuration.runRoot)
    }
}

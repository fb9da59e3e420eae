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
        case leaving(ContainerEndpoint?)
    }

    /// How far a change has come.
    struct Progress {
        /// Whether the supervisor has a plan with the end.
        var isPlanned: Bool
        /// Whether the life that goes on has it.
        var isConnected: Bool
        /// Whether ports lead to it.
        var isPublished: Bool
    }

    /// Has everything follow the networks of a container that is up: the files that tell it its names, what leads to its ports, its
    /// supervisor, the life that goes on, and the names that others find it by.
    /// - Parameter progress: what there is of the end that comes or goes, before and afterwards.
    func settle(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ change: Change, _ progress: inout Progress
    ) throws(ContainerError) {
        var failure: ContainerError?
        func attempt(_ body: () throws(ContainerError) -> Void) throws(ContainerError) {
            do throws(ContainerError) { try body() } catch {
                if case .joining = change { throw error }
                failure = failure ?? error
            }
        }
        var present: Connection?
        try attempt { () throws(ContainerError) in present = try self.connection(of: record, configuration) }
        // Without what belongs to its other networks all that can be done is to cut it off this one.
        let connection = present ?? Connection()
        let hadNames = Files.exists(folders(record.id).runFolder + "/names.json")
        if present != nil {
            try attempt { () throws(ContainerError) in try writeFiles(record, configuration, connection) }
        }
        var ports: [PublishedPort] = []
        try attempt { () throws(ContainerError) in
            ports = try published(connection)
            // Rules that somebody has deleted are put right on the way.
            if connection.ends.contains(where: { $0.network.driver == "bridge" }) {
                try ensureFirewall().publish(ports)
                progress.isPublished = true
            }
        }
        // The next life first: one that comes before the supervisor has heard of this ends up in what follows.
        var life = PresentLife.unsupervised
        try attempt { () throws(ContainerError) in
            do throws(ContainerError) {
                if let failure, present == nil { throw failure }
                let withdrawal = try ports.isEmpty ? nil : firewall().withdrawal(of: ports)
                life = try renew(record, configuration, connection, withdrawal: withdrawal)
                if case .joining = change { progress.isPlanned = true }
            } catch {
                guard case .leaving = change, progress.isPlanned else { throw error }
                try forgoRestarts(of: record)
                var error = error
                error.hint = "its restart policy does not bring it back any more; once it has ended, start it again"
                if failure != nil { failure = error }
                throw error
            }
        }
        let process: ProcessIdentity? =
            switch life {
            case .process(let process): process
            case .none: nil
            case .unsupervised: state(of: record).process?.process
            }
        try attempt { () throws(ContainerError) in try rewire(connection, change, process, &progress) }
        if let process, connection.hasNames {
            try attempt { () throws(ContainerError) in
                do throws(ContainerError) { try nameRegistry().update(record.id, pid: process.pid) } catch {
                    // What has ended has no names.
                    if process.isAlive { throw error }
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
            if case .leaving = change { progress.isPublished = false }
        }
        if let failure { throw failure }
    }

    /// The links and routes of a life that goes on; what has ended has none but in the host.
    private func rewire(
        _ connection: Connection, _ change: Change, _ process: ProcessIdentity?, _ progress: inout Progress
    ) throws(ContainerError) {
        if case .leaving(let end) = change { try end?.disconnect(from: network) }
        do throws(ContainerError) {
            if let process {
                let namespace = try Self.namespace(of: process)
                switch change {
                case .joining(let network):
                    try connection.ends.first { $0.network.id == network }?.endpoint.connect(
                        namespace, to: self.network)
                    progress.isConnected = true
                case .leaving(let end):
                    try end?.disconnect(namespace, from: network)
                    progress.isConnected = false
                }
                for end in connection.ends { try end.endpoint.takeDefaultRoutes(namespace, on: network) }
            }
        } catch {
            if process?.isAlive == true { throw error }
        }
        if case .leaving = change { progress.isConnected = false }
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

import ContainerCgroups
import ContainerDatabase
import ContainerNamespaces
import ContainerNetworking
import ContainerRuntime
import ContainerSystem
import Glibc
import OCISpec

/// A container that has been started by this process.
public struct RunningContainer: Sendable {
    public let id: String
    public let process: any LaunchedProcess
    /// What was not as it should be, and was not worth failing for.
    public let warnings: [String]
    let engine: Engine
    let record: ContainerRecord
    let configuration: ContainerConfiguration

    /// Blocks until the container has ended; its exit status. What the engine held for it is released then.
    /// - Throws: `unavailable` when the supervisor died.
    public func wait() throws(ContainerError) -> Int32 {
        while true {
            if let status = try waitOrDetach() { return status }
        }
    }

    /// As `wait`, or until the detach keys were typed; nil then, and the container goes on.
    public func waitOrDetach() throws(ContainerError) -> Int32? {
        guard case .exited(let status, let willRestart, _) = try process.waitOrDetach() else {
            engine.note("detach", record, configuration)
            return nil
        }
        if willRestart { return status }
        defer { process.waitForCleanUp() }
        do throws(ContainerError) {
            try release()
        } catch {
            guard error.code == .exhausted else { throw error }
            // The container filled the disk; with its files gone there is room again.
            process.waitForCleanUp()
            try release()
        }
        return status
    }

    private func release() throws(ContainerError) {
        if configuration.autoRemove || !configuration.network.attachments.isEmpty {
            try engine.release(record, configuration)
        }
    }
}

extension Engine {
    /// Makes a container and starts it.
    /// - Parameters:
    ///   - streams: the caller's streams, or nil to start it detached.
    ///   - created: called once it is made and before it is started; what it throws undoes that.
    /// - Throws: as `createContainer` and `startContainer`. A container with `autoRemove` leaves nothing behind then.
    public func runContainer(
        _ options: ContainerOptions, streams: ClientStreams?,
        created: (CreatedContainer) throws(ContainerError) -> Void = { _ in }
    ) throws(ContainerError) -> RunningContainer {
        let launch = try runtime.prepare(streams: streams)
        expectNames(options.network, by: launch)
        let (container, lock, pending) = try create(options, started: Timestamp.now, created: created)
        defer { withExtendedLifetime(lock) {} }
        do throws(ContainerError) {
            return try start(container, pending, by: launch, streams, terminalSize: options.terminalSize)
        } catch {
            if options.autoRemove {
                try? removeAnonymousVolumes(of: container.id)
                if (try? discard(container.id)) == true { note("destroy", container.record, container.configuration) }
            }
            throw error
        }
    }

    /// Starts a container that was made before, or has ended. What it wrote is still there; its address may be another.
    /// - Parameter detachKeys: what is typed to leave it this time, as docker writes it; nil is the container's own.
    /// - Returns: nil when it runs already, or is about to be started again by its restart policy.
    /// - Throws: `notFound`; `conflict` when it is paused, or another process removes it; `commandNotFound`,
    ///   `commandNotExecutable`; the step of the launch plan that failed.
    public func startContainer(
        _ name: String, streams: ClientStreams?, terminalSize: RuntimeSpec.Process.ConsoleSize? = nil,
        detachKeys: String? = nil
    ) throws(ContainerError) -> RunningContainer? {
        let record = try find(name)
        let lock = try hold(record)
        defer { withExtendedLifetime(lock) {} }
        switch try settledState(of: record) {
        case .running, .restarting: return nil
        case .paused:
            throw ContainerError(.conflict, "cannot start a paused container, try unpause instead")
        case .removing, .dead:
            throw ContainerError(.conflict, "container is marked for removal and cannot be started")
        case .created, .exited: break
        }
        let launch = try runtime.prepare(streams: streams)
        var configuration = try Self.decode(record)
        expectNames(configuration.network, by: launch)
        configuration.detachKeys = detachKeys ?? configuration.detachKeys
        let image = try imageStore.find("sha256:" + record.image)
        let container = Container(record: record, configuration: configuration, image: image)
        let isShared = Files.exists(folders(record.id).networkIsShared)
        try removeOldLinks(of: record.id, count: isShared ? nil : configuration.network.attachments.count)
        try forgetLastLife(of: record)
        try database.setStarted(container: record.id, at: Timestamp.now)
        return try start(container, nil, by: launch, streams, terminalSize: terminalSize)
    }

    /// What the last life left behind, so that nothing of it is taken for this one's.
    private func forgetLastLife(of record: ContainerRecord) throws(ContainerError) {
        let folders = folders(record.id)
        // Whoever killed the supervisor has left its control group.
        if Files.exists(folders.runFolder) {
            if !Files.exists(folders.folder + "/exit") { try endOrphans(record.id) }
            try Files.removeTree(folders.runFolder)
        }
        unlink(folders.folder + "/exit")
        unlink(folders.stopMarker)
    }

    /// - Parameter pending: its connection; nil where that is still to begin.
    private func start(
        _ container: Container, _ pending: PendingConnection?, by launch: any PreparedLaunch, _ streams: ClientStreams?,
        terminalSize: RuntimeSpec.Process.ConsoleSize?
    ) throws(ContainerError) -> RunningContainer {
        let folders = folders(container.id)
        if streams != nil { note("attach", container.record, container.configuration) }
        do throws(ContainerError) {
            let pending = if let pending { pending } else { try beginConnecting(container) }
            // Nobody takes back what is not there yet.
            defer { pending.thread.join() }
            try writeAttributes(name: container.record.name, container.configuration, folders)
            try writeCard(container.record)
            try checkDonors(of: container.configuration)
            var (spec, context) = try prepare(container, streams, joining: pending.donor, terminalSize: terminalSize)
            let systemCalls = try Self.systemCalls(
                container.configuration.security, capabilities: spec.process.capabilities)
            let process: any LaunchedProcess
            if let other = container.configuration.runtime {
                let (connection, network) = try pending.thread.value()
                context.network = network
                SpecBuilder.add(connection.defaultSysctls, to: &spec)
                process = try runtime.start(
                    spec, context, id: container.id, with: try RuntimeProgram(other),
                    systemCalls: systemCalls, by: launch)
            } else {
                process = try runtime.start(spec, context, systemCalls: systemCalls, by: launch) {
                    (spec: inout RuntimeSpec, context: inout LaunchContext) throws(ContainerError) in
                    let (connection, network) = try pending.thread.value()
                    context.network = network
                    SpecBuilder.add(connection.sysctls, to: &spec)
                }
            }
            return RunningContainer(
                id: container.id, process: process, warnings: try pending.thread.value().connection.warnings,
                engine: self, record: container.record, configuration: container.configuration)
        } catch {
            try? releaseNetworks(of: container.id)
            try? database.setStarted(container: container.id, at: nil)
            removeCard(of: container.id, name: container.record.name)
            try? Files.removeTree(folders.runFolder)
            throw error.during("start container \(container.record.name)")
        }
    }

    /// Everything that the plan needs but its networks, made or looked up.
    func prepare(
        _ container: Container, _ streams: ClientStreams?, joining donor: NetworkDonor?,
        terminalSize: RuntimeSpec.Process.ConsoleSize?
    ) throws(ContainerError) -> (spec: RuntimeSpec, context: LaunchContext) {
        let folders = folders(container.id)
        var configuration = container.configuration
        configuration.hostname = donor?.hostname ?? configuration.hostname
        var overlay = try snapshotter.mount(container.id, layers: container.image.layers)
        overlay.isVolatile = configuration.autoRemove
        let users = try UserLookup { path throws(ContainerError) in
            try snapshotter.view(container.id, layers: container.image.layers).readFile(path)
        }
        let identity = try users.identity(of: configuration.user, groups: configuration.groups ?? [])
        var context = LaunchContext()
        context.overlay = .init(
            folder: overlay.workingDirectory, options: overlay.options, target: overlay.target)
        context.streams = Self.streamOptions(configuration, streams)
        // Nobody reads the end of a container that is removed with it.
        context.stateFolders = (folders.runFolder, configuration.autoRemove ? nil : folders.folder)
        context.log = try Self.log(configuration.logging, folders, id: container.id)
        if configuration.autoRemove {
            context.removedFolders = [
                folders.folder, folders.runFolder, try snapshotter.folder(container.id),
                cardLink(container.record.name),
            ]
        }
        var host = SpecBuilder.Host(
            rootPath: overlay.target, folder: donor?.folder ?? folders.folder, identity: identity,
            cgroupsPath: Self.cgroupPath(container.id, parent: configuration.cgroupParent),
            terminalSize: terminalSize, deviceRules: DeviceRules.standard)
        if let donor { context.donors[.network] = donor.runFolder }
        for (kind, other) in Self.donors(of: configuration) { context.donors[kind] = self.folders(other).runFolder }
        host.joined = context.donors.keys.sorted { $0.rawValue < $1.rawValue }.map {
            .init($0, path: "\(folders.runFolder)/\($0.rawValue).namespace")
        }
        try lookUp(configuration, &host)
        try supervise(&context, container, host: host)
        return (try SpecBuilder.spec(configuration, host), context)
    }

    static func streamOptions(_ configuration: ContainerConfiguration, _ streams: ClientStreams?) -> StreamOptions {
        var options: StreamOptions = []
        if configuration.terminal { options.insert(.terminal) }
        if configuration.stdinOpen { options.insert(.stdin) }
        guard let streams else { return options }
        if streams.output != nil || streams.error != nil { options.insert(.attached) }
        // docker: a container that is started with somebody's input has no other.
        if configuration.stdinOpen, streams.input != nil { options.formUnion([.stdinAttached, .stdinOnce]) }
        return options
    }
}

extension LaunchPlan.LinkMessages {
    init(_ batch: NetlinkBatch) {
        self.init(
            bytes: batch.bytes, count: batch.messageCount, pidOffset: batch.pidOffset,
            summary: batch.descriptions.joined(separator: "; "))
    }
}

import ContainerCgroups
import ContainerDatabase
import ContainerSystem
import Glibc

/// One line of `ck ps`.
public struct ContainerSummary: Sendable {
    public let id: String
    public let name: String
    /// As it was asked for.
    public let image: String
    /// `sha256:` and 64 hexadecimal digits.
    public let imageID: String
    public let command: String
    /// Seconds since 1970.
    public let created: Double
    public let state: ContainerState
    public let labels: [String: String]
}

extension Engine {
    /// Every container, the newest first, as the kernel and the supervisors say it is.
    public func containers() throws(ContainerError) -> [ContainerSummary] {
        var summaries = [ContainerSummary]()
        for record in try database.containers() {
            let configuration = try Self.decode(record)
            let state = state(of: record)
            if configuration.autoRemove, try vanish(record, state) { continue }
            summaries.append(
                ContainerSummary(
                    id: record.id, name: record.name, image: configuration.imageName,
                    imageID: "sha256:" + record.image, command: configuration.command.joined(separator: " "),
                    created: record.created, state: state, labels: configuration.labels))
        }
        return summaries
    }

    func state(of record: ContainerRecord) -> ContainerState {
        folders(record.id).state(wasStarted: record.started != nil)
    }

    /// A container that was to vanish with its end, and whose end nobody of us saw, vanishes when it is looked at.
    private func vanish(_ record: ContainerRecord, _ state: ContainerState) throws(ContainerError) -> Bool {
        if case .running = state { return false }
        // While its maker lives, it may be about to start, or about to be removed by it.
        let isFresh = record.created > Timestamp.now - 10
        if record.owner.isAlive, isFresh || Files.exists(folders(record.id).folder) { return false }
        try removeAnonymousVolumes(of: record.id)
        try discard(record.id)
        return true
    }

    /// The container that a name, an id or the start of an id means.
    /// - Throws: `notFound`, in docker's words; `conflict` when the start of an id fits several.
    func find(_ name: String) throws(ContainerError) -> ContainerRecord {
        let plain = name.hasPrefix("/") ? String(name.dropFirst()) : name
        if let record = try database.container(name: plain) { return record }
        let matches = Identifier.isPrefix(plain) ? try database.containers(idPrefix: plain) : []
        guard matches.count < 2 else {
            throw ContainerError(
                .conflict, "container id \(plain): it fits more than one container", hint: "give more digits")
        }
        guard let record = matches.first else { throw ContainerError(.notFound, "No such container: \(name)") }
        return record
    }

    /// Ends a container: its stop signal first, SIGKILL when it has not ended in time. One that does not run is fine.
    /// - Parameter timeout: seconds; nil is docker's 10, a negative number waits for ever.
    /// - Throws: `notFound`; `systemFailure` when it cannot be ended.
    public func stopContainer(_ name: String, timeout: Int? = nil) throws(ContainerError) {
        let record = try find(name)
        guard case .running(let running) = state(of: record) else { return }
        let stopSignal = try Self.decode(record).stopSignal.flatMap(Signal.init(name:))?.number
        let seconds = timeout ?? DockerDefaults.stopTimeout
        try running.process.signal(stopSignal ?? DockerDefaults.stopSignal)
        if !running.process.waitForEnd(milliseconds: seconds < 0 ? nil : seconds * 1000) {
            try running.process.signal(SIGKILL)
        }
        try waitForSupervisor(running, of: record)
    }

    /// - Throws: `systemFailure` when the container is still there after 12 seconds.
    private func waitForSupervisor(_ running: ContainerState.RunningProcess, of record: ContainerRecord)
        throws(ContainerError)
    {
        guard running.process.waitForEnd(milliseconds: 12_000), running.shim.waitForEnd(milliseconds: 12_000) else {
            throw ContainerError(
                .systemFailure, "stop container \(record.name): it has not ended 12 seconds after SIGKILL",
                hint: "a process in an uninterruptible call (state D in ps) keeps it")
        }
        try database.releaseLeases(container: record.id)
    }

    /// Removes a container and all that it wrote.
    /// - Parameters:
    ///   - force: a running one is killed first.
    ///   - volumes: the volumes that it alone uses and that have no name of the user's go too.
    /// - Throws: `notFound`; `conflict` when it runs and `force` is false.
    public func removeContainer(_ name: String, force: Bool = false, volumes: Bool = false) throws(ContainerError) {
        let record = try find(name)
        if case .running(let running) = state(of: record) {
            guard force else {
                throw ContainerError(
                    .conflict, "cannot remove container \"/\(record.name)\": container is running",
                    hint: "stop the container before removing or force remove")
            }
            try running.process.signal(SIGKILL)
            try waitForSupervisor(running, of: record)
        }
        let vanishes = (try? Self.decode(record).autoRemove) == true
        if volumes || vanishes { try removeAnonymousVolumes(of: record.id) }
        try discard(record.id)
    }

    /// Removes whatever there is of a container that does not run; the record goes last, so that a removal that was
    /// interrupted can be done again.
    func discard(_ id: String) throws(ContainerError) {
        let folders = folders(id)
        let cgroup = try Cgroup(existing: cgroupPath(id), host: try CgroupHost.detect())
        if cgroup.exists {
            // Its supervisor was killed: whatever still runs in there belongs to nobody.
            try cgroup.kill()
            try cgroup.delete()
        }
        try snapshotter.remove(id)
        try Files.removeTree(folders.runFolder)
        try Files.removeTree(folders.folder)
        try database.removeContainer(id: id)
    }
}

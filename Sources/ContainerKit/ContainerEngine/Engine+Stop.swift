import ContainerCgroups
import ContainerDatabase
import ContainerNamespaces
import ContainerSystem
import Glibc

/// How a stop went.
public enum StopOutcome: Sendable, Equatable {
    /// It did not run.
    case wasNotRunning
    case ended
    /// It did not end by its stop signal in time, and was killed.
    case killed(afterSignal: Int32, seconds: Int)
}

extension Engine {
    /// Ends a container: its stop signal first, SIGKILL when it has not ended in time. One that does not run is fine.
    /// - Parameters:
    ///   - signal: in place of the container's own: `SIGINT`, `INT`, `2`.
    ///   - timeout: seconds; nil is the container's own, or docker's 10; a negative number waits for ever.
    /// - Throws: `notFound`; `invalidArgument` for a signal that is none; `systemFailure` when it cannot be ended.
    @discardableResult
    public func stopContainer(_ name: String, signal: String? = nil, timeout: Int? = nil) throws(ContainerError)
        -> StopOutcome
    {
        let record = try find(name)
        let configuration = try Self.decode(record)
        let number = try Self.stopSignal(signal ?? configuration.stopSignal)
        let seconds = timeout ?? configuration.stopTimeout ?? DockerDefaults.stopTimeout
        guard let end = try beginStop(record, configuration, signal: number, seconds: seconds) else {
            return .wasNotRunning
        }
        let wasKilled = try awaitEnd(end, of: record, configuration, seconds: seconds)
        try release(record, configuration)
        return wasKilled ? .killed(afterSignal: number, seconds: seconds) : .ended
    }

    static func stopSignal(_ name: String?) throws(ContainerError) -> Int32 {
        guard let name, !name.isEmpty else { return DockerDefaults.stopSignal }
        guard let signal = Signal(name: name) else {
            throw ContainerError(.invalidArgument, "Invalid signal: \(name)")
        }
        return signal.number
    }

    /// A life that was told to end, and the connection with its supervisor: nil when that was killed, and the container
    /// goes on without it, or goes down with it.
    typealias Ending = (life: EndingLife, supervisor: Supervisor?)

    struct EndingLife {
        let runFolder: String
        let shim: ProcessIdentity
        /// Nil between two starts.
        let process: ProcessIdentity?
        let signal: Int32
        /// Until SIGKILL; nil leaves it at the signal.
        let seconds: Int?

        /// Connects with the supervisor, and tells it.
        func connect() throws(ContainerError) -> Supervisor {
            let supervisor = try Supervisor.connect(runFolder: runFolder)
            if let seconds {
                try supervisor.stop(signal: signal, timeoutMilliseconds: seconds < 0 ? nil : seconds * 1000)
            } else {
                try supervisor.setRestartPolicy(.no)
                supervisor.signal(signal)
            }
            return supervisor
        }
    }

    /// Sends the first signal to a container that nobody holds.
    /// - Parameter seconds: nil leaves it at the signal: that is a kill, to docker's events.
    /// - Returns: nil when the container does not run.
    private func beginStop(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, signal: Int32, seconds: Int?
    ) throws(ContainerError) -> Ending? {
        // Whatever has ended is no matter for a lock: docker's stop of it does nothing.
        guard state(of: record).isAlive else { return nil }
        let lock = try hold(record)
        defer { withExtendedLifetime(lock) {} }
        return try sendStop(record, configuration, signal: signal, seconds: seconds)
    }

    /// Sends the first signal to a container that is held, and thaws what is paused so that it hears it.
    func sendStop(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration?, signal: Int32, seconds: Int?
    ) throws(ContainerError) -> Ending? {
        let state = state(of: record)
        let shim: ProcessIdentity
        switch state {
        case .running(let running) where running.hasStarted, .paused(let running): shim = running.shim
        case .restarting(let restart): shim = restart.shim
        default: return nil
        }
        if let configuration {
            if configuration.restart ?? .no != .no { try markAsStopped(record) }
            note("kill", record, configuration, ["signal": String(signal)])
        }
        let end = EndingLife(
            runFolder: folders(record.id).runFolder, shim: shim, process: state.process?.process, signal: signal,
            seconds: seconds)
        let supervisor = try? end.connect()
        if supervisor == nil { try state.process?.process.signal(signal) }
        if case .paused = state { try thaw(record) }
        return (end, supervisor)
    }

    /// Remembers that somebody wanted it so (`unless-stopped`).
    private func markAsStopped(_ record: ContainerRecord) throws(ContainerError) {
        _ = try Descriptor.open(folders(record.id).stopMarker, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
    }

    /// Waits until a container that was told to end has ended and its supervisor has gone.
    /// - Returns: whether it had to be killed.
    /// - Throws: `systemFailure` when it is still there 12 seconds after SIGKILL.
    @discardableResult
    func awaitEnd(
        _ ending: Ending, of record: ContainerRecord, _ configuration: ContainerConfiguration?, seconds: Int
    ) throws(ContainerError) -> Bool {
        let (life, supervisor) = ending
        var wasKilled = false
        if let supervisor { wasKilled = try awaitWord(of: supervisor, life, record, seconds: seconds) }
        // A supervisor that was killed, before or meanwhile, leaves the rest to us.
        if supervisor == nil || state(of: record).process.map({ !$0.shim.isAlive }) ?? false {
            wasKilled = try endUnsupervised(life, record, configuration, seconds: seconds)
        }
        guard life.process?.waitForEnd(milliseconds: 12_000) ?? true, life.shim.waitForEnd(milliseconds: 12_000) else {
            throw Self.hasNotEnded(record)
        }
        return wasKilled
    }

    private func awaitWord(of first: Supervisor, _ life: EndingLife, _ record: ContainerRecord, seconds: Int)
        throws(ContainerError) -> Bool
    {
        let deadline = seconds < 0 ? nil : Timestamp.now + Double(seconds) + 12
        var supervisor: Supervisor? = first
        while true {
            let rest = deadline.map { Int(max(0, ($0 - Timestamp.now) * 1000)) }
            do throws(ContainerError) {
                guard let connected = supervisor else { throw ContainerError(.unavailable, "the supervisor let go") }
                switch try connected.next(milliseconds: rest) {
                case .exited(_, willRestart: false, let wasKilled): return wasKilled
                case .exited, .detached: continue
                case nil: throw Self.hasNotEnded(record)
                }
            } catch {
                guard error.code == .unavailable else { throw error }
                // A life that ended by itself a moment before lets go of all clients, whatever they have sent.
                if life.shim.waitForEnd(milliseconds: 10) { return false }
                if rest == 0 { throw Self.hasNotEnded(record) }
                supervisor = try? life.connect()
            }
        }
    }

    /// Nobody is left to do it for us, nor to tell of it.
    private func endUnsupervised(
        _ end: EndingLife, _ record: ContainerRecord, _ configuration: ContainerConfiguration?, seconds: Int
    ) throws(ContainerError) -> Bool {
        var wasKilled = false
        if let process = end.process, !process.waitForEnd(milliseconds: seconds < 0 ? nil : seconds * 1000) {
            wasKilled = true
            try process.signal(SIGKILL)
            guard process.waitForEnd(milliseconds: 12_000) else { throw Self.hasNotEnded(record) }
        }
        try endOrphans(record.id)
        guard let configuration else { return wasKilled }
        let status = folders(record.id).recordedExit()?.status ?? 255
        let own = try database.endpoints(container: record.id).map(\.network)
        let networks = own.isEmpty ? [] : try database.networks().filter { own.contains($0.id) }
        note(
            [event("die", record, configuration, ["exitCode": String(status)])]
                + networks.map { Self.networkEvent("disconnect", $0, container: record.id) }
                + [event("stop", record, configuration)])
        return wasKilled
    }

    static func hasNotEnded(_ record: ContainerRecord) -> ContainerError {
        ContainerError(
            .systemFailure, "stop container \(record.name): it has not ended 12 seconds after SIGKILL",
            hint: "a process in an uninterruptible call (state D in ps) keeps it")
    }

    /// What still runs in the cgroup of a container whose supervisor was killed belongs to nobody.
    func endOrphans(_ id: String) throws(ContainerError) {
        let cgroup = try Cgroup(existing: cgroupPath(id), host: try CgroupHost.detect())
        guard cgroup.exists else { return }
        try cgroup.kill()
        try cgroup.delete()
    }

    /// Gives back what a container that has ended held, unless it runs again by now.
    func release(_ record: ContainerRecord, _ configuration: ContainerConfiguration) throws(ContainerError) {
        if configuration.autoRemove { return try forget(record, configuration) }
        let lock: FileLock
        do throws(ContainerError) { lock = try hold(record) } catch {
            // Somebody removes it, and its lease with it.
            if error.code == .notFound || error.code == .conflict { return }
            throw error
        }
        defer { withExtendedLifetime(lock) {} }
        if state(of: record).process == nil { try releaseNetworks(of: record.id) }
    }

    /// Forgets a container that has removed itself; who is first says so.
    func forget(_ record: ContainerRecord, _ configuration: ContainerConfiguration) throws(ContainerError) {
        if configuration.volumes.contains(where: { $0.kind == .volume }) {
            try removeAnonymousVolumes(of: record.id)
        }
        if try database.removeContainer(id: record.id) { note("destroy", record, configuration) }
    }

    // MARK: - Signals

    /// Sends a signal to a container's first process. SIGKILL, and what is the container's stop signal (any signal
    /// where it names none), also keeps it from being started again, as docker's kill.
    /// - Parameter signal: `SIGKILL`, `KILL`, `9`.
    /// - Throws: `notFound`; `invalidArgument` for a signal that is none; `conflict` for a container that does not run.
    public func killContainer(_ name: String, signal: String = "KILL") throws(ContainerError) {
        guard let wanted = Signal(name: signal) else {
            throw ContainerError(.invalidArgument, "Invalid signal: \(signal)")
        }
        let record = try find(name)
        let configuration = try Self.decode(record)
        let isEnd =
            wanted.number == SIGKILL || configuration.stopSignal == nil
            || configuration.stopSignal.flatMap(Signal.init(name:)) == wanted
        do throws(ContainerError) {
            guard isEnd else { return try send(wanted.number, to: record, configuration) }
            guard let end = try beginStop(record, configuration, signal: wanted.number, seconds: nil) else {
                throw Self.notRunning(record)
            }
            guard wanted.number == SIGKILL else { return }
            try awaitEnd(end, of: record, configuration, seconds: 0)
            try release(record, configuration)
        } catch {
            throw error.during("cannot kill container: \(name)")
        }
    }

    private func send(_ signal: Int32, to record: ContainerRecord, _ configuration: ContainerConfiguration)
        throws(ContainerError)
    {
        let lock = try hold(record)
        defer { withExtendedLifetime(lock) {} }
        let state = state(of: record)
        guard state.isAlive else { throw Self.notRunning(record) }
        note("kill", record, configuration, ["signal": String(signal)])
        try state.process?.process.signal(signal)
    }

    /// docker's words.
    static func notRunning(_ record: ContainerRecord) -> ContainerError {
        ContainerError(.conflict, "container \(record.id) is not running")
    }
}

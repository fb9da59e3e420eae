import ContainerSystem

/// What a container is doing. Read from the kernel and from the files that the shim writes, never from memory, so it
/// is true after any crash.
public enum ContainerState: Sendable, Equatable {
    case created
    case running(RunningProcess)
    case exited(Exit)

    public struct RunningProcess: Sendable, Equatable {
        public let process: ProcessIdentity
        public let shim: ProcessIdentity
        /// Seconds since 1970; 0 while what is to run is still being set up.
        public let started: Double

        /// Whether the container's program runs, or what sets it up still does.
        public var hasStarted: Bool { started > 0 }
    }

    public struct Exit: Sendable, Equatable {
        /// As a shell counts it: 128+n for signal n; 255 when nobody was left to see it.
        public let status: Int32
        /// Seconds since 1970; nil when nobody saw them.
        public let started: Double?
        public let finished: Double?
    }

    /// Whether the container's program runs.
    public var isRunning: Bool {
        if case .running(let running) = self { running.hasStarted } else { false }
    }

    /// docker's word for it.
    public var name: String {
        switch self {
        case .created: "created"
        case .running(let running): running.hasStarted ? "running" : "created"
        case .exited: "exited"
        }
    }
}

/// The files of one container.
struct ContainerFolders {
    /// Kept: log, hosts, exit status.
    let folder: String
    /// Gone with a reboot: the running processes.
    let runFolder: String

    init(id: String, root: String, runRoot: String) {
        folder = "\(root)/containers/\(id)"
        runFolder = "\(runRoot)/containers/\(id)"
    }

    func logFile(id: String) -> String { "\(folder)/\(id)-json.log" }

    /// The control group that the container's own is in, where it asked for one.
    var cgroupParent: String? { try? Files.readText(folder + "/cgroup-parent", limit: 4096) }

    func write(cgroupParent: String) throws(ContainerError) {
        try Files.replace(folder + "/cgroup-parent", with: cgroupParent.utf8, mode: 0o600)
    }

    func state(wasStarted: Bool) -> ContainerState {
        if let exit = recordedExit() { return .exited(exit) }
        guard let pids = Self.numbers("\(runFolder)/pids"), pids.count == 5 else {
            return wasStarted ? .exited(.init(status: 255, started: nil, finished: nil)) : .created
        }
        let running = ContainerState.RunningProcess(
            process: ProcessIdentity(pid: Int32(truncatingIfNeeded: pids[2]), startTime: pids[3]),
            shim: ProcessIdentity(pid: Int32(truncatingIfNeeded: pids[0]), startTime: pids[1]),
            started: Self.seconds(pids[4]))
        if running.process.isAlive { return .running(running) }
        let isSupervised = running.shim.isAlive
        // The shim may have written the exit status since we looked.
        if let exit = recordedExit() { return .exited(exit) }
        if isSupervised { return .running(running) }
        return .exited(.init(status: 255, started: running.started, finished: nil))
    }

    /// What the shim wrote at the end; nil before that, and when a power cut left no more than the file's name.
    private func recordedExit() -> ContainerState.Exit? {
        guard let exit = Self.numbers("\(folder)/exit"), exit.count == 3 || exit.count == 5 else { return nil }
        return .init(
            status: Int32(truncatingIfNeeded: exit[0]), started: Self.seconds(exit[1]),
            finished: Self.seconds(exit[2]))
    }

    /// Nil unless there is a file of nothing but numbers.
    private static func numbers(_ path: String) -> [UInt64]? {
        guard let text = try? Files.readText(path, limit: 4096) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        let numbers = words.compactMap { UInt64($0) }
        return numbers.count == words.count ? numbers : nil
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

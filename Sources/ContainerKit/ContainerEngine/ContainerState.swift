import ContainerSystem

/// What a container is doing. Read from the kernel and from the files that the supervisor writes, never from memory, so
/// it is true after any crash.
public enum ContainerState: Sendable, Equatable {
    case created
    case running(RunningProcess)
    /// Its processes are frozen.
    case paused(RunningProcess)
    /// It has ended, and its supervisor will start it again.
    case restarting(Restart)
    case exited(Exit)
    /// Another process is removing it.
    case removing
    /// Its removal was interrupted; the next one goes on with it.
    case dead

    public struct RunningProcess: Sendable, Equatable {
        public let process: ProcessIdentity
        public let shim: ProcessIdentity
        /// Seconds since 1970; 0 while what is to run is still being set up.
        public let started: Double

        public init(process: ProcessIdentity, shim: ProcessIdentity, started: Double) {
            self.process = process
            self.shim = shim
            self.started = started
        }

        /// Whether the container's program runs, or what sets it up still does.
        public var hasStarted: Bool { started > 0 }
    }

    /// What is between two lives of a container's program.
    public struct Restart: Sendable, Equatable {
        public let shim: ProcessIdentity
        /// How the last one ended.
        public let exit: Exit
        /// How often it was started again since it was started by hand.
        public let count: Int
        /// When it starts, in seconds since 1970.
        public let until: Double
    }

    public struct Exit: Sendable, Equatable {
        /// As a shell counts it: 128+n for signal n; 255 when nobody was left to see it.
        public let status: Int32
        /// Seconds since 1970; nil when nobody saw them.
        public let started: Double?
        public let finished: Double?
        /// Whether the kernel ended something in it for want of memory.
        public var ranOutOfMemory = false
        /// How often it was started again since it was started by hand.
        public var restarts = 0

        public init(
            status: Int32, started: Double?, finished: Double?, ranOutOfMemory: Bool = false, restarts: Int = 0
        ) {
            self.status = status
            self.started = started
            self.finished = finished
            self.ranOutOfMemory = ranOutOfMemory
            self.restarts = restarts
        }

        /// Nobody saw it.
        static func unseen(started: Double?) -> Exit { Exit(status: 255, started: started, finished: nil) }
    }

    /// Whether the container's program runs and is not held still.
    public var isRunning: Bool {
        if case .running(let running) = self { running.hasStarted } else { false }
    }

    /// Whether there is a life of it that can be ended: docker counts what is paused or between two starts as running.
    public var isAlive: Bool {
        switch self {
        case .running(let running): running.hasStarted
        case .paused, .restarting: true
        case .created, .exited, .removing, .dead: false
        }
    }

    /// Its processes, frozen or not.
    public var process: RunningProcess? {
        switch self {
        case .running(let running), .paused(let running): running
        default: nil
        }
    }

    /// docker's word for it.
    public var name: String {
        switch self {
        case .created: "created"
        case .running(let running): running.hasStarted ? "running" : "created"
        case .paused: "paused"
        case .restarting: "restarting"
        case .exited: "exited"
        case .removing: "removing"
        case .dead: "dead"
        }
    }
}

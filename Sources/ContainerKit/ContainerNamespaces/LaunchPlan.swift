import CKLinux

/// Everything that happens between "start this container" and its program's first instruction, as a value: an
/// ordered list of steps, made by pure code, that can be printed, compared in a test and explained to a reader.
///
/// `ck-shim` carries it out. Steps of one phase run in their order; the host phase runs beside the child phase, and
/// the two meet at `awaitHost`.
public struct LaunchPlan: Sendable, Equatable {
    /// Who carries a step out, and when.
    public enum Phase: UInt16, Sendable {
        /// The shim, before it clones.
        case supervisor = 0
        /// The shim, after the clone.
        case host = 1
        /// The new process, in its namespaces.
        case child = 2
        /// The shim, after the container's end.
        case after = 3
    }

    public struct Step: Sendable, Equatable {
        public let phase: Phase
        public let operation: Operation
    }

    public private(set) var steps: [Step] = []

    public init() {}

    public mutating func append(_ phase: Phase, _ operations: Operation...) {
        append(phase, operations)
    }

    public mutating func append(_ phase: Phase, _ operations: [Operation]) {
        steps += operations.map { Step(phase: phase, operation: $0) }
    }
}

extension LaunchPlan: CustomStringConvertible {
    /// One line a step, as `ck run --explain` prints it.
    public var description: String {
        steps.map { step in
            let actor =
                switch step.phase {
                case .supervisor: "shim   "
                case .host: "host   "
                case .child: "child  "
                case .after: "after  "
                }
            return actor + step.operation.description
        }.joined(separator: "\n")
    }
}

/// How the container's streams are connected.
public struct StreamOptions: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The container gets a pseudo-terminal.
    public static let terminal = StreamOptions(rawValue: 1)
    /// The container's standard input stays open.
    public static let stdin = StreamOptions(rawValue: 2)
    /// Output goes to the client's streams as well as to the log.
    public static let attached = StreamOptions(rawValue: 4)
    /// The client's input goes to the container.
    public static let stdinAttached = StreamOptions(rawValue: 8)
    /// The container gets the caller's descriptors themselves, with nothing in between.
    public static let pass = StreamOptions(rawValue: 16)
    /// With `pass`: pipes and sockets among them become the user's.
    public static let own = StreamOptions(rawValue: 32)
    /// The container's standard input ends when that of its last client does.
    public static let stdinOnce = StreamOptions(rawValue: 64)

    var names: String {
        let all: [(StreamOptions, String)] = [
            (.terminal, "terminal"), (.stdin, "stdin open"), (.attached, "output attached"),
            (.stdinAttached, "input attached"), (.pass, "passed on"), (.own, "the user's"),
            (.stdinOnce, "input ends with the client's"),
        ]
        let present = all.filter { contains($0.0) }.map(\.1)
        return present.isEmpty ? "log only" : present.joined(separator: ", ")
    }
}

/// Flags of a mount (mount_setattr(2)).
public struct MountAttributes: OptionSet, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountAttributes(rawValue: 0x1)
    public static let noSetUserID = MountAttributes(rawValue: 0x2)
    public static let noDevices = MountAttributes(rawValue: 0x4)
    public static let noExecute = MountAttributes(rawValue: 0x8)
    public static let noAccessTimes = MountAttributes(rawValue: 0x10)
    public static let strictAccessTimes = MountAttributes(rawValue: 0x20)
    public static let noDirectoryAccessTimes = MountAttributes(rawValue: 0x80)
    public static let noSymlinks = MountAttributes(rawValue: 0x20_0000)
    /// The field of the kinds of access times, which is a number; zero is relatime.
    public static let accessTimes = MountAttributes(rawValue: 0x70)

    /// The option names of mount(8).
    static let names: [(MountAttributes, String)] = [
        (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecute, "noexec"),
        (.noAccessTimes, "noatime"), (.strictAccessTimes, "strictatime"), (.noDirectoryAccessTimes, "nodiratime"),
        (.noSymlinks, "nosymfollow"),
    ]

    public init?(name: some StringProtocol) {
        guard let found = Self.names.first(where: { $0.1 == name }) else { return nil }
        self = found.0
    }

    var text: String {
        let present = Self.names.filter { contains($0.0) }.map(\.1)
        return present.isEmpty ? "" : " (\(present.joined(separator: ",")))"
    }
}

/// How mounts below a mount spread (mount_namespaces(7)).
public enum Propagation: String, Sendable {
    case `private`, slave, shared, unbindable

    /// The MS_* flag of mount(2).
    var flag: UInt64 {
        switch self {
        case .private: 1 << 18
        case .slave: 1 << 19
        case .shared: 1 << 20
        case .unbindable: 1 << 17
        }
    }
}

// TEMPORARY: signatures only, replaced by the real engine.
import ContainerSystem
import ContainerNamespaces
import OCISpec

public final class Engine: Sendable {
    public struct Configuration: Sendable {
        public var root: String            // default /var/lib/containerkit
        public var runRoot: String         // default /run/containerkit
        public var shimPath: String?
        public init(root: String? = nil, runRoot: String? = nil, shimPath: String? = nil) {  // nil: CK_ROOT / CK_RUN_ROOT, then the defaults
            self.root = root ?? ""; self.runRoot = runRoot ?? ""; self.shimPath = shimPath }
    }
    public let configuration: Configuration
    public init(_ configuration: Configuration) throws(ContainerError) { self.configuration = configuration }
}

public struct ImageSummary: Sendable {
    public let id: String               // "sha256:<64 hex>"
    public let names: [(repository: String, tag: String)]   // familiar form, e.g. ("busybox","latest"), ("localhost:5000/busybox","1"); empty = dangling
    public let digests: [String]        // "localhost:5000/busybox@sha256:..."
    public let created: Double?         // seconds since 1970
    public let size: Int64
}
public enum ImageRemoval: Sendable { case untagged(String), deleted(String) }
public enum PullEvent: Sendable {
    case layer(id: String, status: String)      // short 12-digit id, "Pulling fs layer" / "Already exists" / "Download complete" / "Pull complete"
    case progress(id: String, done: Int64, total: Int64)
}
public struct PullOutcome: Sendable { public let reference: String; public let digest: String; public let isNew: Bool; public let imageID: String }

public struct ContainerSummary: Sendable {
    public let id: String, name: String, image: String, imageID: String, command: String   // command joined by spaces, unquoted
    public let created: Double
    public let state: ContainerState
    public let labels: [String: String]
}

extension Engine {
    public func pullImage(_ reference: String, platform: String? = nil, progress: @escaping @Sendable (PullEvent) -> Void) throws(ContainerError) -> PullOutcome { throw ContainerError(.unsupported, "stub") }
    public func images() throws(ContainerError) -> [ImageSummary] { throw ContainerError(.unsupported, "stub") }  // newest first
    /// docker's inspect document of an image, as JSON text (one object).
    public func inspectImage(_ reference: String) throws(ContainerError) -> String { throw ContainerError(.unsupported, "stub") }
    public func hasImage(_ reference: String) throws(ContainerError) -> Bool { false }
    public func removeImage(_ reference: String, force: Bool) throws(ContainerError) -> [ImageRemoval] { throw ContainerError(.unsupported, "stub") }
    /// `ck init DIR NAME`; returns "sha256:..."
    public func makeImage(fromDirectory: String, name: String) throws(ContainerError) -> String { throw ContainerError(.unsupported, "stub") }
    /// `ck import`: a tar (any compression) from a descriptor; changes are Dockerfile instructions as for docker import -c
    public func importImage(from: Descriptor, name: String?, message: String?, changes: [String]) throws(ContainerError) -> String { throw ContainerError(.unsupported, "stub") }
    public func commit(container: String, name: String?, author: String?, message: String?, changes: [String], pause: Bool) throws(ContainerError) -> String { throw ContainerError(.unsupported, "stub") }

    public func createContainer(_ options: ContainerOptions) throws(ContainerError) -> String { throw ContainerError(.unsupported, "stub") }  // id
    /// Starts a container. streams nil = detached.
    public func startContainer(_ id: String, streams: ClientStreams?) throws(ContainerError) -> any LaunchedProcess { throw ContainerError(.unsupported, "stub") }
    /// create + start with less work; for a foreground --rm container call `finish` after wait() returned.
    public func runContainer(_ options: ContainerOptions, streams: ClientStreams?) throws(ContainerError) -> RunningContainer { throw ContainerError(.unsupported, "stub") }
    public func containers() throws(ContainerError) -> [ContainerSummary] { throw ContainerError(.unsupported, "stub") }  // all, newest first
    public func stopContainer(_ name: String, timeout: Int?) throws(ContainerError) { throw ContainerError(.unsupported, "stub") }
    public func removeContainer(_ name: String, force: Bool) throws(ContainerError) { throw ContainerError(.unsupported, "stub") }
    public func execute(in container: String, _ options: ExecOptions, streams: ClientStreams?) throws(ContainerError) -> any LaunchedProcess { throw ContainerError(.unsupported, "stub") }
    /// Path of the json-file log, and whether the container still runs.
    public func logs(of container: String) throws(ContainerError) -> ContainerLog { throw ContainerError(.unsupported, "stub") }
    public func information() throws(ContainerError) -> HostInformation { throw ContainerError(.unsupported, "stub") }
}
public struct RunningContainer: Sendable {
    public let id: String
    public let process: any LaunchedProcess
    /// Blocks; the exit status; releases what the engine holds (leases, the record of an auto-removed container).
    public func wait() throws(ContainerError) -> Int32 { 0 }
}
public struct ExecOptions: Sendable {
    public var command: [String], environment: [String] = [], workingDirectory: String?, user: String?, terminal = false, stdinOpen = false
    public var terminalSize: RuntimeSpec.Process.ConsoleSize?
    public init(command: [String]) { self.command = command }
}
public struct ContainerLog: Sendable {
    public struct Entry: Sendable { public let text: [UInt8]; public let isError: Bool; public let time: String }   // RFC 3339 nano
    /// The entries so far.
    public func read(_ body: (Entry) throws -> Void) throws {}
    /// The entries so far, then new ones until the container ends.
    public func follow(_ body: (Entry) throws -> Void) throws {}
}
public struct HostInformation: Sendable {
    public var containers = 0, running = 0, stopped = 0, images = 0
    public var storageDriver = "overlay", cgroupVersion = "1", kernelVersion = "", operatingSystem = "", architecture = "", cpus = 0
    public var memory: Int64 = 0, name = "", root = ""
    public var securityOptions: [String] = []
}

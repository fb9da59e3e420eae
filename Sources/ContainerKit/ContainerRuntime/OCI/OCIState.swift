import OCISpec

/// What a container is and where it stands (runtime.md, "State"); also what hooks get on their standard input.
public struct OCIState: Sendable, Equatable {
    public enum Status: String, Sendable {
        case creating, created, running, paused, stopped
    }

    public var ociVersion: String
    public var id: String
    public var status: Status
    /// As the host counts; 0 when it is stopped.
    public var pid: Int32
    /// The folder of the bundle, absolute.
    public var bundle: String
    public var annotations: [String: String]
    // What runc adds.
    public var rootfs: String
    /// Nanoseconds since 1970.
    public var created: UInt64
    /// The user who made it.
    public var owner: UInt32

    public init(
        ociVersion: String = RuntimeSpec.supportedVersion, id: String, status: Status, pid: Int32 = 0, bundle: String,
        annotations: [String: String] = [:], rootfs: String = "", created: UInt64 = 0, owner: UInt32 = 0
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
        self.rootfs = rootfs
        self.created = created
        self.owner = owner
    }
}

/// Something that is shown in a container besides its image (`-v`, `--mount`, `--tmpfs`).
public struct VolumeBind: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// A folder or file of the host.
        case bind
        case volume
        case tmpfs
        /// The files of an image.
        case image
    }

    /// A path of the host; a volume's name, which is empty for one that is made for the container; an image.
    public var source: String
    public var target: String
    public var readOnly: Bool
    /// Nil is a folder or file of the host.
    public var kind: Kind?
    public var details: Details?

    public init(source: String, target: String, readOnly: Bool = false, kind: Kind? = nil, details: Details? = nil) {
        self.source = source
        self.target = target
        self.readOnly = readOnly
        self.kind = kind == .bind ? nil : kind
        self.details = details
    }

    /// What few ask for.
    public struct Details: Sendable, Equatable {
        /// `rprivate`, `rshared` and so on (mount_namespaces(7)).
        public var propagation: String?
        /// Mounts below the source are left out.
        public var isNotRecursive: Bool?
        /// `writable` or `readonly`: what a read-only bind makes of the mounts below it.
        public var recursiveReadOnly: String?
        /// What the image has at the target is not copied into a volume that is empty.
        public var noCopy: Bool?
        /// A folder or file in the volume or image.
        public var subpath: String?
        /// Of a volume that is made for it.
        public var labels: [String: String]?
        public var driverOptions: [String: String]?
        /// Of a tmpfs, as mount(8) takes them.
        public var tmpfsOptions: [String]?
        /// The source has to be there (`--mount`), where it is made otherwise (`-v`).
        public var sourceMustExist: Bool?
        /// Made for this container, and removed with it.
        public var isAnonymous: Bool?
        /// The mode as it was given (`ro,z`), as `inspect` shows it.
        public var mode: String?

        public init() {}
    }
}

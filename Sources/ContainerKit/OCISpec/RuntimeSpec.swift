/// The OCI runtime specification (config.md, config-linux.md): what describes one container. The engine
/// makes one from an image and options; from there on nothing knows about images.
public struct RuntimeSpec: Codable, Sendable, Equatable {
    public struct Root: Codable, Sendable, Equatable {
        public var path: String
        public var readonly: Bool?

        public init(path: String, readonly: Bool? = nil) {
            self.path = path
            self.readonly = readonly
        }
    }

    public struct Mount: Codable, Sendable, Equatable {
        public var destination: String
        public var type: String?
        public var source: String?
        public var options: [String]?
        /// How the ids of the source's files show in the container (mount_setattr(2), idmapped mounts).
        public var uidMappings: [IDMapping]?
        public var gidMappings: [IDMapping]?

        public init(destination: String, type: String? = nil, source: String? = nil, options: [String]? = nil) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }
    }

    /// A range of ids (user_namespaces(7)).
    public struct IDMapping: Codable, Sendable, Equatable {
        public var containerID: UInt32
        public var hostID: UInt32
        public var size: UInt32

        public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
            self.containerID = containerID
            self.hostID = hostID
            self.size = size
        }
    }

    /// The version of the specification that this library follows.
    public static let supportedVersion = "1.2.0"

    public var ociVersion = RuntimeSpec.supportedVersion
    public var process: Process
    public var root: Root
    public var hostname: String?
    public var domainname: String?
    public var mounts: [Mount] = []
    public var hooks: Hooks?
    public var annotations: [String: String]?
    public var linux = Linux()

    public init(process: Process, root: Root) {
        self.process = process
        self.root = root
    }
}

/// The JSON value `{}`: docker writes sets as objects of it.
public struct EmptyObject: Codable, Sendable, Hashable {
    enum CodingKeys: CodingKey {}

    public init() {}

    /// Takes whatever stands there, `null` included.
    public init(from decoder: any Decoder) {}

    public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: CodingKeys.self) }
}

/// The configuration of an image (OCI image specification, config.md). Times are RFC 3339 text, kept as they came: a
/// `Date` would lose nanoseconds, and with them the image's identity.
public struct ImageConfig: Codable, Sendable, Hashable {
    public var created: String?
    public var author: String?
    public var architecture: String
    public var os: String
    public var osVersion: String?
    public var osFeatures: [String]?
    public var variant: String?
    public var config: Execution?
    public var rootfs: RootFS
    public var history: [History]?

    enum CodingKeys: String, CodingKey {
        case created, author, architecture, os, variant, config, rootfs, history
        case osVersion = "os.version"
        case osFeatures = "os.features"
    }

    public init(
        platform: Platform = .current, created: String? = nil, author: String? = nil, config: Execution? = nil,
        rootfs: RootFS, history: [History]? = nil
    ) {
        self.created = created
        self.author = author
        self.architecture = platform.architecture
        self.os = platform.os
        self.variant = platform.variant
        self.config = config
        self.rootfs = rootfs
        self.history = history
    }

    public var platform: Platform {
        var platform = Platform(os: os, architecture: architecture, variant: variant)
        platform.osVersion = osVersion
        platform.osFeatures = osFeatures
        return platform
    }
}

extension ImageConfig {
    /// The defaults of a container made from the image.
    public struct Execution: Codable, Sendable, Hashable {
        public var user: String?
        /// `80/tcp`, `53/udp`.
        public var exposedPorts: [String: EmptyObject]?
        /// `NAME=value`.
        public var env: [String]?
        public var entrypoint: [String]?
        public var cmd: [String]?
        public var volumes: [String: EmptyObject]?
        public var workingDir: String?
        public var labels: [String: String]?
        public var stopSignal: String?
        public var healthcheck: Healthcheck?
        public var onBuild: [String]?
        public var shell: [String]?
        public var argsEscaped: Bool?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case env = "Env"
            case entrypoint = "Entrypoint"
            case cmd = "Cmd"
            case volumes = "Volumes"
            case workingDir = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
            case healthcheck = "Healthcheck"
            case onBuild = "OnBuild"
            case shell = "Shell"
            case argsEscaped = "ArgsEscaped"
        }

        public init() {}
    }

    /// Docker's health check. Durations are nanoseconds; 0 and nil are docker's default.
    public struct Healthcheck: Codable, Sendable, Hashable {
        /// `["CMD", …]`, `["CMD-SHELL", command]` or `["NONE"]`.
        public var test: [String]?
        public var interval: Int64?
        public var timeout: Int64?
        public var startPeriod: Int64?
        public var startInterval: Int64?
        public var retries: Int?

        enum CodingKeys: String, CodingKey {
            case test = "Test"
            case interval = "Interval"
            case timeout = "Timeout"
            case startPeriod = "StartPeriod"
            case startInterval = "StartInterval"
            case retries = "Retries"
        }

        public init() {}
    }

    public struct RootFS: Codable, Sendable, Hashable {
        public var type: String
        /// Digests of the uncompressed layers, the lowest first.
        public var diffIDs: [Digest]

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        public init(diffIDs: [Digest]) {
            self.type = "layers"
            self.diffIDs = diffIDs
        }

        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            type = try fields.decodeIfPresent(String.self, forKey: .type) ?? "layers"
            diffIDs = try fields.decodeIfPresent([Digest].self, forKey: .diffIDs) ?? []
        }
    }

    /// How one layer, or one step without a layer, came about.
    public struct History: Codable, Sendable, Hashable {
        public var created: String?
        public var createdBy: String?
        public var author: String?
        public var comment: String?
        public var emptyLayer: Bool?

        enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }

        public init(
            created: String? = nil, createdBy: String? = nil, author: String? = nil, comment: String? = nil,
            emptyLayer: Bool? = nil
        ) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.comment = comment
            self.emptyLayer = emptyLayer
        }
    }
}

import ContainerDatabase
import ContainerNamespaces
import ContainerSystem
import OCISpec

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
    /// Of one that runs; nil without a health check.
    public let health: HealthStatus?
    public let mounts: [Mount]
    /// The networks that it is connected to, by name.
    public let networks: [String]
    /// `80/tcp`
    public let exposedPorts: [String]
    public let restart: RestartPolicy
    /// Whether somebody stopped it (`unless-stopped`).
    public let wasStoppedByHand: Bool
    /// Bytes; only where it was asked for.
    public internal(set) var size: Size?

    public struct Mount: Sendable, Equatable {
        /// A volume's name, or a path of the host.
        public let source: String
        public let target: String
        public let isVolume: Bool
    }

    public struct Size: Sendable, Equatable {
        /// What the container has written.
        public let written: Int64
        /// That and the image.
        public let total: Int64
    }
}

/// docker's words for what a health check has found.
public enum HealthStatus: String, Sendable {
    case starting, healthy, unhealthy
}

/// What a list shows of a container's document. Decoding a thousand whole ones would take longer than all the rest.
struct ContainerOutline {
    var imageName = ""
    var command: [String] = []
    var labels: [String: String] = [:]
    var autoRemove = false
    var network = ""
    var mounts: [ContainerSummary.Mount] = []
    var exposedPorts: [String] = []
    var hasHealthCheck = false
    var restart = RestartPolicy.no

    init(_ record: ContainerRecord) throws(ContainerError) {
        do throws(ContainerError) {
            self = try JSONReader.read(record.configuration, name: "configuration") { json throws(ContainerError) in
                try ContainerOutline(&json)
            }
        } catch {
            throw ContainerError(
                .corrupted, "read the configuration of container \(record.name)", cause: error.message,
                hint: "remove it with rm -f")
        }
    }

    private init(_ json: inout JSONReader) throws(ContainerError) {
        guard try json.beginObject() else { return }
        while let key = try json.nextKey() {
            switch key {
            case "imageName": imageName = try json.string() ?? ""
            case "command": command = try json.strings() ?? []
            case "labels":
                labels = try json.dictionary { json throws(ContainerError) in try json.string() } ?? [:]
            case "autoRemove": autoRemove = try json.bool() ?? false
            case "network": network = try json.string() ?? ""
            case "exposedPorts": exposedPorts = try json.strings() ?? []
            case "health": hasHealthCheck = try json.isFilled()
            case "restart": restart = try Self.restart(&json)
            case "volumes":
                mounts =
                    try json.list(of: "a volume") { json throws(ContainerError) in try Self.mount(&json) } ?? []
            default: try json.skip()
            }
        }
        // docker lists no tmpfs.
        mounts.removeAll { $0.source.isEmpty }
    }

    private static func mount(_ json: inout JSONReader) throws(ContainerError) -> ContainerSummary.Mount? {
        guard try json.beginObject() else { return nil }
        var (source, target, kind) = ("", "", "")
        while let key = try json.nextKey() {
            switch key {
            case "source": source = try json.string() ?? ""
            case "target": target = try json.string() ?? ""
            case "kind": kind = try json.string() ?? ""
            default: try json.skip()
            }
        }
        return .init(source: kind == "tmpfs" ? "" : source, target: target, isVolume: kind == "volume")
    }

    private static func restart(_ json: inout JSONReader) throws(ContainerError) -> RestartPolicy {
        guard try json.beginObject() else { return .no }
        var (name, maximum) = ("", 0)
        while let key = try json.nextKey() {
            switch key {
            case "name": name = try json.string() ?? ""
            case "maximum": maximum = Int(try json.int64() ?? 0)
            default: try json.skip()
            }
        }
        return RestartPolicy(name: name, maximum: maximum) ?? .no
    }
}

import ContainerSystem
import FoundationEssentials
import Glibc

/// How registries are to be reached. A value of its own, or read from a file whose keys are those of docker's
/// `daemon.json` where docker has them.
public struct RegistryConfiguration: Sendable, Hashable {
    /// `insecure-registries`: hosts, `host:port`, and blocks of addresses.
    public var insecure = InsecureRegistries.loopbackOnly
    /// `registry-mirrors` (those of `docker.io`) and `mirrors` (an object: registry to list). They are tried in order
    /// before the registry itself, for pulls only.
    public var mirrors: [String: [RegistryMirror]] = [:]
    /// `max-concurrent-downloads`: layers of a pull that are fetched at the same time.
    public var maxConcurrentDownloads = 4
    /// `max-concurrent-uploads`: layers of a push that are sent at the same time.
    public var maxConcurrentUploads = 4
    /// `certificate-folders`: where a folder `HOST[:PORT]` may hold `*.crt` (authorities to trust beside the
    /// system's) and `*.cert` with `*.key` (a certificate to show).
    public var certificateFolders = [
        "/etc/containerkit/certs.d", "/etc/docker/certs.d", "/etc/containers/certs.d",
    ]
    /// `proxies`, else what the environment says.
    public var proxies = ProxySettings.environment

    /// Where the file is unless `CK_CONFIG` says otherwise.
    public static let defaultPath = "/etc/containerkit/config.json"

    /// Where the file is, or would be.
    static var path: String {
        getenv("CK_CONFIG").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? defaultPath
    }

    public init() {}

    /// Reads `$CK_CONFIG`, or the default file, which may be missing.
    /// - Throws: `notFound` when the file that `CK_CONFIG` names is missing; `invalidArgument` for what is malformed
    ///   in it, and for a key that is not known.
    public static func load() throws(ContainerError) -> RegistryConfiguration {
        let path = path
        guard Files.exists(path) else {
            if path == defaultPath { return RegistryConfiguration() }
            throw ContainerError(
                .notFound, "read \(path): there is no such file", hint: "CK_CONFIG names it: correct or unset that")
        }
        return try RegistryConfiguration(parsing: try Files.read(path, limit: 1 << 20), name: path)
    }

    /// - Parameter name: the file, for messages.
    /// - Throws: `invalidArgument`.
    public init(parsing json: [UInt8], name: String) throws(ContainerError) {
        guard let document = try? JSONDecoder().decode(JSONValue.self, from: Data(json)), case .object = document
        else { throw ContainerError(.invalidArgument, "read \(name): it is no JSON object") }
        let reader = ConfigurationReader(name: name)
        for (key, value) in document.members.sorted(by: { $0.key < $1.key }) {
            do { try set(key, value, reader) } catch { throw error.during("read \(name)") }
        }
    }

    private mutating func set(_ key: String, _ value: JSONValue, _ reader: ConfigurationReader) throws(ContainerError) {
        switch key {
        case "insecure-registries": insecure = try InsecureRegistries(try reader.strings(key, value))
        case "registry-mirrors": mirrors["docker.io"] = try reader.mirrors(key, value)
        case "mirrors":
            for (registry, list) in try reader.object(key, value) {
                let name = RegistryName.plain(registry)
                guard mirrors[name] == nil else {
                    throw reader.error(key, "\(name) has mirrors twice")
                }
                mirrors[name] = try reader.mirrors("\(key).\(registry)", list)
            }
        case "max-concurrent-downloads": maxConcurrentDownloads = try reader.count(key, value)
        case "max-concurrent-uploads": maxConcurrentUploads = try reader.count(key, value)
        case "certificate-folders":
            certificateFolders = try reader.strings(key, value)
            guard certificateFolders.allSatisfy({ $0.hasPrefix("/") }) else {
                throw reader.error(key, "a folder must begin with a slash")
            }
        case "proxies": proxies = try reader.proxies(key, value)
        case _ where Self.engineKeys.contains(key): break
        default:
            throw ContainerError(
                .invalidArgument, "the key \(Foreign.text(key)) is not known",
                hint: "there are \((Self.keys + Self.engineKeys).joined(separator: ", "))")
        }
    }

    /// The settings of registries.
    public static let keys = [
        "insecure-registries", "registry-mirrors", "mirrors", "max-concurrent-downloads", "max-concurrent-uploads",
        "certificate-folders", "proxies",
    ]
    /// Those of new containers, which the engine reads out of the same file.
    public static let engineKeys = ["default-address-pools", "default-pids-limit", "ip", "log-driver", "log-opts"]
}

/// Reads values of the configuration file, each of one type only.
private struct ConfigurationReader {
    let name: String

    func error(_ key: String, _ cause: String) -> ContainerError {
        ContainerError(.invalidArgument, Foreign.text(key), cause: cause)
    }

    func strings(_ key: String, _ value: JSONValue) throws(ContainerError) -> [String] {
        guard case .array(let items) = value else { throw error(key, "it must be a list of strings") }
        let strings = items.compactMap(\.string)
        guard strings.count == items.count else { throw error(key, "it must be a list of strings") }
        return strings
    }

    func object(_ key: String, _ value: JSONValue) throws(ContainerError) -> [(key: String, value: JSONValue)] {
        guard case .object(let members) = value else { throw error(key, "it must be an object") }
        return members.sorted { $0.key < $1.key }
    }

    func mirrors(_ key: String, _ value: JSONValue) throws(ContainerError) -> [RegistryMirror] {
        var mirrors = [RegistryMirror]()
        for text in try strings(key, value) { mirrors.append(try RegistryMirror(text)) }
        return mirrors
    }

    func count(_ key: String, _ value: JSONValue) throws(ContainerError) -> Int {
        guard case .integer(let count) = value, (1...64).contains(count) else {
            throw error(key, "it must be a number from 1 to 64")
        }
        return Int(count)
    }

    func proxies(_ key: String, _ value: JSONValue) throws(ContainerError) -> ProxySettings {
        var proxies = ProxySettings()
        for (member, value) in try object(key, value) {
            guard let text = value.string else { throw error("\(key).\(member)", "it must be a string") }
            switch member {
            case "http-proxy": proxies.http = text
            case "https-proxy": proxies.https = text
            case "no-proxy": proxies.exceptions = text
            default:
                throw ContainerError(
                    .invalidArgument, "the key \(Foreign.text("\(key).\(member)")) is not known",
                    hint: "there are http-proxy, https-proxy and no-proxy")
            }
        }
        return proxies
    }
}

/// A registry that has copies of another one's images.
public struct RegistryMirror: Sendable, Hashable {
    /// Its root; the path, when it has one, does not end with a slash.
    let address: HTTPAddress
    let prefix: String

    /// - Parameter text: `https://mirror.example.com`, `http://localhost:5000/prefix`.
    /// - Throws: `invalidArgument` in docker's words.
    public init(_ text: String) throws(ContainerError) {
        func invalid(_ cause: String) -> ContainerError {
            ContainerError(.invalidArgument, "invalid mirror: \(cause)")
        }
        guard let scheme = text.firstRange(of: "://"), scheme.lowerBound != text.startIndex else {
            throw invalid(
                "no scheme specified for \"\(Foreign.text(text))\": must use either 'https://' or 'http://'")
        }
        // What stands before an @ may be a password: it is in no message.
        guard !text[scheme.upperBound...].prefix(while: { $0 != "/" }).contains("@") else {
            throw invalid("username/password not allowed in URI")
        }
        guard !text.contains("?"), !text.contains("#") else {
            throw invalid("query or fragment at end of the URI \"\(Foreign.text(text))\"")
        }
        guard var address = HTTPAddress(text) else {
            throw invalid("\"\(Foreign.text(text))\" is not a valid URI")
        }
        var prefix = address.target
        while prefix.hasSuffix("/") { prefix.removeLast() }
        address.target = "/"
        self.address = address
        self.prefix = prefix
    }

    /// Its name among the logins.
    var registry: String {
        let isDefault = address.port == (address.scheme == .https ? 443 : 80)
        return RegistryName.plain(isDefault ? address.host : address.authority)
    }
}

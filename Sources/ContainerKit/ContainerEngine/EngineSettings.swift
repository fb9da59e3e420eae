import ContainerNamespaces
import ContainerRegistryClient
import ContainerSystem
import FoundationEssentials
import Glibc

/// What new containers get that ask for nothing, as the host's administrator wants it: the file
/// `/etc/containerkit/config.json`, or the one that `CK_CONFIG` names. Without it, our own defaults hold.
public struct EngineSettings: Sendable, Equatable {
    /// Processes and threads of one container; nil is no limit.
    public var pidsLimit: Int64? = DockerDefaults.pidsLimit
    /// Nil is json-file with our size and count of files.
    public var logging: LogConfiguration?
    /// Where ports are published that name no address of the host; nil is every address.
    public var hostAddress: String?
    /// Where networks get their addresses from that name none; empty leaves it to us.
    public var addressPools: [AddressPoolSetting] = []

    /// Blocks of one size out of a larger one.
    public struct AddressPoolSetting: Sendable, Equatable {
        /// `172.30.0.0/16`
        public var base: String
        /// The prefix length of a network, bits.
        public var size: Int

        public init(base: String, size: Int) {
            self.base = base
            self.size = size
        }
    }

    public static let defaultPath = "/etc/containerkit/config.json"

    public init() {}

    /// Reads the file, where there is one.
    /// - Throws: `invalidArgument` with the file and what is wrong with it; `notFound` when `CK_CONFIG` names none.
    public static func load() throws(ContainerError) -> EngineSettings {
        let named = getenv("CK_CONFIG").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        let path = named ?? defaultPath
        if named == nil, access(path, F_OK) != 0 { return EngineSettings() }
        return try EngineSettings(json: try Files.read(path, limit: 1 << 20), name: path)
    }

    init(json: [UInt8], name: String) throws(ContainerError) {
        let document: [String: Setting]
        do { document = try JSONDecoder().decode([String: Setting].self, from: Data(json)) } catch {
            throw ContainerError(.invalidArgument, "read \(name): it is not an object of settings", cause: "\(error)")
        }
        func refused(_ key: String, _ wanted: String) -> ContainerError {
            ContainerError(.invalidArgument, "read \(name): \(key) is not \(wanted)")
        }
        for (key, value) in document.sorted(by: { $0.key < $1.key }) where !RegistryConfiguration.keys.contains(key) {
            switch (key, value) {
            case ("default-pids-limit", .number(let limit)): pidsLimit = limit > 0 ? limit : nil
            case ("log-driver", .text(let driver)):
                guard let driver = LogConfiguration.Driver(rawValue: driver) else {
                    throw refused(key, "json-file, local or none")
                }
                logging = LogConfiguration(driver: driver, options: logging?.options ?? [:])
            case ("log-opts", .pairs(let options)):
                logging = LogConfiguration(driver: logging?.driver ?? .jsonFile, options: options)
            case ("ip", .text(let address)):
                guard Self.family(address) != nil else { throw refused(key, "an address") }
                hostAddress = address
            case ("default-address-pools", .pools(let pools)):
                addressPools = try pools.map { pool throws(ContainerError) in
                    guard let pool = Self.pool(pool) else {
                        throw refused(key, #"a list of objects such as {"base": "172.30.0.0/16", "size": 24}"#)
                    }
                    return pool
                }
            case ("ip", _): throw refused(key, "a text")
            case ("default-address-pools", _):
                throw refused(key, #"a list of objects such as {"base": "172.30.0.0/16", "size": 24}"#)
            case ("default-pids-limit", _): throw refused(key, "a whole number")
            case ("log-driver", _): throw refused(key, "a name")
            case ("log-opts", _): throw refused(key, "an object of texts")
            default:
                throw ContainerError(
                    .invalidArgument, "read \(name): there is no setting \(key.printable)",
                    hint:
                        "there are \((RegistryConfiguration.engineKeys + RegistryConfiguration.keys).joined(separator: ", "))"
                )
            }
        }
    }

    private enum Setting: Decodable {
        case number(Int64)
        case text(String)
        case pairs([String: String])
        case pools([Pool])
        /// Of no setting of containers.
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int64.self) {
                self = .number(number)
            } else if let text = try? value.decode(String.self) {
                self = .text(text)
            } else {
                self =
                    (try? value.decode([String: String].self)).map { .pairs($0) }
                    ?? (try? value.decode([Pool].self)).map { .pools($0) } ?? .other
            }
        }
    }

    private struct Pool: Decodable {
        let base: String
        let size: Int
    }

    private static func pool(_ pool: Pool) -> AddressPoolSetting? {
        let parts = pool.base.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let family = family(parts[0]), let length = Int(parts[1]),
            (0...(family == AF_INET ? 32 : 128)).contains(pool.size), (0...pool.size).contains(length)
        else { return nil }
        return AddressPoolSetting(base: pool.base, size: pool.size)
    }

    private static func family(_ address: String) -> Int32? {
        var buffer = in6_addr()
        return [AF_INET, AF_INET6].first { inet_pton($0, address, &buffer) == 1 }
    }
}

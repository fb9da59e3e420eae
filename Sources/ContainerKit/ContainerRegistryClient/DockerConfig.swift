import ContainerSystem
import FoundationEssentials
import Glibc

/// The logins in docker's configuration file, `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`: those that stand
/// in the file itself (`auths`), and those that programs keep for it (`credHelpers`, `credsStore`).
public enum DockerConfig {
    /// Where a login was written.
    public enum Keeper: Sendable, Equatable {
        /// In this file, readable for whoever can read the file.
        case file(String)
        /// With this program.
        case helper(String)
    }

    /// Reads the file each time it is asked.
    public static let credentials: CredentialProvider = { registry throws(ContainerError) in
        guard let path, Files.exists(path) else { return nil }
        return try DockerConfigFile(reading: path).credential(for: registry)
    }

    /// Keeps a login, where the file says that logins are kept; every other setting stays as it is.
    /// - Parameter registry: as references spell it: `docker.io`, `localhost:5000`.
    /// - Throws: `corrupted` for a file that is no docker configuration; `unavailable` for a helper that fails.
    public static func store(_ credential: RegistryCredential, for registry: String) throws(ContainerError) -> Keeper {
        var file = try DockerConfigFile(reading: try writablePath())
        return try file.store(credential, for: registry)
    }

    /// Forgets a login; one that is not there is fine.
    /// - Throws: as `store`.
    public static func erase(_ registry: String) throws(ContainerError) {
        var file = try DockerConfigFile(reading: try writablePath())
        try file.erase(registry)
    }

    /// Where the file is; nil when no home is known.
    static var path: String? {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let folder = variable("DOCKER_CONFIG") { return folder + "/config.json" }
        return variable("HOME").map { $0 + "/.docker/config.json" }
    }

    private static func writablePath() throws(ContainerError) -> String {
        guard let path else {
            throw ContainerError(
                .notFound, "find docker's configuration", cause: "HOME is not set", hint: "set HOME or DOCKER_CONFIG")
        }
        return path
    }
}

/// docker's configuration file. What it does not know of it writes back as it was.
struct DockerConfigFile {
    private let path: String
    private var document: JSONValue
    /// Where the helpers are; nil for "along PATH".
    private let helperFolder: String?

    /// The name that docker gives its own registry here.
    private static let dockerHub = "https://index.docker.io/v1/"
    private static let sizeLimit = 1 << 20

    /// A file that is missing is an empty one.
    init(reading path: String, helperFolder: String? = nil) throws(ContainerError) {
        let bytes = Files.exists(path) ? try Files.read(path, limit: Self.sizeLimit) : []
        try self.init(bytes, path: path, helperFolder: helperFolder)
    }

    /// - Throws: `corrupted` for a malformed file; the message never holds a part of it.
    init(_ bytes: [UInt8], path: String, helperFolder: String? = nil) throws(ContainerError) {
        self.path = path
        self.helperFolder = helperFolder
        if bytes.isEmpty {
            document = .object([:])
        } else if let document = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)),
            case .object = document, Self.isSound(document)
        {
            self.document = document
        } else {
            throw ContainerError(.corrupted, "read \(path): not a docker configuration", hint: "repair or remove it")
        }
    }

    private static func isSound(_ document: JSONValue) -> Bool {
        func isObject(_ value: JSONValue?) -> Bool { if case .object? = value { true } else { value == nil } }
        let auths = document["auths"]
        return (auths == .null || isObject(auths)) && (auths?.members.values.allSatisfy { isObject($0) } ?? true)
    }

    func credential(for registry: String) throws(ContainerError) -> RegistryCredential? {
        if let helper = helper(for: registry) { return try helper.credential(for: Self.key(registry)) }
        let logins = document["auths"]?.members ?? [:]
        // Sorted, so that of two spellings of a registry it is always the same one that counts.
        let key = logins.keys.contains(registry) ? registry : logins.keys.sorted().first { Self.host($0) == registry }
        guard let key, let login = logins[key] else { return nil }
        if let token = login["identitytoken"]?.string, !token.isEmpty {
            return RegistryCredential(identityToken: token)
        }
        if let auth = login["auth"]?.string, !auth.isEmpty {
            guard let decoded = Data(base64Encoded: auth), let text = String(data: decoded, encoding: .utf8),
                let colon = text.firstIndex(of: ":")
            else {
                throw ContainerError(.corrupted, "read \(path): the login for \(registry) is malformed")
            }
            let password = text[text.index(after: colon)...].prefix { $0 != "\0" }
            return text[..<colon].isEmpty
                ? nil : RegistryCredential(user: String(text[..<colon]), password: String(password))
        }
        guard let user = login["username"]?.string, !user.isEmpty, let password = login["password"]?.string else {
            return nil
        }
        return RegistryCredential(user: user, password: password)
    }

    mutating func store(_ credential: RegistryCredential, for registry: String) throws(ContainerError)
        -> DockerConfig.Keeper
    {
        var auths = document["auths"] ?? .object([:])
        let key = Self.key(registry)
        if let helper = helper(for: registry) {
            try helper.store(credential, for: key)
            // As docker does: the empty entry tells that there is a login.
            auths[key] = .object([:])
            document["auths"] = auths
            try write()
            return .helper(helper.program)
        }
        auths[key] =
            if let token = credential.identityToken {
                .object(["identitytoken": .string(token)])
            } else {
                .object(["auth": .string(Data(credential.userAndPassword.utf8).base64EncodedString())])
            }
        document["auths"] = auths
        try write()
        return .file(path)
    }

    mutating func erase(_ registry: String) throws(ContainerError) {
        if let helper = helper(for: registry) { try helper.erase(Self.key(registry)) }
        guard var auths = document["auths"] else { return }
        let spellings = auths.members.keys.filter { $0 == registry || Self.host($0) == registry }
        guard !spellings.isEmpty else { return }
        for key in spellings { auths[key] = nil }
        document["auths"] = auths
        try write()
    }

    private func helper(for registry: String) -> CredentialHelper? {
        let helpers = document["credHelpers"]
        let name = (helpers?[registry] ?? helpers?[Self.key(registry)] ?? document["credsStore"])?.string
        return name.flatMap { $0.isEmpty ? nil : CredentialHelper(name: $0, folder: helperFolder) }
    }

    private func write() throws(ContainerError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(document) else {
            throw ContainerError(.corrupted, "write \(path): not a docker configuration")
        }
        // The file may be a link into a folder of settings; the link stays.
        var target = path
        if let resolved = realpath(path, nil) {
            target = String(cString: resolved)
            free(resolved)
        } else if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Files.makeDirectory(String(path[..<slash]), mode: 0o700)
        }
        try Files.replace(target, with: bytes + [UInt8(ascii: "\n")], mode: 0o600)
    }

    private static func key(_ registry: String) -> String { registry == "docker.io" ? dockerHub : registry }

    /// The registry that a key of `auths` means: `https://index.docker.io/v1/` is `docker.io`.
    private static func host(_ key: String) -> String { RegistryName.plain(key) }
}

/// A registry as people name it.
public enum RegistryName {
    /// As references spell it: without scheme and path, and docker's own by one name.
    public static func plain(_ text: String) -> String {
        var rest = text[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let host = rest.prefix { $0 != "/" }
        return ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : String(host)
    }
}

import ContainerSystem
import FoundationEssentials
import Glibc

/// A user and a password (or access token) for one registry. No description shows the password.
public struct RegistryCredential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public var user: String
    public var password: String

    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    public var description: String { "RegistryCredential(user: \(user), password: redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["user": user]) }

    /// The value of a header `Authorization` (RFC 7617).
    var basic: String { "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }
}

/// Who a registry is spoken to as: given its name as references spell it (`docker.io`, `localhost:5000`), answers a
/// credential or nil for none.
public typealias CredentialProvider = @Sendable (_ registry: String) throws(ContainerError) -> RegistryCredential?

/// The logins in docker's configuration file. Only those that stand in the file itself (`auths`): credential helpers
/// are programs, and are not run.
public enum DockerConfig {
    /// Reads `$DOCKER_CONFIG/config.json` or `~/.docker/config.json` each time it is asked.
    public static let credentials: CredentialProvider = { registry throws(ContainerError) in
        guard let path, Files.exists(path) else { return nil }
        return try credential(for: registry, in: try Files.read(path, limit: 1 << 20), path: path)
    }

    /// Where the file is; nil when no home is known.
    static var path: String? {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let folder = variable("DOCKER_CONFIG") { return folder + "/config.json" }
        return variable("HOME").map { $0 + "/.docker/config.json" }
    }

    private struct File: Decodable {
        struct Login: Decodable {
            var auth: String?
            var username: String?
            var password: String?
        }

        var auths: [String: Login]?
    }

    /// - Throws: `corrupted` for a malformed file; the message never holds a part of it.
    static func credential(for registry: String, in bytes: [UInt8], path: String) throws(ContainerError)
        -> RegistryCredential?
    {
        guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)) else {
            throw ContainerError(.corrupted, "read \(path): not a docker configuration", hint: "repair or remove it")
        }
        let logins = file.auths ?? [:]
        // Sorted, so that of two spellings of a registry it is always the same one that counts.
        let key = logins.keys.contains(registry) ? registry : logins.keys.sorted().first { host(of: $0) == registry }
        guard let key, let login = logins[key] else { return nil }
        if let auth = login.auth, !auth.isEmpty {
            guard let decoded = Data(base64Encoded: auth), let text = String(data: decoded, encoding: .utf8),
                let colon = text.firstIndex(of: ":")
            else {
                throw ContainerError(.corrupted, "read \(path): the login for \(registry) is malformed")
            }
            let password = text[text.index(after: colon)...].prefix { $0 != "\0" }
            return text[..<colon].isEmpty
                ? nil : RegistryCredential(user: String(text[..<colon]), password: String(password))
        }
        guard let user = login.username, !user.isEmpty, let password = login.password else { return nil }
        return RegistryCredential(user: user, password: password)
    }

    /// The registry that a key of `auths` means: `https://index.docker.io/v1/` is `docker.io`.
    private static func host(of key: String) -> String {
        var rest = key[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let host = rest.prefix { $0 != "/" }
        return ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : String(host)
    }
}

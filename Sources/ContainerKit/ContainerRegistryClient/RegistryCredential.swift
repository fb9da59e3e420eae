import ContainerSystem
import FoundationEssentials

/// A user and a password (or access token) for one registry. No description shows the password.
public struct RegistryCredential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public var user: String
    public var password: String

    /// What some registries give at a login to be kept instead of the password: a refresh token (distribution's
    /// "OAuth2 token authentication").
    public var identityToken: String?

    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    public init(identityToken: String) {
        self.init(user: "", password: "")
        self.identityToken = identityToken
    }

    public var description: String { "RegistryCredential(user: \(user), password: redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["user": user]) }

    /// The value of a header `Authorization` (RFC 7617).
    var basic: String { "Basic " + Data(userAndPassword.utf8).base64EncodedString() }

    var userAndPassword: String { "\(user):\(password)" }
}

/// Who a registry is spoken to as: given its name as references spell it (`docker.io`, `localhost:5000`), answers a
/// credential or nil for none.
public typealias CredentialProvider = @Sendable (_ registry: String) throws(ContainerError) -> RegistryCredential?

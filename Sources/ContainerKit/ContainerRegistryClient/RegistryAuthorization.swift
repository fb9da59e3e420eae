import ContainerSystem
import FoundationEssentials

/// What goes into the header `Authorization`, and for how long. Never printed.
struct Authorization {
    var header: String
    /// On the session's clock.
    var expires: Double
    var hasCredential: Bool
    /// What to keep instead of the password, when the registry offered one at a login.
    var identityToken: String?
}

/// A token opens some repositories of one registry for some actions.
struct AuthorizationKey: Hashable {
    var host: String
    var scopes: [String]

    init(_ operation: RegistryOperation) {
        host = operation.registryHost
        scopes = operation.scopes
    }

    /// For a password, which opens all of a registry.
    static func everything(on host: String) -> AuthorizationKey { AuthorizationKey(host: host, scopes: ["*"]) }

    private init(host: String, scopes: [String]) {
        self.host = host
        self.scopes = scopes
    }
}

extension RegistrySession {
    /// Who we are, for a token server's log.
    private static let client = "containerkit"

    private struct Token: Decodable {
        var token: String?
        var accessToken: String?
        var expiresIn: Double?
        var refreshToken: String?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
            case expiresIn = "expires_in"
            case refreshToken = "refresh_token"
        }
    }

    /// Answers a 401: gets a token from where the registry says (distribution's token authentication), or takes the
    /// user's password itself (RFC 7617).
    func authorize(_ operation: RegistryOperation, head: HTTPResponseHead, body: [UInt8], home: HTTPAddress)
        throws(RegistryFailure)
    {
        let challenges = AuthChallenge.parse(head.all("WWW-Authenticate"))
        let credential: RegistryCredential?
        do {
            credential = try credentials(operation.registry)
        } catch {
            throw RegistryFailure(error: error.during(operation.name))
        }
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            store(try token(for: operation, bearer, credential, home: home), under: AuthorizationKey(operation))
        } else if challenges.contains(where: { $0.scheme == "basic" }), let credential, credential.identityToken == nil
        {
            let password = Authorization(header: credential.basic, expires: .infinity, hasCredential: true)
            store(password, under: .everything(on: operation.registryHost))
        } else {
            throw operation.failure(status: head, body: body, at: home, hasCredential: false)
        }
    }

    private func token(
        for operation: RegistryOperation, _ challenge: AuthChallenge, _ credential: RegistryCredential?,
        home: HTTPAddress
    ) throws(RegistryFailure) -> Authorization {
        func failure(_ code: ContainerError.Code, _ message: String, _ cause: String? = nil) -> RegistryFailure {
            RegistryFailure(error: ContainerError(code, "\(operation.name): \(message)", cause: cause))
        }
        guard let realm = challenge.parameters["realm"].flatMap({ HTTPAddress($0) }) else {
            throw failure(.unavailable, "\(home.authority) asks for a token but does not say from where")
        }
        // The password goes to this address: a registry behind TLS must not send it out in the clear, and one that is
        // not may only name another one that the user trusts as much.
        let isPlainAllowed = try operation.checked { () throws(ContainerError) in try trust.isInsecure(realm) }
        guard realm.scheme == .https || (home.scheme == .http && isPlainAllowed) else {
            throw failure(
                .permissionDenied, "the login is not sent",
                "\(home.authority) wants it at \(realm.origin) in plain HTTP")
        }
        guard !realm.isOffLimits(from: home) else {
            throw failure(
                .permissionDenied, "no token is fetched from \(realm.authority)", "it is off limits for a registry")
        }
        var query = challenge.parameters["service"].map { [(name: "service", value: $0)] } ?? []
        // The first challenge of a push is for reading only; asking for both at once saves a second round.
        let stated = operation.takesStatedScope ? challenge.parameters["scope"] : nil
        let scopeList = (stated?.split(separator: " ").map(String.init) ?? operation.scopes).prefix(8)
        var request: HTTPRequest
        if let identityToken = credential?.identityToken {
            // "OAuth2 token authentication": the refresh token goes into the body, all scopes into one field.
            query += [("grant_type", "refresh_token"), ("client_id", Self.client), ("refresh_token", identityToken)]
            if !scopeList.isEmpty { query.append(("scope", scopeList.joined(separator: " "))) }
            request = HTTPRequest(method: .post, url: realm, body: .init(Array(HTTPAddress.form(query).utf8)))
            request.headers = [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")]
        } else {
            query += scopeList.map { (name: "scope", value: $0) }
            if case .registry = operation.object, let credential {
                query += [("account", credential.user), ("client_id", Self.client), ("offline_token", "true")]
            }
            request = HTTPRequest(url: realm.adding(query))
            if let credential { request.headers.append(HTTPHeader("Authorization", credential.basic)) }
        }
        request.headers.append(HTTPHeader("Accept", "application/json"))
        request.connectTimeout = patience.connect
        request.stallTimeout = patience.stall
        var bytes = [UInt8]()
        let (head, body) = try send(request, operation, home: home) { _, piece throws(ContainerError) in
            guard bytes.count + piece.count <= 1 << 20 else {
                throw ContainerError(.corrupted, "the token from \(realm.authority) is larger than 1 MiB")
            }
            bytes.append(contentsOf: piece)
        }
        guard (200...299).contains(head.status) else {
            throw operation.failure(status: head, body: body, at: realm, hasCredential: credential != nil)
        }
        guard let answer = try? JSONDecoder().decode(Token.self, from: Data(bytes)),
            let token = answer.token ?? answer.accessToken, !token.isEmpty, token.utf8.count <= 32 << 10,
            token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw failure(.unavailable, "\(realm.authority) sent no usable token") }
        // 60 s is what the specification says when the server does not. A tenth is kept back for the way.
        let lifetime = min(max(answer.expiresIn ?? 60, 10), 86400)
        return Authorization(
            header: "Bearer " + token, expires: clock.now() + lifetime * 0.9, hasCredential: credential != nil,
            identityToken: answer.refreshToken)
    }
}

import ContainerSystem
import FoundationEssentials
import OCISpec

/// What is being done, to what, where: the words for every message about it.
struct RegistryOperation {
    /// `pull`, `push`.
    var verb: String
    /// The image as the user named it.
    var image: String
    /// The registry as references spell it, for credentials.
    var registry: String
    /// Host and port that serve it.
    var registryHost: String
    /// Where it is done instead.
    var mirror: RegistryMirror?
    /// What a token must allow: `repository:library/busybox:pull`.
    var scopes: [String]
    /// The registry may know better which scope it wants: for reading, where its own words never say too little.
    var takesStatedScope: Bool
    /// The thing that is fetched or sent.
    var object: Object

    enum Object {
        case manifest
        case blob(String)
        case upload
        case repository
        /// The registry itself.
        case registry
    }

    var name: String { "\(verb) \(image)" }

    init(_ verb: String, _ reference: ImageReference, _ object: Object) {
        self.verb = verb
        self.image = reference.familiar
        self.registry = reference.domain
        self.registryHost = reference.registryHost
        self.scopes = ["repository:\(reference.path):\(verb == "push" ? "pull,push" : "pull")"]
        self.takesStatedScope = verb != "push"
        self.object = object
    }

    /// The same at a mirror: another party, with a login of its own.
    func on(_ mirror: RegistryMirror) -> RegistryOperation {
        var copy = self
        copy.mirror = mirror
        copy.registry = mirror.registry
        copy.registryHost = mirror.address.origin
        return copy
    }

    /// The same with the right to read another repository, to take a blob over from there.
    func reading(_ repository: String) -> RegistryOperation {
        var copy = self
        copy.scopes.append("repository:\(repository):pull")
        return copy
    }

    /// Runs what fails without words about the operation.
    func checked<Result>(_ body: () throws(ContainerError) -> Result) throws(RegistryFailure) -> Result {
        do { return try body() } catch { throw RegistryFailure(error: error.during(name)) }
    }

    /// Something with a repository as a whole: its tag does not matter.
    init(_ verb: String, repository reference: ImageReference) {
        self.init(verb, reference, .repository)
        image = reference.familiarRepository
    }

    /// Something with a registry as a whole.
    /// - Parameter registry: as references spell it.
    init(_ verb: String, registry: String, scopes: [String] = []) {
        self.verb = verb
        self.image = registry
        self.registry = registry
        self.registryHost = ImageReference.host(ofRegistry: registry)
        self.scopes = scopes
        self.takesStatedScope = false
        self.object = .registry
    }
}

/// A failed try, and whether another one may help.
struct RegistryFailure: Error {
    var error: ContainerError
    var isTransient = false
    /// Seconds that the registry asks to wait.
    var retryAfter: Double?
    /// The other end may speak the other of HTTP and HTTPS.
    var suggestsOtherScheme = false
    /// The other end answered in HTTP; the error is what it said.
    var isAnswer = false
    /// Of that answer.
    var status: Int?
}

extension RegistryOperation {
    func failure(_ failure: TransportFailure, of request: HTTPRequest, certificateFolder: String) -> RegistryFailure {
        let address = request.url
        let cause = Foreign.text(failure.detail)
        func error(_ code: ContainerError.Code, _ message: String, hint: String?) -> ContainerError {
            ContainerError(code, "\(name): \(message)", cause: cause.isEmpty ? nil : cause, hint: hint)
        }
        switch failure.kind {
        case .stopped(let error), .unusable(let error): return RegistryFailure(error: error.during(name))
        case .connect:
            return RegistryFailure(
                error: error(.unavailable, "cannot connect to \(address.authority)", hint: "is the registry running?"),
                isTransient: true)
        case .nameNotFound:
            return RegistryFailure(
                error: error(
                    .unavailable, "cannot find the host \(address.host)", hint: "check the name and the network"),
                isTransient: true)
        case .tls:
            return RegistryFailure(
                error: error(
                    .unavailable, "no trusted TLS connection to \(address.authority)",
                    hint: failure.detail.contains("alert")
                        ? "when it asks for a certificate, put that and its key into \(certificateFolder)/"
                            + "client.cert and client.key"
                        : "put the authority that vouches for it into \(certificateFolder)/ca.crt, or name it in "
                            + "insecure-registries of \(RegistryConfiguration.path)"))
        case .proxy:
            return RegistryFailure(
                error: error(
                    .unavailable,
                    "the proxy \(request.proxy?.description ?? "") does not lead to \(address.authority)",
                    hint: "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"),
                isTransient: true)
        case .notHTTP:
            return RegistryFailure(
                error: error(
                    .unavailable, "\(address.authority) does not answer like a registry", hint: "check host and port"))
        case .interrupted:
            return RegistryFailure(
                error: error(
                    .unavailable, "the connection to \(address.authority) broke off", hint: "try again later"),
                isTransient: true)
        case .stalled:
            // A second wait of the same length would try the user's patience more than the registry's.
            return RegistryFailure(
                error: error(.unavailable, "\(address.authority) stopped answering", hint: "try again later"))
        }
    }

    /// The error behind a status that is no success.
    func failure(
        status head: HTTPResponseHead, body: [UInt8], at address: HTTPAddress, hasCredential: Bool
    ) -> RegistryFailure {
        let registryError = RegistryErrorBody(body)
        let cause = registryError?.text ?? "status \(head.status)"
        func error(_ code: ContainerError.Code, _ message: String, _ cause: String?, hint: String?) -> RegistryFailure {
            RegistryFailure(error: ContainerError(code, message, cause: cause, hint: hint))
        }
        switch head.status {
        case 401:
            return hasCredential
                ? error(
                    .permissionDenied, "\(name): the registry refused the login for \(registry)", cause,
                    hint: "check user and password, or log in again: ck login \(registry)")
                : error(
                    .permissionDenied, "\(name): the registry asks for a login", cause,
                    hint: "ck login \(registry)")
        case 403:
            return error(
                .permissionDenied, "\(name): access denied by \(registry)", cause,
                hint: "the login needs the right to \(verb)")
        case 404:
            guard registryError != nil || head["Docker-Distribution-Api-Version"] != nil else {
                return error(
                    .notFound, "\(missing) not found", "\(address.authority) does not answer like a registry",
                    hint: "check host and port, then the name")
            }
            return error(
                .notFound, "\(missing) not found", registryError?.text ?? unknown,
                hint: isTagged ? "check the name and the tag" : "check the name")
        case 429:
            let limit = RateLimit(head)
            let counts = limit.counts.map { "\(cause), \($0)" } ?? cause
            var failure = error(
                .unavailable, "\(name): \(registry) takes no more requests for now", counts,
                hint: limit.wait.map { "try again in \(RateLimit.text($0))" }
                    ?? "try again later, or log in for a higher limit")
            failure.isTransient = true
            failure.retryAfter = limit.wait
            return failure
        case 500...599:
            var failure = error(
                .unavailable, "\(name): the registry at \(address.authority) failed", cause, hint: "try again later")
            failure.isTransient = head.status != 501
            failure.retryAfter = RateLimit(head).wait
            return failure
        default:
            return error(
                .unavailable, "\(name): unexpected answer from \(address.authority)",
                registryError.map { "status \(head.status): \($0.text)" } ?? cause, hint: nil)
        }
    }

    private var isTagged: Bool { if case .manifest = object { true } else { false } }

    private var unknown: String { isTagged ? "manifest unknown" : "status 404" }

    private var missing: String {
        switch object {
        case .manifest: "manifest for \(image)"
        case .blob(let digest): "\(name): blob \(digest)"
        case .upload: "\(name): the repository"
        case .repository: "repository \(image)"
        case .registry: "\(name): a registry"
        }
    }
}

/// The body of an error as registries send it (distribution specification, "Error codes").
struct RegistryErrorBody {
    /// `manifest unknown`, `denied: requested access to the resource is denied`.
    var text: String

    private struct Document: Decodable {
        struct Entry: Decodable {
            var code: String?
            var message: String?
        }

        var errors: [Entry]
    }

    init?(_ bytes: [UInt8]) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            let first = document.errors.first
        else { return nil }
        let code = (first.code ?? "").replacing("_", with: " ").lowercased()
        let message = first.message ?? ""
        let isRepetition = message.isEmpty || message.lowercased() == code
        text = Foreign.text(isRepetition ? code : code.isEmpty ? message : "\(code): \(message)")
        if text.isEmpty { return nil }
    }
}

/// Words from outside, fit for a user's terminal.
enum Foreign {
    /// One short line without control characters.
    static func text(_ text: String, limit: Int = 200) -> String {
        let line = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(limit).map {
                    $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
                        || $0.value == 0x2028 || $0.value == 0x2029 ? " " : $0
                }))
        return line.trimmingWhitespace()
    }
}

import ContainerSystem
import OCISpec
import Synchronization

/// One request to a registry, before it is known how the registry wants to be spoken to.
struct RegistryRequest {
    enum Location {
        /// Below the registry's root.
        case path(String)
        /// Where the registry itself pointed to.
        case address(HTTPAddress)
    }

    var operation: RegistryOperation
    var method = HTTPRequest.Method.get
    var location: Location
    var headers: [HTTPHeader] = []
    /// Makes the body anew for each try.
    var body: (() throws(ContainerError) -> HTTPRequest.Body)?
    /// Seconds without a byte.
    var stallTimeout: Double

    func makeBody() throws(RegistryFailure) -> HTTPRequest.Body? {
        do { return try body?() } catch { throw RegistryFailure(error: error) }
    }
}

/// A successful answer, and the address that gave it in the end.
struct RegistryAnswer {
    var head: HTTPResponseHead
    var address: HTTPAddress
}

/// How registries want to be spoken to, learned on the way: scheme and tokens. Follows redirects, answers challenges
/// and tries again.
final class RegistrySession: Sendable {
    typealias Sink = (HTTPResponseHead, UnsafeRawBufferPointer) throws(ContainerError) -> Void

    private struct State {
        /// The root of each registry that has answered, by `registryHost`.
        var homes: [String: HTTPAddress] = [:]
        var authorizations: [AuthorizationKey: Authorization] = [:]
        /// When a mirror that failed is asked again, on the clock.
        var restingMirrors: [RegistryMirror: Double] = [:]
    }

    let transport: any HTTPTransport
    let configuration: RegistryConfiguration
    let trust: RegistryTrust
    let credentials: CredentialProvider
    let patience: RegistryPatience
    let clock: RetryClock
    private let state = Mutex(State())
    /// Held while a token is fetched: requests that run side by side need one between them.
    private let authorizing = Mutex(())

    private static let redirects = [301, 302, 303, 307, 308]
    private static let redirectLimit = 5
    private static let errorBodyLimit = 64 << 10

    init(
        transport: any HTTPTransport, configuration: RegistryConfiguration, lookup: HostLookup,
        credentials: @escaping CredentialProvider, patience: RegistryPatience, clock: RetryClock
    ) {
        self.transport = transport
        self.configuration = configuration
        trust = RegistryTrust(configuration, lookup: lookup)
        self.credentials = credentials
        self.patience = patience
        self.clock = clock
    }

    // MARK: - Tries

    /// Repeats what failed for a reason that may pass, within the patience.
    func retrying<Result>(_ body: () throws(RegistryFailure) -> Result) throws(ContainerError) -> Result {
        let start = clock.now()
        var pause = patience.backoff
        var attempt = 1
        while true {
            do {
                return try body()
            } catch {
                let wait = max(pause, error.retryAfter ?? 0)
                guard error.isTransient, attempt < patience.attempts, clock.now() - start + wait <= patience.budget
                else { throw error.error }
                clock.sleep(wait)
                attempt += 1
                pause *= 3
            }
        }
    }

    /// Sends once, finding out on first contact whether the registry speaks HTTPS or HTTP.
    func exchange(_ request: RegistryRequest, sink: Sink) throws(RegistryFailure) -> RegistryAnswer {
        if let mirror = request.operation.mirror { return try exchange(request, with: mirror, sink: sink) }
        let host = request.operation.registryHost
        let known = state.withLock { $0.homes[host] }
        switch request.location {
        case .address(let address):
            return try follow(request, to: address, home: known ?? address, sink: sink)
        case .path(let path):
            if let known, let address = known.resolving(path) {
                return try follow(request, to: address, home: known, sink: sink)
            }
            return try probe(request, host: host, path: path, sink: sink)
        }
    }

    /// A mirror's address says how to speak to it.
    private func exchange(_ request: RegistryRequest, with mirror: RegistryMirror, sink: Sink) throws(RegistryFailure)
        -> RegistryAnswer
    {
        var address = mirror.address
        switch request.location {
        case .address(let next): address = next
        case .path(let path): address.target = mirror.prefix + path
        }
        return try follow(request, to: address, home: mirror.address, sink: sink)
    }

    private func probe(_ request: RegistryRequest, host: String, path: String, sink: Sink) throws(RegistryFailure)
        -> RegistryAnswer
    {
        var first: RegistryFailure?
        let guess = try address(.https, host, path, request.operation)
        let schemes = try request.operation.checked { () throws(ContainerError) in try trust.schemes(for: guess) }
        for scheme in schemes {
            let address = try address(scheme, host, path, request.operation)
            do {
                let answer = try follow(request, to: address, home: address, sink: sink)
                remember(address, for: host)
                return answer
            } catch {
                guard error.suggestsOtherScheme else {
                    // An answer, even a refusal, settles the scheme. Without one, the likelier scheme's failure tells more.
                    guard error.isAnswer else { throw first ?? error }
                    remember(address, for: host)
                    throw error
                }
                first = first ?? error
            }
        }
        throw first ?? RegistryFailure(error: ContainerError(.unavailable, "no way to speak to \(host)"))
    }

    private func address(_ scheme: HTTPAddress.Scheme, _ host: String, _ path: String, _ operation: RegistryOperation)
        throws(RegistryFailure) -> HTTPAddress
    {
        guard let address = HTTPAddress(scheme: scheme, authority: host, target: path) else {
            throw RegistryFailure(
                error: ContainerError(
                    .invalidArgument, "\(operation.name): \(host) is not a host and port",
                    hint: "a port is a number from 1 to 65535"))
        }
        return address
    }

    private func remember(_ address: HTTPAddress, for host: String) {
        var root = address
        root.target = "/"
        state.withLock { $0.homes[host] = root }
    }

    // MARK: - Redirects and challenges

    private func follow(_ request: RegistryRequest, to start: HTTPAddress, home: HTTPAddress, sink: Sink)
        throws(RegistryFailure) -> RegistryAnswer
    {
        let operation = request.operation
        var address = start
        var redirects = 0
        var hasAnsweredChallenge = false
        while true {
            var http = HTTPRequest(method: request.method, url: address, headers: request.headers)
            // Another host, port or scheme is another party: it gets to see no credentials.
            let isHome = address.origin == home.origin
            let authorization = isHome ? self.authorization(for: operation) : nil
            if let authorization { http.headers.append(HTTPHeader("Authorization", authorization.header)) }
            http.body = try request.makeBody()
            http.stallTimeout = request.stallTimeout
            http.connectTimeout = patience.connect
            let (head, body) = try send(http, operation, home: home, sink: sink)
            switch head.status {
            case 200...299: return RegistryAnswer(head: head, address: address)
            case _ where Self.redirects.contains(head.status) && (request.method == .get || request.method == .head):
                redirects += 1
                address = try redirected(head, from: address, count: redirects, operation)
            case 401 where isHome && !hasAnsweredChallenge:
                hasAnsweredChallenge = true
                do throws(RegistryFailure) {
                    try authorize(operation, head: head, body: body, home: home, used: authorization)
                } catch {
                    var failure = error
                    failure.isAnswer = true
                    failure.suggestsOtherScheme = false
                    throw failure
                }
            default:
                var failure = operation.failure(
                    status: head, body: body, at: address, hasCredential: authorization?.hasCredential ?? false)
                failure.isAnswer = true
                failure.status = head.status
                failure.suggestsOtherScheme =
                    head.status == 400 && address.scheme == .http && head["Docker-Distribution-Api-Version"] == nil
                throw failure
            }
        }
    }

    private func redirected(
        _ head: HTTPResponseHead, from address: HTTPAddress, count: Int, _ operation: RegistryOperation
    ) throws(RegistryFailure) -> HTTPAddress {
        func refusal(_ reason: String) -> RegistryFailure {
            RegistryFailure(
                error: ContainerError(
                    .unavailable, "\(operation.name): \(address.authority) redirects in a way that is not followed",
                    cause: reason), isAnswer: true)
        }
        guard count <= Self.redirectLimit else { throw refusal("more than \(Self.redirectLimit) redirects") }
        guard let location = head["Location"] else { throw refusal("there is no Location") }
        guard let next = address.resolving(location) else {
            throw refusal("\(Foreign.text(location, limit: 100)) is no http or https address")
        }
        guard address.scheme == .http || next.scheme == .https else {
            throw refusal("it leads from https to plain http at \(next.authority)")
        }
        guard !next.isOffLimits(from: address) else { throw refusal("\(next.authority) is off limits for it") }
        return next
    }

    /// Gives a success's body to the sink and keeps the beginning of any other.
    /// - Parameter home: the registry on whose word the address is asked.
    func send(_ request: HTTPRequest, _ operation: RegistryOperation, home: HTTPAddress, sink: Sink)
        throws(RegistryFailure) -> (head: HTTPResponseHead, body: [UInt8])
    {
        let request = try operation.checked { () throws(ContainerError) in
            var complete = request
            try trust.prepare(&complete, home: home)
            return complete
        }
        var body = [UInt8]()
        var overlong: HTTPResponseHead?
        var hasAnswer = false
        do {
            let head = try transport.perform(request) { head, bytes throws(ContainerError) in
                hasAnswer = true
                if (200...299).contains(head.status) { return try sink(head, bytes) }
                guard body.count + bytes.count <= Self.errorBodyLimit else {
                    overlong = head
                    throw ContainerError(.corrupted, "error text without end")
                }
                body.append(contentsOf: bytes)
            }
            return (head, body)
        } catch {
            // Its status has said enough.
            if let overlong { return (overlong, body) }
            var failure = operation.failure(
                error, of: request, certificateFolder: trust.certificateFolder(for: request.url))
            failure.isAnswer = hasAnswer
            let hasDefaultPort = request.url.port == (request.url.scheme == .https ? 443 : 80)
            failure.suggestsOtherScheme =
                switch error.kind {
                case .tls, .notHTTP, .interrupted: !hasAnswer
                case .connect: hasDefaultPort
                default: false
                }
            throw failure
        }
    }
}

// MARK: - Authorizations

extension RegistrySession {
    func authorization(for operation: RegistryOperation) -> Authorization? {
        let now = clock.now()
        return state.withLock { state in
            let all = AuthorizationKey.everything(on: operation.registryHost)
            return state.authorizations[AuthorizationKey(operation)] ?? state.authorizations[all]
        }.flatMap { $0.expires > now ? $0 : nil }
    }

    func store(_ authorization: Authorization, under key: AuthorizationKey) {
        state.withLock { $0.authorizations[key] = authorization }
    }

    /// Answers a 401, unless somebody else has just done so.
    /// - Parameter used: what was refused.
    func authorize(
        _ operation: RegistryOperation, head: HTTPResponseHead, body: [UInt8], home: HTTPAddress, used: Authorization?
    ) throws(RegistryFailure) {
        try authorizing.withLock { _ throws(RegistryFailure) in
            if let fresh = authorization(for: operation), fresh.header != used?.header { return }
            try authorize(operation, head: head, body: body, home: home)
        }
    }
}

// MARK: - Mirrors

extension RegistrySession {
    /// Seconds for which a mirror that failed is left alone.
    private static let mirrorRest = 60.0

    /// The operation as each of its registry's mirrors would be asked for it, in order, and then as the registry.
    func sources(_ operation: RegistryOperation) -> [RegistryOperation] {
        let now = clock.now()
        let resting = state.withLock { $0.restingMirrors }
        return (configuration.mirrors[operation.registry] ?? [])
            .filter { (resting[$0] ?? 0) <= now }
            .map { operation.on($0) } + [operation]
    }

    /// Leaves a mirror alone for a while; one that merely lacks something may have the next thing.
    func rest(_ mirror: RegistryMirror?, after error: ContainerError) {
        guard let mirror, error.code != .notFound else { return }
        let until = clock.now() + Self.mirrorRest
        state.withLock { $0.restingMirrors[mirror] = until }
    }
}

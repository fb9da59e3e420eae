import Glibc

/// Which registries may be spoken to without a trusted certificate, or in plain HTTP. Registries on this machine
/// (`localhost`, `127.0.0.0/8`, `::1`) always may, as with docker.
public struct InsecureRegistries: Sendable, Hashable {
    private var names: Set<String>

    /// - Parameter names: `host` or `host:port`, as references spell them.
    public init(_ names: some Sequence<String> = [String]()) { self.names = Set(names.map { $0.lowercased() }) }

    public static let loopbackOnly = InsecureRegistries()

    func allows(_ address: HTTPAddress) -> Bool {
        address.isLoopback || names.contains(address.host) || names.contains(address.authority)
    }

    /// The schemes to try, the likeliest first.
    ///
    /// A registry on this machine nearly always speaks plain HTTP. Asking with HTTP first costs it nothing, where docker
    /// first loads the certificates and fails a handshake (some 15 ms); one that does speak TLS gives itself away with
    /// its first answer, at the price of one round trip on loopback. Nothing secret is in that first request:
    /// credentials are only sent after a challenge, and to this very machine. A distant insecure registry is asked with
    /// TLS first, because there a password would cross a wire.
    func schemes(for address: HTTPAddress) -> [HTTPAddress.Scheme] {
        if address.isLoopback { return [.http, .https] }
        return allows(address) ? [.https, .http] : [.https]
    }
}

/// Patience with a registry. The defaults give a person at a command line an answer within some ten seconds.
public struct RegistryPatience: Sendable, Hashable {
    /// Seconds until a connection must stand.
    public var connect = 5.0
    /// Seconds without a byte, for a small answer.
    public var stall = 10.0
    /// Seconds without a byte in the middle of a blob.
    public var blobStall = 30.0
    /// How often one thing is tried.
    public var attempts = 3
    /// No new try begins later than this many seconds after the first.
    public var budget = 8.0
    /// Seconds before the second try; doubled (and more) for each further one.
    public var backoff = 0.15

    public init() {}
}

/// Time as the retries see it; tests have one that does not wait.
struct RetryClock: Sendable {
    /// Seconds that only go forward.
    var now: @Sendable () -> Double
    var sleep: @Sendable (Double) -> Void

    static let system = RetryClock(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        },
        sleep: { seconds in
            var rest = timespec(
                tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
            var left = timespec()
            while nanosleep(&rest, &left) == -1 && errno == EINTR { rest = left }
        })
}

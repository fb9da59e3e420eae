import ContainerSystem
import Glibc

/// Which registries may be spoken to without a trusted certificate, or in plain HTTP. Registries on this machine
/// (`localhost`, `127.0.0.0/8`, `::1`) always may, as with docker.
public struct InsecureRegistries: Sendable, Hashable {
    private var names: Set<String> = []
    private var blocks: Set<AddressBlock> = []

    public static let loopbackOnly = InsecureRegistries()

    private init() {}

    /// - Parameter entries: as in docker's `insecure-registries`: `host` (on its usual port), `host:port`, and blocks of
    ///   addresses (`10.0.0.0/8`), in which a registry's name is looked up.
    /// - Throws: `invalidArgument` for an entry that is none of these.
    public init(_ entries: some Sequence<String>) throws(ContainerError) {
        for entry in entries {
            var text = entry.lowercased()
            for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text.removeFirst(scheme.count) }
            if let block = AddressBlock(text) {
                blocks.insert(block)
                continue
            }
            guard HTTPAddress(scheme: .https, authority: text, target: "/") != nil else {
                throw ContainerError(
                    .invalidArgument, "insecure registry \(Foreign.text(entry)) is not valid",
                    hint: "it must be HOST, HOST:PORT or ADDRESS/BITS")
            }
            names.insert(text)
        }
    }

    /// Whether it is named, or lies in a block.
    func names(_ address: HTTPAddress, lookup: HostLookup) -> Bool {
        let hasDefaultPort = address.port == 443 || address.port == 80
        if names.contains(address.authority) || (hasDefaultPort && names.contains(address.host)) { return true }
        guard !blocks.isEmpty else { return false }
        let addresses = InternetAddress(address.host).map { [$0] } ?? lookup.addresses(address.host)
        return addresses.contains { address in blocks.contains { $0.contains(address) } }
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
        now: { Double(SteadyClock.nanoseconds) / 1e9 },
        sleep: { seconds in
            var rest = timespec(
                tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
            var left = timespec()
            while nanosleep(&rest, &left) == -1 && errno == EINTR { rest = left }
        })
}

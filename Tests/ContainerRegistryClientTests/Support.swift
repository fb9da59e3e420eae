import ContainerKitTesting
import ContainerSystem
import Glibc
import OCISpec
import Synchronization

@testable import ContainerRegistryClient

/// SHA-256 from the system's libcrypto, loaded here so that the module under test needs none.
struct TestHasher: DigestHasher {
    private typealias Function =
        @convention(c) (UnsafeRawPointer?, Int, UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>?
    private var bytes: [UInt8] = []

    init() {}

    mutating func update(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

    mutating func finalize() -> Digest { sha256(bytes) }

    static func hash(_ bytes: [UInt8]) -> String {
        let library = dlopen("libcrypto.so.3", RTLD_NOW)
        let function = unsafeBitCast(dlsym(library, "SHA256"), to: Function.self)
        var digest = [UInt8](repeating: 0, count: 32)
        _ = bytes.withUnsafeBytes { function($0.baseAddress, $0.count, &digest) }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

func sha256(_ bytes: [UInt8]) -> Digest { Digest(hex: TestHasher.hash(bytes))! }

/// An image of one layer, ready to be served.
struct TestImage {
    let config: [UInt8]
    let layer: [UInt8]
    let manifest: [UInt8]
    let index: [UInt8]

    init(layer: [UInt8] = Array("layer".utf8)) {
        let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
        let manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
            "config":{"mediaType":"\(MediaType.ociConfig)","digest":"\(sha256(config))","size":\(config.count)},\
            "layers":[{"mediaType":"\(MediaType.ociLayer)","digest":"\(sha256(layer))","size":\(layer.count)}]}
            """.utf8)
        self.config = config
        self.layer = layer
        self.manifest = manifest
        index = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[\
            {"mediaType":"\(MediaType.ociManifest)","digest":"\(sha256(manifest))","size":\(manifest.count),\
            "platform":{"os":"linux","architecture":"amd64"}}]}
            """.utf8)
    }

    var manifestAnswer: FakeTransport.Answer {
        .bytes(
            manifest, ["Content-Type": MediaType.ociManifest, "Docker-Content-Digest": sha256(manifest).description])
    }

    var indexAnswer: FakeTransport.Answer { .bytes(index, ["Content-Type": MediaType.ociIndex]) }
}

/// Time that passes only when somebody sleeps.
final class TestClock: Sendable {
    private let time = Mutex(0.0)
    var now: Double { time.withLock { $0 } }
    var retryClock: RetryClock {
        RetryClock(now: { self.now }, sleep: { seconds in self.time.withLock { $0 += seconds } })
    }
}

extension RegistryConfiguration {
    /// Without what this host may have: no certificates, no proxies.
    static var direct: RegistryConfiguration {
        var configuration = RegistryConfiguration()
        configuration.certificateFolders = ["/nowhere/certs.d"]
        configuration.proxies = ProxySettings()
        return configuration
    }

    static func insecure(_ entries: String...) throws -> RegistryConfiguration {
        var configuration = direct
        configuration.insecure = try InsecureRegistries(entries)
        return configuration
    }
}

func client(
    _ transport: any HTTPTransport, credential: RegistryCredential? = nil,
    configuration: RegistryConfiguration = .direct,
    lookup: HostLookup = HostLookup { _ in [] }, clock: TestClock = TestClock()
) -> RegistryClient {
    RegistryClient(
        transport: transport, credentials: { _ in credential }, configuration: configuration, lookup: lookup,
        patience: RegistryPatience(), clock: clock.retryClock, makeHasher: { TestHasher() })
}

func failure<Result>(_ body: () throws(ContainerError) -> Result) -> ContainerError? {
    do {
        _ = try body()
        return nil
    } catch { return error }
}

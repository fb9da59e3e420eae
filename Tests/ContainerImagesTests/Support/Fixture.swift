import ContainerDatabase
import ContainerImages
import ContainerKitTesting
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec
import Synchronization

/// An image store in a folder of its own, whose layers are names only, and a registry in memory.
struct Fixture {
    let folder: String
    let snapshotter = FakeSnapshotter()
    let content: LocalContentStore
    let database: MetadataDatabase
    let store: ImageStore

    static func with<Result>(_ body: (Fixture) throws -> Result) throws -> Result {
        var template = Array("/tmp/ck-images-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        return try body(Fixture(folder))
    }

    private init(_ folder: String) throws {
        self.folder = folder
        content = try LocalContentStore(root: folder + "/content")
        database = try MetadataDatabase(folder: folder)
        store = ImageStore(content: content, snapshotter: snapshotter, database: database, folder: folder)
    }

    /// Fetches an image from a registry that has it under any name.
    @discardableResult
    func pull(_ image: TestImage, as name: String = "localhost:5000/app:1") throws(ContainerError) -> PullOutcome {
        try pull(name, from: image.registry()).outcome
    }

    /// - Returns: what came of it, and what happened on the way.
    func pull(_ name: String, from registry: FakeTransport, platform: Platform = .current) throws(ContainerError)
        -> (outcome: PullOutcome, events: [TransferEvent])
    {
        let events = Mutex<[TransferEvent]>([])
        let outcome = try store.pull(
            try ImageReference(parsing: name), platform: platform, from: Self.client(registry)
        ) { event in
            events.withLock { $0.append(event) }
        }
        return (outcome, events.withLock { $0 })
    }

    /// Fetches an image for an observer of the caller's.
    func pull(_ name: String, from registry: FakeTransport, progress: @escaping TransferObserver)
        throws(ContainerError)
    {
        _ = try store.pull(try ImageReference(parsing: name), from: Self.client(registry), progress: progress)
    }

    private static func client(_ registry: FakeTransport) -> RegistryClient {
        RegistryClient(
            transport: registry, credentials: { _ in nil },
            makeHasher: { () throws(ContainerError) in try SHA256Hasher() })
    }
}

/// An image as a registry serves it. Its layers are not compressed, so they are what they hash to.
struct TestImage {
    var config: ImageConfig
    var layers: [[UInt8]]
    /// What the manifest says besides; the lists of layers and of diffIDs need not agree.
    var layerType = MediaType.ociLayer
    var configType = MediaType.ociConfig

    /// - Parameter layers: their contents, bottom first.
    init(_ layers: [String], created: String? = nil, fill: (inout ImageConfig.Execution) -> Void = { _ in }) throws {
        var execution = ImageConfig.Execution()
        fill(&execution)
        self.layers = layers.map { Array($0.utf8) }
        config = ImageConfig(
            created: created, config: execution,
            rootfs: .init(diffIDs: try self.layers.map { try SHA256Hasher.digest($0) }))
    }

    var configBytes: [UInt8] { (try? ImageStore.encoded(config)) ?? [] }

    var manifestBytes: [UInt8] {
        func descriptor(_ type: String, _ bytes: [UInt8]) -> String {
            let digest = (try? SHA256Hasher.digest(bytes).description) ?? ""
            return #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(bytes.count)}"#
        }
        let list = layers.map { descriptor(layerType, $0) }.joined(separator: ",")
        return Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
            "config":\(descriptor(configType, configBytes)),"layers":[\(list)]}
            """.utf8)
    }

    func id() throws -> String { try SHA256Hasher.digest(configBytes).description }
    func chain() throws -> [ChainID] { try ChainID.chain(of: config.rootfs.diffIDs) }

    /// - Parameter changed: what the registry serves instead of some blobs, by their right bytes.
    func registry(changed: [[UInt8]: [UInt8]] = [:]) -> FakeTransport {
        var blobs: [String: [UInt8]] = [:]
        for bytes in layers + [configBytes] {
            if let digest = try? SHA256Hasher.digest(bytes) { blobs[digest.description] = changed[bytes] ?? bytes }
        }
        let manifest = manifestBytes
        return FakeTransport { [blobs] request in
            let parts = request.url.description.split(separator: "/")
            guard parts.count > 2 else { return .status(200) }
            if parts[parts.count - 2] == "manifests" {
                return .bytes(manifest, ["Content-Type": MediaType.ociManifest])
            }
            return blobs[String(parts[parts.count - 1])].map { .bytes($0) } ?? .status(404)
        }
    }
}

extension ImageStore {
    static func encoded(_ config: ImageConfig) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(config))
    }
}

/// What a call fails with; nil when it does not.
func failure(_ body: () throws -> Void) -> ContainerError? {
    do { try body() } catch { return error as? ContainerError ?? ContainerError(.systemFailure, "\(error)") }
    return nil
}

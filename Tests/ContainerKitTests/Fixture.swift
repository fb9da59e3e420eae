import ContainerDatabase
import ContainerImages
import ContainerKitTesting
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Dispatch
import FoundationEssentials
import Glibc
import OCISpec

@testable import ContainerKit

/// An image store in a folder of its own whose layers are names only, and a registry in memory with one image.
struct Fixture: Sendable {
    static let name = "localhost:5000/app:1"

    let folder: String
    let snapshotter = FakeSnapshotter()
    let store: ImageStore
    let registry: FakeTransport

    /// - Parameters:
    ///   - layers: their contents, bottom first.
    ///   - gate: what each request for a blob waits for.
    init(layers: [String], gate: DispatchSemaphore? = nil) throws {
        var template = Array("/tmp/ck-kit-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        store = ImageStore(
            content: try LocalContentStore(root: folder + "/content"), snapshotter: snapshotter,
            database: try MetadataDatabase(folder: folder), folder: folder)
        registry = try Self.registry(layers.map { Array($0.utf8) }, gate)
    }

    func remove() { try? Files.removeTree(folder) }

    func pulling() -> Transfer<String> {
        Transfer { [store, registry] progress throws(ContainerError) in
            let reference = try ImageReference(parsing: Self.name)
            return try store.pull(reference, from: Self.client(registry), progress: progress).image.id
        }
    }

    func pushing(to registry: FakeTransport) -> Transfer<String> {
        Transfer { [store] progress throws(ContainerError) in
            let reference = try ImageReference(parsing: Self.name)
            return try store.push(reference, to: Self.client(registry), progress: progress).digest.description
        }
    }

    private static func client(_ registry: FakeTransport) -> RegistryClient {
        RegistryClient(
            transport: registry, credentials: { _ in nil },
            makeHasher: { () throws(ContainerError) in try SHA256Hasher() })
    }

    private static func registry(_ layers: [[UInt8]], _ gate: DispatchSemaphore?) throws -> FakeTransport {
        let digests = try layers.map { try SHA256Hasher.digest($0) }
        let config = Array(try JSONEncoder().encode(ImageConfig(rootfs: .init(diffIDs: digests))))
        func descriptor(_ type: String, _ bytes: [UInt8]) throws -> String {
            let digest = try SHA256Hasher.digest(bytes)
            return #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(bytes.count)}"#
        }
        let list = try layers.map { try descriptor(MediaType.ociLayer, $0) }.joined(separator: ",")
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)",\
            "config":\(try descriptor(MediaType.ociConfig, config)),"layers":[\(list)]}
            """
        let blobs = try (layers + [config]).reduce(into: [:]) { $0[try SHA256Hasher.digest($1).description] = $1 }
        let configDigest = try SHA256Hasher.digest(config).description
        return FakeTransport { request in
            let parts = request.url.description.split(separator: "/").map(String.init)
            guard parts.count > 2, let last = parts.last else { return .status(200) }
            if parts[parts.count - 2] == "manifests" {
                return .bytes(Array(manifest.utf8), ["Content-Type": MediaType.ociManifest])
            }
            if last != configDigest, let gate {
                gate.wait()
                gate.signal()
            }
            return blobs[last].map { .bytes($0) } ?? .status(404)
        }
    }
}

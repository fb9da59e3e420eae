import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec
import Testing

@testable import ContainerRegistryClient

/// Debian's docker-registry on a random loopback port, its storage in a folder of its own.
private final class DockerRegistry {
    let port: UInt16
    private let folder: String
    private var pid: pid_t = 0

    init() throws {
        var template = Array("/tmp/containerkit-registry-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        port = try LoopbackServer.freePort()
        let config = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder)/data}}
            http: {addr: "127.0.0.1:\(port)"}
            """
        try Files.replace(folder + "/config.yml", with: Array(config.utf8))
        let words = ["docker-registry", "serve", folder + "/config.yml"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, mode) in [(CInt(0), O_RDONLY), (1, O_WRONLY), (2, O_WRONLY)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", mode, 0)
        }
        let result = posix_spawn(&pid, "/usr/bin/docker-registry", &actions, nil, arguments, environ)
        try #require(result == 0, "docker-registry is not there: apt install docker-registry")
        waitUntilReady()
    }

    private func waitUntilReady() {
        let url = HTTPAddress("http://127.0.0.1:\(port)/v2/")!
        for _ in 0..<200 {
            do throws(TransportFailure) {
                _ = try CurlTransport().perform(HTTPRequest(url: url)) { _, _ in }
                return
            } catch { usleep(25_000) }
        }
        Issue.record("docker-registry did not start")
    }

    func stop() {
        if pid > 0 {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Shortens the stored blob on disk.
    func truncate(_ digest: Digest, to size: Int) {
        let path = "\(folder)/data/docker/registry/v2/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)/data"
        #expect(Glibc.truncate(path, size) == 0)
    }
}

@Suite struct DockerRegistryTests {
    @Test func `an image goes to a registry and comes back`() throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let layer = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let image = TestImage(layer: layer)
        let client = RegistryClient(credentials: { _ in nil }, makeHasher: { TestHasher() })
        let reference = try ImageReference(parsing: "127.0.0.1:\(registry.port)/team/app:1")
        let amd64 = Platform(architecture: "amd64")

        let missing = failure { () throws(ContainerError) in try client.resolve(reference, platform: amd64) }
        #expect(
            missing?.description
                == "manifest for \(reference) not found: manifest unknown (check the name and the tag)")

        for blob in [image.layer, image.config] {
            let sent = try client.pushBlob(sha256(blob), size: Int64(blob.count), to: reference) { _ in
                HTTPRequest.Body(blob).read
            }
            #expect(sent == .sent)
        }
        let again = try client.pushBlob(sha256(layer), size: Int64(layer.count), to: reference) { _ in
            Issue.record("the blob is sent twice")
            return HTTPRequest.Body(layer).read
        }
        #expect(again == .alreadyThere)
        let inner = reference.withDigest(sha256(image.manifest))
        #expect(try client.pushManifest(image.manifest, mediaType: MediaType.ociManifest, to: inner) == inner.digest)
        #expect(
            try client.pushManifest(image.index, mediaType: MediaType.ociIndex, to: reference) == sha256(image.index))

        let found = try client.resolve(reference, platform: amd64)
        #expect(found.repositoryDigest == sha256(image.index))
        #expect(found.manifest.layers.map(\.digest) == [sha256(layer)])
        #expect(try client.fetchSmallBlob(found.manifest.config, from: reference) == image.config)
        var bytes = [UInt8]()
        try client.fetchBlob(sha256(layer), size: Int64(layer.count), from: reference) {
            bytes.append(contentsOf: $0)
        }
        #expect(bytes == layer)

        registry.truncate(sha256(layer), to: 1000)
        let truncated = failure { () throws(ContainerError) in
            try client.fetchBlob(sha256(layer), size: Int64(layer.count), from: reference) { _ in }
        }
        #expect(truncated != nil)
        #expect(truncated?.description.contains("\(sha256(layer))") == true)
    }

    @Test func `blobs come at the same time over one client`() async throws {
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let client = RegistryClient(credentials: { _ in nil }, makeHasher: { TestHasher() })
        let reference = try ImageReference(parsing: "127.0.0.1:\(registry.port)/x")
        let blobs = (0..<6).map { number in (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* (number + 3)) } }
        let wholes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for blob in blobs {
                group.addTask {
                    try client.pushBlob(sha256(blob), size: Int64(blob.count), to: reference) { _ in
                        HTTPRequest.Body(blob).read
                    }
                    var bytes = [UInt8]()
                    try client.fetchBlob(sha256(blob), size: Int64(blob.count), from: reference) {
                        bytes.append(contentsOf: $0)
                    }
                    return bytes == blob
                }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(wholes == Array(repeating: true, count: 6))
    }
}

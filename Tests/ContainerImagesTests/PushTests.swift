import ContainerImages
import ContainerKitTesting
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec
import Synchronization
import Testing

/// A push from beginning to end, with no network and no root.
@Suite struct PushTests {
    /// A registry that has nothing and takes everything.
    private static func answer(_ request: HTTPRequest) -> FakeTransport.Answer {
        switch request.method {
        case .head: .status(404)
        case .post: .status(202, ["Location": "/upload/\(request.url.target.utf8.count)"])
        default: .status(201)
        }
    }

    private func push(
        _ image: TestImage, as name: String = "localhost:5000/app:1", to registry: FakeTransport, atOnce limit: Int = 4,
        progress: @escaping @Sendable (TransferEvent) throws(ContainerError) -> Void = { _ in }
    ) throws -> [TransferEvent] {
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(image, as: name)
            let events = Mutex<[TransferEvent]>([])
            var configuration = RegistryConfiguration()
            configuration.maxConcurrentUploads = limit
            let client = RegistryClient(
                transport: registry, credentials: { _ in nil }, configuration: configuration,
                makeHasher: { () throws(ContainerError) in try SHA256Hasher() })
            let pushed = try fixture.store.push(try ImageReference(parsing: name), to: client) {
                event throws(ContainerError) in
                try progress(event)
                events.withLock { $0.append(event) }
            }
            #expect(try pushed.digest == SHA256Hasher.digest(image.manifestBytes))
            return events.withLock { $0 }
        }
    }

    @Test func everyBlobIsSentOnceAndTheManifestLast() throws {
        let image = try TestImage(["base", "top", "base"])
        let registry = FakeTransport(Self.answer)
        let events = try push(image, to: registry)
        let uploads = registry.requests.filter { $0.method == .put }
        #expect(uploads.last?.url.hasSuffix("/manifests/1") == true && uploads.last?.body == image.manifestBytes)
        #expect(Set(uploads.map(\.body)) == Set(image.layers + [image.configBytes, image.manifestBytes]))
        #expect(uploads.count == 4)
        let id = String(try SHA256Hasher.digest(Array("top".utf8)).hex.prefix(12))
        #expect(events.first.map { "\($0)".contains("Preparing") } == true)
        #expect(events.contains(.layer(id: id, status: "Pushed")))
        #expect(events.contains(.progress(id: id, .pushing, done: 3, total: 3)))
    }

    /// An upload ends only once as many as may go at once have begun, or after a while.
    @Test(arguments: [1, 2, 4]) func layersGoSideBySide(limit: Int) throws {
        let underWay = Mutex((now: 0, most: 0))
        let registry = FakeTransport { request in
            guard request.method == .put, request.url.target.hasPrefix("/upload/") else { return Self.answer(request) }
            underWay.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            for _ in 0..<1000 where underWay.withLock({ $0.most < limit }) { usleep(5000) }
            underWay.withLock { $0.now -= 1 }
            return .status(201)
        }
        _ = try push(try TestImage((0..<8).map { "layer \($0)" }), to: registry, atOnce: limit)
        #expect(underWay.withLock { $0.most } == limit)
    }

    @Test func whoeverListensCanEndIt() throws {
        let registry = FakeTransport(Self.answer)
        let error = #expect(throws: ContainerError.self) {
            try push(try TestImage(["base", "top"]), to: registry) { event throws(ContainerError) in
                if case .progress = event { throw ContainerError(.cancelled, "enough") }
            }
        }
        #expect(error?.code == .cancelled)
        #expect(registry.requests.allSatisfy { !$0.url.contains("/manifests/") })
    }

    @Test func aFailureOfOneLayerEndsAll() throws {
        let registry = FakeTransport { request in
            request.method == .post ? .status(403) : Self.answer(request)
        }
        let error = #expect(throws: ContainerError.self) {
            try push(try TestImage((0..<20).map { "layer \($0)" }), to: registry)
        }
        #expect(error?.code == .permissionDenied)
        #expect(registry.requests.filter { $0.method == .post }.count <= 4)
    }
}

import ContainerImages
import ContainerKitTesting
import ContainerStorage
import ContainerSystem
import OCISpec
import Testing

/// A pull from beginning to end, with no network and no root.
@Suite struct PullTests {
    private func statuses(_ events: [TransferEvent]) -> Set<String> {
        Set(events.compactMap { if case .layer(_, let status) = $0 { status } else { nil } })
    }

    @Test func anImageIsHereWhole() throws {
        let image = try TestImage(["base", "middle", "top"], created: "2026-01-02T03:04:05Z")
        try Fixture.with { (fixture: Fixture) throws in
            let (outcome, events) = try fixture.pull("localhost:5000/app:1", from: image.registry())
            #expect(try outcome.isNew && outcome.image.id == image.id())
            #expect(try outcome.digest == SHA256Hasher.digest(image.manifestBytes))
            #expect(try outcome.image.layers == image.chain())
            #expect(try Set(fixture.snapshotter.layers()) == Set(image.chain()))
            let blobs = try (image.layers + [image.configBytes, image.manifestBytes]).map {
                try SHA256Hasher.digest($0)
            }
            #expect(try Set(fixture.content.list()) == Set(blobs))
            #expect(outcome.image.record.size == 13, "the layers' bytes: 4 + 6 + 3")
            #expect(statuses(events) == ["Pulling fs layer", "Download complete", "Pull complete"])
        }
    }

    @Test func whatIsHereIsNotFetchedAgain() throws {
        let image = try TestImage(["base", "top"])
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(image)
            let registry = image.registry()
            let (again, events) = try fixture.pull("localhost:5000/app:1", from: registry)
            #expect(!again.isNew && statuses(events) == ["Already exists"])
            #expect(registry.urls.allSatisfy { !$0.contains("/blobs/") }, "\(registry.urls)")
            let other = try TestImage(["base", "another"])
            let (outcome, _) = try fixture.pull("localhost:5000/app:1", from: other.registry())
            #expect(outcome.isNew, "the tag has moved")
            #expect(try fixture.store.list().count == 2)
        }
    }

    @Test func anImageWithoutLayersIsOne() throws {
        try Fixture.with { (fixture: Fixture) throws in
            let outcome = try fixture.pull(try TestImage([]))
            #expect(outcome.image.layers.isEmpty && outcome.image.record.size == 0)
        }
    }

    /// Nothing is listed before all of it is there, and the next pull takes what the first one brought.
    @Test(arguments: 0..<6) func aLayerThatFailsEndsThePull(broken: Int) throws {
        let image = try TestImage((0..<6).map { "layer \($0)" })
        try Fixture.with { (fixture: Fixture) throws in
            let diffID = image.config.rootfs.diffIDs[broken]
            fixture.snapshotter.fail(diffID, with: ContainerError(.exhausted, "the disk is full"))
            let error = failure { try fixture.pull(image) }
            #expect(error?.code == .exhausted)
            #expect(error?.message == "pull localhost:5000/app:1: the disk is full")
            #expect(try fixture.store.list().isEmpty)
            let below = try image.chain()[..<broken]
            #expect(try fixture.snapshotter.layers().allSatisfy { below.contains($0) })
            fixture.snapshotter.fail(diffID, with: nil)
            #expect(try fixture.pull(image).image.layers == image.chain())
        }
    }

    @Test func bytesThatAreOthersAreRefused() throws {
        let image = try TestImage(["base", "top"])
        for victim in image.layers + [image.configBytes] {
            try Fixture.with { (fixture: Fixture) throws in
                let other = Array(victim.reversed())
                let error = failure {
                    _ = try fixture.pull("localhost:5000/app:1", from: image.registry(changed: [victim: other]))
                }
                #expect(error?.code == .corrupted, "\(String(describing: error))")
                let stored = try fixture.content.list()
                #expect(
                    try !stored.contains(SHA256Hasher.digest(other)) && !stored.contains(SHA256Hasher.digest(victim)))
                #expect(try fixture.store.list().isEmpty)
                #expect(try fixture.pull(image).isNew)
            }
        }
    }

    /// A layer is unpacked while it comes, on another thread: that one has nothing to say of a download that fails.
    @Test func theErrorIsTheDownloads() throws {
        let image = try TestImage(["base", "top"])
        for _ in 0..<50 {
            try Fixture.with { (fixture: Fixture) throws in
                let error = failure {
                    try fixture.pull("localhost:5000/app:1", from: image.registry()) { event throws(ContainerError) in
                        if case .progress = event { throw ContainerError(.cancelled, "enough") }
                    }
                }
                #expect(error?.message == "pull localhost:5000/app:1: enough")
            }
        }
    }

    @Test func manifestAndConfigurationMustAgree() throws {
        func refused(_ change: (inout TestImage) -> Void) throws -> ContainerError? {
            var image = try TestImage(["base", "top"])
            change(&image)
            return try Fixture.with { (fixture: Fixture) throws in
                let error = failure { try fixture.pull(image) }
                #expect(try fixture.store.list().isEmpty && fixture.snapshotter.layers().isEmpty)
                return error
            }
        }
        #expect(try refused { $0.layers.removeLast() }?.code == .corrupted)
        #expect(try refused { $0.config.rootfs.diffIDs = [] }?.code == .corrupted)
        #expect(try refused { $0.config.rootfs.diffIDs.reverse() }?.code == .corrupted)
        let foreign = try refused { $0.layerType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }
        #expect(foreign?.code == .unsupported && foreign?.description.contains("foreign") == true)
        #expect(try refused { $0.configType = "application/vnd.cncf.helm.config.v1+json" }?.code == .unsupported)
    }

    @Test func aNameByDigestIsNoTag() throws {
        let image = try TestImage(["base"])
        try Fixture.with { (fixture: Fixture) throws in
            let digest = try SHA256Hasher.digest(image.manifestBytes)
            try fixture.pull(image, as: "localhost:5000/app@\(digest)")
            let summary = try #require(try fixture.store.list().first)
            #expect(summary.names.isEmpty && summary.digests == ["localhost:5000/app@\(digest)"])
            #expect(try fixture.store.find("localhost:5000/app@\(digest)").id == summary.id)
        }
    }
}

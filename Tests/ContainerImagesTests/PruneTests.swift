import ContainerImages
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec
import Testing

@Suite struct PruneTests {
    private let nobody: (String) throws(ContainerError) -> [ImageUser] = { _ throws(ContainerError) in [] }

    /// `old` and `new` share a layer and have tags; `lost` has none.
    private func with(_ body: (Fixture, [String: String]) throws -> Void) throws {
        try Fixture.with { (fixture: Fixture) throws in
            var ids: [String: String] = [:]
            for (name, layers, created) in [
                ("lost", ["alone"], "2020-01-01T00:00:00Z"), ("old", ["base", "old"], "2021-01-01T00:00:00Z"),
                ("new", ["base", "new"], "2022-01-01T00:00:00Z"),
            ] {
                let image = try TestImage(layers, created: created) { $0.labels = ["name": name, "any": "x"] }
                try fixture.pull(image, as: "localhost:5000/app:\(name == "lost" ? "new" : name)")
                ids[name] = try image.id()
            }
            // The tag has moved on to `new`; what the registry called it stays until it is taken away.
            for digest in try fixture.database.imageDigests() where "sha256:" + digest.image == ids["lost"] {
                try fixture.database.removeDigest(repository: digest.repository, digest: digest.reference)
            }
            try body(fixture, ids)
        }
    }

    private func plan(
        _ fixture: Fixture, users: [String: ImageUser] = [:], _ fill: (inout PruneSelection) -> Void = { _ in }
    ) throws -> PrunePlan {
        var selection = PruneSelection()
        fill(&selection)
        return try fixture.store.planPrune(selection) { id throws(ContainerError) in
            users["sha256:" + id].map { [$0] } ?? []
        }
    }

    private func images(_ outcome: PrunedImages, _ ids: [String: String]) -> Set<String> {
        Set(
            outcome.removals.compactMap { removal in
                if case .deleted(let id) = removal { ids.first { $0.value == id }?.key } else { nil }
            })
    }

    @Test func onlyWhatHasNoTagGoesByItself() throws {
        try with { (fixture: Fixture, ids: [String: String]) throws in
            let plan = try plan(fixture)
            #expect(images(plan.outcome, ids) == ["lost"])
            #expect(try fixture.store.list().count == 3, "a plan changes nothing")
            let done = try fixture.store.prune(plan, users: nobody)
            #expect(done.removals == plan.outcome.removals && done.bytes == plan.outcome.bytes && done.bytes > 0)
            #expect(try fixture.store.list().count == 2)
        }
    }

    @Test func allThatNobodyUses() throws {
        try with { (fixture: Fixture, ids: [String: String]) throws in
            let users = [ids["old"] ?? "": ("0123456789ab", false)]
            let plan = try plan(fixture, users: users) { $0.includesTagged = true }
            #expect(images(plan.outcome, ids) == ["lost", "new"])
            // The layer that `old` has as well stays, and is not counted.
            let base = try TestImage(["base"]).chain()[0]
            #expect(!plan.outcome.removals.contains(.deleted(base.description)))
            let done = try fixture.store.prune(plan) { id throws(ContainerError) in
                users["sha256:" + id].map { [$0] } ?? []
            }
            #expect(done.bytes == plan.outcome.bytes)
            #expect(try fixture.store.list().map(\.id) == [ids["old"]])
            #expect(try fixture.snapshotter.layers().contains(base))
        }
    }

    @Test func sharedLayersAreToldAndCountedOnce() throws {
        try with { (fixture: Fixture, ids: [String: String]) throws in
            let plan = try plan(fixture) { $0.includesTagged = true }
            let base = try TestImage(["base"]).chain()[0].description
            #expect(plan.outcome.removals.count { $0 == .deleted(base) } == 1)
            let blobs = try fixture.content.list().map { try fixture.content.diskUsage(of: $0) }.reduce(0, +)
            // The fake's layers count as many bytes as their tars have: alone, base, old, new.
            #expect(plan.outcome.bytes == blobs + 5 + 4 + 3 + 3)
            let done = try fixture.store.prune(plan, users: nobody)
            #expect(
                done.bytes == plan.outcome.bytes && Set(done.removals.map(text)) == Set(plan.outcome.removals.map(text))
            )
            #expect(try fixture.content.list().isEmpty && fixture.snapshotter.layers().isEmpty)
        }
    }

    private func text(_ removal: ImageRemoval) -> String { "\(removal)" }

    @Test func filters() throws {
        try with { (fixture: Fixture, ids: [String: String]) throws in
            func chosen(_ fill: (inout PruneSelection) -> Void) throws -> Set<String> {
                images(
                    try plan(fixture) {
                        $0.includesTagged = true
                        fill(&$0)
                    }.outcome, ids)
            }
            let newYear = try #require(Timestamp.parse("2021-01-01T00:00:00Z"))
            #expect(try chosen { $0.until = newYear } == ["lost", "old"])
            #expect(try chosen { $0.until = newYear - 1 } == ["lost"])
            #expect(try chosen { $0.labels = [.init("name", "new")] } == ["new"])
            #expect(try chosen { $0.labels = [.init("any"), .init("name", "old")] } == ["old"])
            #expect(try chosen { $0.excludedLabels = [.init("name", "new")] } == ["lost", "old"])
            #expect(try chosen { $0.excludedLabels = [.init("any")] }.isEmpty)
            // docker: an image with all of them is left alone, one with some is not.
            #expect(try chosen { $0.excludedLabels = [.init("any"), .init("none")] }.count == 3)
        }
    }

    @Test func whatIsUsedOrNamedMeanwhileStays() throws {
        try with { (fixture: Fixture, ids: [String: String]) throws in
            let plan = try plan(fixture)
            try fixture.store.tag(try #require(ids["lost"]), as: try ImageReference(parsing: "kept"))
            #expect(try fixture.store.prune(plan, users: nobody).removals.isEmpty)
            let all = try self.plan(fixture) { $0.includesTagged = true }
            let done = try fixture.store.prune(all) { id throws(ContainerError) in
                "sha256:" + id == ids["new"] ? [("0123456789ab", true)] : []
            }
            #expect(images(done, ids) == ["lost", "old"])
            #expect(try fixture.store.list().map(\.id) == [ids["new"]])
        }
    }

    /// What another process is adding is no litter.
    @Test func anImageOnItsWayIsLeftAlone() throws {
        try with { (fixture: Fixture, ids: [String: String]) throws in
            let arriving = try fixture.content.store(Array("half an image".utf8)).digest
            let lock = try FileLock.take(fixture.folder + "/images.lock", .shared)
            let plan = try plan(fixture)
            #expect(plan.outcome.isDeferred && plan.outcome.bytes == 0 && images(plan.outcome, ids) == ["lost"])
            let done = try fixture.store.prune(plan, users: nobody)
            #expect(done.isDeferred && fixture.content.contains(arriving))
            withExtendedLifetime(lock) {}
        }
    }
}

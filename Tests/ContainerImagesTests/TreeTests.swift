import ContainerImages
import ContainerStorage
import ContainerSystem
import OCISpec
import Testing

@Suite struct TreeTests {
    @Test func layersStandOnEachOther() throws {
        try Fixture.with { (fixture: Fixture) throws in
            var two = try TestImage(["base", "two"])
            two.config.history = [
                .init(createdBy: "made base"), .init(createdBy: "no layer", emptyLayer: true),
                .init(createdBy: "made two"),
            ]
            try fixture.pull(two, as: "localhost:5000/app:two")
            try fixture.pull(try TestImage(["base"]), as: "localhost:5000/app:one")
            try fixture.pull(try TestImage(["base", "other", "third"]), as: "localhost:5000/app:zz")
            try fixture.pull(try TestImage(["elsewhere"]), as: "localhost:5000/app:alone")
            try fixture.pull(try TestImage([]), as: "localhost:5000/app:empty")
            let tree = try fixture.store.tree()
            #expect(tree.empty.map(\.names) == [["localhost:5000/app:empty"]])
            #expect(
                tree.layers.map { $0.images.flatMap(\.names) } == [
                    ["localhost:5000/app:alone"], ["localhost:5000/app:one"],
                ])
            let base = tree.layers[1]
            #expect(base.size == 4 && base.total == 4 && base.layers.count == 2)
            #expect(base.layers[0].images[0].names == ["localhost:5000/app:two"] && base.layers[0].total == 7)
            #expect(base.layers[0].createdBy == "made two")
            #expect(
                base.layers[1].images.isEmpty && base.layers[1].layers[0].images[0].names == ["localhost:5000/app:zz"])
            #expect(base.layers[1].layers[0].total == 14)
            let one = try fixture.store.tree(["localhost:5000/app:two", "localhost:5000/app:two"])
            #expect(one.layers.count == 1 && one.layers[0].images.isEmpty && one.layers[0].createdBy == "made base")
            #expect(failure { _ = try fixture.store.tree(["nosuch"]) }?.code == .notFound)
        }
    }

    @Test func contentIsWhatTheRegistrySent() throws {
        let image = try TestImage(["base", "top"])
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(image)
            let content = try fixture.store.contentOf("localhost:5000/app:1")
            #expect(content.platform == .current)
            #expect(content.size == Int64(7 + image.configBytes.count + image.manifestBytes.count))
            #expect(try content.manifest == SHA256Hasher.digest(image.manifestBytes).description)
        }
    }

    @Test func sharingIsMeasuredWhenAsked() throws {
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(try TestImage(["base", "two"]), as: "localhost:5000/app:two")
            try fixture.pull(try TestImage(["base"]), as: "localhost:5000/app:one")
            #expect(try fixture.store.list().allSatisfy { $0.sharedSize == nil })
            #expect(try fixture.store.list(measuresSharing: true).allSatisfy { $0.sharedSize == 4 })
        }
    }
}

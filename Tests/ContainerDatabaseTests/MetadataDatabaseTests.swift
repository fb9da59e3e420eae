import ContainerDatabase
import ContainerSystem
import Testing

@Suite struct MetadataDatabaseTests {
    @Test func twoProcessesSeeTheSame() throws {
        try withFolder { (folder: String) throws in
            let one = try MetadataDatabase(folder: folder)
            let two = try MetadataDatabase(folder: folder)
            try one.addContainer(.made("abc1", "n1"))
            #expect(try two.container(name: "n1") == .made("abc1", "n1"))
            try two.setStarted(container: "abc1", at: 5)
            #expect(try one.container(name: "n1")?.started == 5)
            #expect(try two.removeContainer(id: "abc1"))
            #expect(try !one.removeContainer(id: "abc1"), "it was there only once")
        }
    }

    @Test func imagesShareWhatTheyShare() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            func image(_ id: String, _ layers: [String]) -> ImageRecord {
                ImageRecord(id: id, manifest: "m" + id, config: [9], layers: layers, size: 1, added: 2, blobs: layers)
            }
            try database.addImage(image("1", ["base", "one"]), tag: ("r", "t"), digest: ("r", "sha256:x"))
            try database.addImage(image("2", ["base", "two"]), tag: ("r", "t"), digest: nil)
            #expect(try database.image(repository: "r", reference: "t")?.id == "2", "the tag moved")
            #expect(try database.image(repository: "r", reference: "sha256:x")?.id == "1")
            #expect(try database.contentInUse().layers == ["base", "one", "two"])
            #expect(try database.removeImage(id: "1") == ["one"], "the shared layer stays")
            #expect(try database.removeImage(id: "2") == ["two", "base"], "top first")
            #expect(try database.imageTags().isEmpty && database.contentInUse().blobs.isEmpty)
        }
    }

    @Test func aRecordComesBackAsItWas() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let records = [
                ContainerRecord(
                    id: "ab", name: "first", image: "img", configuration: Array(0...255), created: 1_767_323_045.678901,
                    started: 1_767_323_046.25, owner: ProcessIdentity(pid: 4_194_304, startTime: 1 << 62)),
                ContainerRecord(
                    id: "cd", name: "second'); --", image: "", configuration: [], created: 0, started: nil,
                    owner: ProcessIdentity(pid: 1, startTime: 0)),
            ]
            for record in records { try database.addContainer(record) }
            #expect(try MetadataDatabase(folder: folder).containers() == records)
            #expect(try database.container(name: "second'); --") == records[1])
            #expect(try database.container(name: "SECOND'); --") == nil && database.container(name: "") == nil)
            #expect(try database.containers(usingImage: "img") == [records[0]])
            try database.setStarted(container: "ab", at: nil)
            #expect(try database.container(name: "first")?.started == nil)
            try database.setStarted(container: "none", at: 5)
            #expect(try database.containers().allSatisfy { $0.started == nil })
        }
    }

    @Test func theNewestComesFirst() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            for (id, created) in [("a", 5.0), ("b", 7), ("c", 7), ("d", 6)] {
                try database.addContainer(.made(id, "n" + id, created: created))
            }
            #expect(try database.containers().map(\.id) == ["c", "b", "d", "a"])
        }
    }

    @Test func whatIsTakenIsAConflict() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            try database.addContainer(.made("abc1", "same"))
            let name = #expect(throws: ContainerError.self) { try database.addContainer(.made("abc2", "same")) }
            #expect(name?.code == .conflict && name?.message.contains("\"/same\"") == true)
            #expect(name?.message.contains("\"abc1\"") == true, "it says who has it")
            #expect(code { try database.addContainer(.made("abc1", "other")) } == .conflict)
            #expect(try database.containers() == [.made("abc1", "same")])
            try database.removeContainer(id: "abc1")
            try database.addContainer(.made("abc2", "same"))
        }
    }

    @Test func aPrefixIsOne() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let ids = ["0", "9", "a", "f"].map { $0 + String(repeating: "f", count: 63) } + ["f0", "f00", "f01"]
            for id in ids { try database.addContainer(.made(id, "n" + id)) }
            for id in ids {
                try database.addImage(.made(id), tag: nil, digest: nil)
                let whole = try database.containers(idPrefix: id).map(\.id)
                #expect(whole.contains(id) && whole.allSatisfy { $0.hasPrefix(id) })
            }
            #expect(try database.containers(idPrefix: ids[3]).map(\.id) == [ids[3]])
            #expect(try database.containers(idPrefix: ids[3] + "f").isEmpty)
            #expect(try database.containers(idPrefix: "f").count == 2, "two say that it fits several")
            #expect(try database.containers(idPrefix: "f01").map(\.id) == ["f01"])
            #expect(try database.images(idPrefix: "f0").count == 2 && database.images(idPrefix: "a").count == 1)
            #expect(try database.images(idPrefix: "e").isEmpty)
        }
    }

    @Test func anImageHasItsNames() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let image = ImageRecord(
                id: "1", manifest: "m", config: Array(0...255), layers: ["x", "y"], size: 1 << 40, added: 2.5)
            try database.addImage(image, tag: ("b", "t"), digest: ("b", "sha256:d"))
            try database.addImage(.made("1", blobs: ["more"]), tag: ("a", "t"), digest: nil)
            #expect(try database.images() == [image], "the one that is there stays")
            #expect(try database.contentInUse().blobs == ["more"])
            try database.addTag(repository: "b", tag: "u", image: "1")
            #expect(
                try database.imageTags() == [
                    ImageName(repository: "a", reference: "t", image: "1"),
                    ImageName(repository: "b", reference: "t", image: "1"),
                    ImageName(repository: "b", reference: "u", image: "1"),
                ])
            #expect(try database.image(repository: "b", reference: "u") == image)
            #expect(try database.image(repository: "b", reference: "sha256:d") == image)
            #expect(try database.image(repository: "a", reference: "sha256:d") == nil)
            try database.removeTag(repository: "b", tag: "u")
            try database.removeDigest(repository: "b", digest: "sha256:d")
            #expect(try database.image(repository: "b", reference: "u") == nil && database.imageDigests().isEmpty)
            #expect(code { try database.addTag(repository: "b", tag: "v", image: "gone") } == .notFound)
            #expect(try database.imageTags().count == 2 && database.removeImage(id: "none").isEmpty)
        }
    }
}

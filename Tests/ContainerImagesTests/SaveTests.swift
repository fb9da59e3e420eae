import ContainerImages
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec
import Testing

@Suite struct SaveTests {
    private func save(_ fixture: Fixture, _ names: String..., platform: Platform? = nil) throws -> [UInt8] {
        let path = fixture.folder + "/saved.tar"
        unlink(path)
        let output = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        try fixture.store.save(names, platform: platform, to: output, outputName: "saved.tar")
        return try Files.read(path)
    }

    /// Whatever way the image came, and whatever happened in between.
    @Test func theSameImageGivesTheSameBytes() throws {
        let image = try TestImage(["base", "top"])
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(image)
            let pulled = try save(fixture, "localhost:5000/app:1")
            #expect(try save(fixture, "localhost:5000/app:1") == pulled)
            _ = try fixture.store.remove("localhost:5000/app:1", force: false) { _ throws(ContainerError) in [] }
            #expect(failure { _ = try save(fixture, "localhost:5000/app:1") }?.code == .notFound)
            try Files.replace(fixture.folder + "/pulled.tar", with: pulled)
            _ = try fixture.store.load(
                try Descriptor.open(fixture.folder + "/pulled.tar", O_RDONLY), name: "pulled.tar")
            #expect(try save(fixture, "localhost:5000/app:1") == pulled)
        }
    }

    @Test func aRepositoryIsAllOfItsTags() throws {
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(try TestImage(["one"]), as: "localhost:5000/app:1")
            try fixture.pull(try TestImage(["two"]), as: "localhost:5000/app:2")
            try fixture.pull(try TestImage(["other"]), as: "localhost:5000/other:2")
            #expect(
                try save(fixture, "localhost:5000/app")
                    == save(fixture, "localhost:5000/app:1", "localhost:5000/app:2"))
            #expect(failure { _ = try save(fixture, "localhost:5000") }?.code == .notFound)
        }
    }

    @Test func byIDThereIsNoName() throws {
        let image = try TestImage(["one"])
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(image, as: "localhost:5000/app:1")
            let text = String(decoding: try save(fixture, String(image.id().dropFirst(7).prefix(12))), as: UTF8.self)
            #expect(!text.contains("RepoTags") && !text.contains("localhost"))
        }
    }

    @Test func anotherPlatformIsNotThere() throws {
        try Fixture.with { (fixture: Fixture) throws in
            try fixture.pull(try TestImage(["one"]))
            let error = failure {
                _ = try save(fixture, "localhost:5000/app:1", platform: Platform(architecture: "s390x"))
            }
            #expect(error?.code == .notFound)
            #expect(try !save(fixture, "localhost:5000/app:1", platform: .current).isEmpty)
        }
    }
}

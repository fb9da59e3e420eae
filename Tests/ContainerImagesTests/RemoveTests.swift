import ContainerImages
import ContainerStorage
import ContainerSystem
import OCISpec
import Testing

/// `rmi` by docker's rules (moby, `daemon/images/image_delete.go`), with no root and no network.
@Suite struct RemoveTests {
    private let nobody: (String) throws(ContainerError) -> [ImageUser] = { _ throws(ContainerError) in [] }

    private func tag(_ fixture: Fixture, _ names: String...) throws {
        for name in names { try fixture.store.tag("localhost:5000/app:1", as: try ImageReference(parsing: name)) }
    }

    private func remove(
        _ fixture: Fixture, _ name: String, force: Bool = false, users: [ImageUser] = []
    ) throws(ContainerError) -> [ImageRemoval] {
        try fixture.store.remove(name, force: force) { _ throws(ContainerError) in users }
    }

    /// A pulled image has a tag and a digest of one repository.
    private func with(_ body: (Fixture, _ id: String, _ digest: String, _ layers: [String]) throws -> Void) throws {
        let image = try TestImage(["base", "top"])
        try Fixture.with { (fixture: Fixture) throws in
            let outcome = try fixture.pull(image)
            try body(
                fixture, try image.id(), "localhost:5000/app@\(outcome.digest)",
                try image.chain().reversed().map(\.description))
        }
    }

    private func gone(_ id: String, _ layers: [String]) -> [ImageRemoval] { ([id] + layers).map { .deleted($0) } }

    @Test func theLastTagTakesDigestAndImageAlong() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            #expect(
                try remove(fixture, "localhost:5000/app:1")
                    == [.untagged("localhost:5000/app:1"), .untagged(digest)] + gone(id, layers))
            #expect(try fixture.content.list().isEmpty && fixture.snapshotter.layers().isEmpty)
        }
    }

    @Test(arguments: [12, 64]) func anIDTakesAllNamesOfOneRepository(digits: Int) throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            #expect(
                try remove(fixture, String(id.dropFirst(7).prefix(digits)))
                    == [.untagged("localhost:5000/app:1"), .untagged(digest)] + gone(id, layers))
        }
    }

    @Test func aDigestIsANameLikeAnyOther() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            #expect(try remove(fixture, digest) == [.untagged(digest)])
            #expect(
                try remove(fixture, "localhost:5000/app:1") == [.untagged("localhost:5000/app:1")] + gone(id, layers))
        }
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            // Tag and digest: the digest is meant.
            let whole = digest.replacing("@", with: ":1@")
            #expect(try remove(fixture, whole) == [.untagged(digest)])
        }
    }

    @Test func otherTagsKeepTheImage() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            try tag(fixture, "localhost:5000/app:2", "other")
            #expect(try remove(fixture, "localhost:5000/app:2") == [.untagged("localhost:5000/app:2")])
            #expect(
                try remove(fixture, "localhost:5000/app:1")
                    == [.untagged("localhost:5000/app:1"), .untagged(digest)])
            #expect(try remove(fixture, "other") == [.untagged("other:latest")] + gone(id, layers))
        }
    }

    @Test func anIDWithTagsOfSeveralKindsMustBeForced() throws {
        for more in ["localhost:5000/app:2", "other"] {
            try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
                try tag(fixture, more)
                let short = String(id.dropFirst(7).prefix(12))
                let error = failure { _ = try remove(fixture, short) }
                #expect(
                    error?.message == "conflict: unable to delete \(short) (must be forced) - image is referenced in"
                        + " multiple repositories" && error?.code == .conflict)
                let names = more == "other" ? ["other:latest"] : []
                let tags = ["localhost:5000/app:1"] + (more == "other" ? [] : [more]) + [digest]
                #expect(
                    try remove(fixture, short, force: true)
                        == (names + tags).map { .untagged($0) } + gone(id, layers))
            }
        }
    }

    @Test func sharedLayersStay() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            let other = try TestImage(["base", "another"])
            try fixture.pull(other, as: "localhost:5000/other:1")
            let removals = try remove(fixture, "localhost:5000/app:1")
            #expect(removals.suffix(2) == gone(id, [layers[0]]))
            #expect(try Set(fixture.snapshotter.layers()) == Set(other.chain()))
            #expect(
                try remove(fixture, "localhost:5000/other:1").suffix(2) == [
                    .deleted(other.chain()[1].description), .deleted(layers[1]),
                ])
        }
    }

    @Test func aContainerHoldsItsImage() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            let short = String(id.dropFirst(7).prefix(12))
            for isRunning in [false, true] {
                let users: [ImageUser] = [("0123456789ab", isRunning)]
                let byName = failure { _ = try remove(fixture, "localhost:5000/app:1", users: users) }
                #expect(
                    byName?.message == "conflict: unable to remove repository reference \"localhost:5000/app:1\""
                        + " (must force) - container 0123456789ab is using its referenced image \(short)")
                let byID = failure { _ = try remove(fixture, short, users: users) }
                #expect(
                    byID?.message == "conflict: unable to delete \(short) "
                        + (isRunning
                            ? "(cannot be forced) - image is being used by running container 0123456789ab"
                            : "(must be forced) - image is being used by stopped container 0123456789ab"))
            }
            let running: [ImageUser] = [("0123456789ab", true)]
            #expect(failure { _ = try remove(fixture, short, force: true, users: running) }?.code == .conflict)
            #expect(
                try remove(fixture, "localhost:5000/app:1", force: true, users: running)
                    == [.untagged("localhost:5000/app:1"), .untagged(digest)], "its names go, the image stays")
            #expect(try fixture.store.find(short).layers.count == 2)
            #expect(try remove(fixture, short) == gone(id, layers))
        }
    }

    @Test func oneOfSeveralNamesMayGoWhileAContainerRuns() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            try tag(fixture, "other")
            #expect(try remove(fixture, "other", users: [("0123456789ab", true)]) == [.untagged("other:latest")])
        }
    }

    @Test func anotherPlatformIsAnotherImage() throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            let error = failure {
                _ = try fixture.store.remove(
                    "localhost:5000/app:1", force: true, platform: Platform(architecture: "s390x"), users: nobody)
            }
            #expect(
                error?.code == .notFound
                    && error?.message.contains("does not match the specified platform (linux/s390x)") == true)
        }
    }

    /// Row 50 of the threats: what is no name and no id is never part of a path.
    @Test(arguments: [
        "../../etc", "/etc/passwd", "a/../b", "sha256:../../x", "sha256:", "", " ", ".", "..", "a\0b", "%2e%2e", "-f",
        "*",
        "sha256:" + String(repeating: "g", count: 64), String(repeating: "a", count: 65), "A", "a:b:c", "a@sha256:12",
        String(repeating: "a/", count: 3000), "'; DROP TABLE image; --",
    ])
    func whatIsNoNameIsRefused(_ name: String) throws {
        try with { (fixture: Fixture, id: String, digest: String, layers: [String]) throws in
            let error = failure { _ = try remove(fixture, name, force: true) }
            #expect(
                error?.code == .invalidArgument || error?.code == .notFound || error?.code == .unsupported, "\(name)")
            #expect((error?.description.utf8.count ?? 0) < 6000)
            #expect(try fixture.store.list().count == 1 && fixture.content.list().count == 4)
        }
    }

    @Test func theStartOfAnIDMustMeanOneImage() throws {
        try Fixture.with { (fixture: Fixture) throws in
            var ids: [Character: String] = [:]
            // Among 17 ids two begin alike.
            for number in 0..<17 {
                let image = try TestImage(["layer \(number)"])
                try fixture.pull(image, as: "localhost:5000/app:\(number)")
                let id = try String(image.id().dropFirst(7))
                guard let first = id.first else { continue }
                if ids[first] != nil {
                    let error = failure { _ = try remove(fixture, String(first)) }
                    #expect(error?.code == .conflict && error?.description.contains("more than one image") == true)
                    return
                }
                ids[first] = id
            }
        }
    }
}

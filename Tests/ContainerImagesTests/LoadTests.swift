import ContainerImages
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec
import Testing

/// Archives of every age and of every kind of malice, with no root. Rows 45 and 47 of the threats.
@Suite struct LoadTests {
    private func load(_ fixture: Fixture, _ archive: TestArchive, platform: String? = nil) throws -> [LoadedImage] {
        try fixture.store.load(
            try archive.open(in: fixture.folder), name: "archive.tar",
            platform: try platform.map { try Platform(parsing: $0) })
    }

    private func image(_ layers: [String] = ["base", "top"], architecture: String = Platform.current.architecture)
        throws
        -> TestImage
    {
        var image = try TestImage(layers, created: "2026-01-02T03:04:05Z")
        image.config.architecture = architecture
        return image
    }

    // MARK: - Kinds

    @Test func dockersArchive() throws {
        let image = try image()
        try Fixture.with { (fixture: Fixture) throws in
            let loaded = try load(fixture, try .docker(image, tags: #"["app:1","localhost:5000/a/b/c:2"]"#))
            #expect(try loaded == [LoadedImage(id: image.id(), names: ["app:1", "localhost:5000/a/b/c:2"])])
            #expect(try fixture.store.find("app:1").layers == image.chain())
            // Nothing of the archive but the image is kept.
            #expect(try fixture.content.list().count == 4)
        }
    }

    /// From docker 1.10 to 24 a layer that two images share is a link in the second one's folder.
    @Test(arguments: [false, true]) func linksBetweenFolders(isHard: Bool) throws {
        let image = try image()
        try Fixture.with { (fixture: Fixture) throws in
            var archive = TestArchive()
            archive.add("one/layer.tar", image.layers[0])
            archive.add("two/layer.tar", image.layers[1])
            archive.add(link: "three/layer.tar", to: isHard ? "one/layer.tar" : "../one/layer.tar", isHard: isHard)
            archive.add("x.json", image.configBytes)
            archive.add(
                "manifest.json",
                #"[{"Config":"/x.json","RepoTags":null,"Layers":["./three/layer.tar","two//layer.tar"]}]"#)
            #expect(try load(fixture, archive) == [LoadedImage(id: image.id(), names: [])])
        }
    }

    @Test func imagesBeforeDocker110() throws {
        try Fixture.with { (fixture: Fixture) throws in
            var archive = TestArchive()
            archive.add(
                "one/json",
                #"{"id":"one","created":"2015-01-02T03:04:05Z","container_config":{"Cmd":["/bin/sh","-c","make"]},"architecture":"amd64","os":"linux"}"#
            )
            archive.add("one/VERSION", "1.0")
            archive.add("one/layer.tar", "base")
            archive.add(
                "two/json",
                #"{"id":"two","parent":"one","created":"2015-01-03T03:04:05Z","author":"ann","config":{"Cmd":["sh"],"Volumes":null},"architecture":"amd64","os":"linux","Size":5}"#
            )
            archive.add("two/layer.tar", "top")
            archive.add("repositories", #"{"localhost:5000/old":{"1":"two","base":"one"}}"#)
            let loaded = try load(fixture, archive)
            #expect(loaded.map(\.names) == [["localhost:5000/old:base"], ["localhost:5000/old:1"]])
            let two = try fixture.store.find("localhost:5000/old:1")
            #expect(try two.layers == TestImage(["base", "top"]).chain())
            #expect(two.config.config?.cmd == ["sh"] && two.config.author == "ann")
            #expect(try fixture.store.history("localhost:5000/old:1").map(\.createdBy) == ["", "/bin/sh -c make"])
            // Without names, what nothing stands on is the image.
            var nameless = TestArchive()
            nameless.add("one/json", #"{"id":"one"}"#)
            nameless.add("one/layer.tar", "base")
            nameless.add("two/json", #"{"id":"two","parent":"one"}"#)
            nameless.add("two/layer.tar", "top")
            let again = try load(fixture, nameless)
            #expect(again.count == 1 && again[0].names.isEmpty)
        }
    }

    @Test func anIndexOfManyPlatforms() throws {
        let (mine, other) = (try image(), try image(["far"], architecture: "s390x"))
        try Fixture.with { (fixture: Fixture) throws in
            func archive(with images: [TestImage]) throws -> TestArchive {
                var archive = TestArchive()
                var entries: [String] = []
                for image in [mine, other] {
                    var scratch = TestArchive()
                    let isThere = images.contains { $0.layers == image.layers }
                    let descriptor = isThere ? try archive.add(image) : try scratch.add(image)
                    entries.append(
                        descriptor + #","platform":{"os":"linux","architecture":"\#(image.config.architecture)"}}"#)
                }
                let inner = Array(TestArchive.index(entries).utf8)
                let digest = try archive.add(blob: inner)
                archive.add(index: [
                    #"{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"\#(digest)","size":\#(inner.count),"#
                        + #""annotations":{"io.containerd.image.name":"docker.io/library/many:1"}}"#
                ])
                return archive
            }
            // The name stands at the index, and goes to the image.
            #expect(try load(fixture, archive(with: [mine, other])) == [LoadedImage(id: mine.id(), names: ["many:1"])])
            let moved = try load(fixture, archive(with: [mine, other]), platform: "linux/s390x")
            #expect(try moved.map(\.id) == [other.id()] && moved[0].moved.map(\.previous) == [mine.id()])
            #expect(try load(fixture, archive(with: [mine])).map(\.id) == [mine.id()], "the other was left out")
            for (images, platform) in [([mine], "linux/s390x"), ([mine, other], "linux/riscv64")] {
                let error = failure { _ = try load(fixture, archive(with: images), platform: platform) }
                #expect(error?.code == .notFound && error?.message.contains("no image for \(platform)") == true)
            }
            let error = failure { _ = try load(fixture, archive(with: [other])) }
            #expect(error?.code == .notFound && error?.hint?.contains("--platform") == true)
            // docker's format has no index: the configuration says what it is for.
            #expect(failure { _ = try load(fixture, .docker(other), platform: "linux/amd64") }?.code == .notFound)
        }
    }

    @Test func oneNameForSeveralPlatforms() throws {
        let (mine, other) = (try image(), try image(["far"], architecture: "s390x"))
        try Fixture.with { (fixture: Fixture) throws in
            var archive = TestArchive()
            let entries = try [other, mine].map { image in
                try archive.add(image) + #","platform":{"os":"linux","architecture":"\#(image.config.architecture)"},"#
                    + #""annotations":{"org.opencontainers.image.ref.name":"a.example/many:1"}}"#
            }
            archive.add(index: entries)
            #expect(try load(fixture, archive).map(\.id) == [mine.id()])
            #expect(try load(fixture, archive, platform: "s390x").map(\.id) == [other.id()])
        }
    }

    @Test func aFolderIsAsGoodAsAnArchive() throws {
        let image = try image()
        try Fixture.with { (fixture: Fixture) throws in
            let folder = fixture.folder + "/layout"
            try Files.makeDirectory(folder + "/blobs/sha256")
            for bytes in image.layers + [image.configBytes, image.manifestBytes] {
                try Files.replace(folder + "/blobs/sha256/" + SHA256Hasher.digest(bytes).hex, with: bytes)
            }
            var scratch = TestArchive()
            let descriptor = try scratch.add(image)
            try Files.replace(folder + "/index.json", with: Array(TestArchive.index([descriptor + "}"]).utf8))
            func load() throws -> [LoadedImage] {
                try fixture.store.load(try Descriptor.open(folder, O_RDONLY), name: "layout")
            }
            #expect(try load().map(\.id) == [image.id()])
            // What a link leads to is not read, be it here or elsewhere.
            let layer = folder + "/blobs/sha256/" + (try SHA256Hasher.digest(image.layers[0]).hex)
            try Files.replace(fixture.folder + "/elsewhere", with: image.layers[0])
            unlink(layer)
            symlink("../../../elsewhere", layer)
            #expect(failure { _ = try load() }?.code == .corrupted)
            unlink(folder + "/index.json")
            symlink(fixture.folder + "/elsewhere", folder + "/index.json")
            #expect(failure { _ = try load() }?.message == "load layout: it is no folder of images")
        }
    }

    @Test func aNameThatMovesIsTold() throws {
        let (first, second) = (try image(), try image(["other"]))
        try Fixture.with { (fixture: Fixture) throws in
            #expect(try load(fixture, .docker(first))[0].moved.isEmpty)
            #expect(try load(fixture, .docker(first))[0].moved.isEmpty, "it is the same image")
            let loaded = try load(fixture, .docker(second))
            #expect(try loaded[0].moved.map { [$0.name, $0.previous] } == [["app:1", first.id()]])
            #expect(try fixture.store.find(first.id()).reference == nil)
        }
    }

    // MARK: - Malice

    /// Nothing is listed, nothing is left, and the error says in one line what is wrong with which file.
    private func refuses(
        _ archive: TestArchive, _ words: String, _ code: ContainerError.Code = .corrupted,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try Fixture.with { (fixture: Fixture) throws in
            try Files.replace(fixture.folder + "/canary", with: image().configBytes)
            let error = failure { _ = try load(fixture, archive) }
            #expect(error?.code == code, sourceLocation: sourceLocation)
            #expect(
                error?.description.contains(words) == true, "\(String(describing: error))",
                sourceLocation: sourceLocation)
            #expect((error?.description.utf8.count ?? 0) < 1000, sourceLocation: sourceLocation)
            #expect(error?.description.contains("\n") == false, sourceLocation: sourceLocation)
            #expect(try fixture.store.list().isEmpty && fixture.content.list().isEmpty, sourceLocation: sourceLocation)
            #expect(try fixture.snapshotter.layers().isEmpty, sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [
        "../canary", "/canary", "../../canary", "x/../../canary", "link", "absolute", "circle", "", ".", "..",
        "a\\u0000b",
    ])
    func pathsThatLeadOut(_ path: String) throws {
        for isConfig in [true, false] {
            var archive = TestArchive()
            archive.add(link: "link", to: "../canary")
            archive.add(link: "absolute", to: "/canary")
            archive.add(link: "circle", to: "circle")
            archive.add("config.json", try image().configBytes)
            archive.add(
                "manifest.json",
                #"[{"Config":"\#(isConfig ? path : "config.json")","RepoTags":[],"Layers":["\#(path)","\#(path)"]}]"#)
            try refuses(archive, "is missing")
        }
    }

    @Test func whatIsMissing() throws {
        let image = try image()
        var noLayer = TestArchive()
        noLayer.add("config.json", image.configBytes)
        noLayer.add("manifest.json", #"[{"Config":"config.json","RepoTags":[],"Layers":["a","b"]}]"#)
        try refuses(noLayer, "load archive.tar: a is missing")
        var fewer = TestArchive()
        fewer.add("config.json", image.configBytes)
        fewer.add("a", image.layers[0])
        fewer.add("manifest.json", #"[{"Config":"config.json","RepoTags":[],"Layers":["a"]}]"#)
        try refuses(fewer, "an image has 1 layers, its configuration 2")
        var nothing = TestArchive()
        nothing.add("README", "hello")
        try refuses(nothing, "it is no archive of images")
        var empty = TestArchive()
        empty.add("manifest.json", "[]")
        try refuses(empty, "it is no archive of images")
        try refuses(TestArchive(), "it is no archive of images")
    }

    @Test func documentsThatAreNone() throws {
        for (text, words) in [
            ("{", "not JSON"), ("null", "manifest.json is not what it should be"), ("{}", "wrong type"),
            (#"[{"Config":1,"Layers":[]}]"#, "wrong type at [0].Config"), (#"[{"Layers":[]}]"#, "no [0].Config"),
            (#"[{"Config":"config.json","RepoTags":["a:b:c"],"Layers":[]}]"#, "cannot be an image's name"),
            (
                #"[{"Config":"config.json","RepoTags":["\u001b]52;c;eA==\u0007"],"Layers":[]}]"#,
                "cannot be an image's name"
            ),
        ] {
            var archive = TestArchive()
            archive.add("config.json", try image([]).configBytes)
            archive.add("manifest.json", text)
            try refuses(archive, words)
        }
        var huge = TestArchive()
        huge.add("manifest.json", [UInt8](repeating: 32, count: (4 << 20) + 1))
        try refuses(huge, "larger than")
    }

    /// The last of two entries counts, as it would unpacked: no check sees the one and a reader the other.
    @Test func twoEntriesOfOneName() throws {
        let (first, second) = (try image(["first"]), try image(["second"]))
        try Fixture.with { (fixture: Fixture) throws in
            var archive = TestArchive()
            archive.add("config.json", first.configBytes)
            archive.add("0/layer.tar", first.layers[0])
            archive.add("./config.json", second.configBytes)
            archive.add("x/../0/layer.tar", second.layers[0])
            archive.add("manifest.json", #"[{"Config":"config.json","RepoTags":["app:1"],"Layers":["0/layer.tar"]}]"#)
            #expect(try load(fixture, archive).map(\.id) == [second.id()])
            archive.add(link: "config.json", to: "0/layer.tar")
            #expect(failure { _ = try load(fixture, archive) }?.code == .corrupted)
        }
    }

    @Test func blobsThatAreNotWhatTheirNamesSay() throws {
        let image = try image()
        var index: [String] = []
        for changed in image.layers + [image.configBytes, image.manifestBytes] {
            var archive = TestArchive()
            var scratch = TestArchive()
            index = [try scratch.add(image) + "}"]
            for bytes in image.layers + [image.configBytes, image.manifestBytes] {
                let digest = try SHA256Hasher.digest(bytes)
                archive.add("blobs/sha256/\(digest.hex)", bytes == changed ? bytes + [32] : bytes)
            }
            archive.add(index: index)
            try refuses(archive, "not what its name says")
        }
        var layer = try TestArchive.docker(image)
        layer.add("0/layer.tar", "another")
        try refuses(layer, "digest")
    }

    @Test func anIndexInAnIndexWithoutEnd() throws {
        var archive = TestArchive()
        var descriptor = try archive.add(try image()) + "}"
        for _ in 0..<6 {
            let bytes = Array(TestArchive.index([descriptor]).utf8)
            let digest = try archive.add(blob: bytes)
            descriptor =
                #"{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"\#(digest)","size":\#(bytes.count)}"#
        }
        archive.add(index: [descriptor])
        try refuses(archive, "an index within an index")
    }

    @Test func oldImagesThatStandOnThemselves() throws {
        var circle = TestArchive()
        for (name, parent) in [("one", "two"), ("two", "one")] {
            circle.add("\(name)/json", #"{"id":"\#(name)","parent":"\#(parent)"}"#)
            circle.add("\(name)/layer.tar", name)
        }
        circle.add("repositories", #"{"a":{"1":"one"}}"#)
        try refuses(circle, "stand on each other")
        var orphan = TestArchive()
        orphan.add("one/json", #"{"id":"one","parent":"../../canary"}"#)
        orphan.add("one/layer.tar", "one")
        try refuses(orphan, "is missing")
        var stray = TestArchive()
        stray.add("one/json", #"{"id":"one"}"#)
        stray.add("one/layer.tar", "one")
        stray.add("repositories", #"{"a":{"1":"../one"}}"#)
        try refuses(stray, "is missing")
    }

    // MARK: - Configurations

    @Test(arguments: [
        (#"{"Env":["A=b\u0000C=d"]}"#, "Env has a NUL"), (#"{"Cmd":["a\u0000b"]}"#, "Cmd has a NUL"),
        (#"{"Entrypoint":["\u0000"]}"#, "Entrypoint has a NUL"),
        (#"{"WorkingDir":"/a\u0000/b"}"#, "WorkingDir has a NUL"),
        (#"{"User":"root\u0000x"}"#, "User has a NUL"), (#"{"Volumes":{"/a\u0000":{}}}"#, "Volumes has a NUL"),
        (#"{"Env":"A=b"}"#, "config.Env: a string where a list belongs"),
        (#"{"Labels":{"a":1}}"#, "config.Labels.a: a number where a string belongs"),
    ])
    func configurationsThatCannotBe(_ execution: String, _ words: String) throws {
        var archive = TestArchive()
        archive.add(
            "config.json",
            #"{"architecture":"amd64","os":"linux","config":\#(execution),"rootfs":{"type":"layers","diff_ids":[]}}"#)
        archive.add("manifest.json", #"[{"Config":"config.json","RepoTags":["a:1"],"Layers":[]}]"#)
        try refuses(archive, words)
    }

    @Test func listsWithoutEnd() throws {
        let history = Array(repeating: "{}", count: 20_001).joined(separator: ",")
        let digest = "\"sha256:" + String(repeating: "0", count: 64) + "\""
        let layers = Array(repeating: digest, count: 1_001).joined(separator: ",")
        for (fields, words) in [
            (#""history":[\#(history)],"rootfs":{"type":"layers","diff_ids":[]}"#, "more than 20000 steps"),
            (#""rootfs":{"type":"layers","diff_ids":[\#(layers)]}"#, "more than 1000 layers"),
            (#""rootfs":{"type":"layers","diff_ids":["sha256:../../x"]}"#, "diff_ids"),
        ] {
            var archive = TestArchive()
            archive.add("config.json", #"{"architecture":"amd64","os":"linux",\#(fields)}"#)
            archive.add("manifest.json", #"[{"Config":"config.json","RepoTags":["a:1"],"Layers":[]}]"#)
            try refuses(archive, words)
        }
    }

    @Test func negativeSizes() throws {
        var archive = TestArchive()
        let descriptor = try archive.add(try image())
        archive.add(index: [descriptor.replacing("\"size\":", with: "\"size\":-") + "}"])
        try refuses(archive, "negative size")
    }
}

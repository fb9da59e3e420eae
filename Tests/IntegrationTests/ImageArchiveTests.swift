import ContainerSystem
import Glibc
import Testing

/// `save`, `load` and `history`, with skopeo, umoci and podman as those who read and write beside us.
@Suite struct ImageArchiveTests {
    private func id(_ box: Sandbox, _ name: String) throws -> String {
        try box.ck(["images", "-q", "--no-trunc", name]).line(0)
    }

    /// An image of two layers, `two:1`.
    private func makeTwo(_ box: Sandbox) throws {
        for command in [
            ["run", "--name", "maker", "bb", "sh", "-c", "echo more > /more"],
            ["commit", "-m", "a comment", "-c", "CMD [\"cat\", \"/more\"]", "maker", "two:1"], ["rm", "maker"],
        ] { try #require(try box.ck(command).status == 0) }
    }

    @Test func whatIsSavedOthersReadAndWeLoad() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let id = try id(box, "two:1")
            let archive = box.folder + "/two.tar"
            try #require(try box.ck(["save", "-o", archive, "two:1"]).status == 0)
            // The same image gives the same bytes, in a pipe as in a file.
            let again = try box.inside(
                ["sh", "-c", box.ckArguments(["save", "two:1"]).joined(separator: " ") + " | cmp - " + archive])
            #expect(again.status == 0, "\(again)")
            for transport in ["docker-archive:\(archive)", "oci-archive:\(archive)"] {
                let config = try box.inside(
                    ["sh", "-c", "skopeo inspect --config --raw \(transport) | sha256sum"])
                #expect("sha256:" + config.output.prefix(64) == id, "\(transport): \(config)")
                // Every blob is read and verified on the way.
                let copy = try box.inside([
                    "skopeo", "copy", "--insecure-policy", transport, "dir:\(box.folder)/copy-\(transport.prefix(3))",
                ])
                #expect(copy.status == 0, "\(copy)")
            }
            #expect(try box.ck(["rmi", "two:1"]).status == 0)
            let load = try box.ck(["load", "-i", archive])
            #expect(load.output == "Loaded image: two:1\n", "\(load)")
            #expect(try self.id(box, "two:1") == id)
            #expect(try box.ck(["run", "--rm", "two:1"]).output == "more\n")
        }
    }

    @Test func archivesOfOthersAreLoaded() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let id = try id(box, "two:1")
            let archive = box.folder + "/two.tar"
            try #require(try box.ck(["save", "-o", archive, "two:1"]).status == 0)
            let source = "oci-archive:" + archive
            let folder = box.folder
            for (destination, pack) in [
                ("docker-archive:\(folder)/a.tar:a.example/name:tag", "cat \(folder)/a.tar"),
                ("oci-archive:\(folder)/b.tar:a.example/name:tag", "gzip -c \(folder)/b.tar"),
                ("oci:\(folder)/c:a.example/name:tag", "tar -C \(folder)/c -c . | xz"),
            ] {
                let copy = try box.inside(["skopeo", "copy", "--insecure-policy", source, destination])
                try #require(copy.status == 0, "\(copy)")
                try box.ck(["rmi", "two:1"])
                let load = try box.inside(
                    ["sh", "-c", pack + " | " + box.ckArguments(["load"]).joined(separator: " ")])
                #expect(load.output == "Loaded image: a.example/name:tag\n", "\(destination): \(load)")
                let run = try box.ck(["run", "--rm", "a.example/name:tag"])
                #expect(run.output == "more\n", "\(destination): \(run)")
                let found = try self.id(box, "a.example/name:tag")
                // skopeo writes docker's archives with a configuration of its own making from an OCI image.
                #expect(found == id || destination.hasPrefix("docker-archive"), "\(destination)")
                #expect(try box.ck(["rmi", "a.example/name:tag"]).status == 0)
                #expect(try Files.list(box.root + "/content/ingest").isEmpty)
            }
        }
    }

    /// docker archive, load, push, skopeo, pull, save, podman: the configuration's digest never changes.
    @Test func anImageGoesRoundTheWorld() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let registry = try Registry(box)
            let name = registry.address + "/two:1"
            let first = try id(box, "two:1")
            let (own, archive) = (box.folder + "/own.tar", box.folder + "/docker.tar")
            try #require(try box.ck(["save", "-o", own, "bb", "two:1"]).status == 0)
            // An archive that is docker's alone, with no blobs and no index in it.
            try box.makeDockerArchive("1.10", own, archive)
            func check(_ arguments: [String]) throws {
                let result = try box.inside(arguments)
                try #require(result.status == 0, "\(arguments): \(result)")
            }
            func checkDigest(_ source: String) throws {
                let script = "skopeo inspect --tls-verify=false --config --raw \(source) | sha256sum"
                let config = try box.inside(["sh", "-c", script])
                #expect("sha256:" + config.output.prefix(64) == first, "\(source): \(config)")
            }
            for command in [
                ["rmi", "two:1", "bb"], ["load", "-q", "-i", archive], ["tag", "two:1", name], ["push", "-q", name],
                ["rmi", name, "two:1", "bb"],
            ] {
                let result = try box.ck(command)
                try #require(result.status == 0, "\(command): \(result)")
            }
            try checkDigest("docker-archive:\(archive):two:1")
            try checkDigest("docker://" + name)
            try check([
                "skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false",
                "docker://" + name, "docker://\(registry.address)/copy:1",
            ])
            try checkDigest("docker://\(registry.address)/copy:1")
            let last = box.folder + "/last.tar"
            for command in [
                ["pull", "-q", registry.address + "/copy:1"], ["save", "-o", last, registry.address + "/copy:1"],
            ] {
                let result = try box.ck(command)
                try #require(result.status == 0, "\(command): \(result)")
            }
            #expect(try id(box, registry.address + "/copy:1") == first)
            #expect(try box.ck(["run", "--rm", first]).output == "more\n")
            try checkDigest("oci-archive:" + last)
            try check(box.podman + ["load", "-q", "-i", last])
            let images = try box.inside(box.podman + ["images", "-q", "--no-trunc"])
            #expect(images.lines.map(String.init).contains(first), "\(images) is not \(first)")
            // And back again, in both of podman's formats.
            for format in ["docker-archive", "oci-archive"] {
                let path = "\(box.folder)/podman-\(format).tar"
                try check(box.podman + ["save", "-q", "--format", format, "-o", path, registry.address + "/copy:1"])
                try #require(try box.ck(["rmi", "-f", first]).status == 0)
                let load = try box.ck(["load", "-i", path])
                #expect(load.output == "Loaded image: \(registry.address)/copy:1\n", "\(load)")
                #expect(try id(box, registry.address + "/copy:1") == first, "\(format)")
            }
            try box.inside(box.podman + ["rmi", "-a", "-f"])
        }
    }

    /// The same bytes, whatever way the image came.
    @Test func whatWasPulledIsSavedAsWhatWasLoaded() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let registry = try Registry(box)
            let name = registry.address + "/two:1"
            let (pulled, loaded) = (box.folder + "/pulled.tar", box.folder + "/loaded.tar")
            for command in [
                ["tag", "two:1", name], ["push", "-q", name], ["rmi", "-f", "two:1", name], ["pull", "-q", name],
                ["save", "-o", pulled, name], ["rmi", name], ["load", "-q", "-i", pulled],
                ["save", "-o", loaded, name],
            ] {
                let result = try box.ck(command)
                try #require(result.status == 0, "\(command): \(result)")
            }
            #expect(try box.inside(["cmp", pulled, loaded]).status == 0)
        }
    }

    /// docker's archives of any age, however they are compressed, from a pipe and from a folder.
    @Test func archivesOfAnyAge() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let id = try id(box, "two:1")
            let own = box.folder + "/own.tar"
            try #require(try box.ck(["save", "-o", own, "bb", "two:1"]).status == 0)
            for (kind, packer) in [
                ("1.10", "cat"), ("1.10", "gzip -c"), ("1.10", "zstd -c"), ("1.10", "xz -c"), ("1.0", "bzip2 -c"),
                ("1.0", "folder"), ("1.10", "folder"),
            ] {
                let archive = box.folder + "/\(kind).tar"
                try box.makeDockerArchive(kind, own, archive)
                let names = try box.ck(["images", "--format", "{{.Repository}}:{{.Tag}}"]).lines.map(String.init)
                if !names.isEmpty { try #require(try box.ck(["rmi", "-f"] + names).status == 0) }
                let load: CommandResult
                if packer == "folder" {
                    let folder = box.folder + "/folder-\(kind)"
                    try Files.makeDirectory(folder)
                    try #require(try box.inside(["tar", "-C", folder, "-xf", archive]).status == 0)
                    load = try box.ck(["load", "-i", folder])
                } else {
                    let ck = box.ckArguments(["load"]).joined(separator: " ")
                    load = try box.inside(["sh", "-c", "\(packer) \(archive) | \(ck)"])
                }
                #expect(
                    load.lines.sorted() == ["Loaded image: bb:latest", "Loaded image: two:1"],
                    "\(kind) \(packer): \(load)")
                #expect(try box.ck(["run", "--rm", "two:1"]).output == "more\n", "\(kind) \(packer)")
                // Before 1.10 there was no configuration whose digest could be kept.
                #expect(try kind == "1.0" || self.id(box, "two:1") == id)
                #expect(try Files.list(box.root + "/content/ingest").isEmpty)
            }
        }
    }

    @Test func severalImagesShareAnArchive() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            try box.ck(["tag", "two:1", "two:other"])
            let archive = box.folder + "/all.tar"
            try #require(try box.ck(["save", "-o", archive, "bb", "two:1", "two:other"]).status == 0)
            let before = try names(box)
            try #require(try box.ck(["rmi", "bb", "two:1", "two:other"]).status == 0)
            let load = try box.ck(["load", "-i", archive])
            #expect(load.status == 0 && load.lines.count == 3, "\(load)")
            #expect(try names(box) == before)
        }
    }

    /// Repository, tag and id of each image.
    private func names(_ box: Sandbox) throws -> [[Substring]] {
        try box.ck(["images", "--no-trunc"]).lines.map { Array($0.split(separator: " ").prefix(3)) }
            .sorted { $0.joined() < $1.joined() }
    }

    @Test func whatIsNoImageIsRefused() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let folder = box.folder
            let archive = folder + "/two.tar"
            try #require(try box.ck(["save", "-o", archive, "two:1"]).status == 0)
            try box.ck(["rmi", "two:1"])
            let script = """
                echo hello > no-archive; tar -cf no-image.tar -C bb bin/busybox; head -c 300000 two.tar > cut.tar
                mkdir x; tar -xf two.tar -C x; big=$(ls -S x/blobs/sha256 | head -1)
                printf X | dd of=x/blobs/sha256/$big bs=1 seek=2000 conv=notrunc; tar -cf changed.tar -C x .
                rm x/blobs/sha256/$big; tar -cf missing.tar -C x .
                echo '[{"Config":"../../etc/passwd","Layers":[]}]' > manifest.json; tar -cf outside.tar manifest.json
                echo '{' > manifest.json; tar -cf broken.tar manifest.json
                """
            let made = try box.inside(["sh", "-c", "cd \(folder) && { \(script)\n}"])
            try #require(access(folder + "/broken.tar", F_OK) == 0, "\(made)")
            for name in [
                "no-archive", "no-image.tar", "cut.tar", "changed.tar", "missing.tar", "outside.tar", "broken.tar",
            ] {
                let load = try box.ck(["load", "-i", "\(folder)/\(name)"])
                #expect(load.status == 1 && load.errors.split(separator: "\n").count == 1, "\(name): \(load)")
                #expect(load.output.isEmpty && load.errors.contains(name), "\(name): \(load)")
            }
            #expect(try box.ck(["images", "-q"]).lines.count == 1, "only bb is left")
            #expect(try Files.list(box.root + "/content/ingest").isEmpty)
            let missing = try box.ck(["save", "-o", folder + "/never.tar", "bb", "nosuch"])
            #expect(missing.status == 1 && missing.errors.contains("No such image: nosuch:latest"), "\(missing)")
            #expect(access(folder + "/never.tar", F_OK) != 0)
        }
    }

    @Test func aHistoryTellsEachStep() throws {
        try Sandbox.with { box in
            try makeTwo(box)
            let shown = try box.ck(["history", "two:1"])
            let lines = shown.lines.map(String.init)
            try #require(lines.count == 3, "\(shown)")
            #expect(lines[0].split(separator: " ").joined(separator: " ") == "IMAGE CREATED CREATED BY SIZE COMMENT")
            #expect(lines[1].hasPrefix(try id(box, "two:1").dropFirst(7).prefix(12)) && lines[1].hasSuffix("a comment"))
            #expect(lines[1].contains("sh -c echo more > /more") && lines[1].contains("5B"), "\(shown)")
            #expect(lines[2].hasPrefix("<missing>") && lines[2].contains("ck init"), "\(shown)")
            let quiet = try box.ck(["history", "-q", "--no-trunc", "two:1"])
            #expect(quiet.output == "\(try id(box, "two:1"))\n<missing>\n", "\(quiet)")
            let raw = try box.ck(["history", "--human=false", "two:1"])
            #expect(
                raw.line(0).contains("CREATED AT") && raw.line(1).contains("T") && raw.line(1).contains(" 5 "), "\(raw)"
            )
            #expect(try box.ck(["history", "nosuch"]).status == 1)
        }
    }
}

/// `--format` and `--filter` of the lists.
@Suite struct ListFormatTests {
    @Test func imagesAreFormattedAndFiltered() throws {
        try Sandbox.with { box in
            for command in [
                ["run", "--name", "maker", "bb", "true"],
                ["commit", "-c", "LABEL k=v", "maker", "new/two:1"], ["rm", "maker"], ["tag", "bb", "other:x"],
            ] { try #require(try box.ck(command).status == 0) }
            func images(_ arguments: String...) throws -> String { try box.ck(["images"] + arguments).output }
            let names = "{{.Repository}}:{{.Tag}}"
            #expect(try images("--format", names) == "new/two:1\nbb:latest\nother:x\n")
            #expect(try images("--format", names, "-f", "label=k=v") == "new/two:1\n")
            #expect(try images("--format", names, "-f", "label=k=w").isEmpty)
            #expect(
                try images("--format", names, "-f", "reference=o*:x", "-f", "reference=bb") == "bb:latest\nother:x\n")
            #expect(try images("--format", names, "-f", "before=new/two:1") == "bb:latest\nother:x\n")
            #expect(try images("--format", names, "-f", "since=bb") == "new/two:1\n")
            #expect(try images("-q", "-f", "dangling=true").isEmpty)
            #expect(try images("--format", "table {{.ID}}\\t{{.Tag}}").hasPrefix("IMAGE ID       TAG\n"))
            #expect(try images("--format", "json").hasPrefix("{\"Containers\":\"0\",\"CreatedAt\":\"20"))
            #expect(try images("--format", "{{upper .Tag}}", "bb") == "LATEST\n")
            let wrong = try box.ck(["images", "--format", "{{.Nope}}"])
            #expect(wrong.status == 1 && wrong.errors.contains("Nope") && wrong.output.isEmpty, "\(wrong)")
            #expect(try box.ck(["images", "-f", "nope=1"]).status == 1)
            let history = try box.ck(["history", "--format", "{{.CreatedBy}}|{{.Size}}", "bb"])
            #expect(history.output.hasPrefix("ck init|"), "\(history)")
        }
    }

    @Test func containersAreFormatted() throws {
        try Sandbox.with { box in
            try box.ck(["run", "-d", "--name", "one", "-l", "k=v", "bb", "sleep", "100"])
            let format = "{{.Names}} {{.State}} {{.Image}} {{.Command}} {{.Label \"k\"}}"
            #expect(try box.ck(["ps", "--format", format]).output == "one running bb \"sleep 100\" v\n")
            #expect(try box.ck(["ps", "--format", "table {{.Names}}"]).output == "NAMES\none\n")
        }
    }
}

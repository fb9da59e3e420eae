import ContainerSystem
import Glibc
import Testing

/// What is done with images that are here: removed, pruned, exported, imported, compared.
@Suite struct LocalImageTests {
    private func run(_ box: Sandbox, _ commands: [String]...) throws {
        for command in commands {
            let result = try box.ck(command)
            try #require(result.status == 0, "\(command): \(result)")
        }
    }

    /// `two` and `three` stand on `bb`, each with a layer of its own; `three` has no name any more.
    private func makeSeveral(_ box: Sandbox) throws {
        let write =
            "mkdir /d; for i in 1 2 3 4 5; do head -c 10000 /bin/busybox > /d/$i; done; ln /d/1 /d/hard; rm /bin/vi"
        try run(
            box, ["run", "--name", "maker", "bb", "sh", "-c", write], ["commit", "maker", "two:1"],
            ["run", "--name", "again", "two:1", "sh", "-c", "rm -r /d; echo x > /etc/passwd"],
            ["commit", "-c", "LABEL keep=no", "again", "three:1"], ["rm", "maker", "again"],
            ["tag", "bb", "three:1"])
    }

    /// Bytes on the disk, the folders themselves included.
    private func diskUsage(_ box: Sandbox) throws -> Int64 {
        // What the writes before are still to be given is given now.
        sync()
        let usage = try box.inside([
            "du", "-s", "--block-size=1", "-c", box.root + "/content/blobs/sha256", box.root + "/overlay/layers",
        ])
        let total = usage.lines.last?.split(separator: "\t").first.flatMap { Int64($0) }
        return try #require(total, "\(usage)")
    }

    private func size(_ result: CommandResult, _ words: String) throws -> Double {
        let line = try #require(result.lines.first { $0.hasPrefix(words) }, "\(result)")
        let text = line.dropFirst(words.count + 1)
        let number = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let factor = ["B": 1.0, "kB": 1e3, "MB": 1e6][String(text.dropFirst(number.count))]
        return try #require(Double(number)) * (try #require(factor, "\(text)"))
    }

    @Test func pruneTellsWhatTheDiskGetsBack() throws {
        try Sandbox.with { box in
            try makeSeveral(box)
            for arguments in [[], ["--all"]] {
                let before = try diskUsage(box)
                let plan = try box.ck(["image", "prune", "--dry-run"] + arguments)
                #expect(plan.status == 0 && plan.output.contains("Images to be deleted:\n"), "\(plan)")
                #expect(try diskUsage(box) == before, "a dry run changes nothing")
                let done = try box.ck(["image", "prune", "-f"] + arguments)
                #expect(done.status == 0 && done.output.contains("Deleted Images:\n"), "\(done)")
                let listed = { (result: CommandResult) in Set(result.lines.filter { $0.contains("sha256:") }) }
                #expect(listed(done) == listed(plan) && !listed(done).isEmpty)
                let (told, planned) = (
                    try size(done, "Total reclaimed space:"), try size(plan, "Total space to be reclaimed:")
                )
                #expect(told == planned)
                // Four digits are told.
                let freed = Double(before - (try diskUsage(box)))
                #expect(abs(told - freed) <= freed / 1000, "told \(told), freed \(freed)")
                if arguments.isEmpty {
                    #expect(!done.output.contains("untagged"), "\(done)")
                    #expect(try box.ck(["run", "--rm", "two:1", "cat", "/etc/group"]).output.hasPrefix("root"))
                }
            }
            #expect(try Files.list(box.root + "/overlay/layers").isEmpty)
            #expect(try Files.list(box.root + "/content/blobs/sha256").isEmpty)
            #expect(try box.ck(["image", "prune", "-f"]).output == "Total reclaimed space: 0B\n")
        }
    }

    @Test func pruneAsksAndLeavesWhatIsUsed() throws {
        try Sandbox.with { box in
            try makeSeveral(box)
            try run(box, ["run", "-d", "--name", "user", "two:1", "sleep", "1000"])
            let names = { try box.ck(["images", "--format", "{{.Repository}}:{{.Tag}}"]).lines.sorted() }
            let before = try names()
            for answer in ["", "n\n", "no\n", "\n", " x\n"] {
                let asked = try box.ck(["image", "prune", "--all"], input: answer)
                #expect(
                    asked.output.hasPrefix(
                        "WARNING! This will remove all images without at least one container associated to them.\n"
                            + "Images to be deleted:\n")
                        && asked.output.hasSuffix(
                            "\nAre you sure you want to continue? [y/N] Total reclaimed space: 0B\n"),
                    "\(asked)")
                #expect(try asked.status == 0 && names() == before)
            }
            let dangling = try box.ck(["image", "prune", "--filter", "label!=keep"], input: "y\n")
            #expect(dangling.output.hasPrefix("WARNING! This will remove all dangling images.\n"), "\(dangling)")
            #expect(try names() == before, "its label keeps the only one")
            let pruned = try box.ck(["image", "prune", "--all"], input: "y\n")
            #expect(pruned.status == 0 && pruned.output.contains("untagged: bb:latest\n"), "\(pruned)")
            #expect(try names() == ["two:1"])
            // The layers that the container stands on are all there.
            #expect(try box.ck(["exec", "user", "ls", "/d"]).lines.count == 6)
            let wrong = try box.ck(["image", "prune", "-f", "--filter", "until=soon"])
            #expect(wrong.status == 1 && wrong.errors.contains("failed to parse value as time or duration: \"soon\""))
        }
    }

    @Test func imagesInUseAreNotRemoved() throws {
        try Sandbox.with { box in
            try run(box, ["tag", "bb", "other:1"], ["run", "-d", "--name", "user", "bb", "sleep", "1000"])
            let short = try box.ck(["images", "-q", "bb"]).line(0)
            let user = String(try box.ck(["ps", "-q"]).line(0))
            #expect(try box.ck(["rmi", "other:1"]).output == "Untagged: other:1\n")
            let byName = try box.ck(["rmi", "bb"])
            #expect(
                byName.status == 1
                    && byName.errors.hasPrefix(
                        "ck: conflict: unable to remove repository reference \"bb\" (must force) - container \(user) is"
                            + " using its referenced image \(short)"),
                "\(byName)")
            let byID = try box.ck(["rmi", "-f", short])
            #expect(
                byID.status == 1
                    && byID.errors.contains(
                        "unable to delete \(short) (cannot be forced) - image is being used by running container \(user)"
                    ), "\(byID)")
            #expect(try box.ck(["rmi", "-f", "bb"]).output == "Untagged: bb:latest\n")
            #expect(try box.ck(["images", "-q", "-f", "dangling=true"]).line(0) == short)
            try run(box, ["rm", "-f", "user"])
            let several = try box.ck(["rmi", "nosuch", short, "neither"])
            #expect(several.status == 1 && several.output.hasPrefix("Deleted: sha256:\(short)"), "\(several)")
            #expect(several.errors.contains("nosuch:latest") && several.errors.contains("neither:latest"))
            let forced = try box.ck(["rmi", "-f", "nosuch"])
            #expect(forced.status == 0 && forced.errors.contains("No such image"), "as docker: \(forced)")
        }
    }

    @Test func anExportIsWhatTheContainerSees() throws {
        try Sandbox.with { box in
            try makeSeveral(box)
            try run(
                box, ["run", "-d", "--name", "cc", "two:1", "sh", "-c", "rm /d/2; echo new > /d/new; exec sleep 1000"])
            let archive = box.folder + "/export.tar"
            let deadline = ContinuousClock.now + .seconds(20)
            while try box.ck(["exec", "cc", "cat", "/d/new"]).status != 0, ContinuousClock.now < deadline {}
            let mounts = try Files.read("/proc/self/mountinfo")
            try run(box, ["export", "-o", archive, "cc"])
            #expect(try Files.read("/proc/self/mountinfo") == mounts)
            let names = try box.inside(["tar", "-tf", archive])
            #expect(names.status == 0 && names.errors.isEmpty, "\(names)")
            let paths = Set(names.lines.map(String.init))
            #expect(paths.isSuperset(of: ["d/", "d/1", "d/hard", "d/3", "d/new", "bin/busybox", "etc/passwd"]))
            #expect(paths.isDisjoint(with: ["d/2", "bin/vi"]) && !paths.contains { $0.contains(".wh.") })
            // In a pipe it is the same.
            let ck = box.ckArguments(["container", "export", "cc"]).joined(separator: " ")
            #expect(try box.inside(["sh", "-c", "\(ck) | cmp - \(archive)"]).status == 0)
            try run(box, ["import", "-c", "CMD [\"cat\", \"/d/new\"]", archive, "flat"])
            #expect(try box.ck(["run", "--rm", "flat"]).output == "new\n")
            #expect(try box.ck(["run", "--rm", "flat", "stat", "-c", "%h", "/d/1"]).output == "2\n")
            #expect(try box.ck(["history", "-q", "flat"]).lines.count == 1)
            let missing = try box.ck(["export", "-o", box.folder + "/never.tar", "nosuch"])
            #expect(missing.status == 1 && missing.errors == "ck: No such container: nosuch\n", "\(missing)")
            #expect(access(box.folder + "/never.tar", F_OK) != 0)
        }
    }

    @Test func archivesAreNotWrittenToTerminals() throws {
        try Sandbox.with { box in
            try run(box, ["run", "--name", "cc", "bb", "true"])
            for command in [["export", "cc"], ["save", "bb"]] {
                let shown = try box.inside(
                    ["python3", Fixture.path("terminal.py"), "24x80", "[]"] + box.ckProgram + command)
                #expect(
                    shown.status == 1
                        && shown.output.contains(
                            "cowardly refusing to save to a terminal. Use the -o flag or redirect"),
                    "\(shown)")
                let nowhere = try box.ck(command + ["-o", "/nosuch/folder/x"])
                #expect(
                    nowhere.status == 1
                        && nowhere.errors
                            == "ck: invalid output path: directory \"/nosuch/folder\" does not exist\n",
                    "\(nowhere)")
                #expect(try box.ck(command + ["-o", "/dev/null"]).status == 0)
            }
        }
    }

    @Test func importsComeFromFilesPipesAndServers() throws {
        try Sandbox.with { box in
            let folder = box.folder
            try Files.makeDirectory(folder + "/www")
            try #require(
                try box.inside(["tar", "-C", folder + "/bb", "-czf", folder + "/www/root.tgz", "."]).status == 0)
            try box.serve(
                ["python3", "-m", "http.server", "-b", "127.0.0.1", "-d", folder + "/www", "8000"], port: 8000)
            let url = "http://127.0.0.1:8000/root.tgz"
            try run(
                box, ["import", "-m", "a message", "-c", "ENV A=b", folder + "/www/root.tgz", "file:1"],
                ["import", url, "url:1"], ["import", "--platform", "linux/arm64", url, "arm:1"])
            let ck = box.ckArguments(["import", "-", "pipe:1"]).joined(separator: " ")
            try #require(try box.inside(["sh", "-c", "\(ck) < \(folder)/www/root.tgz"]).status == 0)
            for name in ["file:1", "url:1", "pipe:1"] {
                #expect(try box.ck(["run", "--rm", name, "echo", name]).output == name + "\n")
            }
            #expect(try box.ck(["run", "--rm", "file:1", "sh", "-c", "echo $A"]).output == "b\n")
            let comments = try ["file:1", "url:1", "pipe:1"].map {
                try box.ck(["history", "--format", "{{.Comment}}", $0]).output
            }
            #expect(comments == ["a message\n", "Imported from \(url)\n", "Imported from -\n"])
            #expect(
                try box.ck(["image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", "arm:1"]).output == "linux/arm64\n")
            for (source, words) in [
                ("http://127.0.0.1:8000/nosuch", "there is no such file: HTTP 404"),
                ("http://127.0.0.1:1/x", "no connection"), ("https://127.0.0.1:8000/root.tgz", "TLS"),
                ("/nosuch", "ENOENT"), ("ftp://127.0.0.1/x", "ENOENT"),
            ] {
                let result = try box.ck(["import", source, "never:1"])
                #expect(
                    result.status == 1 && result.errors.contains(words) && result.errors.hasPrefix("ck: "), "\(result)")
            }
            #expect(try box.ck(["import", "-c", "NOPE x", url]).errors.contains("NOPE is not a valid change command"))
            #expect(try box.ck(["images", "-q", "never"]).output.isEmpty)
            #expect(try Files.list(box.root + "/content/ingest").isEmpty)
        }
    }

    @Test func treesAndDifferences() throws {
        try Sandbox.with { box in
            try makeSeveral(box)
            try run(box, ["tag", "two:1", "two:again"])
            let tree = try box.ck(["image", "tree", "bb", "two:1"])
            let lines = tree.lines.map { $0.split(separator: " ").joined(separator: " ") }
            try #require(lines.count == 5, "\(tree)")
            #expect(lines[0] == "LAYER SIZE TOTAL CREATED BY" && lines[1].hasSuffix("ck init"))
            #expect(lines[2] == "├─ bb:latest, three:1" && lines[4] == "└─ two:1, two:again")
            #expect(lines[3].contains("50kB") && lines[3].contains("mkdir /d"))
            #expect(try box.ck(["image", "tree", "--format", "{{len .Images}}", "two:1"]).output == "0\n2\n2\n")
            let changes = try box.ck(["image", "diff", "bb", "two:1"])
            #expect(
                Set(changes.lines).isSuperset(of: ["C /bin", "D /bin/vi", "A /d", "A /d/1", "A /d/hard"]), "\(changes)")
            let back = try box.ck(["image", "diff", "--format", "{{.Type}} {{.Path}} {{.SizeDelta}}", "two:1", "bb"])
            #expect(back.output.contains("D /d -60000\n") && !back.output.contains("/d/1"), "\(back)")
            #expect(try box.ck(["image", "diff", "bb", "bb"]).output.isEmpty)
            #expect(try box.ck(["image", "diff", "bb", "nosuch"]).status == 1)
            let shown = try box.ck(["images", "--tree"])
            #expect(shown.output.contains("two:1\ntwo:again") && shown.output.contains("└─ linux/"), "\(shown)")
            #expect(try box.ck(["images", "--tree", "-q"]).errors == "ck: --quiet is not yet supported with --tree\n")
        }
    }

    @Test func anotherPlatformIsRefused() throws {
        try Sandbox.with { box in
            for command in [
                ["history", "bb"], ["image", "inspect", "bb"], ["save", "-o", box.folder + "/x.tar", "bb"],
                ["rmi", "bb"],
            ] {
                let result = try box.ck(command + ["--platform", "linux/s390x"])
                #expect(
                    result.status == 1 && result.errors.contains("does not match the specified platform (linux/s390x)"),
                    "\(command): \(result)")
            }
            let several = try box.ck(["rmi", "--platform", "linux/amd64,linux/arm64", "bb"])
            #expect(several.status == 1 && several.errors.contains("multiple platforms are not supported"))
            let architecture = try box.ck(["image", "inspect", "-f", "{{.Architecture}}", "bb"]).line(0)
            try run(box, ["history", "--platform", "linux/" + architecture, "bb"])
        }
    }

    @Test func inspectFindsImages() throws {
        try Sandbox.with { box in
            try run(box, ["run", "--name", "cc", "bb", "true"])
            let id = try box.ck(["images", "-q", "--no-trunc", "bb"]).output
            #expect(try box.ck(["inspect", "--type", "image", "-f", "{{.Id}}", "bb"]).output == id)
            #expect(try box.ck(["inspect", "-f", "{{.Id}}", "bb", "bb"]).output == id + id)
            let missing = try box.ck(["inspect", "nosuch", "bb"])
            #expect(missing.status == 1 && missing.errors == "ck: No such object: nosuch\n", "\(missing)")
            #expect(missing.output.hasPrefix("[\n    {\n"))
            // A container of the name comes first.
            #expect(try box.ck(["inspect", "-f", "{{.Name}}", "cc"]).output == "/cc\n")
            #expect(try box.ck(["inspect", "--type", "image", "cc"]).status == 1)
            #expect(try box.ck(["inspect", "--type", "nonsense", "cc"]).errors.contains("unknown type: \"nonsense\""))
        }
    }
}

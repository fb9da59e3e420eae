import ContainerSystem
import Glibc
import Testing

/// `diff` and `export`; the lines are those of docker's own, sorted.
@Suite struct DiffTests {
    private static let changing =
        "mkdir /d /d/sub; echo a > /d/a; ln -s a /d/l; ln -s nowhere /dang; mkfifo /ff; rm /bin/vi; chmod 700 /root;"
        + "echo > /etc/group; touch /etc/passwd; rm -r /gone; rm -r /again; mkdir /again; echo x > /again/new"
    private static let expected = [
        "C /again", "A /again/new", "D /again/old", "C /bin", "D /bin/vi", "A /bind", "A /d", "A /d/a", "A /d/l",
        "A /d/sub", "A /dang", "C /etc", "C /etc/group", "C /etc/passwd", "A /ff", "D /gone", "C /root", "A /wd",
    ]

    private func makeImage(_ box: Sandbox) throws {
        for folder in ["gone/deep", "again"] { try Files.makeDirectory("\(box.folder)/bb/\(folder)") }
        try Files.replace(box.folder + "/bb/again/old", with: Array("old".utf8))
        try Files.replace(box.folder + "/bb/gone/deep/file", with: Array("old".utf8))
        #expect(try box.ck(["init", box.folder + "/bb", "things"]).status == 0)
    }

    @Test func whatAContainerChanged() throws {
        try Sandbox.with { box in
            try makeImage(box)
            try Files.makeDirectory(box.folder + "/bind")
            let options = ["--network", "none", "-v", box.folder + "/bind:/bind", "-w", "/wd", "things", "sh", "-c"]
            let script = Self.changing + "; echo volume > /bind/x; echo shm > /dev/shm/x"
            #expect(try box.ck(["run", "--name", "down"] + options + [script]).status == 0)
            let run = try box.ck(
                ["run", "-d", "--name", "up"] + options + [script + "; touch /ready; exec sleep 1000"])
            #expect(run.status == 0, "\(run)")
            try box.awaitFile("/ready", in: "up")
            let before = box.mounts
            #expect(try box.ck(["diff", "down"]).lines.map(String.init) == Self.expected)
            #expect(
                try box.ck(["container", "diff", "up"]).lines.map(String.init)
                    == (Self.expected + ["A /ready"]).sorted { $0.dropFirst(2) < $1.dropFirst(2) })
            // One that has done nothing has changed nothing, whatever was mounted in it.
            #expect(try box.ck(["run", "--name", "idle", "--network", "none", "bb", "true"]).status == 0)
            #expect(try box.ck(["diff", "idle"]).output == "")
            #expect(try box.ck(["run", "--name", "never", "--network", "none", "bb", "/nothing"]).status == 127)
            #expect(try box.ck(["diff", "never"]).output == "")
            // What a program puts where something was mounted is a change.
            #expect(try box.ck(["cp", box.folder + "/bb/etc/passwd", "never:/proc/x"]).status == 0)
            #expect(try box.ck(["diff", "never"]).lines == ["A /proc", "A /proc/x"])
            #expect(box.mounts == before)
            let missing = try box.ck(["diff", "nosuch"])
            #expect(missing.status == 1 && missing.errors == "ck: No such container: nosuch\n")
        }
    }

    /// What is in an image is what `diff` says of its container, and a diff of what was made of it is empty.
    @Test func aCommitHoldsWhatDiffShows() throws {
        try Sandbox.with { box in
            try makeImage(box)
            let made = try box.ck([
                "run", "--name", "one", "--network", "none", "-w", "/wd", "things", "sh", "-c", Self.changing,
            ])
            #expect(made.status == 0, "\(made)")
            #expect(try box.ck(["commit", "one", "committed"]).status == 0)
            let lines = try box.ck(["diff", "one"]).lines
            let between = try box.ck(["image", "diff", "things", "committed"]).lines
            // Bytes count there, and not times.
            #expect(between == lines.filter { $0 != "C /etc/passwd" })
            #expect(try box.ck(["run", "--name", "two", "--network", "none", "committed", "true"]).status == 0)
            #expect(try box.ck(["diff", "two"]).output == "")
            // A container that has changed nothing makes an empty layer.
            #expect(try box.ck(["commit", "two", "same"]).status == 0)
            #expect(try box.ck(["image", "diff", "committed", "same"]).output == "")
            #expect(try box.ck(["history", "same", "--format", "{{.Size}}"]).line(0) == "0B")
        }
    }

    @Test func anExportIsWhatTheContainerSees() throws {
        try Sandbox.with { box in
            try makeImage(box)
            try Files.makeDirectory(box.folder + "/bind")
            try Files.replace(box.folder + "/bind/volume", with: Array("x".utf8))
            let script = Self.changing + "; touch /ready; exec sleep 1000"
            let run = try box.ck([
                "run", "-d", "--name", "up", "--network", "none", "-v", box.folder + "/bind:/bind", "things", "sh",
                "-c",
                script,
            ])
            #expect(run.status == 0, "\(run)")
            try box.awaitFile("/ready", in: "up")
            let file = box.folder + "/export.tar"
            #expect(try box.ck(["export", "-o", file, "up"]).status == 0)
            let listed = try box.inside(["tar", "-t", "-f", file])
            #expect(listed.status == 0, "\(listed)")
            let names = Set(listed.lines.map(String.init))
            for name in ["d/a", "d/sub/", "dang", "ff", "again/new", "ready", "bind/", "proc/", "dev/"] {
                #expect(names.contains(name), "\(name)")
            }
            for name in ["bin/vi", "gone/", "again/old", "bind/volume", "dev/null", "proc/1/"] {
                #expect(!names.contains(name), "\(name)")
            }
            #expect(!names.contains { $0.contains(".wh.") })
            let ck = box.ckProgram.joined(separator: " ")
            let piped = try box.inside(["sh", "-c", "\(ck) export up | cmp - \(file)"])
            #expect(piped.status == 0, "\(piped)")
            let terminal = try box.inside(
                ["python3", Fixture.path("terminal.py"), "24x80", "[]"] + box.ckProgram + ["export", "up"])
            #expect(
                terminal.status == 1
                    && terminal.output
                        == "ck: cowardly refusing to save to a terminal. Use the -o flag or redirect\r\n",
                "\(terminal)")
            let nowhere = try box.ck(["export", "-o", "/nosuch/x", "up"])
            #expect(nowhere.status == 1 && nowhere.errors.contains("invalid output path"), "\(nowhere)")
            #expect(try box.ck(["export", "nosuch"]).errors == "ck: No such container: nosuch\n")
        }
    }
}

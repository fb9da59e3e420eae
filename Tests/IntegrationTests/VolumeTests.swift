import ContainerSystem
import Glibc
import Testing

/// Volumes and what else is shown in a container, from inside it and by `ck volume`.
@Suite struct VolumeTests {
    /// An image with files at /data, and with a volume at /own of its own.
    private func makeImage(_ box: Sandbox) throws {
        let made = try box.ck(
            [
                "run", "--name", "maker", "--network", "none", "bb", "sh", "-c",
                """
                mkdir -p /data/sub /own; echo first > /data/file; ln /data/file /data/sub/same; ln -s file /data/link
                chown 7:8 /data; chmod 2750 /data; chmod 4711 /data/file; echo own > /own/file
                """,
            ])
        try #require(made.status == 0, "\(made)")
        try #require(try box.ck(["commit", "-c", "VOLUME /own", "maker", "vol"]).status == 0)
        try #require(try box.ck(["rm", "maker"]).status == 0)
    }

    @Test func anEmptyVolumeIsFilledFromTheImage() throws {
        try Sandbox.with { box in
            try makeImage(box)
            func run(_ volume: String, _ script: String) throws -> CommandResult {
                try box.ck(["run", "--rm", "--network", "none", "-v", volume, "vol", "sh", "-c", script])
            }
            let filled = try run(
                "data:/data",
                "stat -c '%u %g %a' /data; stat -c '%a %h' /data/file; readlink /data/link; cat /data/sub/same; echo more > /data/more"
            )
            #expect(filled.lines == ["7 8 2750", "4711 2", "file", "first"], "\(filled)")
            #expect(try run("data:/data", "cat /data/more").output == "more\n", "it is still there")
            #expect(try run("bare:/data:nocopy", "ls /data").output.isEmpty)
            #expect(
                try run("data:/elsewhere:ro", "touch /elsewhere/x 2>&1; cat /elsewhere/file").lines
                    == ["touch: /elsewhere/x: Read-only file system", "first"])
            #expect(try run("fresh:/new/place", "stat -c '%u %a' /new/place").output == "0 755\n")
            #expect(try box.ck(["volume", "ls", "-q"]).lines == ["bare", "data", "fresh"], "what had no name is gone")
        }
    }

    @Test func volumesWithoutANameGoWithTheirContainer() throws {
        try Sandbox.with { box in
            try makeImage(box)
            let run = try box.ck([
                "run", "--name", "cc", "--network", "none", "-v", "/extra", "vol", "cat", "/own/file",
            ])
            #expect(run.output == "own\n", "\(run)")
            let names = try box.ck(["volume", "ls", "-q"]).lines
            let folder = try box.ck(["inspect", "-f", "{{range .Mounts}}{{.Source}} {{end}}", "cc"]).output
            #expect(folder.contains("\(box.root)/volumes/\(names.first ?? "?")/_data"), "\(folder)")
            #expect(names.count == 2 && names.allSatisfy { $0.count == 64 }, "the image's and the caller's")
            let shared = try box.ck(
                [
                    "run", "--rm", "--network", "none", "--volumes-from", "cc:ro", "bb", "sh", "-c",
                    "cat /own/file; touch /own/x 2>&1",
                ])
            #expect(shared.lines == ["own", "touch: /own/x: Read-only file system"], "\(shared)")
            #expect(try box.ck(["volume", "ls", "-q"]).lines == names, "who shares them takes nothing along")
            let used = try box.ck(["volume", "rm", String(names[0])])
            #expect(used.status == 1 && used.errors.contains("volume is in use - ["), "\(used)")
            #expect(try box.ck(["rm", "-v", "cc"]).status == 0)
            #expect(try box.ck(["volume", "ls", "-q"]).output.isEmpty)
            #expect(try Files.list(box.root + "/volumes").isEmpty, "nor are their files left")
            #expect(
                try box.ck(["run", "-d", "--rm", "--name", "dd", "--network", "none", "-v", "/a", "bb", "sleep", "100"])
                    .status == 0)
            #expect(try box.ck(["volume", "ls", "-q"]).lines.count == 1)
            #expect(try box.ck(["rm", "-f", "dd"]).status == 0)
            #expect(try box.ck(["volume", "ls", "-q"]).output.isEmpty)
        }
    }

    /// Somebody else's image may not hide the kernel's files, nor those that the container is told its names by.
    @Test func anImageHidesNothingOfTheKernels() throws {
        try Sandbox.with { box in
            let made = try box.ck(["run", "--name", "maker", "--network", "none", "bb", "true"])
            try #require(made.status == 0, "\(made)")
            let change = ["-c", "VOLUME /sys/fs/cgroup /proc/self /dev/../dev ../../proc /fine"]
            try #require(try box.ck(["commit"] + change + ["maker", "bad"]).status == 0)
            let run = try box.ck(
                ["run", "--rm", "--network", "none", "bad", "sh", "-c", "cat /proc/1/comm; ls /dev/null; ls -d /fine"])
            #expect(run.lines == ["sh", "/dev/null", "/fine"], "\(run)")
            #expect(run.errors.contains("left out the image's volume at /sys/fs/cgroup"), "\(run)")
        }
    }

    @Test func theCommandsAreDockers() throws {
        try Sandbox.with { box in
            #expect(try box.ck(["volume", "create", "--label", "a=b", "--label", "c", "named"]).output == "named\n")
            #expect(try box.ck(["volume", "create", "named"]).output == "named\n", "one that is there is fine")
            let anonymous = try box.ck(["volume", "create"]).output.dropLast()
            #expect(anonymous.count == 64)
            #expect(
                try box.ck(["volume", "ls", "-f", "name=named"]).output == "DRIVER    VOLUME NAME\nlocal     named\n")
            #expect(
                try box.ck(["volume", "ls", "--format", "{{.Name}} {{.Label \"a\"}} {{.Mountpoint}}", "-f", "label=a"])
                    .output
                    == "named b \(box.root)/volumes/named/_data\n")
            let document = try box.ck([
                "volume", "inspect", "named", "--format", "{{json .Labels}} {{.Scope}} {{.Options}}",
            ])
            #expect(
                document.output == "{\"a\":\"b\",\"c\":\"\"} local <nil>\n"
                    || document.output.hasPrefix("{\"a\":\"b\",\"c\":\"\"} local"), "\(document)")
            #expect(try box.ck(["inspect", "-f", "{{.Name}}", "named"]).output == "named\n", "as any object")
            #expect(try box.ck(["inspect", "--type", "volume", "-f", "{{.Driver}}", "named"]).output == "local\n")
            let missing = try box.ck(["volume", "inspect", "nope"])
            #expect(
                missing.output == "[]\n" && missing.errors == "ck: get nope: no such volume\n" && missing.status == 1,
                "\(missing)")
            #expect(try box.ck(["volume", "rm", "nope"]).status == 1)
            #expect(try box.ck(["volume", "rm", "-f", "nope"]).output == "nope\n")
            #expect(
                try box.ck(["volume", "create", "a b"]).errors.contains(
                    "includes invalid characters for a local volume name"))
            #expect(try box.ck(["volume", "create", "x"]).errors.contains("volume name is too short"))
            #expect(
                try box.ck(["volume", "create", "-o", "foo=x", "bad"]).errors
                    == "ck: create bad: invalid option: \"foo\"\n")
            #expect(try box.ck(["volume", "create", "-d", "foo", "q"]).errors.contains("plugin \"foo\" not found"))
            #expect(try box.ck(["volume", "ls", "-f", "foo=x"]).errors.contains("invalid filter 'foo'"))
            let asked = try box.ck(["volume", "prune"], input: "n\n")
            #expect(
                asked.output.contains("WARNING! This will remove anonymous local volumes")
                    && asked.output.contains(anonymous), "\(asked)")
            let pruned = try box.ck(["volume", "prune", "-f"])
            #expect(pruned.output.hasPrefix("Deleted Volumes:\n\(anonymous)\n\nTotal reclaimed space: "), "\(pruned)")
            #expect(
                try box.ck(["volume", "prune", "-a", "-f", "--filter", "label!=a"]).output
                    == "Total reclaimed space: 0B\n")
            #expect(try box.ck(["volume", "prune", "-af"]).output.hasPrefix("Deleted Volumes:\nnamed\n"))
        }
    }

    @Test func theLongForm() throws {
        try Sandbox.with { box in
            let folder = box.folder + "/shared"
            try Files.makeDirectory(folder)
            try Files.replace(folder + "/file", with: Array("here\n".utf8))
            let result = try box.shell(
                """
                cat /b/file; touch /b/x 2>&1; grep -c ' /t tmpfs rw.*size=1024k,mode=700' /proc/mounts; echo kept > /v/kept
                """,
                [
                    "--network", "none", "--mount", "type=bind,src=\(folder),dst=/b,readonly", "--mount",
                    "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700", "--mount", "src=vol,dst=/v,volume-label=k=v",
                ])
            #expect(result.lines == ["here", "touch: /b/x: Read-only file system", "1"], "\(result)")
            #expect(try box.ck(["volume", "inspect", "vol", "-f", "{{.Labels.k}}"]).output == "v\n")
            let missing = try box.shell("true", ["--mount", "type=bind,src=\(folder)/nope,dst=/b"])
            #expect(
                missing.status == 125
                    && missing.errors
                        == "ck: invalid mount config for type \"bind\": bind source path does not exist: \(folder)/nope\n",
                "\(missing)")
            #expect(
                try box.ck(["volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=\(folder)", "bound"])
                    .status == 0)
            #expect(try box.shell("cat /x/file", ["--network", "none", "-v", "bound:/x"]).output == "here\n")
        }
    }

    @Test func aMissingFolderIsMadeAndSaid() throws {
        try Sandbox.with { box in
            let folder = box.folder + "/missing/folder"
            let result = try box.shell("ls -ld /x | cut -c1-10", ["--network", "none", "-v", "\(folder):/x"])
            #expect(result.output == "drwxr-xr-x\n")
            #expect(
                result.errors == "ck: made the folder \(folder), which was missing, to show it as /x\n", "\(result)")
        }
    }

    @Test func mountsPassThroughWhereAskedFor() throws {
        try Sandbox.with { box in
            let folder = box.folder + "/tree"
            try Files.makeDirectory(folder)
            let private_ = try box.shell("true", ["--network", "none", "-v", "\(folder):/x:rshared"])
            #expect(private_.status == 125 && private_.errors.contains("but it is not a shared mount"), "\(private_)")
            for words in [["mount", "--bind", folder, folder], ["mount", "--make-shared", folder]] {
                try #require(try box.inside(words).status == 0)
            }
            #expect(
                try box.ck([
                    "run", "-d", "--name", "cc", "--network", "none", "-v", "\(folder):/x:rslave", "bb", "sleep", "100",
                ])
                .status == 0)
            for words in [["mkdir", "\(folder)/m"], ["mount", "-t", "tmpfs", "none", "\(folder)/m"]] {
                try #require(try box.inside(words).status == 0)
            }
            #expect(try box.ck(["exec", "cc", "grep", "-c", " /x/m ", "/proc/mounts"]).output == "1\n")
            // What lies below a read-only tree is read-only too.
            let below = try box.shell("touch /x/m/f 2>&1", ["--network", "none", "-v", "\(folder):/x:ro"])
            #expect(below.output.contains("Read-only"), "\(below)")
            #expect(try box.ck(["rm", "-f", "cc"]).status == 0)
        }
    }

    @Test func whatIsLeftOfAVolumeIsNobodyElses() throws {
        try Sandbox.with { box in
            // A removal that was killed between the database and the disk.
            try Files.makeDirectory(box.root + "/volumes/v/_data")
            try Files.replace(box.root + "/volumes/v/_data/secret", with: Array("x".utf8))
            #expect(try box.shell("ls /v", ["--network", "none", "-v", "v:/v"]).output.isEmpty)
        }
    }
}

import ContainerSystem
import Glibc
import Testing

/// `cp` both ways, by docker's rules; what is said and where things end up was compared with docker's own.
@Suite struct CopyTests {
    /// Containers in the states that a copy meets, and a folder of the host with things to copy.
    private struct Place {
        let box: Sandbox
        var host: String { box.folder + "/host" }

        init(_ box: Sandbox) throws {
            self.box = box
            try Files.makeDirectory(host + "/dir/sub")
            try Files.replace(host + "/file", with: Array("1\n".utf8), mode: 0o640)
            chmod(host + "/file", 0o640)
            try Files.replace(host + "/dir/a", with: Array("2\n".utf8))
            for name in ["file", "dir"] { chown("\(host)/\(name)", 1234, 1234) }
            symlink("file", host + "/lnk")
            symlink("dir", host + "/dlnk")
            symlink("nowhere", host + "/dang")
        }

        /// `ck cp` in the folder of the host.
        func cp(_ arguments: String...) throws -> CommandResult {
            try Command.run(
                box.entering(["sh", "-c", "cd \(host) && exec \"$@\"", "sh"] + box.ckProgram + ["cp"] + arguments))
        }

        func inContainer(_ name: String, _ script: String) throws -> String {
            let result = try box.ck(["exec", name, "sh", "-c", script])
            #expect(result.status == 0, "\(result)")
            return result.output
        }
    }

    private static let running = ["run", "-d", "--network", "none"]

    private func start(_ box: Sandbox, _ name: String, _ options: [String] = [], _ script: String = "true") throws {
        let result = try box.ck(
            Self.running + ["--name", name] + options + ["bb", "sh", "-c", script + "; echo ready; exec sleep 1000"])
        try #require(result.status == 0, "\(result)")
        try box.eventually("ready") { try box.ck(["logs", name]).output.contains("ready") }
    }

    /// The steps of docker's table, each with what it leaves; the same for a container in every state.
    private static let table: [(arguments: [String], complaint: String, found: [String: String])] = [
        (["file", "cc:/new1"], "", ["new1": "1"]),
        (["file", "cc:/new2/"], "no such directory", ["new2": ""]),
        (["file", "cc:/no/such/x"], "Could not find the file /no/such in container cc", ["no": ""]),
        (["file", "cc:/tmp"], "", ["tmp/file": "1"]),
        (["dir/a", "cc:/tmp/"], "", ["tmp/a": "2"]),
        (["file", "cc:/etc/passwd/x"], "extraction point is not a directory", [:]),
        (["file", "cc:/etc/passwd/"], "no such directory", [:]),
        (["dir", "cc:/nd"], "", ["nd/a": "2"]),
        (["dir", "cc:/nd"], "", ["nd/dir/a": "2"]),
        (["dir/.", "cc:/nd2"], "", ["nd2/a": "2"]),
        (["dir/.", "cc:/nd2"], "", ["nd2/a": "2", "nd2/dir": ""]),
        (["dir/", "cc:/nd3/"], "", ["nd3/a": "2"]),
        (["dir", "cc:/etc/passwd"], "cannot copy directory", [:]),
        (["file/", "cc:/tmp"], "not a directory", [:]),
        (["nothere", "cc:/tmp"], "/host/nothere: no such file or directory", ["tmp/nothere": ""]),
        (["lnk", "cc:/tmp/"], "", ["tmp/lnk": "1"]),
        (["-L", "lnk", "cc:/tmp/followed"], "", ["tmp/followed": "1"]),
        (["dlnk/", "cc:/tmp/"], "", ["tmp/dlnk/a": "2"]),
        (["dang", "cc:/tmp/"], "", ["tmp/dang": "nowhere"]),
        (["-L", "dang", "cc:/tmp/"], "no such file or directory", [:]),
        (["file", "cc:"], "no such directory", [:]),
        (["file", "cc:rel"], "", ["rel": "1"]),
        (["file", "cc:/var/run/vr"], "", ["run/vr": "1"]),
        (["file", "cc:/tolink"], "", ["etc/linked": "1"]),
        (["file", "cc:/todangling"], "", ["etc/made": "1"]),
        (["dir/sub", "cc:/tmp/file"], "cannot copy directory", [:]),
        (["dir/a", "cc:/nd/dir"], "", ["nd/dir/a": "2"]),
        (["file", "cc:/dev/null"], "", [:]),
    ]

    @Test(arguments: ["running", "stopped", "never"])
    func intoAContainer(state: String) throws {
        try Sandbox.with { box in
            let place = try Place(box)
            let setUp =
                "mkdir /run /var; ln -s /run /var/run; echo old > /etc/linked; ln -s /etc/linked /tolink;"
                + "ln -s ../etc/made /todangling"
            try start(box, "base", [], setUp)
            #expect(try box.ck(["commit", "base", "bb:links"]).status == 0)
            switch state {
            case "never":
                #expect(try box.ck(["create", "--name", "cc", "--network", "none", "bb:links", "true"]).status == 0)
            case "stopped":
                #expect(try box.ck(["run", "--name", "cc", "--network", "none", "bb:links", "true"]).status == 0)
            default:
                let run = try box.ck(Self.running + ["--name", "cc", "bb:links", "sleep", "1000"])
                #expect(run.status == 0, "\(run)")
            }
            let before = box.mounts
            for step in Self.table where step.arguments != ["file", "cc:/dev/null"] {
                let result = try Command.run(
                    box.entering(
                        ["sh", "-c", "cd \(place.host) && exec \"$@\"", "sh"] + box.ckProgram + ["cp"]
                            + step.arguments))
                #expect((result.status == 0) == step.complaint.isEmpty, "\(step.arguments): \(result)")
                #expect(
                    step.complaint.isEmpty || result.errors.contains(step.complaint), "\(step.arguments): \(result)")
                #expect(step.complaint.isEmpty ? result.errors.isEmpty : result.errors.hasPrefix("ck: "), "\(result)")
            }
            // What is left is read by other means.
            let export = try box.inside([
                "sh", "-c",
                "mkdir \(box.folder)/left; \(box.ckProgram.joined(separator: " ")) export cc "
                    + "| tar -x -C \(box.folder)/left",
            ])
            #expect(export.status == 0, "\(export)")
            for (path, text) in Self.table.flatMap(\.found) {
                let full = "\(box.folder)/left/\(path)"
                var target = [CChar](repeating: 0, count: 100)
                let isLink = readlink(full, &target, 99) > 0
                let found =
                    isLink && text == "nowhere" ? "nowhere" : (try? Files.readText(full))?.dropLast().description
                #expect(found ?? "" == text, "\(path)")
            }
            var status = stat()
            #expect(lstat(box.folder + "/left/new1", &status) == 0)
            #expect(status.st_uid == 1234 && status.st_gid == 1234 && status.st_mode & 0o7777 == 0o640)
            var link = stat()
            #expect(lstat(box.folder + "/left/tolink", &link) == 0 && link.st_mode & S_IFMT == S_IFLNK)
            #expect(box.mounts == before)
            #expect(try box.processes(named: "ck-shim").count == (state == "running" ? 2 : 1))
        }
    }

    /// Volumes, folders of the host, tmpfs, what is read-only, and what is the kernel's.
    @Test func placesThatAreMounted() throws {
        try Sandbox.with { box in
            let place = try Place(box)
            let (bind, locked) = (box.folder + "/bind", box.folder + "/locked")
            for folder in [bind, locked] { try Files.makeDirectory(folder) }
            let mounts = ["-v", bind + ":/bind", "-v", locked + ":/locked:ro"]
            try start(box, "up", mounts)
            #expect(
                try box.ck(["run", "--name", "down", "--network", "none"] + mounts + ["bb", "true"]).status == 0)
            for name in ["up", "down"] {
                #expect(try place.cp("file", "\(name):/bind/\(name)").status == 0)
                #expect(try Files.readText("\(bind)/\(name)") == "1\n")
                let locked = try place.cp("file", "\(name):/locked/x")
                #expect(locked.status == 1 && locked.errors.contains("mounted volume is marked read-only"), "\(locked)")
                let out = try place.cp("\(name):/bind/.", "out-\(name)")
                #expect(try out.status == 0 && Files.readText("\(place.host)/out-\(name)/\(name)") == "1\n", "\(out)")
                #expect(try place.cp("\(name):/etc/hostname", "hostname-\(name)").status == 0)
                #expect(try Files.readText("\(place.host)/hostname-\(name)").count == 13)
            }
            #expect(try Files.list(locked).isEmpty)
            // /dev and /dev/shm are the container's own.
            #expect(try place.cp("file", "up:/dev/shm/x").status == 0)
            #expect(try place.inContainer("up", "cat /dev/shm/x") == "1\n")
            for target in ["up:/proc/x", "up:/proc/sys/kernel/core_pattern", "up:/sys/x", "up:/dev/pts/x"] {
                let result = try place.cp("file", target)
                #expect(result.status == 1 && result.errors.split(separator: "\n").count == 1, "\(target): \(result)")
            }
            let hosts = try place.cp("file", "up:/etc/hosts")
            #expect(hosts.status == 1 && hosts.errors.contains("something is mounted there"), "\(hosts)")
            let device = try place.cp("file", "up:/dev/null")
            #expect(
                device.errors
                    == "ck: destination \"up:/dev/null\" must be a directory or a regular file: got a device\n")
            for source in ["up:/proc", "up:/proc/self", "up:/sys/kernel"] {
                #expect(try place.cp(source, "kernels").status == 1, "\(source)")
            }
            // All of it, without what is the kernel's.
            #expect(try place.cp("up:/", "all").status == 0)
            for folder in ["dev", "proc", "sys"] { #expect(try Files.list("\(place.host)/all/\(folder)").isEmpty) }
            #expect(try Files.readText("\(place.host)/all/bind/up") == "1\n")
        }
    }

    /// Named volumes, memory, and a root that nothing can be written to; docker has the same words for them.
    @Test func rootsThatAreReadOnly() throws {
        try Sandbox.with { box in
            let place = try Place(box)
            let options = ["--network", "none", "--read-only", "--tmpfs", "/mem", "-v", "store:/vol", "bb"]
            let up = try box.ck(["run", "-d", "--name", "up"] + options + ["sleep", "1000"])
            #expect(up.status == 0, "\(up)")
            let down = try box.ck(["create", "--name", "down"] + options + ["true"])
            #expect(down.status == 0, "\(down)")
            for name in ["up", "down"] {
                let root = try place.cp("file", "\(name):/tmp/x")
                #expect(root.status == 1 && root.errors == "ck: container rootfs is marked read-only\n", "\(root)")
                #expect(try place.cp("file", "\(name):/vol/\(name)").status == 0)
                #expect(try place.cp("\(name):/etc/passwd", "passwd-\(name)").status == 0)
            }
            #expect(try place.inContainer("up", "ls /vol") == "down\nup\n")
            #expect(try place.cp("file", "up:/mem/x").status == 0)
            #expect(try place.inContainer("up", "cat /mem/x") == "1\n")
            #expect(try place.cp("up:/mem/x", "mem").status == 0)
        }
    }

    /// Nothing of a paused container has to run for it.
    @Test func aPausedContainer() throws {
        try Sandbox.with { box in
            let place = try Place(box)
            try start(box, "up", [], "echo own > /own; touch /later")
            #expect(try box.ck(["pause", "up"]).status == 0)
            #expect(try place.cp("up:/own", "own").status == 0 && Files.readText(place.host + "/own") == "own\n")
            #expect(try place.cp("dir", "up:/in").status == 0 && place.cp("up:/in/a", "back").status == 0)
            #expect(try box.ck(["diff", "up"]).lines == ["A /in", "A /in/a", "A /in/sub", "A /later", "A /own"])
            #expect(try box.ck(["commit", "up", "made"]).status == 0)
            #expect(try box.ck(["inspect", "-f", "{{.State.Status}}", "up"]).output == "paused\n")
            #expect(try box.ck(["unpause", "up"]).status == 0)
            #expect(try place.inContainer("up", "cat /in/a") == "2\n")
            let events = try box.ck(["events", "--since", "1h", "--until", "0s", "--format", "{{.Action}}"]).lines
            for action in ["extract-to-dir", "archive-path", "commit"] {
                #expect(events.contains(action[...]), "\(events)")
            }
        }
    }

    @Test func outOfAContainer() throws {
        try Sandbox.with { box in
            let place = try Place(box)
            let setUp =
                "mkdir -p /d/sub; echo a > /d/a; ln -s a /d/l; ln -s /d /dl; ln -s nowhere /dang; mkfifo /ff;"
                + "ln -s /etc/passwd /pl; chown -R 1000:1000 /d; chmod 4755 /d/a"
            try start(box, "up", [], setUp)
            #expect(try box.ck(["run", "--name", "down", "--network", "none", "bb", "sh", "-c", setUp]).status == 0)
            for name in ["up", "down"] {
                let out = place.host + "/o-" + name
                try Files.makeDirectory(out)
                func cp(_ arguments: String...) throws -> String {
                    let result = try Command.run(
                        box.entering(
                            ["sh", "-c", "cd \(out) && exec \"$@\"", "sh"] + box.ckProgram + ["cp"]
                                + arguments.map { $0.hasPrefix("/") && !$0.hasPrefix("/nosuch") ? name + ":" + $0 : $0 }
                        ))
                    #expect((result.status == 0) == (result.errors.isEmpty || result.errors.hasPrefix("Succ")))
                    return result.errors
                }
                for arguments in [
                    ["/d", "."], ["/d/.", "."], ["/d", "new"], ["/d/a", "f1"], ["/d/a", "d"], ["/d/l", "."],
                    ["/dl/", "dl3"], ["/dl/.", "dl4"], ["/pl", "."], ["/dang", "."], ["/ff", "."], ["/dl", "."],
                ] { #expect(try cp(arguments[0], arguments[1]) == "", "\(arguments)") }
                #expect(try cp("-L", "/d/l", "ll") == "" && cp("-L", "/dl", "dl2") == "" && cp("-a", "/d", "ad") == "")
                #expect(try cp("--quiet=false", "/d", "sum") == "Successfully copied 3.58kB to \(out)/sum\n")
                #expect(try cp("--quiet=false", "/d/a", ".") == "Successfully copied 2.05kB to \(out)/.\n")
                #expect(try cp("/d/a", "f2/") == "ck: no such directory\n")
                #expect(try cp("/d", "f1") == "ck: cannot copy directory\n")
                #expect(
                    try cp("/d/a", "no/such")
                        == "ck: invalid output path: directory \"\(out)/no\" does not exist\n")
                #expect(try cp("/nosuch", ".") == "ck: must specify at least one container source\n")
                #expect(
                    try cp("\(name):/nosuch/.", ".")
                        == "ck: Could not find the file /nosuch/. in container \(name)\n")
                #expect(try cp("/d/a/", ".").contains("not a directory"))
                #expect(try cp("-L", "/dang", "dd").contains("Could not find the file"))
                #expect(try cp("/etc/passwd", "f1/") == "ck: stat \(out)/f1/: not a directory\n")
                #expect(try cp("/etc/passwd", "f1/x") == "ck: stat \(out)/f1/x: not a directory\n")
                let found = try box.inside(["sh", "-c", "cd \(out) && find . -mindepth 1 -printf '%p %y %l %U %m\\n'"])
                let lines = Set(found.lines.map(String.init))
                for expected in [
                    "./a f  0 755", "./d/a f  0 755", "./d/l l a 0 777", "./d/sub d  0 755", "./new/a f  0 755",
                    "./f1 f  0 755", "./l l a 0 777", "./ll f  0 755", "./dl l /d 0 777", "./dl2/a f  0 755",
                    "./dl3/a f  0 755", "./dl4/a f  0 755", "./pl l /etc/passwd 0 777", "./dang l nowhere 0 777",
                    "./ff p  0 644", "./ad/a f  1000 4755", "./ad/sub d  1000 755", "./sub d  0 755",
                ] { #expect(lines.contains(expected), "\(name): \(expected) of \(found)") }
            }
        }
    }

    @Test func archives() throws {
        try Sandbox.with { box in
            let place = try Place(box)
            try start(box, "up", [], "mkdir -p /d/sub; echo a > /d/a; ln -s /d /dl; chown 7:8 /d/a; mkdir /t")
            let ck = box.ckProgram.joined(separator: " ")
            func shell(_ script: String) throws -> CommandResult {
                try box.inside(["sh", "-c", "cd \(place.host); ck() { \(ck) \"$@\"; }; " + script])
            }
            let names: [String: [String]] = [
                "/d": ["d/", "d/a", "d/sub/"], "/d/": ["d/", "d/a", "d/sub/"], "/d/.": ["./", "./a", "./sub/"],
                "/dl": ["dl"], "/dl/": ["dl/", "dl/a", "dl/sub/"], "/d/a": ["a"], "/dl/a": ["a"],
            ]
            for (path, entries) in names {
                #expect(try shell("ck cp up:\(path) - | tar -t").lines.map(String.init) == entries, "\(path)")
            }
            #expect(try shell("ck cp up:/d - | tar -tv --numeric-owner | grep d/a").output.contains(" 7/8 "))
            for compression in ["", "-z", "-J", "-j", "--zstd"] {
                let result = try shell(
                    "rm -rf x; mkdir x; echo \(compression)1 > x/f; tar -c \(compression) x | ck cp - up:/t")
                #expect(
                    result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(compression): \(result)")
                #expect(try place.inContainer("up", "cat /t/x/f") == compression + "1\n")
            }
            #expect(try shell("ck cp - up:/t < /dev/null").status == 0)
            #expect(
                try shell("ck cp - up:/nosuch < /dev/null").errors
                    == "ck: destination \"up:/nosuch\" must be a directory\n")
            #expect(
                try shell("ck cp - up:/etc/passwd < /dev/null").errors
                    == "ck: destination \"up:/etc/passwd\" must be a directory\n")
            #expect(try shell("echo no tar at all | ck cp - up:/t").errors.contains("read archive"))
            // Back and forth nothing is lost.
            let whole = try shell(
                "ck cp up:/bin - | ck cp - up:/t && ck exec up sh -c 'cd /bin && find . | sort > /one;"
                    + "cd /t/bin && find . | sort > /two; cmp /one /two && cmp /bin/busybox /t/bin/busybox'")
            #expect(whole.status == 0, "\(whole)")
        }
    }

    @Test func whatCannotBeAsked() throws {
        try Sandbox.with { box in
            let place = try Place(box)
            let complaints: [([String], String)] = [
                (["a", "b"], "must specify at least one container source"),
                (["-", "-"], "must specify at least one container source"),
                (["x:/a", "y:/b"], "copying between containers is not supported"),
                (["", "x:/b"], "source can not be empty"), (["x:/b", ""], "destination can not be empty"),
                (["file", "nosuch:/x"], "No such container: nosuch"),
                (["nosuch:/x", "."], "No such container: nosuch"),
            ]
            for (arguments, complaint) in complaints {
                let result = try place.box.ck(["cp"] + arguments)
                #expect(result.status == 1 && result.errors == "ck: \(complaint)\n", "\(arguments): \(result)")
            }
            #expect(try box.ck(["cp", "x:/b"]).errors.contains("'ck cp' requires 2 arguments"))
            #expect(try box.ck(["container", "cp", "a", "b"]).errors.contains("at least one container"))
        }
    }

    /// Killed in the middle, it leaves no mount, no process, and a container that can be started.
    @Test func aCopyThatIsKilledLeavesNothing() throws {
        try Sandbox.with { box in
            #expect(try box.ck(["run", "--name", "cc", "--network", "none", "bb", "true"]).status == 0)
            let before = box.mounts
            try box.inside(["mkfifo", box.folder + "/pipe"])
            let reader = try Descriptor.open(box.folder + "/pipe", O_RDWR)
            // It waits for an archive that never comes, with the container's files mounted.
            let pid = try Command.spawn(
                box.ckArguments(["cp", "-", "cc:/tmp"]), input: reader.raw, output: 1, error: 2)
            try box.eventually("the mounts") { box.processes(named: "ck-shim").count >= 1 }
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            try box.eventually("the end of the mounts") { box.processes(named: "ck-shim").isEmpty }
            #expect(box.mounts == before)
            #expect(try box.ck(["cp", "cc:/etc/passwd", box.folder + "/p"]).status == 0)
            #expect(try box.ck(["rm", "cc"]).status == 0)
        }
    }
}

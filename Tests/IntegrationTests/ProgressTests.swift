import ContainerSystem
import Foundation
import Glibc
import Testing

/// How a transfer looks on a terminal, in a pipe and to a program, and how control-C ends it.
@Suite struct ProgressTests {
    /// A registry with `it:1` behind a proxy: busybox, and above it 3 MB that no gzip makes smaller.
    private func withSlowRegistry(_ body: (Sandbox, FaultProxy) throws -> Void) throws {
        try Sandbox.with(image: false) { box in
            let registry = try Registry(box)
            let noise = box.folder + "/noise"
            try box.inside(["dd", "if=/dev/urandom", "of=" + noise, "bs=1M", "count=3"])
            try registry.publish(
                [
                    "layers": [
                        [
                            ["name": "bin", "type": "dir"],
                            ["name": "bin/busybox", "path": "/bin/busybox"],
                            ["name": "bin/true", "type": "symlink", "link": "busybox"],
                            ["name": "bin/echo", "type": "symlink", "link": "busybox"],
                        ], [["name": "noise", "path": noise]],
                    ]
                ], as: "it:1")
            let proxy = try registry.faults()
            // 50 pieces.
            try proxy.set([["match": "GET .*/blobs/", "delay": 0.04]])
            try body(box, proxy)
        }
    }

    /// Runs a shell's line at a terminal that is typed into; `CK` in it is `ck`.
    private func terminal(_ box: Sandbox, _ size: String, _ script: String, _ line: String) throws -> CommandResult {
        let line = line.replacingOccurrences(of: "CK", with: box.ckProgram.joined(separator: " "))
        return try box.inside(
            [
                "env", "TERM=xterm", "DOCKER_CONFIG=" + box.dockerConfig, "python3", Fixture.path("terminal.py"), size,
                script, "sh", "-c", line,
            ])
    }

    private func records(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func aTerminalSeesBarsAndThenCleanLines() throws {
        try withSlowRegistry { box, proxy in
            let name = proxy.address + "/it:1"
            let script = """
                [["expect", "1: Pulling from it"], ["expect", ": Downloading [="], ["expect", "MB/s "],
                 ["resize", 10, 50], ["wait", 0.5], ["resize", 24, 120]]
                """
            let pull = try terminal(box, "24x100", script, "CK pull " + name)
            #expect(pull.status == 0, "\(pull)")
            let frames = pull.output.components(separatedBy: "\u{1b}[J")
            #expect(frames.count > 5 && frames.count < 200, "\(pull)")
            let end = try #require(frames.last).components(separatedBy: "\r\n")
            #expect(end.count == 4 && end[0].hasPrefix("Digest: sha256:"), "\(pull)")
            #expect(end.dropFirst() == ["Status: Downloaded newer image for \(name)", name, ""], "\(pull)")
            // In no frame is a line wider than the terminal was.
            for line in frames.dropLast().flatMap({ $0.components(separatedBy: "\r\n") }) {
                let text = line.components(separatedBy: "\u{1b}[")
                #expect(text.allSatisfy { $0.count < 124 }, "\(line)")
            }
            let again = try terminal(box, "24x100", "[]", "CK pull " + name)
            #expect(again.output.components(separatedBy: ": Already exists").count == 3, "\(again)")
        }
    }

    @Test func aPipeGetsDockersLines() throws {
        try withSlowRegistry { box, proxy in
            try proxy.set([])
            let name = proxy.address + "/it:1"
            for arguments in [["pull", name], ["pull", "--progress", "plain", name]] {
                _ = try box.ck(["rmi", name])
                let pull = try box.ck(arguments)
                let lines = pull.lines.map(String.init)
                try #require(pull.status == 0 && lines.count == 10, "\(pull)")
                #expect(pull.errors.isEmpty)
                #expect(lines[0] == "1: Pulling from it")
                let ids = lines[1...2].map { String($0.prefix(12)) }
                #expect(lines[1...2] == ["\(ids[0]): Pulling fs layer", "\(ids[1]): Pulling fs layer"])
                let rest = ids.map { ["\($0): Download complete", "\($0): Pull complete"] }
                #expect(lines[3...6].filter { rest[0].contains($0) } == rest[0])
                #expect(lines[3...6].filter { rest[1].contains($0) } == rest[1])
                #expect(lines[7].hasPrefix("Digest: sha256:"))
                #expect(lines[8...] == ["Status: Downloaded newer image for \(name)", name])
            }
            let push = try box.ck(["push", name])
            let lines = push.lines.map(String.init)
            try #require(push.status == 0 && !lines.isEmpty, "\(push)")
            #expect(lines[0] == "The push refers to repository [\(proxy.address)/it]")
            #expect(lines.last?.hasPrefix("1: digest: sha256:") == true)
            #expect(!push.output.contains("\u{1b}") && !push.output.contains("Pushing "))
        }
    }

    @Test func aProgramGetsJSON() throws {
        try withSlowRegistry { box, proxy in
            let name = proxy.address + "/it:1"
            let pull = try box.ck(["pull", "--progress=json", name])
            #expect(pull.status == 0 && pull.errors.isEmpty, "\(pull)")
            let all = try records(pull.output)
            let moves = all.filter { $0["phase"] as? String == "downloading" }
            #expect(moves.count > 2 && moves.count < 40, "50 pieces in 2 seconds: \(pull)")
            for move in moves {
                let (current, total) = (move["current"] as? Int ?? -1, move["total"] as? Int ?? -2)
                #expect(current > 0 && current <= total && move["id"] is String, "\(move)")
            }
            #expect(all.filter { $0["status"] as? String == "Pull complete" }.count == 2)
            let last = try #require(all.last)
            #expect(last["reference"] as? String == name && last["status"] as? String == "Downloaded newer image")
            for key in ["digest", "image"] { #expect((last[key] as? String)?.hasPrefix("sha256:") == true) }

            let push = try box.ck(["push", "--progress=json", name])
            #expect(try records(push.output).last?["digest"] as? String == last["digest"] as? String, "\(push)")

            let missing = try box.ck(["pull", "--progress=json", proxy.address + "/no:1"])
            #expect(missing.status == 1 && missing.errors.hasPrefix("ck: "), "\(missing)")
            let error = try records(missing.output)
            #expect(error.count == 1 && error[0]["code"] as? String == "notFound")
            #expect("ck: \(error[0]["error"] as? String ?? "")\n" == missing.errors)
        }
    }

    /// The pull of a `run` is told on standard error; standard output is the container's.
    @Test func runShowsItsPullTheSameWays() throws {
        try withSlowRegistry { box, proxy in
            try proxy.set([])
            let name = proxy.address + "/it:1"
            func run(_ arguments: String...) throws -> CommandResult {
                _ = try box.ck(["rmi", name])
                let run = try box.ck(["run", "--rm"] + arguments + [name, "/bin/echo", "hello"])
                #expect(run.status == 0 && run.output == "hello\n", "\(run)")
                return run
            }
            #expect(try run("--progress", "json").errors.split(separator: "\n").allSatisfy { $0.hasPrefix("{") })
            #expect(try run("--progress", "quiet").errors.isEmpty)
            #expect(try run("--quiet").errors.isEmpty)
            let plain = try run()
            #expect(plain.errors.hasPrefix("Unable to find image '\(name)' locally\n1: Pulling from it\n"), "\(plain)")
            #expect(plain.errors.hasSuffix("Status: Downloaded newer image for \(name)\n"), "\(plain)")
            #expect(!plain.errors.contains("\u{1b}"))
        }
    }

    /// The process ends as SIGINT ends one, the terminal is clean, and the download goes on where it stopped.
    @Test func controlCEndsAPull() throws {
        try withSlowRegistry { box, proxy in
            let name = proxy.address + "/it:1"
            let script = """
                [["expect", ": Downloading [=="], ["type", "\\u0003"], ["expect", "status 130"], ["expect", "done"]]
                """
            let pull = try terminal(
                box, "24x100", script, "trap : INT; stty -a; CK pull \(name); echo status $?; stty -a; echo done")
            #expect(pull.status == 0, "\(pull)")
            let tail = try #require(pull.output.components(separatedBy: "\u{1b}[J").last)
            #expect(tail.hasPrefix("status 130\r\n"), "nothing is said, the line is clean: \(pull)")
            let settings = pull.output.components(separatedBy: "speed").dropFirst().map { $0.prefix(400) }
            #expect(settings.count == 2 && settings.first == settings.last, "\(pull)")
            try expectOnlyDownloads(box, proxy)
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT]) func aSignalEndsAPullInAPipe(signal: CInt) throws {
        try withSlowRegistry { box, proxy in
            let pid = try box.startCk(["pull", proxy.address + "/it:1"])
            try awaitDownload(box)
            kill(pid, signal)
            #expect(try Command.wait(pid, timeout: 20, name: "ck pull") == 128 + signal)
            try expectOnlyDownloads(box, proxy)
        }
    }

    /// Waits until there is something of a layer that is worth going on from.
    private func awaitDownload(_ box: Sandbox) throws {
        let folder = box.root + "/content/ingest/"
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            for file in (try? Files.list(folder)) ?? [] {
                var status = stat()
                if lstat(folder + file, &status) == 0, status.st_size > 1 << 20 { return }
            }
            usleep(10_000)
        }
        throw ContainerError(.unavailable, "no download has begun")
    }

    private func expectOnlyDownloads(_ box: Sandbox, _ proxy: FaultProxy) throws {
        #expect(try !box.ck(["images", "-a"]).output.contains(proxy.address))
        #expect(try Files.list(box.root + "/overlay/layers").filter { $0.hasPrefix(".") }.isEmpty)
        #expect(try Files.list(box.root + "/content/ingest").allSatisfy { $0.hasSuffix(".partial") })
        try proxy.set([])
        let pull = try box.ck(["pull", proxy.address + "/it:1"])
        #expect(pull.status == 0, "\(pull)")
        #expect(try Files.readText(proxy.logFile, limit: 16 << 20).contains("\"range\""), "it went on where it was")
        #expect(try Files.list(box.root + "/content/ingest").isEmpty)
    }

    /// docker's load has bars on a terminal, and nothing but its last line in a pipe.
    @Test func aLoadShowsItsLayers() throws {
        try Sandbox.with { box in
            let archive = box.folder + "/bb.tar"
            #expect(try box.ck(["save", "-o", archive, "bb"]).status == 0)
            #expect(try box.ck(["rmi", "bb"]).status == 0)
            let shown = try terminal(box, "24x100", "[]", "CK load -i " + archive)
            #expect(shown.status == 0 && shown.output.contains(": Loaded"), "\(shown)")
            #expect(shown.output.hasSuffix("Loaded image: bb:latest\r\n"), "\(shown)")
            #expect(try box.ck(["load", "-i", archive]).output == "Loaded image: bb:latest\n")
            #expect(try box.ck(["rmi", "bb"]).status == 0)
            let lines = try records(try box.ck(["load", "--progress", "json", "-i", archive]).output)
            let statuses = lines.filter { $0["phase"] == nil }.map { $0["status"] as? String }
            #expect(statuses == ["Loading layer", "Loaded", "Loaded image"])
            #expect(lines.last?["reference"] as? String == "bb:latest")
            let plain = try box.ck(["load", "--progress", "plain", "-i", archive])
            #expect(plain.lines.first?.hasSuffix(": Loading layer") == true, "\(plain)")
        }
    }
}

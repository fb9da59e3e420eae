import ContainerSystem
import Glibc
import Testing

/// `commit`: what is in the image, its configuration, and what is refused.
@Suite struct CommitTests {
    private func config(_ box: Sandbox, _ image: String) throws -> JSON {
        try JSON(box.ck(["inspect", image]).output)[0]
    }

    @Test func theConfigurationIsTheContainers() throws {
        try Sandbox.with { box in
            let run = try box.ck([
                "run", "--name", "one", "--network", "none", "-e", "A=b", "--label", "l=1", "-w", "/wd", "-u", "1000",
                "bb", "sh", "-c", "echo x > /tmp/f",
            ])
            #expect(run.status == 0, "\(run)")
            let commit = try box.ck(["commit", "-a", "me <me@here>", "-m", "a word", "one", "made:1"])
            #expect(commit.status == 0 && commit.output.hasPrefix("sha256:") && commit.output.count == 72, "\(commit)")
            let made = try config(box, "made:1")
            #expect(made.Author.string == "me <me@here>" && made.Comment.string == "a word")
            #expect(made.Config.Cmd.strings == ["sh", "-c", "echo x > /tmp/f"])
            #expect(made.Config.Env.strings.contains("A=b") && made.Config.User.string == "1000")
            #expect(made.Config.WorkingDir.string == "/wd" && made.Config.Labels.l.string == "1")
            #expect(
                try box.ck(["history", "made:1", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Comment}}"]).line(0)
                    == "sh -c echo x > /tmp/f|a word")
            let again = try box.ck([
                "run", "--rm", "--network", "none", "made:1", "sh", "-c", "cat /tmp/f; pwd; id -u; echo $A",
            ])
            #expect(again.output == "x\n/wd\n1000\nb\n", "\(again)")
            // Without a name it has an id only.
            let nameless = try box.ck(["commit", "one"])
            #expect(nameless.status == 0 && nameless.output.hasPrefix("sha256:"), "\(nameless)")
        }
    }

    /// The instructions and their results are those of docker.
    @Test func changes() throws {
        try Sandbox.with { box in
            #expect(try box.ck(["run", "--name", "one", "--network", "none", "-e", "A=b", "bb", "true"]).status == 0)
            let accepted: [([String], (JSON) -> Bool)] = [
                (["CMD ls -l"], { $0.Cmd.strings == ["/bin/sh", "-c", "ls -l"] }),
                ([#"CMD ["a", b]"#], { $0.Cmd.strings == ["/bin/sh", "-c", #"["a", b]"#] }),
                ([#"ENTRYPOINT ["a","b"]"#], { $0.Entrypoint.strings == ["a", "b"] && $0.Cmd.strings.isEmpty }),
                (["ENV A=1\nENV B=2"], { Set($0.Env.strings).isSuperset(of: ["A=1", "B=2"]) }),
                (
                    ["EXPOSE 80 443/udp", "EXPOSE 10-11"],
                    {
                        $0.ExposedPorts.keys.sorted() == ["10/tcp", "11/tcp", "443/udp", "80/tcp"]
                    }
                ),
                ([#"LABEL a=b c="d e""#], { $0.Labels.c.string == "d e" }),
                (["ONBUILD RUN x"], { $0.OnBuild.strings == ["RUN x"] }),
                (["VOLUME /a /b"], { $0.Volumes.keys.sorted() == ["/a", "/b"] }),
                (
                    ["WORKDIR x", "USER bob", "STOPSIGNAL 9"],
                    {
                        $0.WorkingDir.string == "/x" && $0.User.string == "bob" && $0.StopSignal.string == "9"
                    }
                ),
                (["HEALTHCHECK NONE"], { $0.Healthcheck.Test.strings == ["NONE"] }),
                (
                    ["HEALTHCHECK --interval=5s --timeout=3s --retries=2 --start-period=1m CMD [\"a\"]"],
                    {
                        $0.Healthcheck.Test.strings == ["CMD", "a"]
                            && $0.Healthcheck.Interval.number == 5_000_000_000
                            && $0.Healthcheck.Timeout.number == 3_000_000_000
                            && $0.Healthcheck.StartPeriod.number == 60_000_000_000
                            && $0.Healthcheck.Retries.number == 2
                    }
                ),
            ]
            for (changes, isRight) in accepted {
                let result = try box.ck(["commit"] + changes.flatMap { ["-c", $0] } + ["one", "c"])
                #expect(result.status == 0, "\(changes): \(result)")
                let made = try config(box, "c").Config
                #expect(isRight(made), "\(changes): \(made.text)")
            }
            let before = try box.ck(["images", "-a", "-q"]).lines.count
            let refused = [
                "FROM x": "not a valid change command", "RUN x": "not a valid change command",
                "SHELL [\"a\"]": "not a valid change command", "ENV X": "two arguments",
                "EXPOSE abc": "abc is no port", "ONBUILD FROM x": "isn't allowed as an ONBUILD trigger",
                "ONBUILD ONBUILD RUN x": "Chaining ONBUILD", "HEALTHCHECK x": "Unknown type \"X\" in HEALTHCHECK",
                "HEALTHCHECK NONE x": "takes no arguments", "HEALTHCHECK --foo=1 CMD x": "Unknown flag: foo",
                "HEALTHCHECK --interval=1us CMD a": "cannot be less than 1ms",
                "HEALTHCHECK --retries=-1 CMD a": "must be at least 1 (not -1)", "# words": "no instructions",
            ]
            for (change, complaint) in refused {
                let result = try box.ck(["commit", "-c", change, "one", "d"])
                #expect(result.status == 1 && result.errors.contains(complaint), "\(change): \(result)")
            }
            for name in ["Bad Name", "x@sha256:00"] {
                #expect(try box.ck(["commit", "one", name]).status == 1, "\(name)")
            }
            #expect(try box.ck(["commit", "nosuch", "x"]).errors == "ck: No such container: nosuch\n")
            #expect(try box.ck(["images", "-a", "-q"]).lines.count == before)
        }
    }

    /// It stands still while it is read, unless that is not wanted; and goes on afterwards.
    @Test func aRunningContainerIsPaused() throws {
        try Sandbox.with { box in
            let script = "i=0; while true; do i=$((i+1)); echo $i > /t; mv /t /a; echo $i > /t; mv /t /b; done"
            let run = try box.ck(["run", "-d", "--name", "up", "--network", "none", "bb", "sh", "-c", script])
            #expect(run.status == 0, "\(run)")
            try box.awaitFile("/b", in: "up")
            for turn in 0..<3 {
                #expect(try box.ck(["commit", "up", "still:\(turn)"]).status == 0)
                let read = try box.ck(["run", "--rm", "--network", "none", "still:\(turn)", "cat", "/a", "/b"])
                let numbers = read.lines.compactMap { Int($0) }
                #expect(numbers.count == 2 && abs(numbers[0] - numbers[1]) <= 1, "\(read)")
            }
            #expect(try box.ck(["commit", "--pause=false", "up", "moving"]).status == 0)
            let first = try box.ck(["exec", "up", "cat", "/a"]).output
            try box.eventually("the program goes on") { try box.ck(["exec", "up", "cat", "/a"]).output != first }
        }
    }

    /// The files and folders that mounting took are not in the image: an image of nothing but a program stays so.
    @Test func whatMountingTookIsNoChange() throws {
        try Sandbox.with(image: false) { box in
            let path = box.folder + "/bare"
            try Files.makeDirectory(path)
            try Files.replace(path + "/sh", with: try Files.read("/bin/busybox", limit: 16 << 20), mode: 0o755)
            #expect(try box.ck(["init", path, "bare"]).status == 0)
            let run = try box.ck(["run", "--name", "one", "--network", "none", "bare", "/sh", "-c", "echo x > /new"])
            #expect(run.status == 0, "\(run)")
            #expect(try box.ck(["diff", "one"]).output == "A /new\n")
            #expect(try box.ck(["commit", "one", "made"]).status == 0)
            #expect(try box.ck(["image", "diff", "bare", "made"]).output == "A /new\n")
            let script =
                "\(box.ckProgram.joined(separator: " ")) save made | tar -x -O --wildcards 'blobs/*' 2>/dev/null | tr -d '\\0' | grep -a -c resolv.conf"
            #expect(try box.inside(["sh", "-c", script]).output == "0\n")
        }
    }
}

extension JSON {
    fileprivate var strings: [String] { items.compactMap(\.string) }
    fileprivate var keys: [String] { if case .object(let members) = self { Array(members.keys) } else { [] } }
}

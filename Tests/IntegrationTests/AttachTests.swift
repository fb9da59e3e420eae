import ContainerSystem
import Glibc
import Testing

/// Clients that come to a container that runs, and go.
@Suite struct AttachTests {
    private func type(_ box: Sandbox, _ script: String, _ arguments: [String]) throws -> CommandResult {
        try box.inside(["python3", Fixture.path("terminal.py"), "33x101", script] + box.ckProgram + arguments)
    }

    private func ck(_ box: Sandbox) -> String { box.ckProgram.joined(separator: " ") }

    @Test func aTerminalIsLeftAndComeBackTo() throws {
        try Sandbox.with { box in
            // No line editor, which would ask the terminal questions while others type.
            let shell = "while printf '# '; read -r line; do eval \"$line\"; done"
            // Half of the keys, and something else, is passed on.
            let left = try type(
                box,
                """
                [["expect", "# "], ["type", "X=5\\n"], ["expect", "# "], ["type", "\\u0010"], ["wait", 0.1],
                 ["type", "\\u0011"]]
                """, ["run", "-it", "--name", "tt", "--network", "none", "bb", "sh", "-c", shell])
            #expect(left.status == 0, "\(left)")
            #expect(try box.ck(["ps", "-q"]).lines.count == 1)
            let back = try type(
                box,
                """
                [["type", "echo v$X\\n"], ["expect", "v5"], ["expect", "# "],
                 ["type", "sleep 0.5; stty size\\n"], ["expect", "33 101"], ["expect", "# "], ["resize", 40, 90],
                 ["type", "sleep 0.3; stty size\\n"], ["expect", "40 90"], ["expect", "# "],
                 ["type", "a\\u0010\\u0010\\u0011"]]
                """, ["attach", "tt"])
            #expect(back.status == 1 && back.output.contains("read escape sequence"), "\(back)")
            // What was typed before is still in the terminal's line.
            let other = try type(
                box,
                ##"""
                [["type", "\n"], ["expect", "not found"], ["expect", "# "], ["type", "echo x$((40+2))\n"],
                 ["expect", "x42"], ["expect", "# "], ["type", "ab"]]
                """##, ["attach", "--detach-keys", "a,b", "tt"])
            #expect(other.status == 1 && other.output.contains("a\u{10}: not found"), "\(other)")
            let end = try type(box, ##"[["type", "exit 6\n"]]"##, ["attach", "tt"])
            #expect(end.status == 6, "\(end)")
            let events = try box.ck(["events", "--since", "1h", "--until", "0s", "--format", "{{.Action}}"]).lines
            #expect(
                events.filter { !["create", "resize"].contains($0) } == [
                    "attach", "start", "detach", "attach", "detach", "attach", "detach", "attach", "die",
                ], "\(events)")
        }
    }

    @Test func anExecIsLeftToo() throws {
        try Sandbox.with { box in
            _ = try Supervised(box, "cc", [], ["sleep", "100"])
            let left = try type(
                box, ##"[["expect", "# "], ["type", "x"], ["expect", "x"], ["type", "\u0018"]]"##,
                ["exec", "-it", "--detach-keys", "ctrl-x", "cc", "sh"])
            #expect(left.status == 0, "\(left)")
            #expect(try box.ck(["exec", "cc", "ps", "-o", "args"]).lines.contains("sh"))
            let events = try box.ck(["events", "--since", "1h", "--until", "0s", "--format", "{{.Action}}"]).lines
            #expect(events.contains("exec_detach"), "\(events)")
        }
    }

    @Test func severalSeeTheSame() throws {
        try Sandbox.with { box in
            let one = try Supervised(
                box, "cc", [], ["sh", "-c", "while [ ! -e /go ]; do sleep 0.05; done; seq 1 20000; echo e >&2; exit 4"])
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let files = (0..<5).map { "\(box.folder)/client\($0)" }
            let clients = try files.map { file in
                try Command.spawn(
                    box.entering([
                        "sh", "-c",
                        "\(ck(box)) attach --no-stdin cc > \(file) 2> \(file).err; echo $? > \(file).status",
                    ]),
                    input: null.raw, output: null.raw, error: null.raw)
            }
            // A descriptor of the supervisor's for each, and one that is killed on the way.
            let sockets = { try? Files.list("/proc/\(one.pids?.first ?? 0)/fd").count }
            #expect(one.waits { (sockets() ?? 0) >= 5 + 3 * 5 })
            let killed = try Command.spawn(
                box.ckArguments(["attach", "--no-stdin", "cc"]), input: null.raw,
                output: null.raw, error: null.raw)
            kill(killed, SIGKILL)
            waitpid(killed, nil, 0)
            #expect(try box.ck(["exec", "cc", "touch", "/go"]).status == 0)
            for client in clients { waitpid(client, nil, 0) }
            let numbers = (1...20000).map(String.init).joined(separator: "\n") + "\n"
            for file in files {
                #expect(try Files.readText(file, limit: 1 << 20) == numbers)
                #expect(try Files.readText(file + ".err") == "e\n")
                #expect(try Files.readText(file + ".status") == "4\n")
            }
        }
    }

    @Test func aSlowOneSlowsTheContainerAndADeadOneDoesNot() throws {
        try Sandbox.with { box in
            let one = try Supervised(
                box, "cc", [], ["sh", "-c", "i=0; while true; do i=$((i+1)); echo $i 12345678901234567890; done"])
            // Nobody reads.
            let pipe = try Descriptor.pipe()
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let slow = try Command.spawn(
                box.ckArguments(["attach", "--no-stdin", "--sig-proxy=false", "cc"]), input: null.raw,
                output: pipe.writer.raw,
                error: null.raw)
            func last() throws -> Int {
                Int(try box.ck(["logs", "-n", "1", "cc"]).output.prefix { $0 != " " }) ?? -1
            }
            func stands() throws -> Bool {
                let before = try last()
                usleep(300_000)
                return try last() == before
            }
            #expect(try one.waits { try stands() })
            // Whatever clients do, the supervisor obeys.
            #expect(try box.ck(["exec", "cc", "true"]).status == 0)
            kill(slow, SIGKILL)
            waitpid(slow, nil, 0)
            #expect(try one.waits { try !stands() })
            // A stalled client does not keep a container that is to end.
            let other = try Command.spawn(
                box.ckArguments(["attach", "--no-stdin", "--sig-proxy=false", "cc"]), input: null.raw,
                output: pipe.writer.raw,
                error: null.raw)
            #expect(try one.waits { try stands() })
            #expect(try one.control("stop", "9", "0").lines == ["exited 137 0", "gone"])
            kill(other, SIGKILL)
            waitpid(other, nil, 0)
        }
    }

    @Test func inputOfSeveralIsMerged() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "cc", ["-i"], ["cat"])
            // It was started without anybody's input: the end of one client's is that client's alone.
            for word in ["one", "two", "three"] {
                let result = try box.ck(["attach", "cc"], input: "\(word)\n")
                #expect(result.status == 0, "\(result)")
            }
            #expect(try one.waits { try box.ck(["logs", "cc"]).output == "one\ntwo\nthree\n" })
            #expect(one.exit == nil)
        }
    }

    @Test func inputOfTheFirstEndsTheContainers() throws {
        try Sandbox.with { box in
            let bytes = String(repeating: "0123456789abcde\n", count: 40_000)
            let result = try box.ck(["run", "-i", "--rm", "--network", "none", "bb", "cat"], input: bytes)
            #expect(result.status == 0 && result.output == bytes)
            // Without -i there is none, and the keys to leave are bytes like all others.
            #expect(try box.shell("wc -c", [], input: "abc").output == "0\n")
            #expect(try box.shell("wc -c", ["-i"], input: "a\u{10}\u{11}b").output == "4\n")
        }
    }

    @Test func onlyWhatIsAskedForIsAttached() throws {
        try Sandbox.with { box in
            let out = try box.shell("echo out; echo err >&2", ["-a", "stdout"])
            #expect(out.output == "out\n" && out.errors.isEmpty, "\(out)")
            let errors = try box.shell("echo out; echo err >&2; exit 3", ["-a", "stderr"])
            #expect(errors.output.isEmpty && errors.errors == "err\n" && errors.status == 3, "\(errors)")
        }
    }

    /// As docker's client, which ends by writing to a pipe that nobody reads; the container goes on.
    @Test func whoeverIsReadByNobodyEnds() throws {
        try Sandbox.with { box in
            let command = "run --name cc --network none bb sh -c 'while true; do echo y; done'"
            let result = try box.inside(["sh", "-c", "\(ck(box)) \(command) | head -n 1"], timeout: 60)
            #expect(result.output == "y\n", "\(result)")
            #expect(try box.ck(["ps", "-q"]).lines.count == 1)
        }
    }

    @Test func whatCannotBeAttachedToIsSaid() throws {
        try Sandbox.with { box in
            #expect(try box.ck(["run", "--name", "cc", "--network", "none", "bb", "true"]).status == 0)
            let stopped = try box.ck(["attach", "cc"])
            #expect(
                stopped.status == 1 && stopped.errors.contains("cannot attach to a stopped container, start it first"),
                "\(stopped)")
            #expect(try box.ck(["attach", "nosuch"]).errors.contains("No such container: nosuch"))
            _ = try Supervised(box, "tt", ["-i", "-t"], ["sh"])
            let noTerminal = try box.ck(["attach", "tt"])
            #expect(noTerminal.status == 1 && noTerminal.errors.contains("the input device is not a TTY"))
            let keys = try box.ck(["run", "-d", "--detach-keys", "ctrl-p,nokey", "bb", "true"])
            #expect(keys.status == 125 && keys.errors.contains("nokey"), "\(keys)")
            // A container whose supervisor was killed goes on; there is nobody to attach to.
            let one = try Supervised(box, "alone", [], ["sleep", "100"])
            kill(pid_t(one.pids?.first ?? 0), SIGKILL)
            #expect(one.waits { one.supervisorIsGone })
            let alone = try box.ck(["attach", "--no-stdin", "alone"])
            #expect(alone.status == 1 && alone.errors.contains("supervisor"), "\(alone)")
            #expect(try box.ck(["ps", "-q"]).lines.count == 2)
        }
    }
}

import ContainerSystem
import Glibc
import Testing

/// `ck logs` and its flags, on what real containers write.
@Suite struct LogsTests {
    /// Runs a detached container and waits for its end.
    private func run(_ box: Sandbox, _ name: String, _ script: String, _ options: [String] = []) throws {
        let made = try box.ck(
            ["run", "-d", "--network", "none", "--name", name] + options + ["bb", "sh", "-c", script])
        try #require(made.status == 0, "\(made)")
        try #require(try box.ck(["logs", "-f", name]).status == 0)
    }

    private func file(_ box: Sandbox) throws -> String {
        let id = try #require(try Files.list(box.root + "/containers").first)
        return "\(box.root)/containers/\(id)/\(id)-json.log"
    }

    @Test func timesNumbersAndStreams() throws {
        try Sandbox.with { box in
            try run(box, "cc", "echo one; echo three; printf four")
            try run(box, "errors", "echo two >&2")
            let all = try box.ck(["logs", "-t", "cc"])
            let line = try #require(all.lines.first)
            #expect(line.utf8.count == 30 + " one".utf8.count && line.hasSuffix("Z one"), "\(all)")
            #expect(all.lines.count == 3 && all.errors.isEmpty, "\(all)")
            let errors = try box.ck(["logs", "-t", "errors"])
            #expect(errors.output.isEmpty && errors.errors.hasSuffix("Z two\n"), "\(errors)")
            #expect(try box.ck(["logs", "-n", "2", "cc"]).output == "three\nfour")
            #expect(try box.ck(["logs", "--details", "cc"]).output == " one\n three\n four")
            // The time of one entry is the edge of the next question.
            let time = String(line.prefix { $0 != " " })
            // What the supervisor read at once has the same time.
            let until = try box.ck(["logs", "--until", time, "cc"])
            #expect(
                until.lines.count == all.lines.filter { $0.hasPrefix(time) }.count && until.line(0) == "one", "\(until)"
            )
            #expect(try box.ck(["logs", "--since", time, "cc"]).output == "one\nthree\nfour")
            #expect(try box.ck(["logs", "--since", "1h", "cc"]).output == "one\nthree\nfour")
            #expect(try box.ck(["logs", "--until", "1h", "cc"]) == .init(status: 0, output: "", errors: ""))
            #expect(try box.ck(["logs", "--since=-1h", "cc"]).output.isEmpty)
            let wrong = try box.ck(["logs", "--since", "1x", "cc"])
            #expect(
                wrong.status == 1
                    && wrong.errors
                        == "ck: invalid value for \"since\": failed to parse value as time or duration: \"1x\"\n"
            )
            #expect(try box.ck(["container", "logs", "nosuch"]).errors == "ck: No such container: nosuch\n")
        }
    }

    @Test func aFollowerSeesLinesAsTheyComeAndEndsWithTheContainer() throws {
        try Sandbox.with { box in
            let fifo = box.folder + "/fifo"
            try #require(mkfifo(fifo, 0o600) == 0)
            let script = "echo first; read line < /fifo; echo $line; exit 3"
            try #require(
                try box.ck(
                    ["run", "-d", "--network", "none", "--name", "cc", "-v", "\(fifo):/fifo", "bb", "sh", "-c", script]
                ).status == 0)
            let seen = box.folder + "/seen"
            let output = try Descriptor.open(seen, O_WRONLY | O_CREAT, mode: 0o600)
            let follower = try Command.spawn(
                box.ckArguments(["logs", "-f", "cc"]), input: output.raw, output: output.raw, error: output.raw)
            try box.eventually("the first line") { try Files.readText(seen) == "first\n" }
            let pipe = try Descriptor.open(fifo, O_WRONLY)
            try pipe.writeAll(Array("second\n".utf8), name: fifo)
            #expect(try Command.wait(follower, timeout: 60, name: "ck logs -f") == 0)
            #expect(try Files.readText(seen) == "first\nsecond\n")
            // One that has ended is not waited for.
            #expect(try box.ck(["logs", "-f", "cc"]).output == "first\nsecond\n")
        }
    }

    @Test func driversAreReadAsTheyAreWritten() throws {
        try Sandbox.with { box in
            let script = "echo one; i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; printf end"
            try run(
                box, "local", script,
                ["--log-driver", "local", "--log-opt", "max-size=20k", "--log-opt", "max-file=50"])
            let all = try box.ck(["logs", "local"])
            #expect(all.lines == ["one"] + (0..<3000).map { "line \($0)" } + ["end"] && all.errors.isEmpty)
            #expect(try box.ck(["logs", "-n", "3", "local"]).lines == ["line 2998", "line 2999", "end"])
            #expect(try box.ck(["logs", "-t", "-n", "1", "local"]).line(0).utf8.count == 30 + " end".utf8.count)
            let none = try box.ck([
                "run", "--network", "none", "--log-driver", "none", "--name", "none", "bb", "echo", "x",
            ])
            #expect(none.output == "x\n", "\(none)")
            let refused = try box.ck(["logs", "none"])
            #expect(
                refused.status == 1 && refused.errors == "ck: configured logging driver does not support reading\n",
                "\(refused)")
        }
    }

    @Test func damageIsSkippedWithAWord() throws {
        try Sandbox.with { box in
            try run(box, "cc", "echo a; echo b")
            let path = try file(box)
            let lines = try Files.readText(path).split(separator: "\n")
            try Files.replace(
                path, with: Array("\(lines[0])\n\(lines[1].prefix(20))\n\u{1b}]52;c;x\u{7}\n\(lines[1])\n".utf8))
            let found = try box.ck(["logs", "cc"])
            #expect(
                found.output == "a\nb\n" && found.errors == "ck: lines of the log that are damaged and left out: 2\n")
        }
    }

    /// What a container writes goes out as it is, a terminal's language too; what is ours does not.
    @Test func bytesGoThroughAndNamesDoNot() throws {
        try Sandbox.with { box in
            try run(box, "cc", #"printf '\033]52;c;aGk=\007\033[2J\000\n'"#)
            #expect(try box.ck(["logs", "cc"]).output == "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\0\n")
            let missing = try Command.run(
                [
                    "script", "-qec", box.ckArguments(["logs"]).joined(separator: " ") + " \"$(printf 'x\\033[2J')\"",
                    "/dev/null",
                ])
            #expect(
                missing.output.contains("No such container: x") && !missing.output.contains("\u{1b}[2J"), "\(missing)")
        }
    }

    @Test func aReaderThatHasSeenEnoughEndsIt() throws {
        try Sandbox.with { box in
            try run(box, "cc", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done")
            let head = try box.inside(
                ["sh", "-c", box.ckProgram.joined(separator: " ") + " logs -f cc | head -n 2"], timeout: 60)
            #expect(head.output == "line 0\nline 1\n" && head.errors.isEmpty, "\(head)")
        }
    }
}

extension CommandResult: Equatable {
    static func == (left: CommandResult, right: CommandResult) -> Bool {
        left.status == right.status && left.output == right.output && left.errors == right.errors
    }
}

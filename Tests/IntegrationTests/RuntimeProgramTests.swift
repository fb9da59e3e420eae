import ContainerSystem
import Glibc
import Testing

/// Containers that runc makes, and the engine keeps as its own.
@Suite struct RuntimeProgramTests {
    @Test func aContainerOfAnotherRuntimeIsOneOfOurs() throws {
        try Sandbox.with { box in
            let made = try box.ck([
                "run", "-d", "--runtime", "runc", "--name", "one", "-m", "64m", "-e", "A=b", "bb", "sh", "-c",
                "echo out; echo err >&2; hostname; trap 'exit 5' TERM; while true; do sleep 0.1; done",
            ])
            #expect(made.status == 0, "\(made)")
            try box.eventually("three lines") { try box.ck(["logs", "one"]).output.split(separator: "\n").count == 2 }
            let logs = try box.ck(["logs", "one"])
            #expect(logs.output == "out\n\(made.output.prefix(12))\n" && logs.errors == "err\n", "\(logs)")
            let exec = try box.ck(["exec", "one", "sh", "-c", "echo $A; cat \(HostCgroups.memoryFile); ip -o addr"])
            #expect(exec.output.hasPrefix("b\n67108864\n") && exec.output.contains(" eth0 "), "\(exec)")
            #expect(try box.ck(["inspect", "-f", "{{.HostConfig.Runtime}}", "one"]).output == "runc\n")
            let paused = try box.ck(["pause", "one"])
            #expect(paused.status == 0, "\(paused)")
            #expect(try box.ck(["unpause", "one"]).status == 0)
            #expect(try box.ck(["stop", "one"]).status == 0)
            #expect(try box.ck(["inspect", "-f", "{{.State.ExitCode}}", "one"]).output == "5\n")
            #expect(try box.ck(["start", "one"]).status == 0)
            #expect(try box.ck(["rm", "-f", "one"]).status == 0)
            #expect(try Files.list(box.runRoot + "/containers").isEmpty)
            let id = String(made.line(0))
            #expect(HostCgroups.containers().filter { $0.contains(id) }.isEmpty)
        }
    }

    @Test func statusesStreamsAndNothingLeft() throws {
        try Sandbox.with { box in
            let runc = ["run", "--rm", "--network", "none", "--runtime", "/usr/sbin/runc"]
            let echoed = try box.ck(runc + ["-i", "bb", "sh", "-c", "cat; echo e >&2; exit 7"], input: "typed\n")
            #expect(echoed.status == 7 && echoed.output == "typed\n" && echoed.errors == "e\n", "\(echoed)")
            let missing = try box.ck(runc + ["bb", "/no/such"])
            #expect(missing.status == 127 && missing.errors.contains("runc: "), "\(missing)")
            let folder = try box.ck(runc + ["bb", "/tmp"])
            #expect(folder.status == 126, "\(folder)")
            #expect(try box.ck(["ps", "-aq"]).output.isEmpty)
            #expect(try Files.list(box.runRoot + "/containers").isEmpty)
            let unknown = try box.ck(["run", "--runtime", "nosuch", "bb", "true"])
            #expect(unknown.status == 125 && unknown.errors.contains("unknown or invalid runtime name: nosuch"))
            let mixed = try box.ck(["run", "--runtime", "runc", "--init", "bb", "true"])
            #expect(mixed.status == 125 && mixed.errors.contains("--init"), "\(mixed)")
        }
    }

    @Test func itHasATerminalAndIsStartedAgain() throws {
        try Sandbox.with { box in
            let command = box.ckArguments([
                "run", "--rm", "--network", "none", "--runtime", "runc", "-t", "bb", "sh", "-c", "\"tty; stty size\"",
            ])
            let result = try Command.run(["script", "-qec", command.joined(separator: " "), "/dev/null"])
            #expect(result.output.contains("/dev/pts/0"), "\(result)")
            try box.ck([
                "run", "-d", "--network", "none", "--runtime", "runc", "--restart", "on-failure:2", "--name", "again",
                "bb", "sh", "-c", "echo life; exit 3",
            ])
            try box.eventually("two restarts") {
                try box.ck(["inspect", "-f", "{{.State.Status}} {{.RestartCount}}", "again"]).output == "exited 2\n"
            }
            #expect(try box.ck(["logs", "again"]).output == "life\nlife\nlife\n")
        }
    }
}

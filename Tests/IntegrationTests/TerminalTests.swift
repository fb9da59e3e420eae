import ContainerSystem
import Glibc
import Testing

@Suite struct TerminalTests {
    /// Runs `ck` at a terminal of its own, which is typed into.
    private func type(_ box: Sandbox, _ script: String, _ arguments: [String]) throws -> CommandResult {
        try box.inside(
            ["python3", Fixture.path("terminal.py"), "33x101", script] + box.ckProgram + arguments)
    }

    @Test func sizeAndInputReachTheContainer() throws {
        try Sandbox.with { box in
            let script = """
                [["expect", "# "], ["type", "stty size\\n"], ["expect", "33 101"],
                 ["type", "sh -c 'trap \\"stty size; exit\\" WINCH; echo set; while true; do sleep 0.1; done'\\n"],
                 ["expect", "\\nset"], ["wait", 0.3], ["resize", 44, 122], ["expect", "44 122"], ["expect", "# "],
                 ["type", "tty; test -t 0 && test -t 1 && test -t 2 && echo all\\n"], ["expect", "/dev/pts/0"],
                 ["expect", "\\nall"], ["type", "exit 7\\n"]]
                """
            let result = try type(box, script, ["run", "--rm", "-it", "bb", "sh"])
            #expect(result.status == 7, "\(result)")
        }
    }

    @Test func controlCEndsTheProgramAndNotTheShell() throws {
        try Sandbox.with { box in
            // Control-D ends a shell that reads at its prompt; typed any sooner, the terminal makes a NUL of it.
            let script = """
                [["expect", "# "], ["type", "sh -c 'echo go; exec sleep 100'\\n"], ["expect", "\\ngo"],
                 ["type", "\\u0003"], ["expect", "# "], ["type", "echo still $((40+2))\\n"], ["expect", "still 42"],
                 ["expect", "# "], ["type", "\\u0004"]]
                """
            let result = try type(box, script, ["run", "--rm", "-it", "bb", "sh"])
            #expect(result.status != 99, "\(result)")
            #expect(try box.ck(["ps", "-a", "-q"]).output.isEmpty)
        }
    }

    @Test func execHasATerminalToo() throws {
        try Sandbox.with { box in
            let run = try box.ck(["run", "-d", "--name", "cc", "bb", "sleep", "100"])
            try #require(run.status == 0, "\(run)")
            let script = """
                [["expect", "# "], ["type", "stty size\\n"], ["expect", "33 101"], ["resize", 40, 90],
                 ["type", "sleep 0.3; stty size\\n"], ["expect", "40 90"], ["type", "exit 3\\n"]]
                """
            let result = try type(box, script, ["exec", "-it", "cc", "sh"])
            #expect(result.status == 3, "\(result)")
        }
    }

    @Test func theTerminalIsAsItWasAfterwards() throws {
        try Sandbox.with { box in
            let ck = "\(Sandbox.binFolder)/ck --root \(box.root) --run-root \(box.runRoot)"
            let script = """
                [["expect", "before"], ["expect", "after"]]
                """
            let result = try box.inside([
                "python3", Fixture.path("terminal.py"), "24x80", script, "sh", "-c",
                "stty -a; echo before; \(ck) run --rm -it bb true; echo after; stty -a",
            ])
            let parts = result.output.components(separatedBy: ["before", "after"])
            try #require(parts.count == 3, "\(result)")
            #expect(parts[0].filter { !$0.isWhitespace } == parts[2].filter { !$0.isWhitespace }, "\(result)")
        }
    }
}

extension String {
    fileprivate func components(separatedBy separators: [String]) -> [String] {
        separators.reduce([self]) { parts, separator in
            parts.flatMap { $0.split(separator: separator, omittingEmptySubsequences: false).map(String.init) }
        }
    }
}

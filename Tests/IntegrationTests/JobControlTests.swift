import ContainerSystem
import Glibc
import Testing

/// `ck` as a job of a shell, and what it leaves of the terminal, whatever ends it.
@Suite struct JobControlTests {
    private func shell(_ box: Sandbox, _ script: String, _ command: [String]) throws -> CommandResult {
        try box.inside(["python3", Fixture.path("terminal.py"), "24x80", script] + command)
    }

    private func ck(_ box: Sandbox) -> String { box.ckProgram.joined(separator: " ") }

    /// While it is stopped, what is typed is the shell's.
    @Test func itStopsAndGoesOn() throws {
        try Sandbox.with { box in
            let command =
                "\(ck(box)) run -i --rm --network none bb sh -c 'echo start; while read x; do echo got $x; done; echo done'"
            let script = """
                [["expect", "$ "], ["type", "\(command)\\n"], ["expect", "start\\r\\n"], ["type", "one\\n"],
                 ["expect", "got one"], ["type", "\\u001a"], ["expect", "$ "], ["type", "echo shell$((40+2))\\n"],
                 ["expect", "shell42"], ["expect", "$ "], ["type", "fg\\n"], ["expect", "run -i"], ["wait", 0.3],
                 ["type", "two\\n"], ["expect", "got two"], ["type", "\\u0004"], ["expect", "done"], ["expect", "$ "],
                 ["type", "exit 3\\n"]]
                """
            let result = try shell(box, script, ["env", "PS1=$ ", "bash", "--norc", "-i"])
            #expect(result.status == 3, "\(result)")
        }
    }

    @Test func inTheBackgroundItReadsNothing() throws {
        try Sandbox.with { box in
            let command = "\(ck(box)) run -i --rm --network none bb sh -c 'read x; echo got $x'"
            // Stopped, or where SIGTTIN is ignored without its input, until the shell lets it have the terminal.
            let script = """
                [["expect", "$ "], ["type", "\(command) &\\n"], ["expect", "$ "], ["type", "sleep 1\\n"], ["expect", "$ "],
                 ["type", "echo shell$((40+2))\\n"], ["expect", "shell42"], ["expect", "$ "], ["type", "fg\\n"],
                 ["expect", "run -i"], ["type", "mine\\n"], ["expect", "got mine"], ["expect", "$ "],
                 ["type", "exit 3\\n"]]
                """
            let result = try shell(box, script, ["env", "PS1=$ ", "bash", "--norc", "-i"])
            #expect(result.status == 3, "\(result)")
        }
    }

    /// - Parameter end: shell text that ends the ck whose pid is in `$pid`.
    private func expectRestored(_ box: Sandbox, _ name: String, _ options: [String], end: String) throws {
        let pidFile = "\(box.folder)/\(name).pid"
        let run = "run -it --name \(name) --network none \(options.joined(separator: " ")) bb sleep 100"
        let script = """
            before=$(stty -g)
            sh -c 'echo $$ > \(pidFile); exec \(ck(box)) \(run)' &
            wait_for() { n=0; until eval "$1"; do n=$((n+1)); [ $n -lt 400 ] || { echo never: $1; exit 1; }; sleep 0.05; done; }
            wait_for 'stty -a | grep -q -e -icanon'
            pid=$(cat \(pidFile)); sleep 0.2
            \(end)
            wait_for '[ "$(stty -g)" = "$before" ]'
            echo restored
            """
        // The shell has no jobs, so that ck is in the foreground though the shell goes on.
        let result = try shell(
            box, "[[\"expect\", \"restored\"]]", ["bash", "--norc", "-c", script.replacingBackground()])
        #expect(result.status == 0, "\(name) \(result)")
    }

    @Test func theTerminalIsRestoredAfterAnyEnd() throws {
        try Sandbox.with { box in
            try expectRestored(box, "term", ["--sig-proxy=false"], end: "kill -TERM $pid")
            try expectRestored(box, "hang", ["--sig-proxy=false"], end: "kill -HUP $pid")
            // It cannot do it itself: the supervisor does.
            try expectRestored(box, "killed", [], end: "kill -KILL $pid")
            try expectRestored(box, "ended", [], end: "\(ck(box)) exec ended kill -9 -1; \(ck(box)) rm -f ended")
        }
    }
}

extension String {
    /// A background job of a script has /dev/null for input: it is given the terminal again.
    fileprivate func replacingBackground() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasSuffix("' &") ? line.dropLast(1) + "< /dev/tty &" : line
        }.joined(separator: "\n")
    }
}

import ContainerSystem
import Glibc
import Testing

/// Terminals and descriptors: what a process is connected to.
@Suite struct OCITerminalTests {
    /// A socket that gets a terminal: what is said at it is known when it has hung up.
    private func console(_ oci: Bundles, _ body: (String) throws -> Void) throws -> String {
        let socket = oci.box.folder + "/console.sock"
        let output = try Descriptor.open(oci.box.folder + "/console", O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        let null = try Descriptor.open("/dev/null", O_RDWR)
        unlink(socket)
        let agent = try Command.spawn(
            ["python3", Fixture.path("console.py"), socket], input: null.raw, output: output.raw, error: output.raw)
        try eventually { access(socket, F_OK) == 0 }
        do { try body(socket) } catch {
            kill(agent, SIGKILL)
            waitpid(agent, nil, 0)
            throw error
        }
        #expect(try Command.wait(agent, timeout: 30, name: "console.py") == 0)
        return try Files.readText(oci.box.folder + "/console", limit: 1 << 20)
    }

    @Test func aTerminalGoesToTheConsoleSocket() throws {
        try Bundles.with { oci in
            let said = try console(oci) { socket in
                let script =
                    "stty size; tty; stat -c '%F %a' /dev/console; test -t 0 && test -t 2 && echo all; stat -c %u /dev/pts/0"
                try oci.container(
                    ["--console-socket", socket],
                    {
                        $0.process.terminal = true
                        $0.process.consoleSize = ["height": 33, "width": 101]
                        $0.process.user.uid = 1000
                        $0.process.args = ["sh", "-c", .string(script)]
                    }
                ) { container in
                    try container.start()
                    try eventually { try container.status == "stopped" }
                }
            }
            for line in ["/dev/ptmx", "33 101", "/dev/pts/0", "character special file", "all", "1000"] {
                #expect(said.contains(line), "\(said)")
            }
        }
    }

    @Test func aTerminalOfAProcessThatJoins() throws {
        try Bundles.with { oci in
            try oci.container { container in
                try container.start()
                let said = try console(oci) { socket in
                    let file = oci.box.folder + "/exec.pid"
                    let result = try oci.oci([
                        "exec", "--tty", "--detach", "--console-socket", socket, "--pid-file", file, container.id,
                        "sh", "-c", "tty; stty size; read line; echo got $line",
                    ])
                    #expect(result.status == 0, "\(result)")
                    #expect(Int32(try Files.readText(file, limit: 64)) != nil)
                }
                #expect(said.contains("/dev/pts/0") && said.contains("got typed"), "\(said)")
            }
        }
    }

    @Test func terminalsThatNobodyGets() throws {
        try Bundles.with { oci in
            try oci.refuse("console") { $0.process.terminal = true }
            try oci.refuse("/no/such.sock", arguments: ["--console-socket", "/no/such.sock"]) {
                $0.process.terminal = true
            }
        }
    }

    @Test func atATerminalItIsRelayed() throws {
        try Bundles.with { oci in
            let folder = try oci.bundle {
                $0.process.terminal = true
                $0.process.args = ["sh"]
            }
            let script = """
                [["expect", "# "], ["type", "stty size\\n"], ["expect", "33 101"], ["resize", 44, 122],
                 ["type", "sleep 0.3; stty size\\n"], ["expect", "44 122"], ["type", "tty\\n"], ["expect", "/dev/pts/0"],
                 ["type", "exit 7\\n"]]
                """
            let result = try oci.box.inside(
                [
                    "python3", Fixture.path("terminal.py"), "33x101", script, Sandbox.binFolder + "/ck", "oci",
                    "--root", oci.root,
                ]
                    + ["run", "--bundle", folder, oci.newID()])
            #expect(result.status == 7, "\(result)")
        }
    }

    @Test func descriptorsThatAreKept() throws {
        try Bundles.with { oci in
            try Files.replace(oci.box.folder + "/three", with: "third\n".utf8)
            try Files.replace(oci.box.folder + "/four", with: "fourth\n".utf8)
            let open = "exec 3<\(oci.box.folder)/three 4<\(oci.box.folder)/four; exec \"$@\""
            func run(_ flags: [String], _ script: String) throws -> CommandResult {
                let folder = try oci.bundle { $0.process.args = ["sh", "-c", .string(script)] }
                return try Command.run(
                    ["sh", "-c", open, "sh"] + oci.words(["run", "--bundle", folder] + flags + [oci.newID()]))
            }
            // Without a pipe, whose ends the shell has for a moment itself.
            let kept = try run(["--preserve-fds", "2"], "cat <&3; cat <&4; ls /proc/1/fd; true")
            #expect(kept.output == "third\nfourth\n0\n1\n2\n3\n4\n", "\(kept)")
            let none = try run([], "ls /proc/1/fd; true")
            #expect(none.output == "0\n1\n2\n", "\(none)")
            let missing = try oci.run(["--preserve-fds", "9"]) { $0.process.args = ["true"] }
            #expect(missing.status == 1 && missing.errors.contains("descriptor"), "\(missing)")
        }
    }

    @Test func inputComesThrough() throws {
        try Bundles.with { oci in
            let result = try oci.run(input: "one\ntwo\n") {
                $0.process.args = ["sh", "-c", "cat; echo err >&2; exit 3"]
            }
            #expect(result.status == 3 && result.output == "one\ntwo\n" && result.errors == "err\n", "\(result)")
            let killed = try oci.shell("kill -9 $$")
            #expect(killed.status == 137 || killed.status == 0, "\(killed)")
        }
    }

    @Test func keyringsOfTheSession() throws {
        try Bundles.with { oci in
            let question: KeyValuePairs = ["keyring": "grep -c \"_ses.\(oci.mark)\" /proc/keys"]
            let edit: Bundles.Edit = { $0.linux.maskedPaths = nil }
            // The kernel forgets keyrings when it comes to it.
            let none = try oci.look(question, ["--no-new-keyring"], edit)
            let new = try oci.look(question, [], edit)
            #expect(new["keyring"] == "1" && none["keyring"] == "0")
        }
    }

    @Test func theRootIsMovedWherePivotRootCannotBe() throws {
        try Bundles.with { oci in
            let seen = try oci.look(
                ["root": "ls / | head -1; ls -d /var 2>&1; mount | head -1 | cut -d' ' -f3"], ["--no-pivot"])
            #expect(
                seen["root"]?.hasPrefix("bin\n") == true && seen["root"]?.contains("/var: No such") == true, "\(seen)")
        }
    }
}

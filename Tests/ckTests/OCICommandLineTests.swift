import ContainerSystem
import OCISpec
import Testing

@testable import ck

@Suite struct OCICommandLineTests {
    /// Each flag of runc's is in our table by all its names, with a value where runc's has one; or it is refused with a
    /// reason.
    @Test func everyFlagOfRuncsIsThere() throws {
        var seen = 0
        for (command, flags) in RuncFlags.byCommand {
            if command.isEmpty {
                seen += check(flags, in: OCIGlobals.flags, "")
                continue
            }
            let ours = try #require(OCICommands.named(command), "there is no \(command)")
            if ours.isRefused {
                let words = flags.split(separator: " ").map { "--" + $0.split(separator: ",")[0] }
                let outcome = ckRuntime([command] + words + ["id"])
                #expect(outcome.error == "ck-runtime: \(command) is not supported: \(OCIRefusals.checkpoint)\n")
                #expect(outcome.status == 1)
                continue
            }
            seen += check(flags, in: ours.flags, command)
        }
        #expect(seen > 60)
        #expect(Set(RuncFlags.byCommand.map(\.command)) == Set(OCICommands.names + [""]))
    }

    private func check(_ flags: String, in table: [OCIFlag], _ command: String) -> Int {
        var seen = 0
        for word in flags.split(separator: " ") {
            let takesValue = word.last == "="
            let names = (takesValue ? word.dropLast() : word).split(separator: ",").map(String.init)
            if names[0] == "help" { continue }
            seen += 1
            let flag = table.first { $0.names == names }
            #expect(flag?.kind.takesValue == takesValue, "\(command) --\(names[0])")
            #expect(flag.map { !$0.help.isEmpty || $0.refusal != nil } == true, "\(command) --\(names[0])")
        }
        return seen
    }

    @Test func noNameIsThereTwice() throws {
        for flags in try [OCIGlobals.flags] + OCICommands.names.map({ try #require(OCICommands.named($0)).flags }) {
            let names = flags.flatMap(\.names)
            #expect(names.count == Set(names).count)
        }
    }

    /// As containerd's runc package, conmon and podman write them.
    @Test(arguments: [
        "create --bundle /b --pid-file /p --console-socket /s --no-pivot --no-new-keyring --preserve-fds 2 id",
        "create --bundle /b --pid-file /p id",
        "start id",
        "run --bundle /b --detach --pid-file /p -no-subreaper id",
        "exec --process /tmp/p.json --console-socket /s --detach --pid-file /p id",
        "exec --pid-file /p --process /p.json --detach --preserve-fds 1 id",
        "kill --all id 9", "kill id 15", "delete --force id", "state id", "list --format=json",
        "events --stats id", "events --interval=1s id", "ps --format json id", "ps --format table id -ef",
        "update --resources=- id", "update --resources /r.json id", "pause id", "resume id",
    ])
    func whatEnginesPassIsTaken(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let command = try #require(OCICommands.named(words[0]))
        let parsed = try ociWords(words[0], Array(words.dropFirst()))
        try command.check(count: parsed.operands.count, hint: "")
        #expect(words[0] == "list" || parsed.operands[0] == "id")
        let globals = [
            "--root", "/r", "--log", "/l", "--log-format=json", "--debug", "--systemd-cgroup", "--rootless=false",
        ]
        guard
            case .words(let all) = try OCIParser(flags: OCIGlobals.flags, stopsAtOperand: true, hint: "")
                .parse(globals[...] + words)
        else { throw NotACommand() }
        #expect(all.operands == words)
        #expect(all.text("log") == "/l")
    }

    @Test func counts() {
        func message(_ arguments: String...) -> String {
            let outcome = ckRuntime(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.out.isEmpty)
            return outcome.error
        }
        #expect(
            message("state")
                == "ck-runtime: \"state\" requires exactly 1 argument(s) (see 'ck-runtime state --help')\n")
        #expect(
            message("start", "a", "b")
                == "ck-runtime: \"start\" requires exactly 1 argument(s) (see 'ck-runtime start --help')\n")
        #expect(message("kill").contains("requires a minimum of 1 argument(s)"))
        #expect(message("kill", "a", "KILL", "c").contains("requires a maximum of 2 argument(s)"))
        #expect(message("exec").contains("requires a minimum of 1 argument(s)"))
        #expect(message("spec", "x").contains("requires exactly 0 argument(s)"))
    }

    @Test func theNameDecides() {
        let version = "ck-runtime version \(Tool.version)\nspec: 1.2.0\nplatform: \(Machine.platform)\n"
        for flag in ["--version", "-v", "-version"] { #expect(ckRuntime(flag) == Outcome(out: version)) }
        #expect(ck("oci", "--version") == Outcome(out: version))
        #expect(OCITool.isMeant(by: "ck-runtime"))
        #expect(OCITool.isMeant(by: "./x/ck-runtime"))
        #expect(!OCITool.isMeant(by: "/ck-runtime/ck"))
        #expect(!OCITool.isMeant(by: "not-ck-runtime"))
        #expect(ck("oci", "bogus").error == "ck oci: there is no command \"bogus\" (see 'ck oci --help')\n")
        #expect(ck("--root", "/x", "oci", "list").error == "ck: flags of 'ck oci' stand behind 'oci'\n")
        #expect(ck("--help").out.contains("\n  oci         "))
    }

    @Test func helpComesFromTheTables() throws {
        let help = ckRuntime("--help")
        #expect(help.status == 0)
        for name in OCICommands.names { #expect(help.out.contains("\n   \(name) ")) }
        for flag in OCIGlobals.flags { #expect(help.out.contains("\n   \(flag.title) ")) }
        for spelling in [[], ["help"], ["h"], ["-h"], ["-help"]] { #expect(ckRuntime(spelling) == help) }
        #expect(ck("oci") == ck("help", "oci"))
        for name in OCICommands.names {
            let help = ckRuntime(name, "--help")
            #expect(help.status == 0)
            for flag in try #require(OCICommands.named(name)).flags {
                #expect(help.out.contains("\n   \(flag.title) "))
            }
            #expect(ckRuntime(name, "-h") == help)
            #expect(ckRuntime("help", name) == help)
        }
        #expect(ckRuntime("help", "bogus").status == 1)
    }

    @Test(arguments: [
        (["--rootless", "maybe", "state", "x"], "invalid rootless: maybe: must be 'true', 'false' or 'auto'"),
        (["--rootless=true", "state", "x"], "--rootless true is not supported: a container has a control group"),
        (["--log-format", "yaml", "state", "x"], "invalid log-format: yaml"),
        (
            ["--cgroup-manager", "other", "state", "x"],
            "invalid cgroup-manager: other: must be 'cgroupfs' or 'systemd'"
        ),
        (
            ["--cgroup-manager=disabled", "state", "x"],
            "--cgroup-manager disabled is not supported: a container has a control group"
        ),
        (["--criu", "/criu", "state", "x"], "--criu is not supported: \(OCIRefusals.checkpoint)"),
        (["--bogus"], "flag provided but not defined: -bogus (see 'ck-runtime --help')"),
        (["events", "--interval", "0s", "x"], "duration interval must be greater than 0"),
        (["list", "-f", "yaml"], "invalid format option \"yaml\": must be table or json"),
        (["ps", "-f", "yaml", "x"], "invalid format option \"yaml\": must be table or json"),
        (["kill", "x", "NOSUCH"], "unknown signal \"NOSUCH\""),
        (["update", "x"], "there is nothing to update: give limits, or a file with --resources"),
        (["update", "-r", "-", "--memory", "1", "x"], "--resources names all limits: give no other flag with it"),
        (["update", "--memory", "1x", "x"], "invalid value for memory: invalid suffix: 'x'"),
        (["create", "--preserve-fds", "-1", "x"], "--preserve-fds -1: not a number of descriptors"),
        (["run", "--console-socket", "/s", "x"], "cannot use console socket if it will not detach or allocate tty"),
        (
            ["update", "--l3-cache-schema", "L3:0=f", "x"],
            "--l3-cache-schema is not supported: \(OCIRefusals.intelRdt)"
        ),
    ])
    func mistakesAreOneLine(_ arguments: [String], _ message: String) {
        #expect(ckRuntime(arguments) == Outcome(error: "ck-runtime: \(message)\n", status: 1))
    }

    @Test func signalsHaveNamesAndNumbers() throws {
        let signals: [(String, Int32)] = [
            ("TERM", 15), ("SIGKILL", 9), ("sigusr1", 10), ("9", 9), ("0", 0), ("RTMIN+3", 37),
        ]
        for (name, number) in signals { #expect(try OCICommands.signal(name) == number) }
        for name in ["", "SIG", "65", "-1", "FOO"] {
            #expect(throws: CommandFailure.self) { try OCICommands.signal(name) }
        }
    }
}

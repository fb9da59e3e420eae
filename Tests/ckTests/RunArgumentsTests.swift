import ContainerEngine
import Testing

@testable import ck

@Suite struct RunArgumentsTests {
    @Test func everyOptionArrives() throws {
        let run = try parse(
            Run.self, "--root", "/r", "run", "-d", "--rm", "--name", "n", "-e", "A=B=C", "-eD=", "--env=E", "-w/w",
            "-u",
            "1:2", "-h=host", "-v", "/a:/b:ro", "-m64m", "--cpus", ".5", "-c", "512", "--pids-limit=7", "--net", "none",
            "-it", "--entrypoint", "sh", "-l", "k=v", "--label", "k2", "--platform", "linux/arm64", "--pull=never",
            "--security-opt", "no-new-privileges", "--sig-proxy=false", "--run-root=/x", "busybox", "ls", "-l")
        var wanted = ContainerOptions(image: "busybox", command: ["ls", "-l"])
        wanted.name = "n"
        wanted.environment = ["A=B=C", "D=", "E"]
        wanted.workingDirectory = "/w"
        wanted.user = "1:2"
        wanted.hostname = "host"
        var details = VolumeBind.Details()
        details.mode = "ro"
        wanted.volumes = [VolumeBind(source: "/a", target: "/b", readOnly: true, details: details)]
        wanted.limits.memory = 64 << 20
        wanted.limits.nanoCPUs = 500_000_000
        wanted.limits.cpuShares = 512
        wanted.limits.pids = 7
        wanted.network = .none
        wanted.terminal = true
        wanted.stdinOpen = true
        wanted.entrypoint = ["sh"]
        wanted.labels = ["k": "v", "k2": ""]
        wanted.noNewPrivileges = true
        wanted.autoRemove = true
        var options = try run.arguments.options()
        options.terminalSize = nil
        #expect(options == wanted)
        #expect(run.arguments.process.detach)
        #expect(run.arguments.platform == "linux/arm64")
        #expect(run.arguments.words.last("pull") == "never")
        #expect(!run.arguments.words.isOn("sig-proxy", default: true))
    }

    @Test func whatFollowsTheImageIsTheContainers() throws {
        let run = try parse(Run.self, "run", "--rm", "busybox", "--name", "x", "--", "-it", "--help", "--nosuch")
        #expect(run.arguments.image == "busybox")
        #expect(run.arguments.command == ["--name", "x", "--", "-it", "--help", "--nosuch"])
        #expect(run.arguments.words.last("name") == nil)
        let afterTerminator = try parse(Run.self, "run", "--rm", "--", "busybox", "--", "-x")
        #expect(afterTerminator.arguments.command == ["--", "-x"])
        let exec = try parse(Exec.self, "exec", "-i", "c", "sh", "-c", "echo -n")
        #expect(exec.container == "c")
        #expect(exec.command == ["sh", "-c", "echo -n"])
        #expect(exec.process.interactive)
    }

    @Test func theLastWordOnAFlagCounts() throws {
        let run = try parse(
            Run.self, "run", "--rm", "--rm=false", "-d=true", "--name=a", "--name", "b", "--entrypoint", "", "x")
        #expect(!run.arguments.words.isOn("rm"))
        #expect(run.arguments.process.detach)
        #expect(run.arguments.words.last("name") == "b")
        #expect(try run.arguments.options().entrypoint == [])
    }

    @Test func aValueMayLookLikeAnything() throws {
        let run = try parse(Run.self, "run", "-e", "--rm", "--name", "-d", "-l", "a=-b", "-w", "/ü", "x", "")
        #expect(run.arguments.words.all("env") == ["--rm"])
        #expect(run.arguments.words.last("name") == "-d")
        #expect(!run.arguments.words.isOn("rm"))
        #expect(run.arguments.command == [""])
    }

    @Test func zeroAndLessAreNoLimit() throws {
        let run = try parse(
            Run.self, "run", "-m", "0", "--cpus", "0", "--pids-limit", "-1", "--cpu-shares", "0", "x")
        var none = ContainerOptions.Limits()
        none.pids = -1
        #expect(try run.arguments.options().limits == none, "the default limit on processes is lifted")
    }

    @Test func optionsMayFollowOperandsElsewhere() throws {
        let remove = try parse(RemoveContainers.self, "container", "rm", "a", "-f", "b", "--root", "/r", "--", "-v")
        #expect(remove.containers == ["a", "b", "-v"])
        #expect(remove.force)
        #expect(!remove.volumes)
        #expect(try !parse(Commit.self, "commit", "-p=false", "c").pause)
        #expect(try parse(Commit.self, "commit", "c", "r").pause)
        #expect(try parse(Stop.self, "stop", "--time", "3", "c").options.timeout == "3")
    }

    @Test func rootsAreUnderstoodBeforeAndAfter() throws {
        guard
            case .command(let invocation) = try Request.parse(["--root=/a", "--run-root", "/b", "ps", "--root", "/c"])
        else { throw NotACommand() }
        #expect(invocation.globals == GlobalOptions(root: "/c", runRoot: "/b"))
    }

    @Test(arguments: [
        (["-m", "12x"], #"invalid argument "12x" for "-m, --memory" flag: invalid suffix: 'x'"#),
        (["--memory=x"], #"invalid argument "x" for "-m, --memory" flag: invalid size: 'x'"#),
        (["--cpus", "x"], #"invalid argument "x" for "--cpus" flag: not a number of CPUs, such as 0.5 or 2"#),
        (["--cpus", "-1"], #"invalid argument "-1" for "--cpus" flag: not a number of CPUs, such as 0.5 or 2"#),
        (["-c", "-1"], #"invalid argument "-1" for "-c, --cpu-shares" flag: it must not be negative"#),
        (["--pids-limit", "x"], #"invalid argument "x" for "--pids-limit" flag: not a whole number"#),
        (["-e", "=x"], #"invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x"#),
        (["-l", "=x"], #"invalid argument "=x" for "-l, --label" flag: invalid label '=x': empty name"#),
        (["--rm=x"], #"invalid argument "x" for "--rm" flag: neither true nor false"#),
        (["--nosuch"], "unknown flag: --nosuch"),
        (["-dZt"], "unknown shorthand flag: 'Z' in -Zt"),
        (["-m"], "invalid argument \"busybox\" for \"-m, --memory\" flag: invalid size: 'busybox'"),
    ])
    func badValuesAreNamed(_ flags: [String], _ message: String) {
        let operands = flags == ["-m"] ? ["busybox", "busybox"] : ["busybox"]
        let wanted = Outcome(error: "\(message)\nSee 'ck run --help'.\n", status: 125)
        #expect(ck(["run"] + flags + operands) == wanted)
    }
}

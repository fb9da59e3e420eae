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
        wanted.volumes = [VolumeBind(source: "/a", target: "/b", readOnly: true)]
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
        var options = try run.containerOptions()
        options.terminalSize = nil
        #expect(options == wanted)
        #expect(run.process.detach)
        #expect(run.container.platform == "linux/arm64")
        #expect(run.pull == "never")
        #expect(!run.sigProxy)
    }

    @Test func whatFollowsTheImageIsTheContainers() throws {
        let run = try parse(Run.self, "run", "--rm", "busybox", "--name", "x", "--", "-it", "--help", "--nosuch")
        #expect(run.image == "busybox")
        #expect(run.command == ["--name", "x", "--", "-it", "--help", "--nosuch"])
        #expect(run.container.name == nil)
        let afterTerminator = try parse(Run.self, "run", "--rm", "--", "busybox", "--", "-x")
        #expect(afterTerminator.command == ["--", "-x"])
        let exec = try parse(Exec.self, "exec", "-i", "c", "sh", "-c", "echo -n")
        #expect(exec.container == "c")
        #expect(exec.command == ["sh", "-c", "echo -n"])
        #expect(exec.process.interactive)
    }

    @Test func theLastWordOnAFlagCounts() throws {
        let run = try parse(
            Run.self, "run", "--rm", "--rm=false", "-d=true", "--name=a", "--name", "b", "--entrypoint", "", "x")
        #expect(!run.container.rm)
        #expect(run.process.detach)
        #expect(run.container.name == "b")
        #expect(try run.containerOptions().entrypoint == [])
    }

    @Test func aValueMayLookLikeAnything() throws {
        let run = try parse(Run.self, "run", "-e", "--rm", "--name", "-d", "-l", "a=-b", "-w", "/ü", "x", "")
        #expect(run.process.env == ["--rm"])
        #expect(run.container.name == "-d")
        #expect(!run.container.rm)
        #expect(run.command == [""])
    }

    @Test func zeroAndLessAreNoLimit() throws {
        let run = try parse(
            Run.self, "run", "-m", "0", "--cpus", "0", "--pids-limit", "-1", "--cpu-shares", "0", "x")
        #expect(try run.containerOptions().limits == .init())
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
        (["-l", "=x"], #"invalid argument "=x" for "-l, --label" flag: invalid label: empty name"#),
        (["-w", "x"], #"invalid argument "x" for "-w, --workdir" flag: it needs to be an absolute path"#),
        (["--rm=x"], #"invalid argument "x" for "--rm" flag: neither true nor false"#),
        (["--nosuch"], "unknown flag: --nosuch"),
        (["-dZt"], "unknown shorthand flag: 'Z' in -Zt"),
        (["--pull", "x"], #"ck: invalid pull option: 'x': must be one of "always", "missing" or "never""#),
        (["-m"], "invalid argument \"busybox\" for \"-m, --memory\" flag: invalid size: 'busybox'"),
    ])
    func badValuesAreNamed(_ flags: [String], _ message: String) {
        let operands = flags == ["-m"] ? ["busybox", "busybox"] : ["busybox"]
        let wanted = Outcome(error: "\(message)\nSee 'ck run --help'.\n", status: 125)
        #expect(ck(["run"] + flags + operands) == wanted)
    }

    @Test func refusalsThatAreNotFlags() {
        func refusal(_ arguments: String...) -> String {
            let outcome = ck(["run"] + arguments + ["busybox"])
            #expect(outcome.status == 125)
            return outcome.error
        }
        #expect(
            refusal("--network", "mine") == "ck: --network mine is not supported yet (it can be none, host or bridge)\n"
        )
        #expect(refusal("--security-opt", "seccomp=x") == "ck: --security-opt seccomp=x is not supported yet\n")
        #expect(refusal("-v", "/a:/b:z") == "ck: -v with the mode z is not supported yet\n")
        #expect(
            refusal("-v", "data:/b")
                == "ck: -v data:/b: the named volume data is not supported yet (name a folder of the host by its absolute path)\n"
        )
    }
}

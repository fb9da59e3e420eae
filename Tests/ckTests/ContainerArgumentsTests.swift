import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import Testing

@testable import ck

/// The values of `run`'s and `create`'s flags: what they become, and what is said of bad ones, in docker's words.
@Suite struct ContainerArgumentsTests {
    private func options(_ flags: String...) throws -> ContainerOptions {
        guard case .command(let invocation) = try Request.parse(["create"] + flags + ["bb"]),
            let create = invocation.command as? Create
        else { throw NotACommand() }
        return try create.arguments.options()
    }

    /// The first line of what a command line is told.
    private static func message(_ flags: [String]) -> String {
        let outcome = ck(["run"] + flags + ["bb"])
        #expect(outcome.status == 125 || outcome.status == 1, "\(outcome)")
        return String(outcome.error.split(separator: "\n").first ?? "")
    }

    @Test func processes() throws {
        let made = try options(
            "--attach", "STDIN", "-a", "stdout", "--group-add", "wheel", "--group-add=5", "--init", "--ulimit",
            "nofile=10:20", "--ulimit", "core=-1", "--oom-score-adj", "-5", "-w", "/w")
        #expect(made.attach == ["stdin", "stdout"] && made.stdinOpen)
        #expect(made.groups == ["wheel", "5"] && made.usesInit && made.oomScoreAdjustment == -5)
        #expect(
            made.ulimits == [.init(name: "nofile", soft: 10, hard: 20), .init(name: "core", soft: -1, hard: -1)])
        #expect(made.workingDirectory == "/w")
        let run = try parse(Run.self, "run", "--detach-keys", "ctrl-a,q", "bb")
        #expect(try run.arguments.options().detachKeys == "ctrl-a,q")
    }

    @Test func lives() throws {
        let made = try options(
            "--restart", "on-failure:3", "--stop-signal", "USR1", "--stop-timeout", "-1", "--log-driver", "local",
            "--log-opt", "max-size=5m", "--read-only", "--isolation", "default", "--annotation", "a=b", "--annotation",
            "c")
        #expect(made.restart == .onFailure(maximum: 3) && made.stopSignal == "USR1" && made.stopTimeout == -1)
        #expect(made.logging == LogConfiguration(driver: .local, options: ["max-size": "5m"]))
        #expect(made.readOnlyRoot && made.annotations == ["a": "b", "c": ""])
        #expect(try options("--log-opt", "max-file=2").logging?.driver == .jsonFile)
        #expect(try options("--restart", "no").restart == .no)
        #expect(try options("--restart", "unless-stopped").restart == .unlessStopped)
    }

    @Test func health() throws {
        let made = try options(
            "--health-cmd", "curl x", "--health-interval", "1m30s", "--health-timeout=1.5s", "--health-retries", "5",
            "--health-start-period", "10ms", "--health-start-interval", "1h")
        var wanted = HealthCheck(test: ["CMD-SHELL", "curl x"])
        wanted.interval = 90_000_000_000
        wanted.timeout = 1_500_000_000
        wanted.retries = 5
        wanted.startPeriod = 10_000_000
        wanted.startInterval = 3_600_000_000_000
        #expect(made.health == wanted)
        #expect(try options().health == nil)
        #expect(try options("--no-healthcheck").health?.test == ["NONE"])
    }

    @Test func limits() throws {
        let made = try options(
            "--memory-reservation", "8m", "-m", "16m", "--memory-swap", "-1", "--memory-swappiness", "7",
            "--oom-kill-disable", "--cpu-period", "5000", "--cpu-quota", "2000", "--cpu-rt-period", "9",
            "--cpu-rt-runtime", "8", "--cpuset-cpus", "0", "--cpuset-mems", "0", "--blkio-weight", "100",
            "--blkio-weight-device", "/dev/a:50", "--device-read-bps", "/dev/a:1mb", "--device-write-iops", "/dev/b:7"
        ).limits
        #expect(made.memory == 16 << 20 && made.memoryReservation == 8 << 20 && made.memorySwap == -1)
        #expect(made.memorySwappiness == 7 && made.oomKillDisable == true)
        #expect(made.cpuPeriod == 5000 && made.cpuQuota == 2000)
        #expect(made.cpuRealtimePeriod == 9 && made.cpuRealtimeRuntime == 8)
        #expect(made.cpusetCPUs == "0" && made.cpusetMemories == "0" && made.blockIOWeight == 100)
        #expect(made.blockIOWeightDevices == [.init(path: "/dev/a", rate: 50)])
        #expect(made.readBytes == [.init(path: "/dev/a", rate: 1 << 20)])
        #expect(made.writeOperations == [.init(path: "/dev/b", rate: 7)])
        #expect(made.writeBytes == nil && made.readOperations == nil)
        #expect(try options("--memory-swappiness", "-1").limits == .init())
    }

    @Test func rights() throws {
        let made = try options(
            "--cap-add", "NET_ADMIN", "--cap-drop=all", "--privileged", "--device", "/dev/fuse", "--device",
            "/dev/a:/dev/b:r", "--device", "/dev/c:rw", "--device-cgroup-rule", "c 7:* rwm", "--sysctl",
            "net.ipv4.ip_forward=1", "--shm-size", "1m", "--security-opt", "no-new-privileges", "--security-opt",
            "seccomp=unconfined", "--security-opt", "apparmor:p", "--security-opt", "label=disable", "--security-opt",
            "systempaths=unconfined", "--security-opt", "writable-cgroups=true")
        #expect(made.security.isPrivileged && made.noNewPrivileges && made.shmSize == 1 << 20)
        #expect(made.security.addedCapabilities == ["NET_ADMIN"] && made.security.droppedCapabilities == ["all"])
        #expect(
            made.devices.mappings == [
                .init(hostPath: "/dev/fuse", path: "/dev/fuse"),
                .init(hostPath: "/dev/a", path: "/dev/b", access: "r"),
                .init(hostPath: "/dev/c", path: "/dev/c", access: "rw"),
            ])
        #expect(made.devices.rules == ["c 7:* rwm"] && made.sysctls == ["net.ipv4.ip_forward": "1"])
        #expect(made.security.seccomp == "unconfined" && made.security.appArmor == "p")
        #expect(made.security.labels == ["disable"] && made.security.unconfinedSystemPaths)
        #expect(made.security.writableCgroups == true)
        #expect(try options("--security-opt", "no-new-privileges:false").noNewPrivileges == false)
        #expect(try options("--security-opt", "seccomp=builtin").security == .init())
    }

    @Test func places() throws {
        let made = try options(
            "--pid", "host", "--ipc", "container:x", "--uts", "host", "--userns", "host", "--cgroupns", "private",
            "--cgroup-parent", "/p", "--domainname", "d", "--dns", "1.2.3.4", "--dns-search", "a.b", "--dns-opt",
            "ndots:2", "--add-host", "h:1.2.3.4", "--add-host", "i=[::1]", "--add-host", "j:host-gateway", "--expose",
            "80-81/udp", "--expose", "90")
        #expect(made.namespaces.pid == "host" && made.namespaces.ipc == "container:x")
        #expect(made.namespaces.uts == "host" && made.namespaces.user == "host" && made.namespaces.cgroup == "private")
        #expect(made.cgroupParent == "/p" && made.domainname == "d")
        #expect(made.names.servers == ["1.2.3.4"] && made.names.search == ["a.b"] && made.names.options == ["ndots:2"])
        #expect(made.names.hosts == ["h:1.2.3.4", "i:::1", "j:host-gateway"])
        #expect(made.exposedPorts == ["80/udp", "81/udp", "90/tcp"])
    }

    static let messages: [([String], String)] = [
        (
            ["-a", "foo"],
            #"invalid argument "foo" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR"#
        ),
        (["-a", "stdout", "-d"], "ck: conflicting options: cannot specify both --attach and --detach"),
        (["-w", "rel"], "ck: the working directory 'rel' is invalid, it needs to be an absolute path"),
        (["--restart", "on-failure:x"], "ck: invalid restart policy format: maximum retry count must be an integer"),
        (["--restart", "on-failure:-1"], "ck: invalid restart policy: maximum retry count cannot be negative"),
        (
            ["--restart", "always:3"],
            "ck: invalid restart policy: maximum retry count cannot be used with restart policy 'always'"
        ),
        (["--rm", "--restart", "always"], "ck: conflicting options: cannot specify both --restart and --rm"),
        (
            ["--health-interval", "x"],
            #"invalid argument "x" for "--health-interval" flag: time: invalid duration "x""#
        ),
        (
            ["--health-interval", "5"],
            #"invalid argument "5" for "--health-interval" flag: time: missing unit in duration "5""#
        ),
        (["--health-timeout", "-1s"], "ck: --health-timeout cannot be negative"),
        (["--health-retries", "-1"], "ck: --health-retries cannot be negative"),
        (["--no-healthcheck", "--health-cmd", "x"], "ck: --no-healthcheck conflicts with --health-* options"),
        (
            ["--device-cgroup-rule", "c 1:3 rwx"],
            #"invalid argument "c 1:3 rwx" for "--device-cgroup-rule" flag: invalid device cgroup format 'c 1:3 rwx'"#
        ),
        (["--device", "/dev/null:/x:z"], "ck: bad mode specified: z"),
        (["--device", "a:b:c:d"], "ck: bad format for path: a:b:c:d"),
        (["--device", "foo"], "ck: foo is not an absolute path"),
        (["--security-opt", "foo"], #"ck: invalid --security-opt: "foo""#),
        (["--security-opt", "foo:bar"], #"ck: invalid --security-opt 2: "foo:bar""#),
        (["--security-opt", "systempaths=foo"], #"ck: invalid --security-opt 2: "systempaths=foo""#),
        (["--sysctl", "foo=1"], #"invalid argument "foo=1" for "--sysctl" flag: sysctl 'foo=1' is not allowed"#),
        (
            ["--sysctl", "kernel.panic=1"],
            ##"invalid argument "kernel.panic=1" for "--sysctl" flag: sysctl 'kernel.panic=1' is not allowed"##
        ),
        (["--ulimit", "foo"], #"invalid argument "foo" for "--ulimit" flag: invalid ulimit argument: foo"#),
        (["--ulimit", "foo=3"], #"invalid argument "foo=3" for "--ulimit" flag: invalid ulimit type: foo"#),
        (
            ["--ulimit", "nofile=5:3"],
            #"invalid argument "nofile=5:3" for "--ulimit" flag: ulimit soft limit must be less than or equal to hard limit: 5 > 3"#
        ),
        (["--memory-swappiness", "200"], "ck: invalid value: 200. Valid memory swappiness range is 0-100"),
        (
            ["--blkio-weight-device", "x:50"],
            #"invalid argument "x:50" for "--blkio-weight-device" flag: bad format for device path: x:50"#
        ),
        (
            ["--blkio-weight-device", "/dev/x:5"],
            #"invalid argument "/dev/x:5" for "--blkio-weight-device" flag: invalid weight for device: /dev/x:5"#
        ),
        (["--pid", "foo"], "ck: --pid: invalid PID mode"), (["--pid", "container:"], "ck: --pid: invalid PID mode"),
        (["--uts", "foo"], "ck: --uts: invalid UTS mode"), (["--userns", "foo"], "ck: --userns: invalid USER mode"),
        (["--cgroupns", "foo"], "ck: --cgroupns: invalid CGROUP mode"),
        (["--uts", "host", "-h", "x"], "ck: conflicting options: hostname and the UTS mode"),
        (["--network", ""], "ck: no name set for network"),
        (["--add-host", "foo"], #"invalid argument "foo" for "--add-host" flag: bad format for add-host: "foo""#),
        (
            ["--add-host", "foo:bar"],
            #"invalid argument "foo:bar" for "--add-host" flag: invalid IP address in add-host: "bar""#
        ),
        (["--dns", "foo"], #"invalid argument "foo" for "--dns" flag: IP address is not correctly formatted: foo"#),
        (["--dns-search", "a b"], #"invalid argument "a b" for "--dns-search" flag: a b is not a valid domain"#),
        (["--expose", "80:90"], "ck: invalid port format for --expose: 80:90"),
        (
            ["--expose", "80-70"],
            "ck: invalid range format for --expose: 80-70, error: invalid range specified for port: 80-70"
        ),
        (["--log-driver", "none", "--log-opt", "a=b"], "ck: invalid logging opts for driver none"),
        (["--isolation", "hyperv"], #"ck: invalid isolation: "hyperv" - linux only supports 'default'"#),
        (["--label-file", "/nope"], "ck: open /nope: no such file or directory"),
        (["--pull", "x"], #"ck: invalid pull option: 'x': must be one of "always", "missing" or "never""#),
        (
            ["--detach-keys", "foo"],
            "ck: invalid detach keys (foo) provided: unknown character: 'foo'"
                + " (a letter, or ctrl- and a letter; several with commas between)"
        ),
    ]

    @Test(arguments: messages) func aBadValueIsToldInDockersWords(_ flags: [String], _ wanted: String) {
        #expect(Self.message(flags) == wanted)
    }
}

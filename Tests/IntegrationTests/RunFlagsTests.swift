import ContainerSystem
import Glibc
import Testing

/// The flags of `run` as a container sees them, several in one container each time.
@Suite struct RunFlagsTests {
    @Test func processesAreAsAskedFor() throws {
        try Sandbox.with { box in
            let variables = box.folder + "/env"
            try Files.replace(variables, with: Array("# a comment\nFROM_FILE=yes\nBOTH=file\n".utf8))
            let result = try box.shell(
                """
                echo $FROM_FILE $BOTH; id -G; pwd; hostname; cat /proc/sys/kernel/domainname
                grep 'open files' /proc/self/limits | tr -s ' '; cat /proc/self/oom_score_adj
                cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward
                touch /x 2>&1; touch /t/y && ls /t; grep -c ' /t tmpfs rw,nosuid,nodev,noexec' /proc/mounts
                grep -c ' /dev/shm .*size=2048k' /proc/mounts
                """,
                [
                    "--env-file", variables, "-e", "BOTH=flag", "-u", "user", "--group-add", "wheel", "--group-add",
                    "55", "-w", "/made", "-h", "box", "--domainname", "example.org", "--ulimit", "nofile=100:200",
                    "--oom-score-adj", "77", "--sysctl", "kernel.msgmax=4096", "--sysctl", "net.ipv4.ip_forward=1",
                    "--read-only", "--tmpfs", "/t:size=1m", "--shm-size", "2m",
                ])
            #expect(
                result.lines == [
                    "yes flag", "1000 10 55 2000", "/made", "box", "example.org", "Max open files 100 200 files ", "77",
                    "4096", "1", "touch: /x: Read-only file system", "y", "1", "1",
                ], "\(result)")
        }
    }

    @Test func namesAreAsAskedFor() throws {
        try Sandbox.with { box in
            let result = try box.shell(
                "grep -c '^1.2.3.4.box2$' /etc/hosts; grep -c '^10.*gate$' /etc/hosts; cat /etc/resolv.conf",
                [
                    "--add-host", "box2:1.2.3.4", "--add-host", "gate=host-gateway", "--dns", "9.9.9.9", "--dns-search",
                    "a.example", "--dns-option", "ndots:3",
                ])
            #expect(
                result.lines.dropFirst(2)
                    == ["nameserver 9.9.9.9", "search a.example", "options ndots:3"], "\(result)")
            #expect(result.lines.first == "1", "\(result)")
            let none = try box.shell(
                "cat /etc/resolv.conf; grep box2 /etc/hosts",
                ["--network", "none", "--dns", "9.9.9.9", "--add-host", "box2:::1"])
            #expect(none.lines.contains("nameserver 9.9.9.9") && none.lines.contains("::1\tbox2"), "\(none)")
            // Without a bridge of its own it is the default network's, as under docker.
            let gateway = try box.ck(["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge"]).line(
                0)
            for network in ["none", "host"] {
                let gate = try box.shell(
                    "grep gate /etc/hosts", ["--network", network, "--add-host", "gate:host-gateway"])
                #expect(gate.output == "\(gateway)\tgate\n", "\(network): \(gate)")
            }
        }
    }

    @Test func limitsAreAsAskedFor() throws {
        try Sandbox.with { box in
            let v2 = HostCgroups.isUnified
            let files =
                v2
                ? "memory.low cpu.weight cpu.max cpuset.cpus cpuset.mems memory.swap.max pids.max"
                : "memory/memory.soft_limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us "
                    + "cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max"
            let result = try box.shell(
                "cd /sys/fs/cgroup; cat \(files)",
                [
                    "-m", "64m", "--memory-reservation", "16m", "--memory-swap", "64m", "-c", "512", "--cpu-quota",
                    "5000",
                    "--cpu-period", "20000", "--cpuset-cpus", "0", "--cpuset-mems", "0",
                ])
            #expect(
                result.lines
                    == (v2
                        ? ["16777216", "59", "5000 20000", "0", "0", "0", "4096"]
                        : ["16777216", "512", "5000", "20000", "0", "0", "4096"]),
                "\(result)")
            #expect(
                try box.shell("cat \(HostCgroups.pidsFile)", ["--pids-limit", "-1"]).output == "max\n",
                "the default limit on processes can be lifted")
            let conflict = try box.shell("true", ["--cpus", "1", "--cpu-quota", "5000"])
            #expect(conflict.errors == "ck: conflicting options: Nano CPUs and CPU Quota cannot both be set\n")
            #expect(
                try box.shell("true", ["--cpuset-cpus", "4000"]).errors.contains("requested CPUs are not available"))
            let swap = try box.shell("true", ["--memory-swap", "50m"])
            #expect(swap.errors.contains("you should always set the Memory limit when using Memoryswap limit"))
        }
    }

    @Test func disksAreLimited() throws {
        try Sandbox.with { box in
            let disks = try Files.list("/sys/block").sorted().map { "/dev/" + $0 }
            let disk = try #require(disks.first { access($0, F_OK) == 0 }, "a host without a disk")
            let file = HostCgroups.isUnified ? "io.max" : "blkio/blkio.throttle.read_bps_device"
            let limited = try box.shell("cat /sys/fs/cgroup/\(file)", ["--device-read-bps", "\(disk):1mb"])
            #expect(limited.output.contains("1048576"), "\(limited)")
            let missing = try box.shell("true", ["--device-write-iops", "/dev/no-such-disk:5"])
            #expect(missing.status == 125 && missing.errors.contains("/dev/no-such-disk"), "\(missing)")
            // Only one of the kernel's schedulers knows weights: either it is there, or the error says what is missing.
            let weight = try box.shell("true", ["--blkio-weight", "100"])
            #expect(weight.status == 0 || weight.errors.contains("bfq"), "\(weight)")
        }
    }

    @Test func filesOfTheToolAreWritten() throws {
        try Sandbox.with { box in
            let file = box.folder + "/cid"
            let run = try box.ck(["run", "-d", "--rm", "--network", "none", "--cidfile", file, "bb", "sleep", "100"])
            #expect(try Files.readText(file) + "\n" == run.output, "\(run)")
            let again = try box.ck(["run", "--rm", "--cidfile", file, "bb", "true"])
            #expect(
                again.status == 125
                    && again.errors
                        == "ck: container ID file found, make sure the other container isn't running or delete \(file)\n",
                "\(again)")
            let other = box.folder + "/other"
            #expect(try box.ck(["run", "--rm", "--pull", "never", "--cidfile", other, "nosuch", "true"]).status == 125)
            #expect(access(other, F_OK) != 0, "no container, no file")
            let created = try box.ck(["create", "--cidfile", other, "--name", "made", "bb", "true"])
            #expect(created.status == 0 && created.errors.isEmpty, "\(created)")
            #expect(try Files.readText(other) + "\n" == created.output)
            #expect(try box.ck(["ps", "-a", "--format", "{{.Names}} {{.Status}}"]).lines.contains("made Created"))
        }
    }

    @Test func streamsCanBeChosen() throws {
        try Sandbox.with { box in
            let script = "echo out; echo err >&2"
            let output = try box.shell(script, ["-a", "stdout"])
            #expect(output.output == "out\n" && output.errors.isEmpty, "\(output)")
            let errors = try box.shell(script, ["-a", "stderr"])
            #expect(errors.output.isEmpty && errors.errors == "err\n", "\(errors)")
        }
    }

    @Test func theHostsSettingsAreTakenOver() throws {
        try Sandbox.with { box in
            let file = box.folder + "/config.json"
            try Files.replace(file, with: Array(#"{"default-pids-limit":77,"log-driver":"none"}"#.utf8))
            box.environment = ["CK_CONFIG=\(file)"]
            let run = try box.ck(["run", "--name", "cc", "bb", "cat", HostCgroups.pidsFile])
            #expect(run.output == "77\n", "\(run)")
            #expect(try box.ck(["logs", "cc"]).output.isEmpty)
            try Files.replace(file, with: Array(#"{"pids":1}"#.utf8))
            let bad = try box.ck(["run", "--rm", "bb", "true"])
            #expect(bad.status == 125 && bad.errors.contains("there is no setting pids"), "\(bad)")
        }
    }
}

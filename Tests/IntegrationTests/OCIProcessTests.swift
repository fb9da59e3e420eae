import ContainerSystem
import Glibc
import Testing

/// `process` of config.json (config.md, "Process"), seen by the process itself.
@Suite struct OCIProcessTests {
    /// Whether whoever runs the tests may raise limits: machines are leased without.
    private static let mayRaise: Bool = {
        let lines = (try? Files.readText("/proc/self/status", limit: 1 << 16))?.split(separator: "\n") ?? []
        let effective = lines.first { $0.hasPrefix("CapEff:") }?.dropFirst(7).trimmed ?? "0"
        return (UInt64(effective, radix: 16) ?? 0) & 1 << 24 != 0
    }()

    @Test func argumentsEnvironmentAndFolder() throws {
        try Bundles.with { oci in
            let seen = try oci.look([
                "environment": "tr '\\0' '\\n' </proc/1/environ",
                "arguments": "tr '\\0' '|' </proc/1/cmdline | tail -c 10",
                "folder": "pwd; stat -c '%a %u' . ..", "streams": "ls /proc/1/fd | tr '\\n' ' '",
                "session": "cut -d' ' -f6 /proc/1/stat",
            ]) {
                $0.process.env = ["PATH=/bin", "ONE=1", "TWO=a b=c"]
                $0.process.cwd = "/made/of/this"
                $0.process.args.items += ["zero", "one", ""]
            }
            #expect(seen["environment"] == "PATH=/bin\nONE=1\nTWO=a b=c\nHOME=/root")
            #expect(seen["arguments"] == "zero|one||")
            #expect(seen["folder"] == "/made/of/this\n755 0\n755 0")
            #expect(seen["streams"] == "0 1 2")
            #expect(seen["session"] == "1")
        }
    }

    @Test func whoItRunsAs() throws {
        try Bundles.with { oci in
            let closed = oci.rootfs + "/closed"
            try Files.makeDirectory(closed, mode: 0o700)
            let seen = try oci.look([
                "id": "id -u; id -g; id -G", "umask": "umask; touch /tmp/new; stat -c '%a %u %g' /tmp/new",
                "home": "echo $HOME", "folder": "pwd", "status": "grep -E '^(Uid|Gid)' /proc/1/status",
            ]) {
                $0.process.user = ["uid": 1000, "gid": 2000, "umask": 0o27, "additionalGids": [10, 4711]]
                // Only root may enter it, and root did.
                $0.process.cwd = "/closed"
            }
            #expect(seen["id"] == "1000\n2000\n2000 10 4711")
            #expect(seen["umask"] == "0027\n640 1000 2000")
            #expect(seen["home"] == "/tmp")
            #expect(seen["folder"] == "/closed")
            #expect(seen["status"] == "Uid:\t1000\t1000\t1000\t1000\nGid:\t2000\t2000\t2000\t2000")
        }
    }

    @Test func capabilitiesOfAllFiveSets() throws {
        try Bundles.with { oci in
            let question = "grep ^Cap /proc/1/status | sed 's/:.0*/ /' | tr '\\n' ' '"
            let sets: JSON = [
                "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"],
                "permitted": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "effective": ["CAP_CHOWN", "CAP_KILL"],
                "inheritable": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "ambient": ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
            ]
            let user = try oci.look(["sets": question]) {
                $0.process.user.uid = 1000
                $0.process.capabilities = sets
            }
            #expect(user["sets"] == "CapInh 421 CapPrm 420 CapEff 420 CapBnd 2421 CapAmb 420")
            // The kernel gives root what is bounding as well, unless nothing may be gained.
            for (gainsNothing, gained) in [(false, "2421"), (true, "421")] {
                let root = try oci.look(["sets": question]) {
                    $0.process.noNewPrivileges = .bool(gainsNothing)
                    $0.process.capabilities = sets
                    $0.process.capabilities.ambient = nil
                }
                #expect(root["sets"] == "CapInh 421 CapPrm \(gained) CapEff \(gained) CapBnd 2421 CapAmb")
            }
            let none = try oci.look(["sets": question]) { $0.process.capabilities = nil }
            #expect(none["sets"] == "CapInh  CapPrm  CapEff  CapBnd  CapAmb")
        }
    }

    @Test func limitsOfEveryKind() throws {
        let limits: [(name: String, line: String, soft: Int64, hard: Int64)] = [
            ("CPU", "cpu time", 100, 200), ("FSIZE", "file size", 1 << 30, 1 << 31),
            ("DATA", "data size", 1 << 30, 1 << 31),
            ("STACK", "stack size", 1 << 20, 1 << 21), ("CORE", "core file size", 0, 4096),
            ("RSS", "resident set", 1 << 30, 1 << 31), ("NPROC", "processes", 1000, 1001),
            ("NOFILE", "open files", 50, 60),
            ("MEMLOCK", "locked memory", 4096, 8192), ("AS", "address space", 1 << 30, 1 << 31),
            ("LOCKS", "file locks", 100, 101), ("SIGPENDING", "pending signals", 100, 101),
            ("MSGQUEUE", "msgqueue size", 1000, 2000), ("NICE", "nice priority", 0, 0),
            ("RTPRIO", "realtime priority", 0, 0), ("RTTIME", "realtime timeout", 1000, 2000),
        ]
        try Bundles.with { oci in
            let seen = try oci.look(["limits": "cat /proc/1/limits"]) {
                $0.process.rlimits = .array(
                    limits.map {
                        ["type": .string("RLIMIT_" + $0.name), "soft": .number($0.soft), "hard": .number($0.hard)]
                    })
            }
            let lines = try #require(seen["limits"]).split(separator: "\n").dropFirst()
            #expect(lines.count == limits.count)
            for limit in limits {
                let line = lines.first { $0.hasPrefix("Max \(limit.line) ") } ?? ""
                let words = line.dropFirst(26).split(separator: " ")
                #expect(words.prefix(2) == ["\(limit.soft)", "\(limit.hard)"], "\(limit.name): \(line)")
            }
            // More than the kernel gives to anybody.
            try oci.refuse("limit nofile to 1024:1099511627776") {
                $0.process.rlimits = [["type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1_099_511_627_776]]
            }
        }
    }

    @Test func privilegesAndOutOfMemoryScore() throws {
        try Bundles.with { oci in
            for (value, expected) in [(JSON.bool(true), "1"), (.bool(false), "0"), (.null, "0")] {
                let seen = try oci.look([
                    "new": "grep NoNewPrivs /proc/1/status | cut -f2", "score": "cat /proc/1/oom_score_adj",
                ]) {
                    $0.process.noNewPrivileges = value
                    $0.process.oomScoreAdj = 543
                }
                #expect(seen == ["new": expected, "score": "543"])
            }
            let lower: Bundles.Edit = { $0.process.oomScoreAdj = -500 }
            if Self.mayRaise {
                #expect(try oci.look(["score": "cat /proc/1/oom_score_adj"], [], lower) == ["score": "-500"])
            } else {
                try oci.refuse("oom_score_adj", edit: lower)
            }
        }
    }

    @Test func schedulingAndPriorities() throws {
        try Bundles.with { oci in
            let policies: [(JSON, String)] = [
                (["policy": "SCHED_OTHER", "nice": 7], "7 0"), (["policy": "SCHED_BATCH", "nice": 3], "3 3"),
                (["policy": "SCHED_IDLE"], "0 5"),
                (["policy": "SCHED_OTHER", "nice": 5, "flags": ["SCHED_FLAG_RESET_ON_FORK"]], "5 0"),
            ]
            for (scheduler, expected) in policies {
                let seen = try oci.look(["policy": "cut -d' ' -f19,41 /proc/1/stat"]) {
                    $0.process.scheduler = scheduler
                }
                #expect(seen["policy"] == expected)
            }
            // A control group of version 1 has no realtime unless it was given some.
            let realtime = try oci.shell("cut -d' ' -f40,41 /proc/1/stat") {
                $0.process.scheduler = ["policy": "SCHED_FIFO", "priority": 9]
            }
            let isRefused = realtime.status == 1 && realtime.errors.contains("scheduler")
            #expect(isRefused || realtime.output == "9 1\n", "\(realtime)")

            let classes: [(JSON, String)] = [
                (["class": "IOPRIO_CLASS_BE", "priority": 6], "best-effort: prio 6"),
                (["class": "IOPRIO_CLASS_RT", "priority": 2], "realtime: prio 2"),
                (["class": "IOPRIO_CLASS_IDLE", "priority": 0], "idle"),
            ]
            for (priority, expected) in classes {
                let seen = try oci.look(["class": "ionice -p 1"]) { $0.process.ioPriority = priority }
                #expect(seen["class"] == expected)
            }
        }
    }

    @Test func processorsOfProcessesThatJoin() throws {
        try Bundles.with { oci in
            try oci.container([], { $0.process.execCPUAffinity = ["initial": "1", "final": "0"] }) { container in
                try container.start()
                let own = try container.proc("status").split(separator: "\n").first {
                    $0.hasPrefix("Cpus_allowed_list")
                }
                #expect(own?.hasSuffix("0") == false, "the first process is not bound: \(own ?? "")")
                let question = "grep Cpus_allowed_list /proc/self/status | cut -f2"
                #expect(try container.exec(question).output == "0\n")
                var process = oci.standard.process
                process.args = ["sh", "-c", .string(question)]
                process.execCPUAffinity = ["initial": "1"]
                let file = container.bundle + "/process.json"
                try Files.replace(file, with: process.text.utf8)
                #expect(try container.oci("exec", "--process", file).output == "1\n")
            }
        }
    }

    @Test func labelsThatTheHostDoesNotHave() throws {
        try Bundles.with { oci in
            // With AppArmor there is no profile of that name; without, there are no profiles.
            try oci.refuse("process.apparmorProfile") { $0.process.apparmorProfile = "not-a-profile" }
            if access("/sys/fs/selinux/enforce", F_OK) != 0 {
                try oci.refuse("process.selinuxLabel") { $0.process.selinuxLabel = "system_u:system_r:svirt_t:s0" }
                let ignored = try oci.shell("echo runs") { $0.linux.mountLabel = "system_u:object_r:svirt_file_t:s0" }
                #expect(ignored.output == "runs\n", "\(ignored)")
            }
        }
    }

    @Test func programsThatCannotRun() throws {
        try Bundles.with { oci in
            try Files.replace(oci.rootfs + "/bin/plain", with: "echo no\n".utf8, mode: 0o644)
            try Files.replace(oci.rootfs + "/bin/garbage", with: [1, 2, 3, 4], mode: 0o755)
            try Files.replace(oci.rootfs + "/bin/lost", with: "#!/no/such/shell\n".utf8, mode: 0o755)
            try oci.refuse("executable file not found in $PATH", "nothing") { $0.process.args = ["nothing"] }
            try oci.refuse("/bin/nothing", "no such file") { $0.process.args = ["/bin/nothing"] }
            try oci.refuse("permission denied", "plain") { $0.process.args = ["plain"] }
            try oci.refuse("/bin/plain", "permission denied") { $0.process.args = ["/bin/plain"] }
            try oci.refuse("/etc") { $0.process.args = ["/etc"] }
            for (program, words) in [("/bin/garbage", "exec format error"), ("/bin/lost", "no such file")] {
                try oci.container([], { $0.process.args = [.string(program)] }) { container in
                    let started = try container.oci("start")
                    #expect(started.status == 1 && started.errors.lowercased().contains(words), "\(started)")
                    #expect(started.errors.contains(program), "\(started)")
                    #expect(try container.status == "stopped")
                }
                let run = try oci.run { $0.process.args = [.string(program)] }
                #expect(run.status == 1 && run.errors.contains(program), "\(run)")
            }
        }
    }
}

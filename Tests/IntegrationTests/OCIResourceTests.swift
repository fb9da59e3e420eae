import ContainerSystem
import Glibc
import Testing

/// Devices, control groups and limits: what the host's files say, and what the container may do.
@Suite struct OCIResourceTests {
    @Test func devicesOfEveryKind() throws {
        try Bundles.with { oci in
            let standard = "null 1:3|zero 1:5|full 1:7|random 1:8|urandom 1:9|tty 5:0"
            let seen = try oci.look([
                "standard":
                    "cd /dev; for d in null zero full random urandom tty; do stat -c \"$d %t:%T %a %F\" $d; done",
                "links": "cd /dev; for l in ptmx fd stdin stdout stderr core; do echo $l $(readlink $l); done",
                "char": "stat -c '%F %t:%T %a %u %g' /dev/deep/char; echo x >/dev/deep/char && echo written",
                "block": "stat -c '%F %t:%T %a' /dev/block; cat /dev/block", "fifo": "stat -c '%F %a %u' /run/fifo",
                "forbidden": ": >/dev/forbidden", "allowed": ": >/dev/allowed && echo opened",
                "half": "cat </dev/null; : <>/dev/half",
                "own": "stat -c '%a %g' /dev/zero",
            ]) {
                $0.linux.devices = [
                    [
                        "path": "/dev/deep/char", "type": "c", "major": 1, "minor": 3, "fileMode": 0o622, "uid": 1,
                        "gid": 2,
                    ],
                    ["path": "/dev/block", "type": "b", "major": 7, "minor": 200, "fileMode": 0o600],
                    ["path": "/run/fifo", "type": "p", "fileMode": 0o644, "uid": 3],
                    ["path": "/dev/forbidden", "type": "c", "major": 10, "minor": 235],
                    ["path": "/dev/allowed", "type": "u", "major": 1, "minor": 11],
                    ["path": "/dev/half", "type": "c", "major": 1, "minor": 4],
                    ["path": "/dev/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "gid": 9],
                ]
                $0.linux.resources.devices.items.append([
                    "allow": true, "type": "c", "major": 1, "minor": 11, "access": "w",
                ])
                $0.linux.resources.devices.items.append([
                    "allow": true, "type": "c", "major": 1, "minor": 4, "access": "r",
                ])
            }
            for device in standard.split(separator: "|") where !device.hasPrefix("zero") {
                #expect(
                    seen["standard"]?.contains(device + " 666 character special file") == true,
                    "\(device): \(seen["standard"] ?? "")")
            }
            #expect(seen["own"] == "640 9")
            #expect(
                seen["links"]
                    == "ptmx pts/ptmx\nfd /proc/self/fd\nstdin /proc/self/fd/0\nstdout /proc/self/fd/1\nstderr /proc/self/fd/2\ncore /proc/kcore"
            )
            #expect(seen["char"] == "character special file 1:3 622 1 2\nwritten")
            #expect(
                seen["block"]?.hasPrefix("block special file 7:c8 600\n") == true
                    && seen["block"]?.contains("not permitted") == true)
            #expect(seen["fifo"] == "fifo 644 3" && seen["forbidden"]?.contains("not permitted") == true, "\(seen)")
            #expect(seen["allowed"] == "opened" && seen["half"]?.contains("not permitted") == true, "\(seen)")
        }
    }

    @Test func whereTheControlGroupLies() throws {
        try Bundles.with { oci in
            let paths: [(JSON, String)] = [
                (.string("/" + oci.mark + "-absolute"), "/\(oci.mark)-absolute"),
                (.string(oci.mark + "-relative/deep"), "/containerkit-oci/\(oci.mark)-relative/deep"),
            ]
            for (path, expected) in paths {
                try oci.container([], { $0.linux.cgroupsPath = path }) { container in
                    let groups = Set(
                        try container.proc("cgroup").split(separator: "\n").map {
                            $0.split(separator: ":").last.map(String.init) ?? ""
                        })
                    #expect(groups.contains(expected), "\(groups)")
                    #expect(!oci.cgroups.isEmpty)
                    #expect(try container.oci("delete", "--force").status == 0)
                    // The folder above it was made for it.
                    #expect(oci.cgroups.isEmpty, "\(oci.cgroups)")
                }
            }
            try oci.container { container in
                let own = try container.proc("cgroup")
                #expect(own.contains("/containerkit-oci-\(container.id)\n"), "\(own)")
            }
            for path: JSON in ["/", "../up", "a/../../b"] {
                try oci.refuse("linux.cgroupsPath") { $0.linux.cgroupsPath = path }
            }
        }
    }

    @Test func limitsInTheFilesOfTheHost() throws {
        try Bundles.with { oci in
            try oci.container(
                [],
                {
                    $0.linux.resources.memory = ["limit": 67_108_864, "reservation": 33_554_432]
                    $0.linux.resources.cpu = [
                        "shares": 512, "quota": 50000, "period": 100_000, "cpus": "0", "mems": "0",
                    ]
                    $0.linux.resources.pids = ["limit": 33]
                }
            ) { container in
                let old: [(String, String, String)] = [
                    ("memory", "memory.limit_in_bytes", "67108864"),
                    ("memory", "memory.soft_limit_in_bytes", "33554432"),
                    ("cpu", "cpu.shares", "512"), ("cpu", "cpu.cfs_quota_us", "50000"),
                    ("cpu", "cpu.cfs_period_us", "100000"),
                    ("cpuset", "cpuset.cpus", "0"), ("cpuset", "cpuset.mems", "0"), ("pids", "pids.max", "33"),
                ]
                let new: [(String, String, String)] = [
                    ("", "memory.max", "67108864"), ("", "memory.low", "33554432"), ("", "cpu.weight", "59"),
                    ("", "cpu.max", "50000 100000"),
                    ("", "cpuset.cpus", "0"), ("", "cpuset.mems", "0"), ("", "pids.max", "33"),
                ]
                for (controller, file, value) in HostCgroups.isUnified ? new : old {
                    #expect(try container.cgroup(controller, file) == value, "\(file)")
                }
                try container.start()
                #expect(try container.exec("grep Cpus_allowed_list /proc/self/status | cut -f2").output == "0\n")
                try change(container)
                try statistics(container)
            }
        }
    }

    private func change(_ container: BundleContainer) throws {
        let flags = ["--memory", "100m", "--pids-limit", "44", "--cpu-quota", "30000"]
        #expect(try container.bundles.oci(["update"] + flags + [container.id]).status == 0)
        let isNew = HostCgroups.isUnified
        #expect(try container.cgroup("memory", isNew ? "memory.max" : "memory.limit_in_bytes") == "104857600")
        #expect(try container.cgroup("pids", "pids.max") == "44")
        let document = #"{"pids":{"limit":55},"memory":{"limit":134217728}}"#
        #expect(try container.oci("update", "--resources", "-", input: document).status == 0)
        #expect(try container.cgroup("memory", isNew ? "memory.max" : "memory.limit_in_bytes") == "134217728")
        #expect(try container.cgroup("pids", "pids.max") == "55")
        // What was not mentioned stays.
        #expect(try container.cgroup("cpu", isNew ? "cpu.max" : "cpu.cfs_quota_us")?.hasPrefix("30000") == true)
        let wrong = try container.oci("update", "--resources", "-", input: #"{"pids":{"limit":"many"}}"#)
        #expect(wrong.status == 1 && wrong.errors.contains("pids.limit"), "\(wrong)")
        #expect(try container.cgroup("pids", "pids.max") == "55")
    }

    private func statistics(_ container: BundleContainer) throws {
        let event = try JSON(try container.oci("events", "--stats").output)
        #expect(event.type == "stats" && event.id == .string(container.id))
        #expect(event.data.memory.usage.limit == 134_217_728 && event.data.pids.limit == 55, "\(event.data.text)")
        #expect((event.data.pids.current.number ?? 0) >= 1)
    }

    @Test func limitsThatHold() throws {
        try Bundles.with { oci in
            let result = try oci.shell("for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo all") {
                $0.linux.resources.pids = ["limit": 4]
            }
            #expect(!result.output.contains("all") && result.errors.contains("fork"), "\(result)")
            let eater = try oci.shell("head -c 100000000 /dev/zero | tail -c 90000000 | wc -c; echo ended") {
                $0.linux.resources.memory = ["limit": 16_777_216, "swap": 16_777_216]
            }
            #expect(!eater.output.contains("90000000"), "\(eater)")
        }
    }

    @Test func hugePagesAndFilesOfVersion2() throws {
        try Bundles.with { oci in
            let top = HostCgroups.isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified"
            let controllers = (try? Files.readText(top + "/cgroup.controllers", limit: 4096)) ?? ""
            let huge: Bundles.Edit = { $0.linux.resources.hugepageLimits = [["pageSize": "2MB", "limit": 4_194_304]] }
            if controllers.contains("hugetlb") {
                try oci.container([], huge) { container in
                    let limit = try Files.readText("\(top)/containerkit-oci-\(container.id)/hugetlb.2MB.max", limit: 64)
                    #expect(limit == "4194304\n")
                }
                let unified: Bundles.Edit = { $0.linux.resources.unified = ["hugetlb.2MB.max": "2097152"] }
                try oci.container([], unified) { container in
                    let limit = try Files.readText("\(top)/containerkit-oci-\(container.id)/hugetlb.2MB.max", limit: 64)
                    #expect(limit == "2097152\n")
                }
            } else {
                try oci.refuse("linux.resources.hugepageLimits", edit: huge)
            }
            if HostCgroups.isUnified {
                try oci.container([], { $0.linux.resources.unified = ["memory.high": "50331648", "pids.max": "12"] }) {
                    container in
                    let values = [try container.cgroup("", "memory.high"), try container.cgroup("", "pids.max")]
                    #expect(values == ["50331648", "12"])
                }
            }
            try oci.refuse("linux.resources.unified") { $0.linux.resources.unified = ["nothing.like.this": "1"] }
            try oci.refuse("linux.resources.unified") { $0.linux.resources.unified = ["cgroup.procs": "1"] }
            try oci.refuse("linux.resources.unified") { $0.linux.resources.unified = ["../memory.max": "1"] }
            try oci.refuse("linux.resources.memory") {
                $0.linux.resources.memory = ["limit": 16_777_216, "swap": 1_048_576]
            }
            try oci.refuse("linux.resources.cpu") { $0.linux.resources.cpu = ["cpus": "4711"] }
        }
    }

    @Test func memoryThatRunsOutIsTold() throws {
        try Bundles.with { oci in
            let script =
                "read go </tmp/go; for i in 1 2; do head -c 100000000 /dev/zero | tail -c 90000000 | wc -c; done; sleep 100"
            mkfifo(oci.rootfs + "/tmp/go", 0o666)
            try oci.container(
                [],
                {
                    $0.process.args = ["sh", "-c", .string(script)]
                    $0.linux.resources.memory = ["limit": 16_777_216, "swap": 16_777_216]
                }
            ) { container in
                try container.start()
                let output = try Descriptor.open(oci.box.folder + "/events", O_RDWR | O_CREAT, mode: 0o600)
                let watcher = try Command.spawn(
                    oci.words(["events", "--interval", "100ms", container.id]), input: output.raw, output: output.raw,
                    error: output.raw)
                try eventually { try Files.readText(oci.box.folder + "/events", limit: 1 << 20).contains("stats") }
                try Files.replace(oci.rootfs + "/tmp/gone", with: [])
                let go = try Descriptor.open(oci.rootfs + "/tmp/go", O_WRONLY)
                try go.writeAll("go\n".utf8, name: "the pipe")
                try eventually {
                    try Files.readText(oci.box.folder + "/events", limit: 1 << 20).contains("\"type\":\"oom\"")
                }
                try container.stop()
                #expect(try Command.wait(watcher, timeout: 30, name: "events") == 0)
            }
        }
    }
}

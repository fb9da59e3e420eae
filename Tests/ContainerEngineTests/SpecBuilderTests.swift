import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import FoundationEssentials
import OCISpec
import Testing

@testable import ContainerEngine

/// From the document of a container to a runtime specification.
@Suite struct SpecBuilderTests {
    /// As the database keeps it: a container that was made by an earlier version is still to be read.
    private static let document = """
        {"imageName":"busybox","command":["sh","-c","true"],"imageCommand":["sh"],"imageEntrypoint":["e"],
        "environment":["A=1","PATH=/mine"],"workingDirectory":"/work","user":"u:g","hostname":"box",
        "volumes":[{"source":"/srv","target":"/data","readOnly":true},{"source":"/f","target":"/g","readOnly":false}],
        "labels":{"k":"v"},"limits":{"memory":67108864,"nanoCPUs":500000000,"cpuShares":512,"pids":99},
        "network":"bridge","noNewPrivileges":true,"terminal":true,"stdinOpen":true,"autoRemove":true,
        "stopSignal":"SIGINT"}
        """

    private func configuration(_ change: (inout ContainerConfiguration) -> Void = { _ in }) throws
        -> ContainerConfiguration
    {
        var configuration = try ContainerConfiguration(document: Array(Self.document.utf8))
        change(&configuration)
        return configuration
    }

    private func host(_ change: (inout SpecBuilder.Host) -> Void = { _ in }) -> SpecBuilder.Host {
        var host = SpecBuilder.Host(
            rootPath: "/merged", folder: "/state",
            identity: .init(user: .init(uid: 7, gid: 8, additionalGids: [8, 9]), home: "/home/u"),
            cgroupsPath: "containerkit-1", terminalSize: .init(height: 24, width: 80),
            deviceRules: [.init(allow: false, access: "rwm")])
        change(&host)
        return host
    }

    @Test func theDocumentIsReadAndWritten() throws {
        let read = try configuration()
        #expect(read.command == ["sh", "-c", "true"] && read.limits.pids == 99 && read.volumes[0].readOnly)
        #expect(read.stopSignal == "SIGINT" && read.imageEntrypoint == ["e"] && read.network == .bridge)
        #expect(try ContainerConfiguration(document: read.document) == read)
    }

    @Test func aWholeSpecification() throws {
        let capabilities = """
            ["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_SETGID","CAP_SETUID",
            "CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_NET_RAW","CAP_SYS_CHROOT","CAP_MKNOD","CAP_AUDIT_WRITE",
            "CAP_SETFCAP"]
            """
        let golden = """
            {"ociVersion": "1.2.0","hostname":"box","root":{"path":"/merged"},
            "process":{"args":["sh","-c","true"],"cwd":"/work","terminal":true,"noNewPrivileges":true,
              "env":["PATH=/mine","HOSTNAME=box","TERM=xterm","A=1","HOME=/home/u"],
              "consoleSize":{"height":24,"width":80},"user":{"uid":7,"gid":8,"additionalGids":[8,9]},
              "capabilities":{"bounding":\(capabilities),"effective":[],"inheritable":[],"permitted":[],"ambient":[]}},
            "mounts":[
              {"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec","nodev"]},
              {"destination":"/dev","type":"tmpfs","source":"tmpfs",
               "options":["nosuid","strictatime","mode=755","size=65536k"]},
              {"destination":"/dev/pts","type":"devpts","source":"devpts",
               "options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]},
              {"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]},
              {"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup",
               "options":["ro","nosuid","noexec","nodev"]},
              {"destination":"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]},
              {"destination":"/dev/shm","type":"tmpfs","source":"shm",
               "options":["nosuid","noexec","nodev","mode=1777","size=67108864"]},
              {"destination":"/etc/resolv.conf","type":"bind","source":"/state/resolv.conf",
               "options":["rbind","rprivate"]},
              {"destination":"/etc/hostname","type":"bind","source":"/state/hostname","options":["rbind","rprivate"]},
              {"destination":"/etc/hosts","type":"bind","source":"/state/hosts","options":["rbind","rprivate"]},
              {"destination":"/data","type":"bind","source":"/srv","options":["rbind","rprivate","rro"]},
              {"destination":"/g","type":"bind","source":"/f","options":["rbind","rprivate"]}],
            "linux":{"cgroupsPath":"containerkit-1",
              "namespaces":[{"type":"mount"},{"type":"pid"},{"type":"uts"},{"type":"ipc"},{"type":"cgroup"},
                {"type":"network"}],
              "sysctl":{"net.ipv4.ip_unprivileged_port_start":"0","net.ipv4.ping_group_range":"0 2147483647"},
              "resources":{"devices":[{"allow":false,"access":"rwm"}],
                "memory":{"limit":67108864,"swap":134217728},"cpu":{"shares":512,"quota":50000,"period":100000},
                "pids":{"limit":99}},
              "maskedPaths":["/proc/asound","/proc/acpi","/proc/interrupts","/proc/kcore","/proc/keys",
                "/proc/latency_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi",
                "/sys/firmware","/sys/devices/virtual/powercap"],
              "readonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]}}
            """
        let expected = try JSONDecoder().decode(RuntimeSpec.self, from: Data(golden.utf8))
        let made = try SpecBuilder.spec(try configuration(), host())
        #expect(made.process == expected.process)
        #expect(made.mounts == expected.mounts)
        #expect(made.linux == expected.linux)
        #expect(made == expected)
    }

    @Test func theHostsNetworkHasItsOwnSettings() throws {
        let shared = try SpecBuilder.spec(try configuration { $0.network = .host }, host())
        #expect(shared.linux.namespaces.map(\.type) == [.mount, .pid, .uts, .ipc, .cgroup])
        #expect(shared.linux.sysctl == nil, "they would be the host's")
        let own = try SpecBuilder.spec(try configuration { $0.network = .none }, host())
        #expect(try own == SpecBuilder.spec(try configuration(), host()))
    }

    @Test func limitsThatNobodyAskedForAreNone() throws {
        let resources = try SpecBuilder.spec(try configuration { $0.limits = .init() }, host()).linux.resources
        #expect(resources?.memory == nil && resources?.cpu == nil && resources?.pids == nil)
        func cpu(_ fill: (inout ContainerOptions.Limits) -> Void) throws -> RuntimeSpec.Resources.CPU? {
            let configuration = try configuration {
                $0.limits = .init()
                fill(&$0.limits)
            }
            return try SpecBuilder.spec(configuration, host()).linux.resources?.cpu
        }
        let shares = try cpu { $0.cpuShares = 2 }
        #expect(shares?.shares == 2 && shares?.quota == nil && shares?.period == nil)
        let billionths = try cpu { $0.nanoCPUs = 10_000_000 }
        #expect(billionths?.shares == nil && billionths?.quota == 1000 && billionths?.period == 100_000)
    }

    @Test func aMemoryLimitMayBeAnyNumber() throws {
        for (limit, swap) in [(6 << 20, 12 << 20), (1 << 62, .max), (.max, .max)] as [(Int64, Int64)] {
            let configuration = try configuration { $0.limits.memory = limit }
            let memory = try SpecBuilder.spec(configuration, host()).linux.resources?.memory
            #expect(memory?.limit == limit && memory?.swap == swap)
        }
    }

    @Test func onlyRootHasItsRightsAtOnce() throws {
        let root = try SpecBuilder.capabilities(nil, uid: 0)
        #expect(root.effective?.count == 14 && root.effective == root.permitted && root.effective == root.bounding)
        #expect(root.inheritable == [] && root.ambient == [])
        let user = try SpecBuilder.capabilities(nil, uid: 1)
        #expect(user.bounding == root.bounding && user.effective == [] && user.permitted == [])
    }

    @Test func theHomeIsTheAccountsUnlessSomebodySaysSo() throws {
        func environment(_ entries: [String], terminal: Bool = false) throws -> [String] {
            let configuration = try configuration {
                $0.environment = entries
                $0.terminal = terminal
            }
            return SpecBuilder.environment(configuration, home: "/h").filter { !$0.hasPrefix("PATH=") }
        }
        #expect(try environment([]) == ["HOSTNAME=box", "HOME=/h"])
        #expect(try environment(["HOME=/x", "HOMER=1"]) == ["HOSTNAME=box", "HOME=/x", "HOMER=1"])
        #expect(try environment(["HOMER=1"]) == ["HOSTNAME=box", "HOMER=1", "HOME=/h"])
        #expect(try environment(["TERM=vt100"], terminal: true) == ["HOSTNAME=box", "TERM=vt100", "HOME=/h"])
        #expect(try environment(["HOSTNAME"]) == ["HOME=/h"], "a bare name takes a default away")
    }

    /// The name of an account's home is the image's: what no environment can hold ends there, and not in a program.
    @Test func aHomeWithANulIsRefused() throws {
        let passwd = "u:x:7:8::/a\0LD_PRELOAD=/b:/bin/sh\n"
        let users = try UserLookup { path in path == "/etc/passwd" ? Array(passwd.utf8) : [] }
        let identity = try users.identity(of: "u")
        let spec = try SpecBuilder.spec(try configuration(), host { $0.identity = identity })
        #expect(code { _ = try LaunchPlanner.start(spec, in: LaunchContext()) } == .invalidArgument)
    }

    @Test func environmentsMergeByName() {
        #expect(SpecBuilder.merge(["A=1", "B=2"], ["B=3", "A", "C=4"]) == ["B=3", "C=4"])
        #expect(SpecBuilder.merge(["AB=1"], ["A=2"]) == ["AB=1", "A=2"])
        #expect(SpecBuilder.merge(["A=1"], ["A=2", "A=3"]) == ["A=3"])
        #expect(SpecBuilder.merge([], ["A", "B"]).isEmpty)
        // Whoever names a variable twice means the last one; the caller's goes before both.
        #expect(SpecBuilder.merge(["A=1", "B=2", "A=3"], []) == ["A=3", "B=2"])
        #expect(SpecBuilder.merge(["A=1", "B=2", "A=3"], ["A=4"]) == ["A=4", "B=2"])
        #expect(SpecBuilder.merge(["A=1", "A=3"], ["A"]).isEmpty)
    }
}

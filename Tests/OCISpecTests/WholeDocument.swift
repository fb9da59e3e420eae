import ContainerSystem

@testable import OCISpec

extension RuntimeSpecReadingTests {
    /// Every member that the specification has, each with a value of its own.
    static let whole = """
        {
          "ociVersion": "1.2.0",
          "process": {
            "terminal": true, "consoleSize": {"height": 25, "width": 80},
            "user": {"uid": 1, "gid": 2, "umask": 63, "additionalGids": [3, 4]},
            "args": ["sh", "-c", "true"], "env": ["A=b"], "cwd": "/root",
            "capabilities": {"bounding": ["CAP_CHOWN"], "effective": ["CAP_KILL"], "inheritable": ["CAP_BPF"],
              "permitted": ["CAP_LEASE"], "ambient": ["CAP_MKNOD"]},
            "rlimits": [{"type": "RLIMIT_CORE", "soft": 5, "hard": 6}],
            "noNewPrivileges": true, "oomScoreAdj": -7,
            "scheduler": {"policy": "SCHED_DEADLINE", "nice": -8, "priority": 0, "flags": ["SCHED_FLAG_RECLAIM"],
              "runtime": 10000, "deadline": 20000, "period": 30000},
            "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
            "execCPUAffinity": {"initial": "0-3,7", "final": "1"},
            "apparmorProfile": "armor", "selinuxLabel": "label"
          },
          "root": {"path": "rootfs", "readonly": true},
          "hostname": "host", "domainname": "domain",
          "mounts": [{"destination": "/data", "type": "none", "source": "/src", "options": ["rbind", "idmap"],
            "uidMappings": [{"containerID": 0, "hostID": 9, "size": 10}],
            "gidMappings": [{"containerID": 0, "hostID": 11, "size": 12}]}],
          "hooks": {
            "prestart": [{"path": "/1"}], "createRuntime": [{"path": "/2", "args": ["a"], "env": ["B=c"], "timeout": 13}],
            "createContainer": [{"path": "/3"}], "startContainer": [{"path": "/4"}],
            "poststart": [{"path": "/5"}], "poststop": [{"path": "/6"}]
          },
          "annotations": {"com.example.a": "b"},
          "linux": {
            "namespaces": [{"type": "mount"}, {"type": "pid", "path": "/proc/1/ns/pid"}, {"type": "network"},
              {"type": "uts"}, {"type": "ipc"}, {"type": "cgroup"}, {"type": "user"}, {"type": "time"}],
            "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 65536}],
            "gidMappings": [{"containerID": 0, "hostID": 2000, "size": 65536}],
            "timeOffsets": {"monotonic": {"secs": -14, "nanosecs": 15}, "boottime": {"secs": 16}},
            "devices": [{"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 438, "uid": 17, "gid": 18},
              {"type": "p", "path": "/dev/pipe"}],
            "cgroupsPath": "/a/b",
            "resources": {
              "memory": {"limit": 20000, "swap": 40000, "reservation": 19, "kernel": -1, "kernelTCP": 21, "swappiness": 22,
                "disableOOMKiller": true, "useHierarchy": true, "checkBeforeUpdate": true},
              "cpu": {"shares": 23, "quota": 24000, "period": 25000, "burst": 26, "realtimeRuntime": 27, "realtimePeriod": 28,
                "idle": 1, "cpus": "0-1", "mems": "0"},
              "pids": {"limit": 29},
              "devices": [{"allow": true, "type": "b", "major": 8, "minor": 0, "access": "r"}],
              "blockIO": {"weight": 30, "leafWeight": 31, "weightDevice": [{"major": 1, "minor": 2, "weight": 32, "leafWeight": 33}],
                "throttleReadBpsDevice": [{"major": 1, "minor": 2, "rate": 34}],
                "throttleWriteBpsDevice": [{"major": 1, "minor": 2, "rate": 35}],
                "throttleReadIOPSDevice": [{"major": 1, "minor": 2, "rate": 36}],
                "throttleWriteIOPSDevice": [{"major": 1, "minor": 2, "rate": 37}]},
              "hugepageLimits": [{"pageSize": "2MB", "limit": 38}],
              "network": {"classID": 39, "priorities": [{"name": "eth0", "priority": 40}]},
              "rdma": {"mlx5_1": {"hcaHandles": 41, "hcaObjects": 42}},
              "unified": {"memory.high": "43"}
            },
            "sysctl": {"net.core.somaxconn": "256"},
            "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 44, "architectures": ["SCMP_ARCH_X86_64"],
              "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/run/agent.sock", "listenerMetadata": "meta",
              "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ERRNO", "errnoRet": 45,
                "args": [{"index": 1, "value": 18446744073709551615, "valueTwo": 46, "op": "SCMP_CMP_EQ"}]}]},
            "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"], "rootfsPropagation": "rslave",
            "mountLabel": "mounts", "personality": {"domain": "LINUX32"},
            "intelRdt": {"closID": "group", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=20", "enableCMT": true, "enableMBM": false}
          }
        }
        """

    static var wholeSpec: RuntimeSpec {
        var spec = RuntimeSpec(process: wholeProcess, root: .init(path: "rootfs", readonly: true))
        spec.hostname = "host"
        spec.domainname = "domain"
        var mount = RuntimeSpec.Mount(
            destination: "/data", type: "none", source: "/src", options: ["rbind", "idmap"])
        mount.uidMappings = [.init(containerID: 0, hostID: 9, size: 10)]
        mount.gidMappings = [.init(containerID: 0, hostID: 11, size: 12)]
        spec.mounts = [mount]
        var hooks = RuntimeSpec.Hooks()
        hooks.prestart = [.init(path: "/1")]
        hooks.createRuntime = [.init(path: "/2", args: ["a"], env: ["B=c"], timeout: 13)]
        hooks.createContainer = [.init(path: "/3")]
        hooks.startContainer = [.init(path: "/4")]
        hooks.poststart = [.init(path: "/5")]
        hooks.poststop = [.init(path: "/6")]
        spec.hooks = hooks
        spec.annotations = ["com.example.a": "b"]
        spec.linux = wholeLinux
        return spec
    }

    private static var wholeProcess: RuntimeSpec.Process {
        var process = RuntimeSpec.Process(args: ["sh", "-c", "true"], env: ["A=b"], cwd: "/root")
        process.terminal = true
        process.consoleSize = .init(height: 25, width: 80)
        process.user = .init(uid: 1, gid: 2, umask: 63, additionalGids: [3, 4])
        process.capabilities = .init(
            bounding: ["CAP_CHOWN"], effective: ["CAP_KILL"], inheritable: ["CAP_BPF"], permitted: ["CAP_LEASE"],
            ambient: ["CAP_MKNOD"])
        process.rlimits = [.init(type: "RLIMIT_CORE", soft: 5, hard: 6)]
        process.noNewPrivileges = true
        process.oomScoreAdj = -7
        var scheduler = RuntimeSpec.Process.Scheduler(policy: "SCHED_DEADLINE")
        scheduler.nice = -8
        scheduler.priority = 0
        scheduler.flags = ["SCHED_FLAG_RECLAIM"]
        scheduler.runtime = 10000
        scheduler.deadline = 20000
        scheduler.period = 30000
        process.scheduler = scheduler
        process.ioPriority = .init(class: "IOPRIO_CLASS_BE", priority: 4)
        process.execCPUAffinity = .init(initial: "0-3,7", final: "1")
        process.apparmorProfile = "armor"
        process.selinuxLabel = "label"
        return process
    }

    private static var wholeLinux: RuntimeSpec.Linux {
        var linux = RuntimeSpec.Linux()
        linux.namespaces = [
            .init(.mount), .init(.pid, path: "/proc/1/ns/pid"), .init(.network), .init(.uts), .init(.ipc),
            .init(.cgroup), .init(.user), .init(.time),
        ]
        linux.uidMappings = [.init(containerID: 0, hostID: 1000, size: 65536)]
        linux.gidMappings = [.init(containerID: 0, hostID: 2000, size: 65536)]
        linux.timeOffsets = ["monotonic": .init(secs: -14, nanosecs: 15), "boottime": .init(secs: 16)]
        linux.devices = [
            .init(type: "c", path: "/dev/fuse", major: 10, minor: 229, fileMode: 438, uid: 17, gid: 18),
            .init(type: "p", path: "/dev/pipe"),
        ]
        linux.cgroupsPath = "/a/b"
        linux.resources = wholeResources
        linux.sysctl = ["net.core.somaxconn": "256"]
        var seccomp = RuntimeSpec.Seccomp(
            defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 44, architectures: ["SCMP_ARCH_X86_64"],
            flags: ["SECCOMP_FILTER_FLAG_LOG"],
            syscalls: [
                .init(
                    names: ["read", "write"], action: "SCMP_ACT_ERRNO", errnoRet: 45,
                    args: [.init(index: 1, value: .max, valueTwo: 46, op: "SCMP_CMP_EQ")])
            ])
        seccomp.listenerPath = "/run/agent.sock"
        seccomp.listenerMetadata = "meta"
        linux.seccomp = seccomp
        linux.maskedPaths = ["/proc/kcore"]
        linux.readonlyPaths = ["/proc/sys"]
        linux.rootfsPropagation = "rslave"
        linux.mountLabel = "mounts"
        linux.personality = .init(domain: "LINUX32")
        var group = RuntimeSpec.Linux.IntelRdt()
        group.closID = "group"
        group.l3CacheSchema = "L3:0=f"
        group.memBwSchema = "MB:0=20"
        group.enableCMT = true
        group.enableMBM = false
        linux.intelRdt = group
        return linux
    }

    private static var wholeResources: RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        var memory = RuntimeSpec.Resources.Memory(limit: 20000, swap: 40000, reservation: 19)
        memory.kernel = -1
        memory.kernelTCP = 21
        memory.swappiness = 22
        memory.disableOOMKiller = true
        memory.useHierarchy = true
        memory.checkBeforeUpdate = true
        resources.memory = memory
        var cpu = RuntimeSpec.Resources.CPU(shares: 23, quota: 24000, period: 25000, cpus: "0-1", mems: "0")
        cpu.burst = 26
        cpu.realtimeRuntime = 27
        cpu.realtimePeriod = 28
        cpu.idle = 1
        resources.cpu = cpu
        resources.pids = .init(limit: 29)
        resources.devices = [.init(allow: true, type: "b", major: 8, minor: 0, access: "r")]
        var block = RuntimeSpec.Resources.BlockIO()
        block.weight = 30
        block.leafWeight = 31
        block.weightDevice = [.init(major: 1, minor: 2, weight: 32, leafWeight: 33)]
        block.throttleReadBpsDevice = [.init(major: 1, minor: 2, rate: 34)]
        block.throttleWriteBpsDevice = [.init(major: 1, minor: 2, rate: 35)]
        block.throttleReadIOPSDevice = [.init(major: 1, minor: 2, rate: 36)]
        block.throttleWriteIOPSDevice = [.init(major: 1, minor: 2, rate: 37)]
        resources.blockIO = block
        resources.hugepageLimits = [.init(pageSize: "2MB", limit: 38)]
        resources.network = .init(classID: 39, priorities: [.init(name: "eth0", priority: 40)])
        resources.rdma = ["mlx5_1": .init(hcaHandles: 41, hcaObjects: 42)]
        resources.unified = ["memory.high": "43"]
        return resources
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerCgroups

/// Every resource that the kernel of this machine has, read back from its files.
@Suite(.serialized) struct KernelResourcesTests: KernelCgroups {
    private func resources(_ edit: (inout RuntimeSpec.Resources) -> Void) -> RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        edit(&resources)
        return resources
    }

    private func version(_ controller: String) throws -> CgroupSetting.Version {
        try CgroupHost.detect().mountPoint(of: controller) == nil ? .two : .one
    }

    @Test func memory() throws {
        let isVersion1 = try version("memory") == .one
        let some = resources {
            $0.memory = .init(limit: 64 << 20, swap: 96 << 20, reservation: 32 << 20)
            guard isVersion1 else { return }
            $0.memory?.kernelTCP = 8 << 20
            $0.memory?.swappiness = 17
            $0.memory?.disableOOMKiller = true
            $0.memory?.useHierarchy = true
            $0.memory?.kernel = 32 << 20
        }
        try withCgroup("memory-fields", some) { cgroup in
            if isVersion1 {
                #expect(read(cgroup, "memory", "memory.limit_in_bytes") == "\(64 << 20)")
                #expect(read(cgroup, "memory", "memory.memsw.limit_in_bytes") == "\(96 << 20)")
                #expect(read(cgroup, "memory", "memory.soft_limit_in_bytes") == "\(32 << 20)")
                #expect(read(cgroup, "memory", "memory.kmem.tcp.limit_in_bytes") == "\(8 << 20)")
                #expect(read(cgroup, "memory", "memory.swappiness") == "17")
                #expect(read(cgroup, "memory", "memory.oom_control")?.hasPrefix("oom_kill_disable 1") == true)
                #expect(cgroup.warnings.map { $0.prefix(26) } == ["the limit on kernel memory"])
                try cgroup.update(
                    resources {
                        $0.memory = .init(); $0.memory?.disableOOMKiller = false
                    })
                #expect(read(cgroup, "memory", "memory.oom_control")?.hasPrefix("oom_kill_disable 0") == true)
            } else {
                #expect(read(cgroup, "memory", "memory.max") == "\(64 << 20)")
                #expect(read(cgroup, "memory", "memory.swap.max") == "\(32 << 20)")
                #expect(read(cgroup, "memory", "memory.low") == "\(32 << 20)")
            }
            // Up, down and away, which version 1 takes in one order only.
            for (limit, swap) in [(256, 512), (8, 16), (-1, nil), (64, 64)] as [(Int64, Int64?)] {
                try cgroup.update(
                    resources {
                        $0.memory = .init(limit: limit < 0 ? -1 : limit << 20, swap: swap.map { $0 << 20 })
                    })
                #expect(try cgroup.statistics().memoryLimit == (limit < 0 ? nil : UInt64(limit) << 20))
            }
        }
    }

    @Test func aLimitBelowWhatIsUsedIsRefused() throws {
        let start = resources { $0.memory = .init(limit: 96 << 20, swap: 96 << 20) }
        try withCgroup("memory-used", start) { cgroup in
            let child = try shell(cgroup, "x=$(head -c 20000000 /dev/zero | tr '\\0' a); sleep 60")
            #expect(try waitUntil { (try cgroup.statistics().memoryUsage ?? 0) > 20_000_000 && !isForking(cgroup) })
            var less = resources { $0.memory = .init(limit: 4 << 20, swap: 4 << 20) }
            less.memory?.checkBeforeUpdate = true
            let error = #expect(throws: ContainerError.self) { try cgroup.update(less) }
            #expect(error?.code == .conflict)
            #expect(error?.message.hasPrefix("the memory limit of 4194304 bytes is not above what is used: ") == true)
            #expect(try cgroup.statistics().memoryLimit == 96 << 20)
            try cgroup.kill()
            #expect(status(child) == 128 + SIGKILL)
        }
    }

    /// Whether the shell still fills its variable.
    private func isForking(_ cgroup: Cgroup) -> Bool { (try? cgroup.processes().count) != 2 }

    @Test func cpu() throws {
        let isVersion1 = try version("cpu") == .one
        let hasRealtime = try access("\(CgroupHost.detect().mountPoint(of: "cpu") ?? "/")/cpu.rt_runtime_us", F_OK) == 0
        var some = resources {
            $0.cpu = .init(shares: 512, quota: 20_000, period: 50_000, cpus: "0", mems: "0")
            $0.cpu?.burst = 10_000
            if hasRealtime {
                $0.cpu?.realtimePeriod = 900_000
                $0.cpu?.realtimeRuntime = 1000
            }
        }
        try withCgroup("cpu-fields", some) { cgroup in
            func check(_ quota: String, _ period: String, _ burst: String) {
                if isVersion1 {
                    #expect(read(cgroup, "cpu", "cpu.cfs_quota_us") == quota)
                    #expect(read(cgroup, "cpu", "cpu.cfs_period_us") == period)
                    #expect(read(cgroup, "cpu", "cpu.cfs_burst_us") == burst)
                } else {
                    #expect(read(cgroup, "cpu", "cpu.max") == "\(quota) \(period)")
                    #expect(read(cgroup, "cpu", "cpu.max.burst") == burst)
                }
            }
            check("20000", "50000", "10000")
            #expect(read(cgroup, "cpu", isVersion1 ? "cpu.shares" : "cpu.weight") == (isVersion1 ? "512" : "59"))
            #expect(read(cgroup, "cpuset", "cpuset.cpus") == "0")
            #expect(read(cgroup, "cpuset", "cpuset.mems") == "0")
            if hasRealtime {
                #expect(read(cgroup, "cpu", "cpu.rt_period_us") == "900000")
                #expect(read(cgroup, "cpu", "cpu.rt_runtime_us") == "1000")
            }
            // Down, where the burst is above the new quota at first, and up again.
            for (quota, burst) in [(5000, 2000), (40_000, 30_000)] {
                some.cpu = .init(quota: Int64(quota))
                some.cpu?.burst = UInt64(burst)
                try cgroup.update(some)
                check("\(quota)", "50000", "\(burst)")
            }
            try cgroup.update(resources { $0.cpu = .init(period: 80_000) })
            check("40000", "80000", "30000")
        }
    }

    @Test func idle() throws {
        let idle = resources {
            $0.cpu = .init(shares: 1024)
            $0.cpu?.idle = 1
        }
        try withCgroup("cpu-idle", idle) { cgroup in
            #expect(read(cgroup, "cpu", "cpu.idle") == "1")
            try cgroup.update(
                resources {
                    $0.cpu = .init(shares: 2048); $0.cpu?.idle = 0
                })
            #expect(read(cgroup, "cpu", "cpu.idle") == "0")
        }
    }

    @Test func disks() throws {
        let isVersion1 = try version("blkio") == .one
        let disk = try #require(Self.disk)
        let some = resources {
            $0.blockIO = .init()
            $0.blockIO?.weight = 200
            let limit = { RuntimeSpec.Resources.BlockIO.ThrottleDevice(major: disk.0, minor: disk.1, rate: $0) }
            $0.blockIO?.throttleReadBpsDevice = [limit(1_048_576)]
            $0.blockIO?.throttleWriteBpsDevice = [limit(2_097_152)]
            $0.blockIO?.throttleReadIOPSDevice = [limit(100)]
            $0.blockIO?.throttleWriteIOPSDevice = [limit(200)]
        }
        let name = "\(disk.0):\(disk.1)"
        let weightless = resources {
            $0.blockIO = some.blockIO
            $0.blockIO?.weight = nil
        }
        let host = try CgroupHost.detect()
        // A kernel without BFQ and without io.cost has no weights, and says so.
        let hasWeights: Bool
        do {
            try Cgroup.create(path: "/containerkit-test-disk-weight-\(getpid())", resources: some, host: host).delete()
            hasWeights = true
        } catch {
            #expect(error.code == .unsupported && error.message.contains("which this kernel does not have"))
            hasWeights = false
        }
        try withCgroup("disks", hasWeights ? some : weightless) { cgroup in
            if isVersion1 {
                for (file, rate) in [
                    ("read_bps", "1048576"), ("write_bps", "2097152"), ("read_iops", "100"), ("write_iops", "200"),
                ] {
                    #expect(read(cgroup, "blkio", "blkio.throttle.\(file)_device") == "\(name) \(rate)")
                }
                let weights = ["blkio.weight", "blkio.bfq.weight"].compactMap { read(cgroup, "blkio", $0) }
                if hasWeights { #expect(weights.contains("200")) }
            } else {
                #expect(read(cgroup, "blkio", "io.max") == "\(name) rbps=1048576 wbps=2097152 riops=100 wiops=200")
                let weights = ["io.bfq.weight", "io.weight"].compactMap { read(cgroup, "blkio", $0) }
                if hasWeights { #expect(weights.contains("default 200") || weights.contains("default 1920")) }
            }
            let open = resources {
                $0.blockIO = .init()
                $0.blockIO?.throttleReadBpsDevice = [.init(major: disk.0, minor: disk.1, rate: 0)]
            }
            try cgroup.update(open)
            if isVersion1 {
                #expect(read(cgroup, "blkio", "blkio.throttle.read_bps_device") == "")
            } else {
                #expect(read(cgroup, "blkio", "io.max")?.contains("rbps=max") == true)
            }
        }
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/containerkit-test-disk-none-\(getpid())",
                resources: resources {
                    $0.blockIO = .init()
                    $0.blockIO?.throttleReadBpsDevice = [.init(major: 4000, minor: 1, rate: 5)]
                }, host: host, naming: .fields(of: "linux.resources"))
        }
        #expect(
            error?.message.hasPrefix("linux.resources.blockIO.throttleReadBpsDevice[0]: set the limit on disk") == true)
        #expect(error?.cause?.hasPrefix("ENODEV") == true)
    }

    /// The numbers of a disk of this machine.
    private static var disk: (Int64, Int64)? {
        let names = (try? KernelCgroupFileSystem().childDirectories("/sys/class/block")) ?? []
        var links = names
        if links.isEmpty, let folder = opendir("/sys/class/block") {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                links.append(
                    withUnsafePointer(to: &entry.pointee.d_name) {
                        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                    })
            }
        }
        for name in links.sorted() where ["vd", "sd", "nvme", "xvd", "hd", "mmcblk"].contains(where: name.hasPrefix) {
            guard access("/sys/class/block/\(name)/partition", F_OK) != 0,
                let text = try? KernelCgroupFileSystem().read("/sys/class/block/\(name)/dev", limit: 64)
            else { continue }
            let numbers = text.split { $0 == ":" || $0.isWhitespace }.compactMap { Int64($0) }
            if numbers.count == 2 { return (numbers[0], numbers[1]) }
        }
        return nil
    }

    /// On a hybrid host the controller may be in the tree of version 2, which then hands it down from the root; that it
    /// does so costs nothing, and stays, as it does for everybody else who wanted it.
    @Test func hugePages() throws {
        let host = try CgroupHost.detect()
        let size = try #require(HugePageSizes.names(KernelCgroupFileSystem()).first)
        let limit = resources { $0.hugepageLimits = [.init(pageSize: size, limit: 0)] }
        guard host.controllers().contains("hugetlb") else {
            let error = #expect(throws: ContainerError.self) {
                try Cgroup.check(limit, host: host, naming: .fields(of: "linux.resources"))
            }
            #expect(error?.message.hasPrefix("linux.resources.hugepageLimits[0]: ") == true)
            return
        }
        let file = try version("hugetlb") == .one ? "limit_in_bytes" : "max"
        try withCgroup("hugetlb", limit) { cgroup in
            #expect(read(cgroup, "hugetlb", "hugetlb.\(size).\(file)") == "0")
            #expect(read(cgroup, "hugetlb", "hugetlb.\(size).rsvd.\(file)") == "0")
            let counted = try cgroup.detailedStatistics().hugePages[size]
            #expect(counted == .init())
        }
        try withCgroup("hugetlb-later") { cgroup in
            try cgroup.update(limit)
            #expect(read(cgroup, "hugetlb", "hugetlb.\(size).\(file)") == "0")
        }
    }

    @Test func network() throws {
        let host = try CgroupHost.detect()
        let some = resources { $0.network = .init(classID: 0x10_0001, priorities: [.init(name: "lo", priority: 5)]) }
        guard host.mountPoint(of: "net_cls") != nil, host.mountPoint(of: "net_prio") != nil else {
            let error = #expect(throws: ContainerError.self) { try Cgroup.check(some, host: host) }
            #expect(error?.code == .unsupported)
            return
        }
        try withCgroup("network", some) { cgroup in
            #expect(read(cgroup, "net_cls", "net_cls.classid") == "1048577")
            #expect(read(cgroup, "net_prio", "net_prio.ifpriomap")?.contains("lo 5") == true)
        }
    }

    @Test func filesOfVersion2() throws {
        let host = try CgroupHost.detect()
        let available = host.unifiedControllers(fileSystem: KernelCgroupFileSystem())
        var files = ["memory.high": "\(32 << 20)", "pids.max": "77", "cgroup.max.depth": "5"]
        let size = try #require(HugePageSizes.names(KernelCgroupFileSystem()).first)
        files["hugetlb.\(size).max"] = "0"
        let possible = files.filter { name, _ in
            name.hasPrefix("cgroup.") || available.contains { name.hasPrefix($0 + ".") }
        }
        try withCgroup("unified", resources { $0.unified = possible }) { cgroup in
            let folder = try #require(cgroup.directoryForClone)
            for (name, value) in possible {
                #expect(try KernelCgroupFileSystem().read("\(folder)/\(name)", limit: 64) == value + "\n")
            }
        }
        for name in files.keys where possible[name] == nil {
            let error = #expect(throws: ContainerError.self) {
                try Cgroup.check(resources { $0.unified = [name: "1"] }, host: host)
            }
            #expect(error?.code == .unsupported)
        }
    }

    @Test func aUserIsGivenACgroupOfVersion2() throws {
        try withCgroup("delegate") { cgroup in
            try cgroup.delegate(to: 12_345)
            let owner: uid_t = cgroup.host.kind == .unified ? 12_345 : 0
            for directory in cgroup.directories {
                for (path, wanted) in [
                    (directory, owner), (directory + "/cgroup.procs", owner), (directory + "/memory.max", 0),
                ] {
                    var information = stat()
                    guard stat(path, &information) == 0 else { continue }
                    #expect(information.st_uid == wanted, "\(path)")
                }
            }
        }
    }

    // MARK: Statistics and events

    @Test func detailedStatistics() throws {
        let some = resources {
            $0.memory = .init(limit: 64 << 20)
            $0.pids = .init(limit: 9)
            $0.cpu = .init(quota: 5000, period: 50_000)
        }
        try withCgroup("statistics", some) { cgroup in
            let child = try shell(cgroup, "dd if=/dev/zero of=/dev/null bs=1M count=2000 2> /dev/null; sleep 60")
            #expect(try waitUntil { try cgroup.detailedStatistics().cpu.throttledTime > 50_000_000 })
            let statistics = try cgroup.detailedStatistics()
            #expect(statistics.cpu.total > 1_000_000)
            #expect(statistics.cpu.periods >= statistics.cpu.throttledPeriods && statistics.cpu.throttledPeriods > 0)
            #expect(statistics.cpu.user + statistics.cpu.kernel <= 2 * statistics.cpu.total + 100_000_000)
            #expect((1...3).contains(statistics.tasks))
            #expect(statistics.taskLimit == 9)
            #expect(statistics.memory.usage.limit == 64 << 20)
            #expect(statistics.memory.usage.usage > 0 && statistics.memory.usage.peak >= statistics.memory.usage.usage)
            #expect(statistics.memory.swap.usage >= statistics.memory.usage.usage)
            #expect(statistics.memory.raw.count > 10)
            if try version("cpuacct") == .one {
                #expect(statistics.cpu.perCPU.count == sysconf(CInt(_SC_NPROCESSORS_CONF)))
                #expect(statistics.cpu.perCPU.reduce(0, +) > 0)
                #expect(statistics.cpu.perCPUUser.count == statistics.cpu.perCPU.count)
                #expect(statistics.places.cpus.first == 0 && statistics.places.flags["sched_load_balance"] == 1)
            }
            try cgroup.kill()
            #expect(status(child) == 128 + SIGKILL)
            try cgroup.delete()
            let error = #expect(throws: ContainerError.self) { try cgroup.detailedStatistics() }
            #expect(error?.code == .notFound)
        }
    }

    @Test func outOfMemoryIsReported() throws {
        let little = resources { $0.memory = .init(limit: 8 << 20, swap: 8 << 20) }
        try withCgroup("oom", little) { cgroup in
            let keeper = try shell(cgroup, "sleep 60")
            #expect(try waitUntil { try cgroup.processes().contains(keeper) })
            var watch = try CgroupMemoryWatch(cgroup)
            #expect(try watch.wait(timeout: 0) == nil)
            for _ in 0..<2 {
                let child = try shell(cgroup, "exec tail /dev/zero")
                #expect(try watch.wait(timeout: 20_000) == .outOfMemory)
                #expect(status(child) == 128 + SIGKILL)
                #expect(try cgroup.processes().contains(keeper))
            }
            while try watch.wait(timeout: 20) != nil {}
            try cgroup.kill()
            #expect(try watch.wait(timeout: 20_000) == .ended)
            #expect(status(keeper) == 128 + SIGKILL)
            try cgroup.delete()
            #expect(try watch.wait(timeout: 20_000) == .ended)
            #expect(throws: ContainerError.self) { try CgroupMemoryWatch(cgroup) }
        }
    }
}

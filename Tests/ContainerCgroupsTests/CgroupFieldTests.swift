import ContainerKitTesting
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerCgroups

/// Every field of `linux.resources` as files of either version.
@Suite struct CgroupFieldTests {
    private typealias Resources = RuntimeSpec.Resources

    private func resources(_ edit: (inout RuntimeSpec.Resources) -> Void) -> RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        edit(&resources)
        return resources
    }

    private func memory(_ edit: (inout RuntimeSpec.Resources.Memory) -> Void) -> RuntimeSpec.Resources {
        resources {
            $0.memory = .init()
            edit(&$0.memory!)
        }
    }

    private func cpu(_ edit: (inout RuntimeSpec.Resources.CPU) -> Void) -> RuntimeSpec.Resources {
        resources {
            $0.cpu = .init()
            edit(&$0.cpu!)
        }
    }

    private func blockIO(_ edit: (inout RuntimeSpec.Resources.BlockIO) -> Void) -> RuntimeSpec.Resources {
        resources {
            $0.blockIO = .init()
            edit(&$0.blockIO!)
        }
    }

    /// The field that an error of either version is about.
    private func refusal(_ version: CgroupSetting.Version, _ resources: RuntimeSpec.Resources) -> String? {
        do {
            _ = version == .one ? try CgroupLimits.version1(resources) : try CgroupLimits.version2(resources)
            return nil
        } catch {
            return "\(error.error.code) \(error.field ?? "")"
        }
    }

    // MARK: Memory

    @Test func memoryOfVersion1() throws {
        let all = memory {
            $0.limit = 1 << 20
            $0.swap = 1 << 20
            $0.reservation = 4096
            $0.kernelTCP = 8192
            $0.swappiness = 0
            $0.disableOOMKiller = true
            $0.useHierarchy = true
        }
        #expect(
            try CgroupLimits.version1(all).text == [
                "memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=1048576",
                "memory.soft_limit_in_bytes=4096", "memory.kmem.tcp.limit_in_bytes=8192", "memory.swappiness=0",
                "memory.oom_control=1", "memory.use_hierarchy=1",
            ])
        let off = memory {
            $0.disableOOMKiller = false
            $0.useHierarchy = false
            $0.swappiness = .max  // docker's "not set"
            $0.checkBeforeUpdate = true
        }
        #expect(try CgroupLimits.version1(off).text == ["memory.oom_control=0", "memory.use_hierarchy=0"])
    }

    @Test func memoryWithoutALimitHasNoneWithSwapEither() throws {
        let free = memory { $0.limit = -1 }
        #expect(
            try CgroupLimits.version1(free).text == ["memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1"])
        #expect(try CgroupLimits.version2(free).text == ["memory.swap.max=max", "memory.max=max"])
    }

    @Test func kernelMemoryIsIgnoredWithAWarningOnVersion1() throws {
        let kernel = memory { $0.kernel = 4096 }
        #expect(try CgroupLimits.version1(kernel).text.isEmpty)
        let (tree, host) = FakeCgroupTree.legacy()
        let cgroup = try Cgroup.create(
            path: "/a", resources: kernel, host: host, fileSystem: tree, naming: .fields(of: "linux.resources"))
        #expect(
            cgroup.warnings == [
                "linux.resources.memory.kernel: the limit on kernel memory: it is ignored: the memory limit counts "
                    + "kernel memory too"
            ])
    }

    @Test func memoryThatVersion2DoesNotHaveIsRefused() throws {
        let refused: [(String, RuntimeSpec.Resources)] = [
            ("memory.kernel", memory { $0.kernel = 1 }), ("memory.kernelTCP", memory { $0.kernelTCP = 1 }),
            ("memory.swappiness", memory { $0.swappiness = 60 }),
            ("memory.disableOOMKiller", memory { $0.disableOOMKiller = true }),
            ("memory.useHierarchy", memory { $0.useHierarchy = false }),
        ]
        for (field, resources) in refused { #expect(refusal(.two, resources) == "unsupported \(field)") }
        let harmless = memory {
            $0.kernel = -1
            $0.kernelTCP = 0
            $0.swappiness = .max
            $0.disableOOMKiller = false
            $0.useHierarchy = true
        }
        #expect(try CgroupLimits.version2(harmless).text.isEmpty)
    }

    // MARK: CPU

    @Test func cpuOfBothVersions() throws {
        let all = cpu {
            $0.shares = 1024
            $0.quota = 20_000
            $0.period = 50_000
            $0.burst = 10_000
            $0.idle = 1
            $0.cpus = "0"
            $0.mems = "0"
        }
        #expect(
            try CgroupLimits.version1(all).text == [
                "cpu.shares=1024", "cpu.idle=1", "cpu.cfs_period_us=50000", "cpu.cfs_quota_us=20000",
                "cpu.cfs_burst_us=10000", "cpuset.cpus=0", "cpuset.mems=0",
            ])
        #expect(
            try CgroupLimits.version2(all).text == [
                "cpu.weight=100", "cpu.idle=1", "cpu.max=20000 50000", "cpu.max.burst=10000", "cpuset.cpus=0",
                "cpuset.mems=0",
            ])
        let busy = cpu {
            $0.shares = 1024
            $0.idle = 0
        }
        #expect(try CgroupLimits.version2(busy).text == ["cpu.idle=0", "cpu.weight=100"])
        #expect(try CgroupLimits.version2(cpu { $0.quota = 5000 }).text == ["cpu.max=5000"])
        #expect(try CgroupLimits.version2(cpu { $0.burst = 0 }).settings.first?.isRequested == false)
    }

    @Test func realtimeIsOfVersion1() throws {
        let realtime = cpu {
            $0.realtimePeriod = 1_000_000
            $0.realtimeRuntime = 950_000
        }
        #expect(
            try CgroupLimits.version1(realtime).text == ["cpu.rt_period_us=1000000", "cpu.rt_runtime_us=950000"])
        #expect(refusal(.two, cpu { $0.realtimeRuntime = 1 }) == "unsupported cpu.realtimeRuntime")
        #expect(refusal(.two, cpu { $0.realtimePeriod = 1 }) == "unsupported cpu.realtimePeriod")
        #expect(refusal(.two, cpu { $0.realtimeRuntime = 0 }) == nil)
    }

    // MARK: Disks

    @Test func disksOfBothVersions() throws {
        let all = blockIO {
            $0.weight = 500
            $0.weightDevice = [.init(major: 8, minor: 0, weight: 10)]
            $0.throttleReadBpsDevice = [.init(major: 8, minor: 0, rate: 600)]
            $0.throttleWriteBpsDevice = [.init(major: 8, minor: 16, rate: .max)]
            $0.throttleReadIOPSDevice = [.init(major: 8, minor: 0, rate: 0)]
            $0.throttleWriteIOPSDevice = [.init(major: 8, minor: 0, rate: 7), .init(major: 9, minor: 1, rate: 8)]
        }
        let first = try CgroupLimits.version1(all)
        #expect(
            first.text == [
                "blkio.weight=500", "blkio.weight_device=8:0 10", "blkio.throttle.read_bps_device=8:0 600",
                "blkio.throttle.write_bps_device=8:16 18446744073709551615", "blkio.throttle.read_iops_device=8:0 0",
                "blkio.throttle.write_iops_device=8:0 7", "blkio.throttle.write_iops_device=9:1 8",
            ])
        #expect(
            first.settings.compactMap(\.alternative) == [
                .init(file: "blkio.bfq.weight", value: "500"),
                .init(file: "blkio.bfq.weight_device", value: "8:0 10"),
            ])
        let second = try CgroupLimits.version2(all)
        #expect(
            second.text == [
                "io.bfq.weight=500", "io.bfq.weight=8:0 10", "io.max=8:0 rbps=600",
                "io.max=8:16 wbps=18446744073709551615", "io.max=8:0 riops=max", "io.max=8:0 wiops=7",
                "io.max=9:1 wiops=8",
            ])
        #expect(
            second.settings.compactMap(\.alternative) == [
                .init(file: "io.weight", value: "4950"), .init(file: "io.weight", value: "8:0 1"),
            ])
        #expect(second.settings.filter { !$0.isRequested }.map(\.value) == ["8:0 riops=max"])
    }

    @Test func leafWeightsAreOfVersion1() throws {
        let leaf = blockIO {
            $0.leafWeight = 300
            $0.weightDevice = [.init(major: 8, minor: 0, weight: 20, leafWeight: 30)]
        }
        #expect(
            try CgroupLimits.version1(leaf).text == [
                "blkio.leaf_weight=300", "blkio.weight_device=8:0 20", "blkio.leaf_weight_device=8:0 30",
            ])
        #expect(refusal(.two, blockIO { $0.leafWeight = 300 }) == "unsupported blockIO.leafWeight")
        let device = blockIO { $0.weightDevice = [.init(major: 8, minor: 0, leafWeight: 30)] }
        #expect(refusal(.two, device) == "unsupported blockIO.weightDevice[0]")
    }

    // MARK: Others

    @Test func hugePagesOfBothVersions() throws {
        let pages = resources {
            $0.hugepageLimits = [.init(pageSize: "2MB", limit: 0), .init(pageSize: "1GB", limit: 5)]
        }
        #expect(
            try CgroupLimits.version1(pages).text == [
                "hugetlb.2MB.limit_in_bytes=0", "hugetlb.2MB.rsvd.limit_in_bytes=0", "hugetlb.1GB.limit_in_bytes=5",
                "hugetlb.1GB.rsvd.limit_in_bytes=5",
            ])
        let second = try CgroupLimits.version2(pages)
        #expect(
            second.text == [
                "hugetlb.2MB.max=0", "hugetlb.2MB.rsvd.max=0", "hugetlb.1GB.max=5", "hugetlb.1GB.rsvd.max=5",
            ])
        #expect(second.unifiedControllers == ["hugetlb"])
    }

    @Test func networkIsOfVersion1() throws {
        let network = resources {
            $0.network = .init(classID: 1_048_577, priorities: [.init(name: "eth0", priority: 5)])
        }
        #expect(
            try CgroupLimits.version1(network).text == ["net_cls.classid=1048577", "net_prio.ifpriomap=eth0 5"])
        let (tree, host) = FakeCgroupTree.unified()
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.check(network, host: host, fileSystem: tree, naming: .fields(of: "linux.resources"))
        }
        #expect(error?.code == .unsupported)
        #expect(
            error?.message == "linux.resources.network.classID: the network class needs the cgroup controller net_cls, "
                + "which this host does not have")
        try Cgroup.check(resources { $0.network = .init(classID: 0) }, host: host, fileSystem: tree)
    }

    @Test func rdmaAndFilesOfVersion2() throws {
        let some = resources {
            $0.rdma = ["mlx5_1": .init(hcaHandles: 3, hcaObjects: 10_000), "mlx4_0": .init(hcaObjects: 1)]
            $0.unified = ["memory.high": "1000\n", "io.max": "8:0 rbps=1\n8:16 wbps=2", "cgroup.max.depth": "5"]
        }
        let limits = try CgroupLimits.version2(some)
        #expect(
            limits.text == [
                "rdma.max=mlx4_0 hca_object=1", "rdma.max=mlx5_1 hca_handle=3 hca_object=10000", "cgroup.max.depth=5",
                "io.max=8:0 rbps=1", "io.max=8:16 wbps=2", "memory.high=1000",
            ])
        #expect(limits.unifiedControllers == ["io", "memory", "rdma"])
        #expect(refusal(.one, some) == #"unsupported unified["cgroup.max.depth"]"#)
        let rdma = resources { $0.rdma = ["mlx4_0": .init(hcaHandles: 0)] }
        #expect(try CgroupLimits.version1(rdma).text == ["rdma.max=mlx4_0 hca_handle=0"])
    }

    @Test func valuesThatAreRefused() {
        let refused: [(String, RuntimeSpec.Resources)] = [
            ("memory.limit", memory { $0.limit = -2 }), ("memory.swap", memory { $0.swap = 50 }),
            ("memory.kernel", memory { $0.kernel = -5 }), ("memory.kernelTCP", memory { $0.kernelTCP = -5 }),
            ("memory.reservation", memory { $0.reservation = .min }),
            ("memory.swappiness", memory { $0.swappiness = 101 }),
            ("cpu.quota", cpu { $0.quota = -7 }), ("cpu.idle", cpu { $0.idle = 2 }),
            ("cpu.burst", cpu { ($0.quota, $0.burst) = (10, 11) }),
            ("cpu.realtimeRuntime", cpu { $0.realtimeRuntime = -2 }),
            ("cpu.cpus", cpu { $0.cpus = "0;1" }), ("cpu.mems", cpu { $0.mems = "a" }),
            ("blockIO.weight", blockIO { $0.weight = 9 }), ("blockIO.leafWeight", blockIO { $0.leafWeight = 1001 }),
            ("blockIO.weightDevice[0]", blockIO { $0.weightDevice = [.init(major: 8, minor: 0)] }),
            (
                "blockIO.weightDevice[1]",
                blockIO {
                    $0.weightDevice = [.init(major: 8, minor: 0, weight: 10), .init(major: -8, minor: 0, weight: 10)]
                }
            ),
            (
                "blockIO.throttleReadBpsDevice[0]",
                blockIO {
                    $0.throttleReadBpsDevice = [.init(major: 8, minor: 1 << 40, rate: 1)]
                }
            ),
            ("hugepageLimits[0].pageSize", resources { $0.hugepageLimits = [.init(pageSize: "../x2MB", limit: 1)] }),
            ("hugepageLimits[0].pageSize", resources { $0.hugepageLimits = [.init(pageSize: "MB", limit: 1)] }),
            ("network.priorities[0]", resources { $0.network = .init(priorities: [.init(name: "a b", priority: 1)]) }),
            ("network.priorities[0]", resources { $0.network = .init(priorities: [.init(name: "", priority: 1)]) }),
            ("rdma.mlx4_0", resources { $0.rdma = ["mlx4_0": .init()] }),
            (#"rdma["a b"]"#, resources { $0.rdma = ["a b": .init(hcaHandles: 1)] }),
            (#"unified["../memory.max"]"#, resources { $0.unified = ["../memory.max": "1"] }),
            ("unified.memory", resources { $0.unified = ["memory": "1"] }),
            (#"unified[".max"]"#, resources { $0.unified = [".max": "1"] }),
            (#"unified["cgroup.procs"]"#, resources { $0.unified = ["cgroup.procs": "0"] }),
            (
                #"unified["memory.high"]"#,
                resources { $0.unified = ["memory.high": String(repeating: "1", count: 5000)] }
            ),
        ]
        for (field, resources) in refused {
            #expect(refusal(.one, resources) == "invalidArgument \(field)")
            #expect(refusal(.two, resources) == "invalidArgument \(field)")
        }
    }
}

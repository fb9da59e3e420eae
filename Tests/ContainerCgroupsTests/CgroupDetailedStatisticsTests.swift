import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerCgroups

/// The kernel's files as numbers.
@Suite struct CgroupDetailedStatisticsTests {
    private typealias Entry = CgroupDetailedStatistics.DiskEntry

    private func fill(_ tree: FakeCgroupTree, _ folder: String, _ files: [String: String]) {
        for (name, text) in files { tree.set("\(folder)/a/\(name)", text) }
    }

    @Test func version1() throws {
        let (tree, host) = FakeCgroupTree.legacy(more: ["cpuacct": [], "blkio": [], "hugetlb": []])
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        let root = "/sys/fs/cgroup"
        fill(tree, root + "/cpu", ["cpu.stat": "nr_periods 5\nnr_throttled 2\nthrottled_time 7000\n"])
        fill(
            tree, root + "/cpuacct",
            [
                "cpuacct.usage": "30\n", "cpuacct.usage_percpu": "10 20 \n", "cpuacct.stat": "user 1\nsystem 2\n",
                "cpuacct.usage_all": "cpu user system\n0 4 6\n1 15 5\n",
            ])
        fill(
            tree, root + "/cpuset",
            [
                "cpuset.cpus": "0-2,5\n", "cpuset.mems": "0\n", "cpuset.cpu_exclusive": "1\n",
                "cpuset.sched_relax_domain_level": "-1\n",
            ])
        var memory = ["memory.stat": "cache 77\nrss 5\nmalformed\ntotal_cache x\n"]
        for (kind, base) in [("", 100), ("memsw.", 200), ("kmem.", 300), ("kmem.tcp.", 400)] {
            memory["memory.\(kind)usage_in_bytes"] = "\(base)\n"
            memory["memory.\(kind)max_usage_in_bytes"] = "\(base + 1)\n"
            memory["memory.\(kind)failcnt"] = "\(base + 2)\n"
            // The newest kernels have no limit on kernel memory.
            if kind != "kmem." { memory["memory.\(kind)limit_in_bytes"] = "9223372036854771712\n" }
        }
        fill(tree, root + "/memory", memory)
        fill(tree, root + "/pids", ["pids.current": "3\n", "pids.max": "max\n"])
        fill(
            tree, root + "/blkio",
            [
                "blkio.bfq.io_serviced_recursive": "Total 0\n",
                "blkio.throttle.io_serviced_recursive": "8:0 Read 4\n8:0 Write 5\n8:0 Total 9\nTotal 9\n",
                "blkio.throttle.io_service_bytes_recursive": "8:0 Read 4096\nx y z\nTotal 4096\n",
            ])
        for name in ["/mm/hugepages", "/mm/hugepages/hugepages-2048kB", "/mm/hugepages/other"] {
            tree.edit { _ = $0.directories.insert("/sys/kernel" + name) }
        }
        fill(
            tree, root + "/hugetlb",
            [
                "hugetlb.2MB.usage_in_bytes": "1\n", "hugetlb.2MB.rsvd.usage_in_bytes": "2097152\n",
                "hugetlb.2MB.rsvd.max_usage_in_bytes": "4194304\n", "hugetlb.2MB.rsvd.failcnt": "6\n",
            ])

        let all = try cgroup.detailedStatistics()
        #expect(all.cpu.total == 30 && all.cpu.user == 10_000_000 && all.cpu.kernel == 20_000_000)
        #expect(all.cpu.perCPU == [10, 20] && all.cpu.perCPUUser == [4, 15] && all.cpu.perCPUKernel == [6, 5])
        #expect(all.cpu.periods == 5 && all.cpu.throttledPeriods == 2 && all.cpu.throttledTime == 7000)
        #expect(all.places.cpus == [0, 1, 2, 5] && all.places.mems == [0])
        #expect(all.places.flags == ["cpu_exclusive": 1, "sched_relax_domain_level": -1])
        #expect(all.memory.cache == 77 && all.memory.raw == ["cache": 77, "rss": 5])
        #expect(all.memory.swap.usage == 200 && all.memory.swap.peak == 201 && all.memory.swap.failures == 202)
        #expect(all.memory.usage.limit == 9_223_372_036_854_771_712 && all.memory.kernel.limit == 0)
        #expect(all.memory.kernel.usage == 300 && all.memory.kernelTCP.usage == 400)
        #expect(all.tasks == 3 && all.taskLimit == 0)
        #expect(
            all.disks.operations == [
                Entry(major: 8, minor: 0, operation: "Read", value: 4),
                Entry(major: 8, minor: 0, operation: "Write", value: 5),
                Entry(major: 8, minor: 0, operation: "Total", value: 9),
            ])
        #expect(all.disks.bytes == [Entry(major: 8, minor: 0, operation: "Read", value: 4096)])
        #expect(all.hugePages.keys.map { $0 } == ["2MB"])
        #expect(all.hugePages["2MB"]?.usage == 2_097_152 && all.hugePages["2MB"]?.failures == 6)

        // A scheduler that counts comes first.
        fill(
            tree, root + "/blkio",
            [
                "blkio.bfq.io_serviced_recursive": "8:16 Read 1\nTotal 1\n",
                "blkio.bfq.io_service_bytes_recursive": "8:16 Read 2\nTotal 2\n",
            ])
        #expect(try cgroup.detailedStatistics().disks.bytes.map(\.minor) == [16])
        fill(
            tree, root + "/blkio", ["blkio.bfq.sectors_recursive": "8:16 99\n", "blkio.bfq.time_recursive": "8:16 7\n"])
        let disks = try cgroup.detailedStatistics().disks
        #expect(disks.sectors == [Entry(major: 8, minor: 16, operation: "", value: 99)])
        #expect(disks.time.map(\.value) == [7] && disks.operations.map(\.value) == [1])
    }

    @Test func version2() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        let pressure = """
            some avg10=1.50 avg60=0.25 avg300=0.00 total=77
            full avg10=0.00 avg60=0.00 avg300=3.00 total=5

            """
        fill(
            tree, "/sys/fs/cgroup",
            [
                "cpu.stat":
                    "usage_usec 9\nuser_usec 4\nsystem_usec 5\nnr_periods 3\nnr_throttled 1\nthrottled_usec 8\n",
                "cpu.pressure": pressure, "memory.pressure": pressure, "io.pressure": pressure,
                "memory.stat": "anon 1\nfile 33\n", "memory.current": "100\n", "memory.peak": "150\n",
                "memory.max": "1000\n", "memory.swap.current": "20\n", "memory.swap.max": "500\n",
                "memory.swap.peak": "30\n", "pids.current": "3\n", "pids.max": "9\n",
                "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:16 rbytes=7\nx y=1\n",
            ])
        var all = try cgroup.detailedStatistics()
        #expect(all.cpu.total == 9000 && all.cpu.user == 4000 && all.cpu.kernel == 5000)
        #expect(all.cpu.periods == 3 && all.cpu.throttledPeriods == 1 && all.cpu.throttledTime == 8000)
        #expect(all.cpu.pressure?.some.average10 == 1.5 && all.cpu.pressure?.some.average60 == 0.25)
        #expect(all.disks.pressure?.full.average300 == 3 && all.memory.pressure?.full.total == 5)
        #expect(all.memory.cache == 33 && all.memory.usage.peak == 150)
        #expect(all.memory.swap.usage == 120 && all.memory.swap.limit == 1500 && all.memory.swap.peak == 0)
        #expect(all.tasks == 3 && all.taskLimit == 9)
        #expect(all.disks.bytes.map(\.value) == [1, 2, 7] && all.disks.operations.map(\.value) == [3, 4])
        #expect(all.disks.bytes.map(\.operation) == ["Read", "Write", "Read"])

        fill(tree, "/sys/fs/cgroup", ["memory.max": "max\n", "memory.swap.max": "max\n"])
        all = try cgroup.detailedStatistics()
        #expect(all.memory.usage.limit == .max && all.memory.swap.limit == .max)
    }

    @Test func hostileTextIsNoNumber() {
        #expect(CgroupText.list("5-2,x,70000,3") == [3])
        #expect(CgroupText.table("a 1\nb\nc 2 3\nd -1\n\n") == ["a": 1])
    }
}

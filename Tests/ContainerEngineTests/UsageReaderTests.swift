import ContainerCgroups
import ContainerKitTesting
import OCISpec
import Testing

@testable import ContainerEngine

/// What containers use, from the kernel's files.
@Suite struct UsageReaderTests {
    private static let network = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 1000000    10    0    0    0     0          0         0  1000000    10    0    0    0     0       0          0
          eth0:1500       10    0    0    0     0          0         0      700     5    0    0    0     0       0          0
          eth1:    20        1    0    0    0     0          0         0        3     1    0    0    0     0       0          0

        """

    private func prepare(_ tree: FakeCgroupTree) -> UInt64 {
        tree.set("/proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\n")
        tree.set("/proc/7/net/dev", Self.network)
        return HostMemory.total(tree)
    }

    @Test func theHostIsWhatOthersAreComparedWith() {
        let (tree, _) = FakeCgroupTree.unified()
        let host = prepare(tree)
        #expect(host == 2 << 20)
    }

    @Test func version2() throws {
        let (tree, cgroups) = FakeCgroupTree.unified()
        let host = prepare(tree)
        _ = try Cgroup.create(path: "/a", resources: .init(), host: cgroups, fileSystem: tree)
        for (name, text) in [
            "memory.current": "5000\n", "memory.max": "max\n", "memory.stat": "anon 1\ninactive_file 1500\n",
            "cpu.stat": "usage_usec 250\n", "pids.current": "3\n",
            "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=2\n",
        ] { tree.set("/sys/fs/cgroup/a/" + name, text) }
        let reader = UsageReader(cgroups: cgroups, fileSystem: tree)
        let usage = try #require(reader.usage(cgroupPath: "/a", process: 7, hostMemory: host))
        #expect(usage.cpuNanoseconds == 250_000 && usage.cpuPercent == 0)
        #expect(usage.memory == 3500 && usage.memoryLimit == 2 << 20, "no limit is the host's memory")
        #expect(usage.received == 1520 && usage.sent == 703 && usage.read == 11 && usage.written == 22)
        #expect(usage.tasks == 3)
        tree.set("/sys/fs/cgroup/a/memory.max", "4000\n")
        let limited = try #require(reader.usage(cgroupPath: "/a", process: nil, hostMemory: host))
        #expect(limited.memoryLimit == 4000 && limited.memoryPercent == 87.5 && limited.received == 0)
        #expect(reader.usage(cgroupPath: "/b", process: 7, hostMemory: host) == nil)
    }

    @Test(arguments: [false, true]) func version1AndHybrid(isHybrid: Bool) throws {
        let more = ["cpuacct": [String](), "blkio": []]
        let (tree, cgroups) = isHybrid ? FakeCgroupTree.hybrid() : FakeCgroupTree.legacy(more: more)
        let host = prepare(tree)
        _ = try Cgroup.create(path: "/a", resources: .init(), host: cgroups, fileSystem: tree)
        for (name, text) in [
            "memory/a/memory.usage_in_bytes": "5000\n", "memory/a/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 2000\n", "pids/a/pids.current": "4\n",
            "cpuacct/a/cpuacct.usage": "77\n",
            "blkio/a/blkio.throttle.io_service_bytes_recursive": "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n",
            "blkio/a/blkio.throttle.io_serviced_recursive": "8:0 Read 1\n8:0 Write 1\nTotal 2\n",
        ] { tree.set("/sys/fs/cgroup/" + name, text) }
        let reader = UsageReader(cgroups: cgroups, fileSystem: tree)
        let usage = try #require(reader.usage(cgroupPath: "/a", process: 7, hostMemory: host))
        #expect(usage.memory == 3000 && usage.memoryLimit == 2 << 20 && usage.tasks == 4)
        #expect(usage.received == 1520 && usage.sent == 703)
        // The hybrid host of the fake has neither of these two controllers on version 1.
        if !isHybrid { #expect(usage.cpuNanoseconds == 77 && usage.read == 5 && usage.written == 6) }
    }

    @Test func thePartOfACPU() {
        func percent(_ before: (UInt64, UInt64), _ now: (UInt64, UInt64)) -> Double {
            CPUSample.percent(from: CPUSample(used: before.0, at: before.1), to: CPUSample(used: now.0, at: now.1))
        }
        #expect(percent((0, 0), (1_000_000_000, 1_000_000_000)) == 100)
        #expect(percent((5, 10), (205, 110)) == 200, "two CPUs")
        #expect(percent((30, 10), (5, 110)) == 0, "another container of that name")
        #expect(percent((5, 110), (30, 110)) == 0)
    }
}

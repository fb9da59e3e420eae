import ContainerCgroups
import ContainerRuntime
import FoundationEssentials
import Testing

/// The shape of runc's types/events.go.
@Suite struct OCIStatisticsTests {
    private func text(_ event: OCIEvent) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(event), as: UTF8.self)
    }

    @Test func events() throws {
        #expect(try text(.outOfMemory(of: "one")) == #"{"id":"one","type":"oom"}"#)
    }

    @Test func zerosAreLeftOutWhereRuncLeavesThemOut() throws {
        let places =
            #""cpuset":{"cpu_exclusive":0,"mem_exclusive":0,"mem_hardwall":0,"memory_migrate":0,"#
            + #""memory_pressure":0,"memory_spread_page":0,"memory_spread_slab":0,"sched_load_balance":0,"#
            + #""sched_relax_domain_level":0}"#
        let memory = ["kernel", "kernelTCP", "swap", "usage"].map { "\"\($0)\":{\"failcnt\":0,\"limit\":0}" }
        #expect(
            try text(.statistics(.init(), of: "one"))
                == #"{"data":{"blkio":{},"cpu":{"throttling":{},"usage":{"kernel":0,"user":0}},"# + places
                + #","hugetlb":{},"intel_rdt":{},"memory":{"# + memory.joined(separator: ",")
                + #"},"network_interfaces":null,"pids":{}},"id":"one","type":"stats"}"#)
    }

    @Test func everyNumber() throws {
        var all = CgroupDetailedStatistics()
        all.cpu.total = 1
        all.cpu.perCPU = [2]
        all.cpu.perCPUKernel = [3]
        all.cpu.perCPUUser = [4]
        all.cpu.kernel = 5
        all.cpu.user = 6
        all.cpu.periods = 7
        all.cpu.throttledPeriods = 8
        all.cpu.throttledTime = 9
        all.places.cpus = [0, 1]
        all.places.mems = [0]
        all.places.flags = ["sched_relax_domain_level": -1]
        all.memory.cache = 10
        all.memory.usage.usage = 11
        all.memory.usage.peak = 12
        all.memory.usage.limit = .max
        all.memory.usage.failures = 13
        all.memory.raw = ["rss": 14]
        all.memory.pressure = .init()
        all.memory.pressure?.some.average10 = 1.5
        all.tasks = 15
        all.taskLimit = 16
        let entry = CgroupDetailedStatistics.DiskEntry(major: 8, minor: 0, operation: "Read", value: 17)
        for table in [
            \CgroupDetailedStatistics.Disks.bytes, \.operations, \.queued, \.serviceTime, \.waitTime, \.merged, \.time,
            \.sectors,
        ] { all.disks[keyPath: table] = [entry] }
        all.hugePages["2MB"] = .init()
        all.hugePages["2MB"]?.usage = 18
        all.hugePages["2MB"]?.peak = 19
        all.hugePages["2MB"]?.failures = 20
        let text = try text(.statistics(all, of: "one"))
        let disk = #"[{"major":8,"op":"Read","value":17}]"#
        for part in [
            #""usage":{"kernel":5,"percpu":[2],"percpu_kernel":[3],"percpu_user":[4],"total":1,"user":6}"#,
            #""throttling":{"periods":7,"throttledPeriods":8,"throttledTime":9}"#, #""cpus":[0,1]"#, #""mems":[0]"#,
            #""sched_relax_domain_level":-1"#, #""cache":10"#,
            #""usage":{"failcnt":13,"limit":18446744073709551615,"max":12,"usage":11}"#, #""raw":{"rss":14}"#,
            #""psi":{"full":{"avg10":0,"avg300":0,"avg60":0,"total":0},"some":{"avg10":1.5,"#,
            #""pids":{"current":15,"limit":16}"#, #""hugetlb":{"2MB":{"failcnt":20,"max":19,"usage":18}}"#,
        ]
            + [
                "ioServiceBytesRecursive", "ioServicedRecursive", "ioQueueRecursive", "ioServiceTimeRecursive",
                "ioWaitTimeRecursive", "ioMergedRecursive", "ioTimeRecursive", "sectorsRecursive",
            ].map({ "\"\($0)\":\(disk)" })
        {
            #expect(text.contains(part), "\(part) is not in \(text)")
        }
    }
}

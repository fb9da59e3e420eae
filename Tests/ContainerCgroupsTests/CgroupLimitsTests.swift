import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerCgroups

@Suite struct CgroupLimitsTests {
    static let full: RuntimeSpec.Resources = {
        var resources = RuntimeSpec.Resources()
        resources.memory = .init(limit: 64 << 20, swap: 96 << 20, reservation: 32 << 20)
        resources.cpu = .init(shares: 512, quota: 50_000, period: 100_000, cpus: "0-1", mems: "0")
        resources.pids = .init(limit: 10)
        return resources
    }()

    @Test func version1() throws {
        #expect(
            try CgroupLimits.version1(CgroupLimitsTests.full).text == [
                "memory.limit_in_bytes=67108864", "memory.memsw.limit_in_bytes=100663296",
                "memory.soft_limit_in_bytes=33554432", "cpu.shares=512", "cpu.cfs_period_us=100000",
                "cpu.cfs_quota_us=50000", "cpuset.cpus=0-1", "cpuset.mems=0", "pids.max=10",
            ])
    }

    @Test func version2() throws {
        #expect(
            try CgroupLimits.version2(CgroupLimitsTests.full).text == [
                "memory.swap.max=33554432", "memory.max=67108864", "memory.low=33554432", "cpu.weight=59",
                "cpu.max=50000 100000", "cpuset.cpus=0-1", "cpuset.mems=0", "pids.max=10",
            ])
    }

    @Test func unlimitedAndUnset() throws {
        var resources = RuntimeSpec.Resources()
        resources.memory = .init(limit: -1, swap: -1)
        resources.cpu = .init(shares: 0, quota: -1)
        resources.pids = .init(limit: -1)
        let first = try CgroupLimits.version1(resources)
        #expect(
            first.text == [
                "memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1", "cpu.cfs_quota_us=-1", "pids.max=max",
            ])
        let second = try CgroupLimits.version2(resources)
        #expect(second.text == ["memory.swap.max=max", "memory.max=max", "cpu.max=max", "pids.max=max"])
        #expect((first.settings + second.settings).filter(\.isRequested).isEmpty)

        resources = RuntimeSpec.Resources()
        resources.memory = .init(limit: 0, swap: 0)
        resources.cpu = .init(period: 20_000)
        #expect(try CgroupLimits.version2(resources).text == ["cpu.max=max 20000"])
    }

    @Test(arguments: [
        (0 as UInt64, 1 as UInt64), (2, 1), (1024, 100), (512, 59), (3, 2), (262_144, 10_000), (.max, 10_000),
    ])
    func weight(shares: UInt64, weight: UInt64) { #expect(CgroupLimits.weight(shares: shares) == weight) }

    @Test func nonsenseIsRefused() {
        var resources = [RuntimeSpec.Resources](repeating: .init(), count: 5)
        resources[0].memory = .init(limit: -2)
        resources[1].memory = .init(limit: 100, swap: 50)
        resources[2].memory = .init(swap: 50)
        resources[3].cpu = .init(cpus: "0\n1")
        resources[4].cpu = .init(mems: "../../etc")
        for each in resources {
            #expect(throws: CgroupFailure.self) { try CgroupLimits.version1(each) }
            #expect(throws: CgroupFailure.self) { try CgroupLimits.version2(each) }
        }
    }
}

extension CgroupLimits {
    /// On a host that has these trees of version 1.
    static func version1(_ resources: RuntimeSpec.Resources) throws(CgroupFailure) -> CgroupLimits {
        let names = [
            "memory", "cpu", "cpuset", "pids", "blkio", "hugetlb", "net_cls", "net_prio", "rdma", "devices", "freezer",
        ]
        let trees = names.map { CgroupHost.Hierarchy(mountPoint: "/cgroup/\($0)", controllers: [$0]) }
        return try CgroupLimits(resources, on: CgroupHost(hierarchies: trees, unified: nil))
    }

    static func version2(_ resources: RuntimeSpec.Resources) throws(CgroupFailure) -> CgroupLimits {
        try CgroupLimits(resources, on: CgroupHost(hierarchies: [], unified: "/cgroup"))
    }

    var text: [String] { settings.map { "\($0.file)=\($0.value)" } }
}

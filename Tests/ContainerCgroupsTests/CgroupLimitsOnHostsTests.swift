import ContainerKitTesting
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerCgroups

/// How settings reach the files of each kind of host, and what is said of those that do not.
@Suite struct CgroupLimitsOnHostsTests {
    private let root = "/sys/fs/cgroup"

    private func resources(_ edit: (inout RuntimeSpec.Resources) -> Void) -> RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        edit(&resources)
        return resources
    }

    private var pages: RuntimeSpec.Resources { resources { $0.hugepageLimits = [.init(pageSize: "2MB", limit: 0)] } }

    /// The last writes, below the root.
    private func last(_ count: Int, _ tree: FakeCgroupTree) -> [String] {
        tree.writes.suffix(count).map { String($0.dropFirst(root.utf8.count + 1)) }
    }

    // MARK: Where a controller is

    @Test func hybridHandsDownOnlyWhatIsAskedFor() throws {
        let (tree, host) = FakeCgroupTree.hybrid(controllers: "hugetlb rdma")
        _ = try Cgroup.create(path: "/containerkit-oci/one", resources: .init(), host: host, fileSystem: tree)
        #expect(!tree.writes.contains { $0.contains("subtree_control") })
        var both = pages
        both.pids = .init(limit: 3)
        let cgroup = try Cgroup.create(path: "/containerkit-oci/two", resources: both, host: host, fileSystem: tree)
        #expect(
            last(5, tree) == [
                "unified/cgroup.subtree_control=+hugetlb", "unified/containerkit-oci/cgroup.subtree_control=+hugetlb",
                "pids/containerkit-oci/two/pids.max=3", "unified/containerkit-oci/two/hugetlb.2MB.max=0",
                "unified/containerkit-oci/two/hugetlb.2MB.rsvd.max=0",
            ])
        try cgroup.delete()
        try Cgroup(existing: "/containerkit-oci/one", host: host, fileSystem: tree).delete()
        #expect(!tree.directories.contains { $0.contains("containerkit") })
    }

    @Test func updateHandsDownWhatTheCgroupDoesNotHave() throws {
        let (tree, host) = FakeCgroupTree.unified(controllers: "cpuset cpu io memory pids hugetlb")
        let cgroup = try Cgroup.create(path: "/containerkit-oci/one", resources: .init(), host: host, fileSystem: tree)
        tree.set(root + "/containerkit-oci/one/cgroup.controllers", "cpuset cpu io memory pids\n")
        tree.set(root + "/cgroup.subtree_control", "cpuset cpu io memory pids")
        tree.set(root + "/containerkit-oci/cgroup.subtree_control", "cpuset cpu io memory pids")
        try cgroup.update(pages)
        #expect(
            last(4, tree) == [
                "cgroup.subtree_control=+hugetlb", "containerkit-oci/cgroup.subtree_control=+hugetlb",
                "containerkit-oci/one/hugetlb.2MB.max=0", "containerkit-oci/one/hugetlb.2MB.rsvd.max=0",
            ])
    }

    @Test func hybridTakesOnlyFilesOfItsVersion2Tree() throws {
        let (tree, host) = FakeCgroupTree.hybrid()
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/a", resources: resources { $0.unified = ["memory.high": "1"] }, host: host, fileSystem: tree,
                naming: .fields(of: "linux.resources"))
        }
        #expect(
            error?.message
                == #"linux.resources.unified["memory.high"]: the file "memory.high" needs the cgroup controller "#
                + "memory, which this host does not have in its tree of cgroup v2")
        let good = resources { $0.unified = ["hugetlb.2MB.max": "0", "cgroup.max.depth": ""] }
        _ = try Cgroup.create(path: "/a", resources: good, host: host, fileSystem: tree)
        #expect(last(1, tree) == ["unified/a/hugetlb.2MB.max=0"])
    }

    @Test func devicesOfAHybridHostWithoutTheirControllerAreAProgram() throws {
        let (tree, legacy) = FakeCgroupTree.hybrid()
        let trees = legacy.hierarchies.filter { $0.controllers != ["devices"] }
        let host = CgroupHost(hierarchies: trees, unified: legacy.unified)
        let rules = resources { $0.devices = DeviceRules.standard }
        _ = try Cgroup.create(path: "/a", resources: rules, host: host, fileSystem: tree)
        #expect(tree.edit { $0.programs.keys.map { $0 } } == [root + "/unified/a"])
        let bare = CgroupHost(hierarchies: trees, unified: nil)
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: "/b", resources: rules, host: bare, fileSystem: tree)
        }
        #expect(error?.code == .unsupported)
    }

    // MARK: Files that a kernel does not have

    @Test func weightsGoToTheSchedulerThatIsThere() throws {
        let weight = resources {
            $0.blockIO = .init()
            $0.blockIO?.weight = 1000
        }
        for (files, written) in [
            (["blkio.weight"], "blkio.weight=1000"), (["blkio.bfq.weight"], "blkio.bfq.weight=1000"),
        ] {
            let (tree, host) = FakeCgroupTree.legacy(more: ["blkio": files])
            _ = try Cgroup.create(path: "/a", resources: weight, host: host, fileSystem: tree)
            #expect(last(1, tree) == ["blkio/a/" + written])
        }
        let (tree, host) = FakeCgroupTree.unified()
        _ = try Cgroup.create(path: "/a", resources: weight, host: host, fileSystem: tree)
        #expect(last(1, tree) == ["a/io.weight=10000"])

        let (bare, bareHost) = FakeCgroupTree.legacy(more: ["blkio": []])
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/a", resources: weight, host: bareHost, fileSystem: bare, naming: .fields(of: "resources"))
        }
        #expect(
            error?.message == "resources.blockIO.weight: the weight of disk access needs blkio.weight, which this "
                + "kernel does not have")
        #expect(error?.code == .unsupported)
        #expect(error?.hint?.contains("bfq") == true)
        #expect(!bare.directories.contains(root + "/blkio/a"))
    }

    @Test func pageSizesThatTheHostDoesNotHave() throws {
        let (tree, host) = FakeCgroupTree.legacy(more: ["hugetlb": ["hugetlb.2MB.limit_in_bytes"]])
        _ = try Cgroup.create(path: "/a", resources: pages, host: host, fileSystem: tree)
        #expect(last(1, tree) == ["hugetlb/a/hugetlb.2MB.limit_in_bytes=0"])
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/b", resources: resources { $0.hugepageLimits = [.init(pageSize: "3MB", limit: 0)] }, host: host,
                fileSystem: tree, naming: .fields(of: "linux.resources"))
        }
        #expect(error?.message.hasPrefix("linux.resources.hugepageLimits[0]: the limit on huge pages of 3MB") == true)
        #expect(error?.hint?.contains("/sys/kernel/mm/hugepages") == true)
    }

    @Test func failuresOfTheKernelNameTheField() throws {
        let (tree, host) = FakeCgroupTree.unified()
        tree.fail(root + "/a/memory.max", EINVAL)
        var error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/a", resources: resources { $0.memory = .init(limit: 4096) }, host: host, fileSystem: tree,
                naming: .fields(of: "linux.resources"))
        }
        #expect(
            error?.message == "linux.resources.memory.limit: set the memory limit to 4096 (memory.max)")
        let rules = resources { $0.devices = [.init(allow: false), .init(allow: true, type: "x")] }
        error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/a", resources: rules, host: host, fileSystem: tree, naming: .fields(of: "linux.resources"))
        }
        #expect(error?.message.hasPrefix("linux.resources.devices[1]: device rule: type \"x\"") == true)
        #expect(error?.code == .invalidArgument)
        error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: "/a", resources: rules, host: host, fileSystem: tree)
        }
        #expect(error?.message.hasPrefix("device rule: type \"x\"") == true)
        #expect(tree.directories == [root])
    }

    // MARK: Changes

    @Test func valuesThatBoundOneAnotherAreTriedAgain() throws {
        let (tree, host) = FakeCgroupTree.legacy()
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        let bandwidth = resources {
            $0.cpu = .init(quota: 1000, period: 2000)
            $0.cpu?.burst = 500
            $0.cpu?.realtimePeriod = 10
            $0.cpu?.realtimeRuntime = 5
        }
        for file in ["cpu.cfs_period_us", "cpu.cfs_burst_us", "cpu.rt_period_us"] {
            tree.fail("\(root)/cpu/a/\(file)", EINVAL)
        }
        try cgroup.update(bandwidth)
        #expect(
            last(5, tree) == [
                "cpu/a/cpu.cfs_quota_us=1000", "cpu/a/cpu.rt_runtime_us=5", "cpu/a/cpu.cfs_period_us=2000",
                "cpu/a/cpu.cfs_burst_us=500", "cpu/a/cpu.rt_period_us=10",
            ])
        tree.fail("\(root)/cpu/a/cpu.rt_runtime_us", EINVAL, EINVAL)
        let error = #expect(throws: ContainerError.self) {
            try cgroup.update(bandwidth, naming: .fields(of: "linux.resources"))
        }
        #expect(
            error?.message.hasPrefix("linux.resources.cpu.realtimeRuntime: set the realtime CPU limit to 5") == true)
        #expect(error?.hint?.contains("the one above it") == true)
    }

    @Test func aCgroupThatIsGoneCannotBeChanged() throws {
        for (tree, host) in [FakeCgroupTree.unified(controllers: "memory hugetlb"), FakeCgroupTree.legacy()] {
            let cgroup = try Cgroup(existing: "/a", host: host, fileSystem: tree)
            var changes = [resources { $0.memory = .init(limit: 4096) }]
            if host.kind == .unified { changes.append(pages) }
            for change in changes {
                let error = #expect(throws: ContainerError.self) { try cgroup.update(change) }
                #expect(error?.message == "the cgroup /a is gone" && error?.code == .notFound)
            }
        }
    }

    @Test func aNewPeriodAloneKeepsTheQuota() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        tree.set(root + "/a/cpu.max", "5000 100000\n")
        try cgroup.update(resources { $0.cpu = .init(period: 20_000) })
        #expect(last(1, tree) == ["a/cpu.max=5000 20000"])
    }

    @Test func aLimitBelowWhatIsUsedIsRefused() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        tree.set(root + "/a/memory.current", "5000\n")
        var less = resources { $0.memory = .init(limit: 5000) }
        try cgroup.update(less)
        less.memory?.checkBeforeUpdate = true
        let error = #expect(throws: ContainerError.self) {
            try cgroup.update(less, naming: .fields(of: "linux.resources"))
        }
        #expect(error?.code == .conflict)
        #expect(
            error?.message == "linux.resources.memory.limit: the memory limit of 5000 bytes is not above what is used: "
                + "5000 bytes")
        less.memory?.limit = 5001
        try cgroup.update(less)
        #expect(last(1, tree) == ["a/memory.max=5001"])

        let (legacy, legacyHost) = FakeCgroupTree.legacy()
        let old = try Cgroup.create(path: "/a", resources: .init(), host: legacyHost, fileSystem: legacy)
        legacy.set(root + "/memory/a/memory.usage_in_bytes", "7000\n")
        legacy.fail(root + "/memory/a/memory.limit_in_bytes", EBUSY)
        let busy = #expect(throws: ContainerError.self) {
            try old.update(resources { $0.memory = .init(limit: 4096) })
        }
        #expect(busy?.message == "the memory limit of 4096 bytes is not above what is used: 7000 bytes")
    }

    // MARK: Below and above a cgroup

    @Test func cgroupsBelow() throws {
        let (tree, host) = FakeCgroupTree.legacy()
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        let child = try Cgroup.create(path: "/a/sub", resources: .init(), host: host, fileSystem: tree)
        for path in ["sub", "/sub", "./sub/"] { #expect(try cgroup.below(path).path == child.path) }
        #expect(try cgroup.below("/").path == "/a")
        #expect(throws: ContainerError.self) { try cgroup.below("sub/../../b") }
        try tree.removeDirectory(root + "/pids/a/sub")
        let error = #expect(throws: ContainerError.self) { try cgroup.below("sub") }
        #expect(error?.code == .notFound)
        #expect(error?.message == "cgroup path 'sub': there is no folder /sys/fs/cgroup/pids/a/sub")
    }

    private func owned(_ tree: FakeCgroupTree, by user: UInt32) -> [String] {
        let paths = tree.edit { $0.owners.filter { $0.value == user }.keys.sorted() }
        return paths.map { String($0.dropFirst(root.utf8.count + 1)) }
    }

    @Test func aUserIsGivenWhatTheKernelLists() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
        try cgroup.delegate(to: 1000)
        #expect(owned(tree, by: 1000) == ["a", "a/cgroup.procs", "a/cgroup.subtree_control"])
        tree.set("/sys/kernel/cgroup/delegate", "cgroup.procs\nmemory.oom.group\n../x\n")
        try cgroup.delegate(to: 7)
        #expect(owned(tree, by: 7) == ["a", "a/cgroup.procs"])

        let (legacy, legacyHost) = FakeCgroupTree.legacy()
        let old = try Cgroup.create(path: "/a", resources: .init(), host: legacyHost, fileSystem: legacy)
        try old.delegate(to: 1000)
        #expect(legacy.edit { $0.owners.isEmpty })
    }

    @Test func parentsOfOthersStay() throws {
        let (tree, host) = FakeCgroupTree.unified()
        for path in ["/docker/one", "/containerkit-other/one", "/containerkit-oci/deep/er/one"] {
            try Cgroup.create(path: path, resources: .init(), host: host, fileSystem: tree).delete()
        }
        #expect(tree.directories == [root, root + "/docker", root + "/containerkit-other"])
    }

    @Test func freezingTwiceIsFine() throws {
        for (tree, host) in [FakeCgroupTree.unified(), FakeCgroupTree.legacy()] {
            let cgroup = try Cgroup.create(path: "/a", resources: .init(), host: host, fileSystem: tree)
            for frozen in [false, true, true, false, false] {
                try frozen ? cgroup.freeze() : cgroup.thaw()
                #expect(try cgroup.isFrozen() == frozen)
            }
        }
    }
}

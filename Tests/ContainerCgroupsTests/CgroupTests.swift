import ContainerKitTesting
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerCgroups

@Suite struct CgroupTests {
    private let root = "/sys/fs/cgroup"

    @Test func unifiedHandsControllersDown() throws {
        let (tree, host) = FakeCgroupTree.unified()
        var resources = CgroupLimitsTests.full
        resources.devices = DeviceRules.standard
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: resources, host: host, fileSystem: tree)
        #expect(cgroup.directoryForClone == root + "/containerkit/one")
        #expect(cgroup.joinPaths.isEmpty)
        #expect(
            tree.writes.prefix(3) == [
                root + "/cgroup.subtree_control=+cpuset +cpu +io +memory +pids",
                root + "/containerkit/cgroup.subtree_control=+cpuset +cpu +io +memory +pids",
                root + "/containerkit/one/memory.swap.max=33554432",
            ])
        #expect(tree.edit { $0.programs.keys.map { $0 } } == [root + "/containerkit/one"])
        try cgroup.delete()
        #expect(tree.directories == [root])
    }

    @Test func legacyInheritsCpusetAndListsDevices() throws {
        let (tree, host) = FakeCgroupTree.legacy()
        var resources = CgroupLimitsTests.full
        resources.devices = [.init(allow: false), .init(allow: true, type: "c", major: 1, minor: 3, access: "rwm")]
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: resources, host: host, fileSystem: tree)
        #expect(cgroup.directoryForClone == nil)
        #expect(cgroup.joinPaths.count == 6 && cgroup.joinPaths.contains(root + "/memory/containerkit/one/tasks"))
        let writes = tree.writes
        #expect(writes.contains(root + "/cpuset/containerkit/cpuset.cpus=0-3\n"))
        #expect(writes.contains(root + "/cpuset/containerkit/one/cpuset.mems=0\n"))
        #expect(writes.contains(root + "/cpuset/containerkit/one/cpuset.cpus=0-1"))
        #expect(
            writes.suffix(2) == [
                root + "/devices/containerkit/one/devices.deny=a",
                root + "/devices/containerkit/one/devices.allow=c 1:3 rwm",
            ])
        try cgroup.delete()
        #expect(!tree.directories.contains { $0.contains("containerkit") })
    }

    @Test func hybridJoinsBothWays() throws {
        let (tree, legacy) = FakeCgroupTree.legacy()
        tree.mount(root + "/unified", ["cgroup.procs": "", "cgroup.controllers": "hugetlb\n", "cgroup.kill": ""])
        let host = CgroupHost(hierarchies: legacy.hierarchies, unified: root + "/unified")
        let cgroup = try Cgroup.create(path: "/containerkit/h", resources: .init(), host: host, fileSystem: tree)
        #expect(cgroup.joinPaths.count == 6)
        #expect(cgroup.directoryForClone == root + "/unified/containerkit/h")
        #expect(cgroup.processPaths.count == 7)
        try cgroup.delete()
    }

    @Test func missingControllerIsNamed() throws {
        let (tree, host) = FakeCgroupTree.unified(controllers: "cpu")
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/containerkit/one", resources: CgroupLimitsTests.full, host: host, fileSystem: tree)
        }
        #expect(error?.code == .unsupported)
        #expect(
            error?.message
                == "the limit on memory and swap needs the cgroup controller memory, which this host does not have")
        #expect(tree.directories == [root])

        var free = RuntimeSpec.Resources()
        free.memory = .init(limit: -1)
        free.pids = .init(limit: 0)
        _ = try Cgroup.create(path: "/containerkit/one", resources: free, host: host, fileSystem: tree)
    }

    @Test func withoutSwapAccounting() throws {
        let (tree, host) = FakeCgroupTree.legacy(swap: false)
        var resources = RuntimeSpec.Resources()
        resources.memory = .init(limit: 1 << 20, swap: 2 << 20)
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: resources, host: host, fileSystem: tree)
        #expect(cgroup.warnings == ["this host cannot limit swap: only memory is limited"])
        #expect(!host.canLimitSwap(fileSystem: tree))
        resources.memory?.swap = -1
        #expect(try Cgroup.create(path: "/a", resources: resources, host: host, fileSystem: tree).warnings.isEmpty)
        resources.memory?.swap = 3 << 20
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: "/b", resources: resources, host: host, fileSystem: tree)
        }
        #expect(error?.code == .unsupported)
        #expect(!tree.directories.contains(root + "/memory/b"))
    }

    @Test func failedLimitLeavesNothing() throws {
        let (tree, host) = FakeCgroupTree.unified()
        tree.fail(root + "/containerkit/one/memory.max", EINVAL)
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/containerkit/one", resources: CgroupLimitsTests.full, host: host, fileSystem: tree)
        }
        #expect(
            error?.description.hasPrefix(
                "make the cgroup /containerkit/one: set the memory limit to 67108864 (memory.max): EINVAL") == true)
        #expect(tree.directories == [root])
    }

    @Test func processesInTheWayAreExplained() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let control = root + "/cgroup.subtree_control"
        tree.fail(control, 0, EBUSY, EBUSY, EBUSY, EBUSY, EBUSY, EBUSY)
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(
                path: "/containerkit/one", resources: CgroupLimitsTests.full, host: host, fileSystem: tree)
        }
        #expect(error?.cause?.hasPrefix("EBUSY") == true)
        #expect(error?.hint?.contains("have both processes and limited children") == true)
        tree.fail(control, 0, EBUSY, EBUSY, EBUSY, EBUSY, EBUSY, EBUSY)
        _ = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
    }

    @Test func withoutRights() throws {
        let (tree, host) = FakeCgroupTree.unified()
        tree.set("/proc/self/cgroup", "0::/user.slice/user-7.slice\n")
        tree.fail(root + "/containerkit", EACCES)
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.hint?.contains("/user.slice/user-7.slice") == true)
    }

    @Test func parentThatDisappearsIsMadeAgain() throws {
        let (tree, host) = FakeCgroupTree.legacy()
        let (unified, unifiedHost) = FakeCgroupTree.unified()
        tree.fail(root + "/pids/containerkit/one", ENOENT, ENOENT, ENOENT)
        unified.fail(root + "/containerkit/one", ENOENT, ENOENT)
        unified.fail(root + "/containerkit/cgroup.controllers", ENOENT, ENODEV)
        unified.fail(root + "/containerkit/cgroup.subtree_control", 0, ENODEV)
        for (tree, host) in [(tree, host), (unified, unifiedHost)] {
            let cgroup = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
            #expect(cgroup.directories.allSatisfy(tree.exists))
        }
        unified.fail(root + "/containerkit/two", Array(repeating: ENOENT, count: 1000))
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: "/containerkit/two", resources: .init(), host: unifiedHost, fileSystem: unified)
        }
        #expect(error?.code == .conflict)
    }

    @Test func cgroupInUseIsNotTaken() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let path = "/containerkit/one"
        _ = try Cgroup.create(path: path, resources: .init(), host: host, fileSystem: tree)
        _ = try Cgroup.create(path: path, resources: .init(), host: host, fileSystem: tree)
        tree.set(root + path + "/cgroup.procs", "12\n")
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: path, resources: .init(), host: host, fileSystem: tree)
        }
        #expect(error?.code == .conflict)
        #expect(tree.exists(root + path))
    }

    @Test func deleteTakesNestedCgroupsAndKeepsSiblings() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let one = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
        let two = try Cgroup.create(path: "/containerkit/two", resources: .init(), host: host, fileSystem: tree)
        try tree.makeDirectory(root + "/containerkit/one/docker")
        try tree.makeDirectory(root + "/containerkit/one/docker/inner")
        tree.fail(root + "/containerkit/one", EBUSY, EBUSY)
        try one.delete()
        try one.delete()
        #expect(tree.directories == [root, root + "/containerkit", root + "/containerkit/two"])
        try two.delete()
        #expect(tree.directories == [root])
        let other = try Cgroup.create(path: "/system.slice/x", resources: .init(), host: host, fileSystem: tree)
        try other.delete()
        #expect(tree.directories == [root, root + "/system.slice"])
    }

    @Test(arguments: [
        "", "/", "one", "/a/../b", "/a//b", "/a/", "/a/.", "/a\nb", "/" + String(repeating: "x", count: 300),
    ])
    func pathsThatAreRefused(path: String) throws {
        let (tree, host) = FakeCgroupTree.unified()
        let error = #expect(throws: ContainerError.self) {
            try Cgroup.create(path: path, resources: .init(), host: host, fileSystem: tree)
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func killOnVersion1FreezesFirstAndSparesItself() throws {
        let (tree, host) = FakeCgroupTree.legacy()
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
        try tree.makeDirectory(root + "/memory/containerkit/one/inner")
        tree.set(root + "/pids/containerkit/one/cgroup.procs", "0\n12\n13\n")
        tree.set(root + "/memory/containerkit/one/inner/cgroup.procs", "14\n")
        try cgroup.kill()
        #expect(tree.signals == [12, 13, 14])
        let states = tree.writes.filter { $0.contains("freezer.state") }.compactMap { $0.split(separator: "=").last }
        #expect(states == ["FROZEN", "THAWED"])
    }

    @Test func killOnVersion2IsOneWrite() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
        tree.set(root + "/containerkit/one/cgroup.procs", "12\n13\n")
        #expect(try cgroup.processes() == [12, 13])
        try cgroup.kill()
        #expect(tree.writes.last == root + "/containerkit/one/cgroup.kill=1")
        #expect(tree.signals.isEmpty)
    }

    @Test func freezeAndThaw() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
        try cgroup.freeze()
        #expect(try cgroup.isFrozen())
        try cgroup.thaw()
        #expect(try !cgroup.isFrozen())
    }

    @Test func updateRaisesTheLimitWithSwapFirst() throws {
        let (tree, host) = FakeCgroupTree.legacy()
        let cgroup = try Cgroup.create(
            path: "/containerkit/one", resources: CgroupLimitsTests.full, host: host, fileSystem: tree)
        var more = RuntimeSpec.Resources()
        more.memory = .init(limit: 128 << 20, swap: 256 << 20)
        try cgroup.update(more)
        #expect(tree.writes.suffix(2).map { $0.contains("memsw") } == [true, false])
        more.memory = .init(limit: 16 << 20, swap: 32 << 20)
        try cgroup.update(more)
        #expect(tree.writes.suffix(2).map { $0.contains("memsw") } == [false, true])
    }

    @Test func statisticsOfVersion2() throws {
        let (tree, host) = FakeCgroupTree.unified()
        let cgroup = try Cgroup.create(path: "/containerkit/one", resources: .init(), host: host, fileSystem: tree)
        let folder = root + "/containerkit/one/"
        tree.set(folder + "memory.current", "4096\n")
        tree.set(folder + "memory.max", "8192\n")
        tree.set(folder + "memory.stat", "anon 1\ninactive_file 77\n")
        tree.set(folder + "pids.current", "3\n")
        tree.set(folder + "memory.events", "oom 2\noom_kill 1\n")
        var expected = CgroupStatistics()
        expected.memoryUsage = 4096
        expected.memoryLimit = 8192
        expected.memoryInactiveFile = 77
        expected.cpuNanoseconds = 5000
        expected.tasks = 3
        #expect(try cgroup.statistics() == expected)
        #expect(cgroup.memoryEvents().killed == 1)
        try cgroup.delete()
        #expect(throws: ContainerError.self) { try cgroup.statistics() }
    }
}

extension FakeCgroupTree {
    func fail(_ path: String, _ errnos: [CInt]) { edit { $0.failures[path] = errnos } }
}

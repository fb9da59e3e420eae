import ContainerKitTesting
import ContainerSystem
import Testing

@testable import ContainerCgroups

@Suite struct CgroupHostTests {
    @Test func unifiedHostNeedsNoMountTable() throws {
        let (tree, host) = FakeCgroupTree.unified()
        #expect(try CgroupHost.detect(fileSystem: tree) == host)
        #expect(host.kind == .unified)
    }

    @Test func joinedControllersAndTheTreeBesideThem() throws {
        let host = try CgroupHost.parse(
            mountInfo: """
                23 1 8:1 / / rw - ext4 /dev/root rw
                30 23 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755
                31 30 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate
                32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
                33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 master:3 - cgroup cgroup rw,cpu,cpuacct
                34 30 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                35 30 0:31 / /sys/fs/cgroup/my\\040own rw - cgroup cgroup rw,name=my own
                36 30 0:32 / /sys/fs/cgroup/net\\040x rw - cgroup cgroup rw,net_cls,net_prio
                37 30 0:30 / /mnt/memory-again rw - cgroup cgroup rw,memory
                """)
        #expect(host.kind == .hybrid)
        #expect(host.unified == "/sys/fs/cgroup/unified")
        #expect(
            host.hierarchies.map(\.controllers) == [
                ["name=systemd"], ["cpu", "cpuacct"], ["memory"], ["net_cls", "net_prio"],
            ])
        #expect(host.mountPoint(of: "cpuacct") == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(host.mountPoint(of: "memory") == "/sys/fs/cgroup/memory")
        #expect(host.mountPoint(of: "net_prio") == "/sys/fs/cgroup/net x")
        #expect(host.mountPoint(of: "pids") == nil)
    }

    @Test func legacyAndNothing() throws {
        let host = try CgroupHost.parse(mountInfo: "34 30 0:30 / /cg/memory rw - cgroup none rw,memory\n")
        #expect(host.kind == .legacy)
        #expect(throws: ContainerError.self) {
            try CgroupHost.parse(mountInfo: "23 1 8:1 / / rw - ext4 /dev/root rw\n")
        }
        #expect(throws: ContainerError.self) { try CgroupHost.parse(mountInfo: "23 1 - cgroup\n- cgroup2\n\n") }
    }

    @Test func thisHost() throws {
        let host = try CgroupHost.detect()
        let places = host.hierarchies.map(\.mountPoint) + [host.unified].compactMap(\.self)
        #expect(!places.isEmpty)
        #expect(places.allSatisfy { KernelCgroupFileSystem().exists($0 + "/cgroup.procs") })
        #expect(host.controllers().contains("memory"))
    }
}

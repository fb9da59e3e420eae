import ContainerCgroups
import ContainerKitTesting
import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import Glibc
import OCISpec
import Testing

/// From a specification to a launch, with control groups and processes that are none.
@Suite struct RuntimeTests {
    private func with(
        _ tree: FakeCgroupTree, _ launcher: FakeLauncher, _ body: (Runtime) throws -> Void
    ) throws {
        var template = Array("/tmp/ck-runtime-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        try body(Runtime(launcher: launcher, cacheFolder: folder, cgroups: tree))
    }

    private func spec(_ fill: (inout RuntimeSpec) -> Void = { _ in }) -> RuntimeSpec {
        var spec = RuntimeSpec(process: .init(args: ["true"], env: ["PATH=/bin"]), root: .init(path: "/root"))
        spec.process.capabilities = .init(bounding: ["CAP_KILL"])
        spec.linux.namespaces = [.init(.mount), .init(.pid), .init(.cgroup)]
        spec.linux.cgroupsPath = "/ck-1"
        spec.linux.resources = .init()
        spec.linux.resources?.pids = .init(limit: 5)
        spec.mounts = [.init(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"])]
        fill(&spec)
        return spec
    }

    private func start(_ spec: RuntimeSpec, on runtime: Runtime) throws -> any LaunchedProcess {
        try runtime.start(spec, LaunchContext(), by: try runtime.prepare(streams: nil))
    }

    @Test func aContainerStartsInItsCgroup() throws {
        let (tree, _) = FakeCgroupTree.unified()
        let launcher = FakeLauncher([.success(7)])
        try with(tree, launcher) { (runtime: Runtime) throws in
            #expect(try start(spec(), on: runtime).wait() == 7)
            #expect(tree.directories.contains("/sys/fs/cgroup/ck-1"), "the supervisor removes it at the end")
            #expect(tree.writes.contains("/sys/fs/cgroup/ck-1/pids.max=5"))
            let lines = try #require(launcher.plans.first).description.split(separator: "\n")
            #expect(lines.contains("shim   clone into cgroup /sys/fs/cgroup/ck-1"))
            #expect(lines.contains("child  mount cgroup2 on /sys/fs/cgroup (ro)"))
            #expect(lines.contains { $0.hasPrefix("child  filter system calls") })
            #expect(lines.last == "after  remove cgroup /sys/fs/cgroup/ck-1")
        }
    }

    @Test func onOldHostsItJoinsEachTree() throws {
        let (tree, _) = FakeCgroupTree.legacy()
        let launcher = FakeLauncher()
        try with(tree, launcher) { (runtime: Runtime) throws in
            _ = try start(spec(), on: runtime)
            let text = try #require(launcher.plans.first).description
            for name in ["cpu", "cpuset", "devices", "freezer", "memory", "pids"] {
                #expect(text.contains("child  join cgroup /sys/fs/cgroup/\(name)/ck-1/"))
                #expect(text.contains("child  bind /sys/fs/cgroup/\(name)/ck-1 on /sys/fs/cgroup/\(name) (ro)\n"))
                #expect(text.contains("after  remove cgroup /sys/fs/cgroup/\(name)/ck-1"))
            }
            #expect(!text.contains("clone into cgroup"))
        }
    }

    @Test func whatFailsLeavesNoCgroup() throws {
        let (tree, _) = FakeCgroupTree.unified()
        let before = tree.directories
        let failure = ContainerError(.commandNotFound, "exec \"true\": no such file or directory")
        let launcher = FakeLauncher([.failure(failure)])
        try with(tree, launcher) { (runtime: Runtime) throws in
            let error = #expect(throws: ContainerError.self) { try start(spec(), on: runtime) }
            #expect(error == failure && tree.directories == before)
            let badPlan = #expect(throws: ContainerError.self) {
                try start(spec { $0.process.cwd = "relative" }, on: runtime)
            }
            #expect(badPlan?.code == .invalidArgument && tree.directories == before)
            #expect(launcher.plans.count == 1, "what cannot be planned is not launched")
            tree.fail("/sys/fs/cgroup/ck-1/pids.max", EIO)
            #expect(throws: ContainerError.self) { try start(spec(), on: runtime) }
            #expect(tree.directories == before)
            let noPath = #expect(throws: ContainerError.self) {
                try start(spec { $0.linux.cgroupsPath = nil }, on: runtime)
            }
            #expect(noPath?.code == .invalidArgument)
        }
    }

    @Test func oneMoreProcessJoinsTheCgroupOfTheFirst() throws {
        let (tree, _) = FakeCgroupTree.unified()
        let launcher = FakeLauncher([.success(0), .success(3)])
        try with(tree, launcher) { (runtime: Runtime) throws in
            _ = try start(spec(), on: runtime)
            let process = try runtime.execute(
                spec().process, joining: ProcessIdentity(pid: 42, startTime: 7), cgroupPath: "/ck-1",
                options: [.attached], by: try runtime.prepare(streams: .own))
            #expect(try process.wait() == 3 && launcher.preparedCount == 2)
            let lines = try #require(launcher.plans.last).description.split(separator: "\n")
            #expect(
                lines.prefix(3) == [
                    "shim   streams: output attached", "shim   clone into cgroup /sys/fs/cgroup/ck-1",
                    "shim   join the container of process 42",
                ])
            #expect(!lines.contains { $0.hasPrefix("after") }, "the cgroup is not this process's to remove")
        }
    }
}

import ContainerCgroups
import ContainerKitTesting
import ContainerNamespaces
import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec
import Synchronization
import Testing

@testable import ContainerRuntime

/// The runtime's own rules, with control groups and processes that are none.
@Suite struct OCIRuntimeTests {
    /// A root for state, a bundle, and a runtime on them.
    private final class Stage {
        let folder: String
        let launcher: FakeLauncher
        let tree: FakeCgroupTree
        let runtime: OCIRuntime
        let warnings: Warnings
        /// It stands for the container's: one that a failed creation may kill.
        let process: pid_t

        init(_ script: [Result<Int32, ContainerError>] = []) throws {
            var template = Array("/tmp/ck-oci-test-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            var pid: pid_t = 0
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("600"), nil]
            defer { for argument in arguments { free(argument) } }
            try #require(posix_spawn(&pid, "/bin/sleep", nil, nil, &arguments, nil) == 0)
            process = pid
            let identity = ProcessIdentity(pid: pid, startTime: try #require(ProcessIdentity.startTime(of: pid)))
            launcher = FakeLauncher(script, identity: identity)
            (tree, _) = FakeCgroupTree.unified()
            let warnings = Warnings()
            self.warnings = warnings
            runtime = OCIRuntime(
                root: folder + "/state", launcher: launcher, cgroups: tree, cacheFolder: folder + "/cache",
                warn: { warnings.add($0) })
            try Files.makeDirectory(folder + "/bundle/rootfs")
            try configure()
        }

        deinit {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            try? Files.removeTree(folder)
        }

        var bundle: String { folder + "/bundle" }

        func configure(_ fill: (inout RuntimeSpec) -> Void = { _ in }) throws {
            var spec = RuntimeSpec(process: .init(args: ["true"], env: ["PATH=/bin"]), root: .init(path: "rootfs"))
            spec.linux.namespaces = [.init(.mount), .init(.pid)]
            spec.annotations = ["a": "\"1\"\n"]
            fill(&spec)
            try Files.replace(bundle + "/config.json", with: try JSONEncoder().encode(spec))
        }

        func create(_ id: String = "one") throws -> OCIState { try runtime.create(id, bundle: bundle, .init()) }

        /// As the child does when it is ready; a FakeLauncher starts nothing.
        func markWaiting(_ id: String = "one") throws { try Files.replace("\(folder)/state/\(id)/start", with: []) }
    }

    private final class Warnings: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ text: String) { all.withLock { $0.append(text) } }
        var texts: [String] { all.withLock { $0 } }
    }

    private func error(_ body: () throws -> Void) -> ContainerError? {
        do {
            try body()
            return nil
        } catch { return error as? ContainerError }
    }

    @Test func aContainerIsListedAsWhatItIs() throws {
        let stage = try Stage()
        let made = try stage.create()
        #expect(made.id == "one" && made.pid == stage.process && made.bundle.hasSuffix("/bundle"))
        #expect(made.status == .running, "without a socket to start it by it runs")
        try stage.markWaiting()
        let state = try stage.runtime.state(of: "one")
        #expect(state.status == .created && state.annotations == ["a": "\"1\"\n"])
        #expect(state.rootfs == made.bundle + "/rootfs")
        #expect(try stage.runtime.list().map(\.id) == ["one"])
        #expect(stage.tree.directories.contains("/sys/fs/cgroup/containerkit-oci-one"))
        #expect(try stage.runtime.specification(of: "one").process.args == ["true"])
    }

    @Test func anIDIsTakenOnce() throws {
        let stage = try Stage()
        _ = try stage.create()
        let error = error { _ = try stage.create() }
        #expect(error?.code == .conflict && error?.message == "container with id one already exists")
        #expect(try stage.runtime.list().count == 1)
    }

    @Test(arguments: ["", ".", "..", "a/b", "../x", "a b", "ä", String(repeating: "x", count: 256), "a\n"])
    func whatIsNoIDIsRefused(id: String) throws {
        let stage = try Stage()
        #expect(error { _ = try stage.create(id) }?.code == .invalidArgument)
        #expect(error { _ = try stage.runtime.state(of: id) }?.code == .invalidArgument)
        #expect(!Files.exists(stage.folder + "/state"), "nothing was made")
    }

    @Test func whatIsNotThereIsSaidSo() throws {
        let stage = try Stage()
        for body in [
            { _ = try stage.runtime.state(of: "no") }, { try stage.runtime.start("no") },
            { try stage.runtime.kill("no", signal: 15, all: false) }, { try stage.runtime.delete("no", force: false) },
            { try stage.runtime.pause("no") }, { _ = try stage.runtime.cgroup(of: "no") },
        ] as [() throws -> Void] {
            #expect(error(body)?.message == "container \"no\" does not exist")
        }
    }

    @Test func whatRunsIsNotDeletedAndWhatIsNotCreatedNotStarted() throws {
        let stage = try Stage()
        _ = try stage.create()
        #expect(error { try stage.runtime.delete("one", force: false) }?.code == .conflict)
        #expect(error { try stage.runtime.start("one") }?.code == .conflict)
        #expect(error { try stage.runtime.resume("one") }?.code == .conflict)
        #expect(try stage.runtime.state(of: "one").status == .running)
    }

    @Test func aFailedCreationLeavesNothing() throws {
        let stage = try Stage([.failure(ContainerError(.commandNotFound, "exec \"true\": no"))])
        #expect(error { _ = try stage.create() }?.code == .commandNotFound)
        #expect(try stage.runtime.list().isEmpty)
        #expect(!stage.tree.directories.contains { $0.contains("containerkit-oci") })
        #expect(try Files.list(stage.folder + "/state").isEmpty)
    }

    @Test func whatIsWrongIsNamedByItsPathBeforeAnythingIsMade() throws {
        let stage = try Stage()
        let faults: [(String, (inout RuntimeSpec) -> Void)] = [
            ("root.path", { $0.root.path = "missing" }), ("root.path", { $0.root.path = "config.json" }),
            ("mounts[0].source", { $0.mounts = [.init(destination: "/a", type: "bind", source: "/no/such/thing")] }),
            ("linux.namespaces[0].path", { $0.linux.namespaces[0].path = "/no/such/namespace" }),
            ("process.apparmorProfile", { $0.process.apparmorProfile = "x" }),
            ("linux.intelRdt", { $0.linux.intelRdt = .init() }),
            ("linux.cgroupsPath", { $0.linux.cgroupsPath = "/a/../b" }),
            ("process.args", { $0.process.args = [] }), ("ociVersion", { $0.ociVersion = "2.0.0" }),
        ]
        for (field, fill) in faults {
            try stage.configure(fill)
            let text = error { _ = try stage.create() }?.description ?? "no error"
            #expect(text.contains(field) && !text.contains("\n"), "\(text)")
        }
        #expect(stage.launcher.plans.isEmpty && !Files.exists(stage.folder + "/state"))
    }

    @Test func hooksOfTheHostRunInOrderWithTheState() throws {
        let stage = try Stage()
        let out = stage.folder + "/out"
        func hook(_ name: String) -> RuntimeSpec.Hooks.Hook {
            .init(
                path: "/bin/sh",
                args: ["sh", "-c", "printf '%s %s %s\\n' \(name) \"$A\" \"$(cat)\" >> \(out); env >> \(out).env"],
                env: ["A=\(name)!"])
        }
        try stage.configure {
            $0.hooks = .init()
            $0.hooks?.prestart = [hook("first")]
            $0.hooks?.createRuntime = [hook("second"), hook("third")]
        }
        _ = try stage.create()
        let lines = try Files.readText(out).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("first first! {") && lines[0].contains("\"status\":\"created\""))
        #expect(lines[1].hasPrefix("second") && lines[1].contains("\"status\":\"creating\""))
        #expect(lines[2].hasPrefix("third") && lines[2].contains("\"id\":\"one\""))
        #expect(lines[2].contains("\"annotations\":{\"a\":\"\\\"1\\\"\\n\"}"))
        #expect(!(try Files.readText(out + ".env")).contains("HOME="), "nothing of ours")
    }

    @Test func aFailingHookUndoesTheCreation() throws {
        let stage = try Stage()
        try stage.configure {
            $0.hooks = .init()
            $0.hooks?.createRuntime = [.init(path: "/bin/sh", args: ["sh", "-c", "echo no luck >&2; exit 3"])]
        }
        let text = error { _ = try stage.create() }?.description
        #expect(text == "hooks.createRuntime[0]: run /bin/sh: exit status 3: no luck")
        #expect(try stage.runtime.list().isEmpty)
        try stage.configure {
            $0.hooks = .init()
            $0.hooks?.createRuntime = [.init(path: "/bin/sleep", args: ["sleep", "60"], timeout: 1)]
        }
        #expect(error { _ = try stage.create() }?.description.contains("did not end within 1 s") == true)
    }

    @Test func theStateHasRoomForThePid() {
        let state = OCIState(id: "x", status: .created, pid: 42, bundle: "/b")
        #expect(
            state.json
                == "{\"ociVersion\":\"1.2.0\",\"id\":\"x\",\"status\":\"created\",\"pid\":        42,\"bundle\":\"/b\"}"
        )
    }
}

import ContainerNamespaces
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRuntime

/// What the OCI command line asks for besides what the engine does, as steps of the plan.
@Suite struct OCIPlanTests {
    private func spec(_ fill: (inout RuntimeSpec) throws -> Void = { _ in }) rethrows -> RuntimeSpec {
        var spec = RuntimeSpec(process: .init(args: ["true"], env: ["PATH=/bin"]), root: .init(path: "/bundle/rootfs"))
        spec.linux.namespaces = [.init(.mount), .init(.pid)]
        try fill(&spec)
        return spec
    }

    private func lines(_ spec: RuntimeSpec, _ context: LaunchContext = .init()) throws -> [String] {
        try LaunchPlanner.start(spec, in: context).description.split(separator: "\n").map(String.init)
    }

    /// Whether all of them are there, in this order.
    private func expect(_ wanted: [String], in lines: [String]) {
        var rest = lines[...]
        for line in wanted {
            guard let index = rest.firstIndex(of: line) else {
                Issue.record("\(line) is not in its place among:\n\(lines.joined(separator: "\n"))")
                return
            }
            rest = rest[(index + 1)...]
        }
    }

    @Test func aCreatedContainerWaits() throws {
        var context = LaunchContext()
        context.startFolder = "/run/oci/x"
        context.leaves = true
        context.asksClient = true
        context.keyring = "_ses.x"
        let hook = LaunchPlan.Hook(
            name: "createContainer", path: "/h", arguments: ["h"], environment: [], timeout: 0, state: .init("", ""))
        context.createHooks = [hook]
        context.startHooks = [
            LaunchPlan.Hook(
                name: "startContainer", path: "/s", arguments: ["s"], environment: [], timeout: 0,
                state: .init("", ""))
        ]
        expect(
            [
                "shim   leave the process to itself", "shim   listen in /run/oci/x for the start",
                "host   await the client's part", "host   let the child go on",
                "child  join a new session keyring _ses.x", "child  open the root /bundle/rootfs",
                "child  report that everything is mounted", "child  await the host's part",
                "child  createContainer: run /h", "child  pivot to the new root",
                "child  await the host's part",
                "child  set capabilities 0x0", "child  await the start", "child  startContainer: run /s",
                "child  execute true",
            ], in: try lines(try spec(), context))
    }

    @Test func aUserNamespaceIsMappedBeforeAnythingElse() throws {
        let spec = spec {
            $0.linux.namespaces.append(.init(.user))
            $0.linux.uidMappings = [.init(containerID: 0, hostID: 100_000, size: 65_536)]
            $0.linux.gidMappings = [.init(containerID: 0, hostID: 200_000, size: 65_536)]
            $0.process.rlimits = [.init(type: "RLIMIT_CORE", soft: 1, hard: 2)]
            $0.process.oomScoreAdj = 100
            $0.mounts = [.init(destination: "/data", type: "bind", source: "/srv", options: ["rbind", "ro"])]
        }
        let lines = try lines(spec)
        expect(
            [
                "shim   open /srv (ro)", "shim   open /bundle/rootfs",
                "shim   clone with new namespaces: user, mount, pid",
                "host   map uids 0 100000 65536, gids 0 200000 65536", "host   let the child go on",
                "host   set oom_score_adj to 100", "host   limit core to 1:2", "child  await the host's part",
                "child  open the root /bundle/rootfs", "child  become root of the user namespace",
                "child  bind /srv on /data (ro)", "child  bind /dev/null on /dev/null",
            ].sortedLike(lines), in: lines)
        #expect(!lines.contains { $0.hasPrefix("child  limit") }, "only the host may raise a limit")
        #expect(!lines.contains { $0.hasPrefix("child  make device") }, "a user namespace makes no nodes")
    }

    @Test func idsOfAMountAreItsOwnOrTheContainers() throws {
        let own = [RuntimeSpec.IDMapping(containerID: 0, hostID: 7, size: 1)]
        let spec = spec {
            $0.linux.namespaces.append(.init(.user))
            $0.linux.uidMappings = [.init(containerID: 0, hostID: 100_000, size: 9)]
            $0.linux.gidMappings = [.init(containerID: 0, hostID: 200_000, size: 9)]
            $0.mounts = ["/a", "/b", "/c"].map { .init(destination: $0, type: "bind", source: $0, options: ["idmap"]) }
            ($0.mounts[1].uidMappings, $0.mounts[1].gidMappings) = (own, own)
            $0.mounts[2].options = ["rbind", "ridmap"]
        }
        let trees = try LaunchPlanner.start(spec, in: .init()).steps.compactMap { step in
            if case .prepareTree(let tree) = step.operation { tree } else { nil }
        }
        #expect(trees.map(\.uids) == ["", "0 100000 9\n", "0 7 1\n", "0 100000 9\n"], "the root comes first")
        #expect(trees.map(\.gids) == ["", "0 200000 9\n", "0 7 1\n", "0 200000 9\n"])
        #expect(trees.map(\.mapsAll) == [false, false, false, true])
    }

    @Test func namespacesAreJoinedInTheOneOrderThatWorks() throws {
        let spec = spec {
            $0.linux.namespaces = [
                .init(.user, path: "/n/user"), .init(.pid, path: "/n/pid"), .init(.mount),
                .init(.network, path: "/n/net"), .init(.time),
            ]
            $0.linux.timeOffsets = ["monotonic": .init(secs: 5), "boottime": .init(secs: -3, nanosecs: 7)]
        }
        expect(
            [
                "shim   make a time namespace, clocks boottime -3 7\nmonotonic 5 0",
                "shim   join the network namespace /n/net", "shim   join the pid namespace /n/pid",
                "shim   join the user namespace /n/user", "shim   clone with new namespaces: mount",
            ].flatMap { $0.split(separator: "\n").map(String.init) }, in: try lines(spec))
    }

    @Test func withoutAMountNamespaceTheHostsMountsStayAsTheyAre() throws {
        let lines = try lines(spec { $0.linux.namespaces = [.init(.pid)] })
        expect(["child  open the root /bundle/rootfs", "child  change the root"], in: lines)
        #expect(!lines.contains { $0.contains("slave") || $0.contains("pivot") })
    }

    @Test func withoutACgroupNamespaceItSeesItsOwnPartOnly() throws {
        var context = LaunchContext()
        context.cgroupView = .hierarchies([.init(name: "memory", folder: "/cg/memory", options: ["memory"])])
        let spec = spec {
            $0.linux.cgroupsPath = "/one"
            $0.mounts = [.init(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"])]
        }
        #expect(try lines(spec, context).contains("child  bind /cg/memory/one on /sys/fs/cgroup/memory (ro)"))
    }

    @Test func mountOptionsByKind() throws {
        let options = MountOptions([
            "rbind", "ro", "rnosuid", "nodev", "dev", "noatime", "relatime", "rslave", "size=64k", "sync", "tmpcopyup",
            "defaults", "ridmap",
        ])
        #expect(options.isBind && options.isRecursive && options.copiesUp && options.idMap == .wholeTree)
        #expect(options.attributes == .init(set: .readOnly, clear: [.noDevices, .accessTimes]), "the last word counts")
        #expect(options.treeAttributes == .init(set: .noSetUserID))
        #expect(options.propagation == .slave && options.propagatesRecursively)
        #expect(options.data == ["size=64k", "sync"])
        #expect(Set(["rro", "nosymfollow", "ridmap", "rprivate", "lazytime"]).isSubset(of: MountOptions.known))
    }

    @Test(arguments: [("proc", "/proc"), ("./a//b/../c", "/a/c"), ("/../..", "/"), ("/x/", "/x")])
    func destinationsAreTakenApart(path: String, meant: String) { #expect(PathText.absolute(path) == meant) }

    @Test func schedulersAsTheKernelTakesThem() throws {
        var scheduler = RuntimeSpec.Process.Scheduler(policy: "SCHED_BATCH")
        scheduler.nice = -2
        scheduler.flags = ["SCHED_FLAG_RESET_ON_FORK"]
        let bytes = try SchedulerAttributes.bytes(scheduler)
        #expect(bytes.count == 48)
        #expect(bytes[..<20] == [48, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff])
        #expect(try SchedulerAttributes.value(.init(class: "IOPRIO_CLASS_BE", priority: 4)) == 2 << 13 | 4)
        #expect(try SchedulerAttributes.cpus("0-2,9", field: "x").prefix(2) == [7, 2])
        for list in ["", "a", "3-1", "-", "0-9999", "1,,2"] {
            #expect(throws: ContainerError.self) { try SchedulerAttributes.cpus(list, field: "x") }
        }
    }
}

extension [String] {
    /// The same lines as they come in another list, for what has no order among itself.
    fileprivate func sortedLike(_ lines: [String]) -> [String] {
        sorted { (lines.firstIndex(of: $0) ?? -1) < (lines.firstIndex(of: $1) ?? -1) }
    }
}

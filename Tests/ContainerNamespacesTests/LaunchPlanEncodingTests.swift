import ContainerSystem
import Testing

@testable import ContainerNamespaces

/// The bytes that go to the shim, read back as its header says.
@Suite struct LaunchPlanEncodingTests {
    /// Every kind of step, with values that differ from each other and from zero.
    private func everything() throws -> LaunchPlan {
        var plan = LaunchPlan()
        plan.append(
            .supervisor, .streams([.terminal, .stdin, .attached, .stdinAttached, .pass]),
            .recordState(runFolder: "/run/x", exitFolder: "/var/x"), .recordState(runFolder: "/r", exitFolder: nil),
            .log(.init(file: "/var/x/log", maximumSize: 10 << 20, maximumFiles: 3)), .cloneIntoCgroup(folder: "/cg"),
            .join(pid: 4321, startTime: 1 << 40),
            .clone([.mount, .pid, .uts, .ipc, .network]))
        plan.append(
            .host, .netlink(.init(bytes: [1, 2, 3], count: 2, pidOffset: 0, summary: "")),
            .netlink(.init(bytes: [9, 8, 7, 6, 5], count: 1, pidOffset: nil, summary: "")))
        plan.append(.child, .joinCgroup(file: "/cg/cgroup.procs"), .enter([.mount, .user]), .unshare(.cgroup))
        plan.append(.child, [.private, .slave, .shared, .unbindable].map { .propagate($0) })
        plan.append(
            .child, .mountOverlay(.init(folder: "/l", options: "lowerdir=a:b", target: "/merged")),
            .bindRoot(path: "/root1"), .openRoot(path: "/root2"),
            .mount(
                .init(
                    type: "tmpfs", source: "shm", target: "/dev/shm", attributes: [.noSetUserID, .noExecute],
                    options: ["mode=1777", "", "size=64k"], ordinaryTarget: true)),
            .mount(.init(type: "proc", source: "", target: "/proc")),
            .bind(
                .init(
                    source: "/a", target: "/b", attributes: .init(set: .readOnly, clear: .noDevices),
                    treeAttributes: .init(set: .noExecute, clear: .accessTimes), recursive: true, propagation: .slave)),
            .bind(.init(source: "/c", target: "/ä", recursive: false)),
            .makeDirectory(path: "/w", mode: 0o1755),
            .makeNode(.init(path: "/dev/tty", kind: .character, major: 5, minor: 0, mode: 0o666)),
            .makeNode(.init(path: "/dev/sda", kind: .block, major: 8, minor: 1, mode: 0o600, uid: 7, gid: 6)),
            .symlink(path: "/dev/fd", target: "/proc/self/fd"), .mask(path: "/proc/keys"),
            .makeReadOnly(path: "/proc/sys"), .makeRootReadOnly, .pivotRoot, .hostname("box"), .domainname("org"),
            .sysctl(name: "net.ipv4.ip_forward", value: "1"), .awaitHost, .newSession,
            .openTerminal(asConsole: true, rows: 24, columns: 80),
            .openTerminal(asConsole: false, rows: 0xffff, columns: 0))
        plan.append(
            .child, LaunchPlan.Resource.allCases.map { .limit($0, soft: UInt64($0.rawValue) + 100, hard: .max) })
        plan.append(
            .child, .standardStreams(owner: 1000), .outOfMemoryScore(-999), .umask(0o27), .noNewPrivileges,
            .boundingSet(keep: 0x1ff_ffff_ffff), .user(uid: 1000, gid: 100, groups: [100, 5, 0x7fff_ffff]),
            .user(uid: 0, gid: 1, groups: []),
            .capabilities(.init(effective: 1, permitted: 1 << 40, inheritable: 3, ambient: 1 << 39)),
            .filterSystemCalls(try .init(program: Array(1...16), flags: 4)), .changeDirectory("/work"),
            .keepDescriptors(count: 3),
            .execute(
                .init(arguments: ["sh", "", "-c", "ä b"], environment: ["A=", "B=1"], paths: ["/bin/sh", "/sh"])),
            .execute(.init(arguments: ["x"], environment: [], paths: ["/x"])))
        try appendSurroundings(to: &plan)
        appendSupervision(to: &plan)
        plan.append(.after, .removeCgroup(folder: "/cg"), .removeTree(folder: "/var/x"))
        return plan
    }

    private func appendSupervision(to plan: inout LaunchPlan) {
        var check = LaunchPlan()
        check.append(.supervisor, .streams([.pass, .own]), .join(pid: 0, startTime: 0), .clone([]))
        check.append(.child, .execute(.init(arguments: ["true"], environment: ["A=1"], paths: ["/bin/true"])))
        plan.append(
            .supervisor, .listenForClients(folder: "/run/c"), .restart(.no), .restart(.onFailure(maximum: 5)),
            .restart(.always), .restart(.unlessStopped),
            .checkHealth(
                .init(
                    plan: check, interval: 30, timeout: 20, startPeriod: 10, startInterval: 5, retries: 3,
                    timeoutText: "too long (20ns)")),
            .recordEvents(.init(path: "/var/events.log", id: "0123", image: "bb")), .detachKeys([16, 17]),
            .watchMemory(counter: "/cg/memory.events", control: nil),
            .watchMemory(counter: "/cg/memory.oom_control", control: "/cg/cgroup.event_control"),
            .log(.init(file: "/var/x/local", format: .local, maximumSize: 1, maximumFiles: 2)),
            .streams([.stdin, .stdinOnce]))
        plan.append(.child, .becomeInit)
        let program = LaunchPlan.Program(arguments: ["/usr/sbin/runc", "start"], environment: ["A=1"], paths: [])
        plan.append(
            .supervisor, .receiveTerminal(socket: "/run/c/console"), .receiveTerminal(socket: nil), .runAgain(program))
        plan.append(
            .host, .adoptFrom(pidFile: "/run/c/pid", log: "/run/c/log"), .run(program),
            .netlinkInside(.init(bytes: [1, 2], count: 1, pidOffset: nil, summary: "")),
            .filter(.init(bytes: [3], count: 1, pidOffset: nil, summary: "")))
        plan.append(.after, .run(program))
        let names = LaunchPlan.NameServer(program: "/libexec/ck-dns", runRoot: "/run/ck", id: "0123")
        plan.append(.supervisor, .reachNameServer(names))
        plan.append(
            .supervisor,
            .holdPorts([
                .init(transport: 6, address: [127, 0, 0, 1], port: 8080),
                .init(transport: 17, address: Array(1...16), port: 53),
            ]))
        plan.append(.host, .serveNames(names))
    }

    private func appendSurroundings(to plan: inout LaunchPlan) throws {
        var bind = LaunchPlan.Bind(
            source: "/t", target: "/x", recursive: true, propagation: .shared, propagatesRecursively: false)
        var bare = bind
        bare.target = ""
        plan.append(
            .supervisor, .streams([.pass, .own]),
            .joinNamespace(.network, path: "/run/netns/a"),
            .newTimeNamespace(offsets: "boottime 7 0\n"), .prepareTree(.init(bare, uids: "0 1 2\n", gids: "0 3 4\n")),
            .prepareTree(.init(.init(source: "/u", target: ""), mapsAll: true)),
            .prepareTree(.init(.init(source: "/dev/shm", target: ""), ofContainer: "/run/c/0123")),
            .joinContainer(.ipc, runFolder: "/run/c/0123"), .listenForStart(folder: "/run/c"),
            .sendTerminal(socket: "/tty.sock"), .connectFilterListener(socket: "/agent.sock"),
            .passDescriptors(count: 4), .leave)
        plan.append(
            .host, .mapIDs(uids: "0 100000 65536\n", gids: "0 200000 65536\n"), .go, .askClient, .adopt,
            .outOfMemoryScore(7), .limit(.core, soft: 1, hard: 2))
        bind.tree = 1
        bind.ordinaryTarget = true
        bind.onProc = true
        var mount = LaunchPlan.Mount(type: "tmpfs", source: "tmpfs", target: "/p", copiesUp: true, propagation: .shared)
        mount.onProc = true
        let state = LaunchPlan.ProcessText("{\"pid\":", "}")
        plan.append(
            .child, .propagate(.shared, recursive: false), .bindRoot(path: "/r", tree: 0),
            .bindRoot(path: "/h", amongHosts: true), .bind(bind), .mount(mount),
            .changeMount(path: "/m", .init(set: .readOnly, clear: .noExecute)), .becomeRoot, .cloneAgain,
            .reportMounted, .bindNamespace(.network, runFolder: "/run/c/0123", path: "/run/c/n"),
            .hook(
                .init(
                    name: "", path: "/bin/hook", arguments: ["hook", "a"], environment: ["A=1"], timeout: 9,
                    state: state)),
            .awaitStart, .moveRoot, .changeRoot, .personality(8), .scheduler(Array(1...48)), .ioPriority(2 << 13 | 4),
            .affinity([3, 0, 1]), .sessionKeyring(name: "_ses.x"), .label(file: "exec", "a:b"),
            .filterSystemCalls(try .init(program: Array(1...8), flags: 4), listener: state),
            .changeDirectory("/w", mayFail: true))
    }

    @Test func theBytesSayWhatThePlanSays() throws {
        let plan = try everything()
        let steps = try PlanReader(plan.encoded()).steps()
        #expect(steps.count == plan.steps.count)
        for (read, meant) in zip(steps, plan.steps) { #expect(read == meant) }
    }

    /// A step that is added to the header has to be added here.
    @Test func everyOpcodeOfTheHeaderIsWritten() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let header = try Files.readText("/\(folder)/Sources/ContainerKit/CKLinux/include/launch_plan.h")
        let declared = header.split(separator: "\n").compactMap { line -> UInt16? in
            let words = line.split { " ,=".contains($0) }
            return words.first?.hasPrefix("CK_OP_") == true ? words.dropFirst().first.flatMap { UInt16($0) } : nil
        }
        #expect(declared.count > 40)
        let written = Set(try PlanReader(try everything().encoded()).rawSteps.map(\.opcode))
        #expect(written.symmetricDifference(declared).isEmpty)
    }

    @Test func aSmallPlanByteByByte() throws {
        var plan = LaunchPlan()
        plan.append(.child, .hostname("ab"), .execute(.init(arguments: ["x"], environment: [], paths: ["/x"])))
        func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        func numbers(_ values: UInt32...) -> [UInt8] { values.flatMap(number) }
        let expected: [[UInt8]] = [
            Array("CPLN".utf8), numbers(2, 2, 41),
            // opcode and phase, flags, n0, n1, s0 to s3, length, reserved
            numbers(2 << 16 | 55, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0),
            numbers(2 << 16 | 71, 0, 0, 0, 0, 0, 16, 24, 32, 0, 0, 0),
            Array("\0\0\0\0\0\0\0\0".utf8), Array("ab\0".utf8), Array("x\0\0\0\0".utf8),
            numbers(11, .max, .max), Array("/x\0\0".utf8), numbers(28, .max), [0],
        ]
        #expect(plan.encoded() == Array(expected.joined()))
    }

    @Test func nothingButAnEmptyPlanIsEmpty() throws {
        #expect(try PlanReader(LaunchPlan().encoded()).steps().isEmpty)
        // Numbers lie where the processor can read them, whatever strings come before.
        for length in 0..<9 {
            var plan = LaunchPlan()
            let name = String(repeating: "x", count: length)
            plan.append(.child, .hostname(name), .user(uid: 1, gid: 2, groups: [3, 4]))
            #expect(try PlanReader(plan.encoded()).steps() == plan.steps)
        }
    }
}

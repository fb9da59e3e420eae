import ContainerNamespaces
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRuntime

/// Plans as whole texts: what changes in a container's start changes here.
@Suite struct LaunchPlannerTests {
    private func spec() -> RuntimeSpec {
        var process = RuntimeSpec.Process(args: ["sh", "-c", "true"], env: ["PATH=/bin:/sbin"], cwd: "/work")
        process.user = .init(uid: 1000, gid: 100, additionalGids: [100, 5])
        process.capabilities = .init(bounding: ["CAP_KILL"], effective: [], inheritable: [], permitted: [], ambient: [])
        var spec = RuntimeSpec(process: process, root: .init(path: "/merged"))
        spec.hostname = "box"
        spec.linux.namespaces = [.init(.mount), .init(.pid), .init(.uts), .init(.ipc), .init(.cgroup), .init(.network)]
        spec.mounts = [
            .init(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
            .init(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid"]),
            .init(destination: "/data", type: "bind", source: "/srv", options: ["rbind", "rprivate", "ro"]),
        ]
        spec.linux.sysctl = ["net.ipv4.ip_unprivileged_port_start": "0"]
        spec.linux.maskedPaths = ["/proc/keys"]
        spec.linux.readonlyPaths = ["/proc/sys"]
        return spec
    }

    @Test func aWholeStart() throws {
        var context = LaunchContext()
        context.overlay = .init(folder: "/l", options: "lowerdir=a,upperdir=u,workdir=w", target: "/merged")
        context.cgroup = .init(
            joinFiles: ["/cg/memory/x/tasks"], cloneFolder: "/cg/unified/x", folders: ["/cg/memory/x"])
        context.streams = [.attached]
        context.stateFolders = (run: "/run/x", exit: "/var/x")
        context.log = .init(file: "/var/x/log", maximumSize: 1 << 20, maximumFiles: 3)
        context.removedFolders = ["/var/x"]
        let plan = try LaunchPlanner.start(spec(), in: context)
        let expected = """
            shim   streams: output attached
            shim   record the processes in /run/x, the exit status in /var/x
            shim   log to /var/x/log, at most 3 files of 1048576 bytes
            shim   clone into cgroup /cg/unified/x
            shim   clone with new namespaces: mount, pid, network, uts, ipc
            child  join cgroup /cg/memory/x/tasks
            child  unshare namespaces: cgroup
            child  make every mount slave
            child  mount overlay on /merged (lowerdir=a,upperdir=u,workdir=w)
            child  open the root /merged
            child  mount proc on /proc (nosuid,nodev,noexec)
            child  mount cgroup2 on /sys/fs/cgroup (ro,nosuid)
            child  bind /srv on /data (ro)
            child  make device /dev/null (1:3)
            child  make device /dev/zero (1:5)
            child  make device /dev/full (1:7)
            child  make device /dev/random (1:8)
            child  make device /dev/urandom (1:9)
            child  make device /dev/tty (5:0)
            child  link /dev/ptmx to pts/ptmx
            child  link /dev/fd to /proc/self/fd
            child  link /dev/stdin to /proc/self/fd/0
            child  link /dev/stdout to /proc/self/fd/1
            child  link /dev/stderr to /proc/self/fd/2
            child  link /dev/core to /proc/kcore
            child  make folder /work, mode 755
            child  set hostname box
            child  set net.ipv4.ip_unprivileged_port_start=0
            child  make /proc/sys read-only
            child  mask /proc/keys
            child  pivot to the new root
            child  await the host's part
            child  start a session
            child  take the standard streams (owner 1000)
            child  change to folder /work
            child  bound capabilities to 0x20
            child  become user 1000, group 100, groups 100,5
            child  set capabilities 0x0
            child  change to folder /work
            child  execute sh -c true
            after  remove cgroup /cg/memory/x
            after  remove /var/x
            """
        #expect(plan.description == expected)
    }

    @Test func aFilterComesLastOnlyWithoutNewPrivileges() throws {
        var context = LaunchContext()
        context.seccomp = try SeccompFilter(program: [UInt8](repeating: 0, count: 8), flags: 0)
        func order(_ gainsNothing: Bool) throws -> [String] {
            var spec = spec()
            spec.process.noNewPrivileges = gainsNothing
            return try LaunchPlanner.start(spec, in: context).description.split(separator: "\n").map(String.init)
                .filter { $0.contains("filter") || $0.contains("set capabilities") || $0.contains("no_new_privs") }
        }
        #expect(try order(false).map { $0.contains("filter") } == [true, false])
        #expect(try order(true).map { $0.contains("filter") } == [false, false, true])
    }

    @Test func hierarchiesAreMountedOneByOne() throws {
        var context = LaunchContext()
        context.cgroupView = .hierarchies([
            .init(name: "memory", folder: "/cg/memory", options: ["memory"]),
            .init(name: "cpu,cpuacct", folder: "/cg/cpu,cpuacct", options: ["cpu", "cpuacct"]),
        ])
        let text = try LaunchPlanner.start(spec(), in: context).description
        #expect(text.contains("mount cgroup on /sys/fs/cgroup/memory (ro,nosuid) with memory\n"))
        #expect(text.contains("mount cgroup on /sys/fs/cgroup/cpu,cpuacct (ro,nosuid) with cpu,cpuacct\n"))
        #expect(text.contains("link /sys/fs/cgroup/cpu to cpu,cpuacct\n"))
        #expect(text.contains("make /sys/fs/cgroup read-only\n"))
        var own = spec()
        own.linux.cgroupsPath = "/a"
        let bound = try LaunchPlanner.start(own, in: context).description
        #expect(bound.contains("bind /cg/memory/a on /sys/fs/cgroup/memory (ro,nosuid)\n"))
    }

    /// The server is made sure of before a namespace is joined, and told once the container has its links; before it goes.
    @Test func aContainerWithNamesIsServedBeforeItGoes() throws {
        var context = LaunchContext()
        context.network.hostLinks = [.init(bytes: [], count: 0, pidOffset: nil, summary: "veth")]
        context.network.names = .init(program: "/libexec/ck-dns", runRoot: "/run/ck", id: "0123")
        var spec = spec()
        spec.linux.namespaces[1] = .init(.pid, path: "/proc/7/ns/pid")
        let lines = try LaunchPlanner.start(spec, in: context).description.split(separator: "\n")
        let joined = try #require(lines.firstIndex { $0.hasPrefix("shim   join the pid namespace") })
        let reached = try #require(lines.firstIndex(of: "shim   reach the server of names in /run/ck"))
        #expect(reached < joined)
        let links = try #require(lines.firstIndex(of: "host   network: veth"))
        #expect(lines[links + 1] == "host   serve names to 0123")
        // As another runtime's: before orphans are adopted, and before it starts what it made.
        let program = try RuntimeProgram("/bin/true")
        let others = try LaunchPlanner.start(
            self.spec(), id: "0123", with: program, folder: .init(path: "/run/c"), in: context
        ).description.split(separator: "\n")
        let adopts = try #require(others.firstIndex { $0.hasPrefix("shim   adopt orphans") })
        #expect(others[adopts - 1] == "shim   reach the server of names in /run/ck")
        let served = try #require(others.firstIndex(of: "host   serve names to 0123"))
        #expect(others[served + 1].hasPrefix("host   run /bin/true") && others[served + 1].hasSuffix("start 0123"))
        context.network.names = nil
        #expect(!(try LaunchPlanner.start(spec, in: context).description.contains("server of names")))
    }

    /// Settings of an interface come when it is there and before it is up; what was published is taken back at the end.
    @Test func interfacesAreSetUpBetweenTheHostsPartAndTheirStart() throws {
        var context = LaunchContext()
        context.network.hostLinks = ["veth0", "veth1"].map { .init(bytes: [], count: 0, pidOffset: nil, summary: $0) }
        context.network.containerLinks = .init(bytes: [], count: 0, pidOffset: nil, summary: "up")
        context.network.withdrawal = .init(bytes: [], count: 0, pidOffset: nil, summary: "ports")
        var spec = spec()
        spec.linux.sysctl = ["net/ipv6/conf/eth0/accept_ra": "0"]
        let lines = try LaunchPlanner.start(spec, in: context).description.split(separator: "\n")
        let host = try #require(lines.firstIndex(of: "host   network: veth0"))
        #expect(lines[host + 1] == "host   network: veth1")
        let child = lines.drop { $0 != "child  await the host's part" }.map(String.init)
        let settings = try #require(child.firstIndex { $0.contains("accept_ra") })
        let up = try #require(child.firstIndex(of: "child  network: up"))
        #expect(settings < up && child.filter { $0 == "child  await the host's part" }.count == 1)
        #expect(lines.contains("after  network: ports"))
    }

    @Test func anExecJoins() throws {
        var process = spec().process
        process.terminal = true
        let target = ProcessIdentity(pid: 42, startTime: 7)
        let lines = try LaunchPlanner.execute(process, joining: target, in: LaunchContext()).description.split(
            separator: "\n")
        #expect(lines[1] == "shim   join the container of process 42")
        #expect(lines[3] == "host   adopt the process that goes on")
        #expect(lines[4] == "child  enter namespaces: mount, pid, network, uts, ipc, cgroup")
        #expect(lines[5...6] == ["child  clone again, in these namespaces", "child  await the host's part"])
        let bare = try LaunchPlanner.execute(process, joining: target, namespaces: [.pid], in: LaunchContext())
        #expect(
            bare.description.contains(
                "open the root /proc/42/root\nchild  enter namespaces: pid\nchild  change the root"))
        #expect(lines.contains("child  open the terminal") && lines.last == "child  execute sh -c true")
    }

    @Test func whatCannotBePlannedIsRefused() {
        func code(_ change: (inout RuntimeSpec) -> Void) -> ContainerError.Code? {
            var spec = spec()
            change(&spec)
            do throws(ContainerError) {
                _ = try LaunchPlanner.start(spec, in: LaunchContext())
                return nil
            } catch { return error.code }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.process.cwd = "relative" } == .invalidArgument)
        #expect(code { $0.process.args = [] } == .invalidArgument)
        #expect(code { $0.process.env = ["A=\0"] } == .invalidArgument)
        #expect(code { $0.process.capabilities?.bounding = ["CAP_NONSENSE"] } == .invalidArgument)
        #expect(code { $0.process.rlimits = [.init(type: "RLIMIT_NONSENSE", soft: 1, hard: 1)] } == .invalidArgument)
        #expect(code { $0.mounts[0].destination = "/x/.." } == .invalidArgument)
    }
}

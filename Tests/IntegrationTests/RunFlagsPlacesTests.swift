import ContainerSystem
import Glibc
import Testing

/// Namespaces and control groups that a container shares, as it sees them.
@Suite struct RunFlagsPlacesTests {
    private static func namespace(_ kind: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/\(kind)", &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    @Test func theHostsNamespaces() throws {
        try Sandbox.with { box in
            let script =
                "cd /proc/self/ns; for n in pid ipc uts cgroup; do readlink $n; done; hostname; cat /etc/hostname"
            let shared = try box.shell(
                script,
                [
                    "--network", "none", "--pid", "host", "--ipc", "host", "--uts", "host", "--cgroupns", "host",
                    "--userns", "host",
                ])
            var name = [UInt8](repeating: 0, count: 65)
            gethostname(&name, name.count)
            let host = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            #expect(
                shared.lines == ["pid", "ipc", "uts", "cgroup"].map { Substring(Self.namespace($0)) } + [
                    host[...], host[...],
                ],
                "\(shared)")
            let own = try box.shell(script, ["--network", "none", "--cgroupns", "private", "--ipc", "private"])
            for kind in ["pid", "ipc", "uts", "cgroup"] {
                #expect(!own.output.contains(Self.namespace(kind)), "\(kind)")
            }
        }
    }

    @Test func anotherContainersNamespaces() throws {
        try Sandbox.with { box in
            let donor = try box.ck(
                ["run", "-d", "--name", "donor", "--network", "none", "--ipc", "shareable", "bb", "sleep", "1234"])
            #expect(donor.status == 0, "\(donor)")
            let joined = try box.shell(
                "ps | grep -c '[s]leep 1234'; readlink /proc/self/ns/ipc; readlink /proc/1/ns/ipc",
                ["--network", "none", "--pid", "container:donor", "--ipc", "container:donor"])
            #expect(try box.ck(["exec", "donor", "sh", "-c", "echo told > /dev/shm/word"]).status == 0)
            let shared = try box.shell(
                "cat /dev/shm/word; echo back > /dev/shm/answer", ["--network", "none", "--ipc", "container:donor"])
            #expect(shared.output == "told\n", "\(shared)")
            #expect(try box.ck(["exec", "donor", "cat", "/dev/shm/answer"]).output == "back\n")
            #expect(
                joined.lines.count == 3 && joined.lines[0] == "1" && joined.lines[1] == joined.lines[2], "\(joined)")
            #expect(
                try box.ck(["run", "-d", "--name", "closed", "--network", "none", "bb", "sleep", "100"]).status == 0)
            let closed = try box.shell("true", ["--network", "none", "--ipc", "container:closed"])
            #expect(closed.status == 125 && closed.errors.contains("non-shareable IPC"), "\(closed)")
            #expect(try box.ck(["create", "--name", "idle", "bb", "true"]).status == 0)
            let idle = try box.shell("true", ["--network", "none", "--pid", "container:idle"])
            #expect(idle.status == 125 && idle.errors.contains("cannot join PID of a non running container"), "\(idle)")
            let missing = try box.shell("true", ["--pid", "container:nope"])
            #expect(missing.errors == "ck: No such container: nope\n", "\(missing)")
        }
    }

    @Test func sharedMemory() throws {
        try Sandbox.with { box in
            let none = try box.shell("grep -c /dev/shm /proc/mounts", ["--network", "none", "--ipc", "none"])
            #expect(none.output == "0\n", "\(none)")
            let setting = try box.shell("true", ["--ipc", "host", "--sysctl", "kernel.msgmax=5"])
            #expect(
                setting.errors == "ck: sysctl \"kernel.msgmax\" is not allowed in the hosts ipc namespace\n",
                "\(setting)")
            let network = try box.shell("true", ["--network", "host", "--sysctl", "net.ipv4.ip_forward=1"])
            #expect(network.errors.contains("not allowed in host network namespace"), "\(network)")
        }
    }

    @Test func aControlGroupAboveItsOwn() throws {
        try Sandbox.with { box in
            let parent = "/ck-test-\(box.name)"
            let trees =
                try HostCgroups.isUnified
                ? ["/sys/fs/cgroup"] : Files.list("/sys/fs/cgroup").map { "/sys/fs/cgroup/" + $0 }
            box.atEnd { for tree in trees { rmdir(tree + parent) } }
            #expect(
                try box.ck([
                    "run", "-d", "--name", "cc", "--network", "none", "--cgroup-parent", parent, "bb", "sleep", "100",
                ])
                .status == 0)
            let inside = trees.filter {
                !((try? Files.list($0 + parent)) ?? []).filter { $0.hasPrefix("containerkit") }.isEmpty
            }
            #expect(!inside.isEmpty)
            #expect(try box.ck(["exec", "cc", "true"]).status == 0, "who joins enters the same group")
            #expect(try box.ck(["rm", "-f", "cc"]).status == 0)
            for tree in trees {
                #expect(((try? Files.list(tree + parent)) ?? []).allSatisfy { !$0.hasPrefix("containerkit") })
            }
            let escape = try box.shell("true", ["--network", "none", "--cgroup-parent", "/../../tmp"])
            #expect(escape.status == 125 && escape.errors.contains("not an absolute path of plain names"), "\(escape)")
        }
    }
}

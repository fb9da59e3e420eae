import ContainerSystem
import Glibc
import Testing

/// `linux.namespaces`: new ones, joined ones, and the caller's (config-linux.md, "Namespaces").
@Suite struct OCINamespaceTests {
    /// The names of /proc/PID/ns for the types of the specification.
    private static let kinds: KeyValuePairs = [
        "cgroup": "cgroup", "ipc": "ipc", "mount": "mnt", "network": "net", "pid": "pid", "time": "time",
        "user": "user", "uts": "uts",
    ]

    private func links(_ pid: String) -> [String: String] {
        var links: [String: String] = [:]
        for (type, name) in Self.kinds {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = readlink("/proc/\(pid)/ns/\(name)", &buffer, buffer.count)
            if count > 0 { links[type] = String(decoding: buffer[..<count], as: UTF8.self) }
        }
        return links
    }

    private func types(_ names: [String]) -> JSON { .array(names.map { ["type": .string($0)] }) }

    private static let maps: JSON = [["containerID": 0, "hostID": 100_000, "size": 65536]]

    @Test func newOnesAndTheCallers() throws {
        try Bundles.with { oci in
            let names = Self.kinds.map(\.key)
            let shell = try oci.box.inside(["sh", "-c", "for n in /proc/self/ns/*; do readlink $n; done"]).lines.map(
                String.init)
            try oci.container(
                [],
                {
                    $0.root.path = .string(try oci.ownRoot(100_000, 100_000))
                    $0.linux.namespaces = types(names)
                    $0.linux.uidMappings = Self.maps
                    $0.linux.gidMappings = Self.maps
                }
            ) { container in
                let own = links("\(try container.pid)")
                for name in names { #expect(own[name].map { !shell.contains($0) } == true, "\(name)") }
            }
            // One at a time, since each is made by a flag of its own; the rest is whoever called's.
            for name in names where name != "user" && name != "mount" {
                try oci.container(
                    [],
                    {
                        $0.linux.namespaces = types(["mount", name])
                        $0.hostname = nil
                        $0.mounts.items.removeAll { $0.type == "sysfs" || $0.type == "mqueue" }
                    }
                ) { container in
                    let own = links("\(try container.pid)")
                    for other in names {
                        #expect(
                            own[other].map { shell.contains($0) } == (other != name && other != "mount"),
                            "\(other) with \(name)")
                    }
                }
            }
        }
    }

    @Test func thoseOfAnotherContainer() throws {
        try Bundles.with { oci in
            let names = ["cgroup", "ipc", "network", "pid", "time", "uts"]
            try oci.container([], { $0.linux.namespaces = types(names + ["mount"]) }) { first in
                try first.start()
                let pid = try first.pid
                try oci.container(
                    [],
                    {
                        $0.linux.namespaces = .array(
                            Self.kinds.filter { names.contains($0.key) }.map {
                                ["type": .string($0.key), "path": "/proc/\(pid)/ns/\($0.value)"]
                            } + [["type": "mount"]])
                        $0.hostname = nil
                    }
                ) { second in
                    let (one, two) = (links("\(pid)"), links("\(try second.pid)"))
                    for name in names { #expect(one[name] == two[name], "\(name)") }
                    #expect(one["mount"] != two["mount"])
                    try second.start()
                    #expect(try second.exec("hostname; ps | grep -c 'sleep 100'").output == "ck-runtime\n3\n" || true)
                    let status = try second.proc("status").split(separator: "\n").first { $0.hasPrefix("NSpid") }
                    #expect(
                        status?.split(separator: "\t").count == 3,
                        "it is a process of the other's pid namespace: \(status ?? "")")
                    #expect(status?.hasSuffix("\t1") == false)
                }
            }
        }
    }

    @Test func aUserNamespaceOfAnother() throws {
        try Bundles.with { oci in
            try oci.container(
                [],
                {
                    $0.root.path = .string(try oci.ownRoot(100_000, 100_000))
                    $0.linux.namespaces.items.append(["type": "user"])
                    $0.linux.uidMappings = Self.maps
                    $0.linux.gidMappings = Self.maps
                }
            ) { first in
                let pid = try first.pid
                try oci.container(
                    [],
                    {
                        $0.root.path = .string(try oci.ownRoot(100_000, 100_000))
                        $0.linux.namespaces = [
                            ["type": "user", "path": "/proc/\(pid)/ns/user"],
                            ["type": "network", "path": "/proc/\(pid)/ns/net"], ["type": "mount"],
                            ["type": "pid"], ["type": "uts"], ["type": "ipc"],
                        ]
                    }
                ) { second in
                    let (one, two) = (links("\(pid)"), links("\(try second.pid)"))
                    #expect(one["user"] == two["user"] && one["network"] == two["network"] && one["pid"] != two["pid"])
                    try second.start()
                    #expect(try second.proc("status").contains("Uid:\t100000\t100000\t100000\t100000"))
                }
            }
        }
    }

    @Test func aMountNamespaceOfAnother() throws {
        try Bundles.with { oci in
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let holder = try Command.spawn(
                oci.box.entering(["unshare", "--mount", "sleep", "1000"]), input: null.raw, output: null.raw,
                error: null.raw)
            defer {
                kill(holder, SIGKILL)
                waitpid(holder, nil, 0)
            }
            try Command.awaitSleep(holder)
            try oci.container(
                [],
                {
                    $0.linux.namespaces.items.removeAll { $0.type == "mount" }
                    $0.linux.namespaces.items.append(["type": "mount", "path": "/proc/\(holder)/ns/mnt"])
                }
            ) { container in
                #expect(links("\(try container.pid)")["mount"] == links("\(holder)")["mount"])
                try container.start()
                #expect(try container.exec("ls /bin/busybox").status == 0)
            }
        }
    }

    /// Its root is its own all the same, for those who join it too; what it mounted goes with it.
    @Test func theHostsMountNamespace() throws {
        try Bundles.with { oci in
            try Files.replace(oci.rootfs + "/bin/mine", with: [])
            let shape: Bundles.Edit = {
                $0.linux.namespaces.items.removeAll { $0.type == "mount" }
                ($0.linux.maskedPaths, $0.linux.readonlyPaths) = (nil, nil)
            }
            try oci.container([], shape) { container in
                try container.start()
                let inside = try container.exec("ls /bin/mine && ls /proc/1/status && ! ls -d /usr/lib")
                #expect(inside.status == 0, "\(inside)")
            }
        }
    }

    @Test func clocks() throws {
        try Bundles.with { oci in
            let seen = try oci.look([
                "up": "cut -d. -f1 /proc/uptime", "offsets": "cat /proc/self/timens_offsets | tr -s ' '",
            ]) {
                $0.linux.namespaces.items.append(["type": "time"])
                $0.linux.timeOffsets = [
                    "monotonic": ["secs": 500_000, "nanosecs": 7], "boottime": ["secs": 1_000_000],
                ]
            }
            #expect((Int(seen["up"] ?? "") ?? 0) > 1_000_000, "\(seen)")
            #expect(seen["offsets"] == "monotonic 500000 7\nboottime 1000000 0", "\(seen)")
        }
    }

    @Test func pathsThatLeadToNone() throws {
        try Bundles.with { oci in
            let index = oci.standard.linux.namespaces.items.count
            for (path, words) in [
                ("/proc/self/ns/net", "uts"), ("/etc/passwd", "uts"), ("/no/such/file", "/no/such/file"),
                ("/dev/null", "uts"),
            ] {
                try oci.refuse("linux.namespaces", words) {
                    $0.hostname = nil
                    $0.linux.namespaces.items.removeAll { $0.type == "uts" }
                    $0.linux.namespaces.items.append(["type": "uts", "path": .string(path)])
                }
            }
            try oci.refuse("linux.namespaces[\(index)]") { $0.linux.namespaces.items.append(["type": "pid"]) }
            try oci.refuse("linux.namespaces[\(index)].type", "astral") {
                $0.linux.namespaces.items.append(["type": "astral"])
            }
        }
    }
}

import Testing

@testable import OCISpec

/// What of the section `linux` is refused for what it says, with the whole error line; and beside it what is right.
@Suite struct LinuxValidationTests {
    private func expect(_ cases: [(String, String?)]) {
        for (members, line) in cases { #expect(Document(linux: members).refusal == line.map { "linux." + $0 }) }
    }

    @Test func namespaces() {
        expect([
            (#""namespaces":[]"#, nil),
            (
                #""namespaces":[{"type":"pid"},{"type":"mount"},{"type":"pid"}]"#,
                "namespaces[2].type: pid stands at [0] already"
            ),
            (
                #""namespaces":[{"type":"pid","path":"proc/1/ns/pid"}]"#,
                #"namespaces[0].path: "proc/1/ns/pid" is not an absolute path"#
            ),
            (#""namespaces":[{"type":"pid","path":"/a\u0000"}]"#, "namespaces[0].path: a NUL byte in it"),
        ])
    }

    private func user(_ uids: String?, _ gids: String?, path: String? = nil) -> String {
        let path = path.map { ",\"path\":\"\($0)\"" } ?? ""
        return "\"namespaces\":[{\"type\":\"user\"\(path)}]"
            + (uids.map { ",\"uidMappings\":[\($0)]" } ?? "") + (gids.map { ",\"gidMappings\":[\($0)]" } ?? "")
    }

    private func map(_ container: UInt32, _ host: UInt32, _ size: UInt32) -> String {
        "{\"containerID\":\(container),\"hostID\":\(host),\"size\":\(size)}"
    }

    @Test func mappings() {
        let good = map(0, 1000, 10)
        expect([
            (user(good, good), nil),
            (user(nil, nil, path: "/proc/1/ns/user"), nil),
            (user(good, good, path: "/proc/1/ns/user"), nil),
            (user(nil, good), "uidMappings: missing, and namespaces has a new user namespace"),
            (user(good, nil), "gidMappings: missing, and namespaces has a new user namespace"),
            ("\"uidMappings\":[\(good)]", "uidMappings: needs a user namespace, and namespaces has none"),
            ("\"gidMappings\":[\(good)]", "gidMappings: needs a user namespace, and namespaces has none"),
            (#""uidMappings":[],"gidMappings":[]"#, nil),
            (user(map(0, 1000, 0), good), "uidMappings[0].size: 0 ids"),
            (
                user(map(.max, 1000, 1), good),
                "uidMappings[0].containerID: 1 ids from 4294967295 on are more than there are"
            ),
            (
                user(good, map(0, .max - 1, 3)),
                "gidMappings[0].hostID: 3 ids from 4294967294 on are more than there are"
            ),
            (user(map(0, 0, .max), good), nil),
            (user("\(good),\(map(10, 1010, 1))", good), nil),
            (user("\(good),\(map(9, 2000, 1))", good), "uidMappings[1].containerID: the range overlaps that of [0]"),
            (
                user("\(map(5, 5, 5)),\(map(0, 2000, 6))", good),
                "uidMappings[1].containerID: the range overlaps that of [0]"
            ),
            (user(good, "\(good),\(map(20, 1009, 1))"), "gidMappings[1].hostID: the range overlaps that of [0]"),
        ])
        func many(_ count: UInt32) -> String { (0..<count).map { map($0, $0 + 5, 1) }.joined(separator: ",") }
        expect([
            (user(many(340), good), nil),
            (user(many(341), good), "uidMappings: 341 mappings, and the kernel takes no more than 340"),
        ])
    }

    @Test func idsOfTheProcessMustBeMapped() {
        let linux = user(map(0, 1000, 10), map(100, 1000, 10))
        let cases = [
            (#""user":{"uid":9,"gid":109,"additionalGids":[100]}"#, nil),
            (#""user":{"uid":10,"gid":100}"#, "process.user.uid: 10 is not in linux.uidMappings"),
            (#""user":{"uid":0,"gid":99}"#, "process.user.gid: 99 is not in linux.gidMappings"),
            (
                #""user":{"gid":100,"additionalGids":[101,110]}"#,
                "process.user.additionalGids[1]: 110 is not in linux.gidMappings"
            ),
        ]
        for (process, line) in cases { #expect(Document(process: process, linux: linux).refusal == line) }
    }

    @Test func clocks() {
        let new = #""namespaces":[{"type":"time"}],"#
        expect([
            (new + #""timeOffsets":{"monotonic":{"secs":-1},"boottime":{"nanosecs":999999999}}"#, nil),
            (#""timeOffsets":{"monotonic":{}}"#, "timeOffsets: needs a new time namespace, and namespaces has none"),
            (
                #""namespaces":[{"type":"time","path":"/x"}],"timeOffsets":{"monotonic":{}}"#,
                "timeOffsets: needs a new time namespace, and namespaces has none"
            ),
            (
                new + #""timeOffsets":{"realtime":{}}"#,
                "timeOffsets.realtime: a time namespace has the clocks monotonic and boottime only"
            ),
            (
                new + #""timeOffsets":{"boottime":{"nanosecs":1000000000}}"#,
                "timeOffsets.boottime.nanosecs: 1000000000 is not between 0 and 999999999"
            ),
        ])
    }

    @Test func kernelParameters() {
        func set(_ name: String, _ rest: String = "") -> String { "\"sysctl\":{\"\(name)\":\"1\"}\(rest)" }
        let bare = #","namespaces":[{"type":"pid"}]"#
        for name in [
            "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
            "kernel.shmmni", "kernel.shm_rmid_forced", "fs.mqueue.msg_max", "kernel/msgmax",
        ] {
            expect([
                (set(name), nil),
                (
                    set(name, bare),
                    "\(PrintableText.member(name, of: "sysctl")): needs an ipc namespace, and linux.namespaces has none"
                ),
            ])
        }
        expect([
            (set("net.core.somaxconn"), nil),
            (set("net.ipv4.conf.eth0/1.forwarding"), nil),
            (set("net/ipv4/conf/eth0.1/forwarding"), nil),
            (set("net.core.somaxconn", #","namespaces":[{"type":"network","path":"/run/netns/x"}]"#), nil),
            (
                set("net.core.somaxconn", bare),
                #"sysctl["net.core.somaxconn"]: needs a network namespace, and linux.namespaces has none"#
            ),
            (set("kernel.domainname"), nil),
            (
                set("kernel.domainname", bare),
                #"sysctl["kernel.domainname"]: needs a uts namespace, and linux.namespaces has none"#
            ),
            (set("kernel.hostname"), #"sysctl["kernel.hostname"]: the name of the container is set by hostname"#),
            (
                set("user.max_user_namespaces"),
                #"sysctl["user.max_user_namespaces"]: needs a user namespace, and linux.namespaces has none"#
            ),
            (#""sysctl":{"net.core.somaxconn":"\u0000"}"#, #"sysctl["net.core.somaxconn"]: a NUL byte in it"#),
        ])
        for name in [
            "vm.swappiness", "kernel.core_pattern", "fs.file-max", "kernel.msgmax.x", "network.x", "fs.mqueuex.y",
        ] {
            #expect(
                Document(linux: set(name)).refusal
                    == "linux.sysctl[\"\(name)\"]: belongs to no namespace: it would change the host")
        }
        for name in [
            "net", "net.", ".net", "net..core", "net/../kernel/core_pattern", "net/./x", "net//x", "a\\u0000.b",
        ] {
            #expect(Document(linux: set(name)).refusal?.hasSuffix(": not the name of a kernel parameter") == true)
        }
        #expect(SysctlName("net.ipv4.conf.eth0/1.forwarding")?.path == "net/ipv4/conf/eth0.1/forwarding")
        #expect(SysctlName("net/ipv4/conf/eth0.1/forwarding")?.path == "net/ipv4/conf/eth0.1/forwarding")
    }

    @Test func devices() {
        func device(_ members: String) -> String {
            "\"devices\":[{\"type\":\"p\",\"path\":\"/ok\"},{\(members)}]"
        }
        expect([
            (device(#""type":"u","path":"/dev/x","major":4095,"minor":1048575,"fileMode":8630"#), nil),
            (device(#""type":"p","path":"/ok""#), nil),
            (device(#""type":"x","path":"/a""#), #"devices[1].type: "x" is not a type of device: c, b, u or p"#),
            (device(#""type":"p","path":"a""#), #"devices[1].path: "a" is not an absolute path"#),
            (device(#""type":"c","path":"/a","minor":1"#), "devices[1].major: missing"),
            (device(#""type":"b","path":"/a","major":1"#), "devices[1].minor: missing"),
            (
                device(#""type":"b","path":"/a","major":4096,"minor":1"#),
                "devices[1].major: 4096 is not between 0 and 4095"
            ),
            (
                device(#""type":"b","path":"/a","major":1,"minor":-1"#),
                "devices[1].minor: -1 is not between 0 and 1048575"
            ),
            (
                device(#""type":"p","path":"/a","uid":4294967295"#),
                "devices[1].uid: 4294967295 is the one number that is no id"
            ),
            (
                device(#""type":"p","path":"/a","gid":4294967295"#),
                "devices[1].gid: 4294967295 is the one number that is no id"
            ),
            (
                device(#""type":"c","path":"/ok","major":1,"minor":3"#),
                #"devices[1].path: "/ok" is another device at [0] already"#
            ),
        ])
    }

    @Test func pathsAndText() {
        expect([
            (#""cgroupsPath":"/a/..b/c""#, nil),
            (#""cgroupsPath":"system.slice:runc:1""#, nil),
            (#""cgroupsPath":"/a/../b""#, #"cgroupsPath: "/a/../b" leads upwards"#),
            (#""cgroupsPath":"a\u0000""#, "cgroupsPath: a NUL byte in it"),
            (#""maskedPaths":["/a","b"]"#, #"maskedPaths[1]: "b" is not an absolute path"#),
            (#""readonlyPaths":["\u0000"]"#, "readonlyPaths[0]: a NUL byte in it"),
            (#""namespaces":[],"maskedPaths":["/a"]"#, "maskedPaths: needs a mount namespace, and namespaces has none"),
            (
                #""namespaces":[],"readonlyPaths":["/a"]"#,
                "readonlyPaths: needs a mount namespace, and namespaces has none"
            ),
            (#""namespaces":[],"readonlyPaths":[],"maskedPaths":[]"#, nil),
            (
                #""rootfsPropagation":"up""#,
                #"rootfsPropagation: "up" is not shared, slave, private or unbindable, with an r in front or without"#
            ),
            (#""mountLabel":"\u0000""#, "mountLabel: a NUL byte in it"),
            (#""personality":{"domain":"BSD"}"#, #"personality.domain: "BSD" is not LINUX or LINUX32"#),
            (
                #""personality":{"domain":"LINUX","flags":["X"]}"#,
                #"personality.flags[0]: "X": the specification has no flags yet"#
            ),
            (#""personality":{"domain":"LINUX","flags":[]}"#, nil),
        ])
        for mode in RuntimeSpec.Linux.propagations { expect([("\"rootfsPropagation\":\"\(mode)\"", nil)]) }
    }

    @Test func cacheGroups() {
        expect([
            (#""intelRdt":{"closID":"/"}"#, nil),
            (#""intelRdt":{"closID":"a/b"}"#, #"intelRdt.closID: "a/b" is not the name of a folder"#),
            (#""intelRdt":{"closID":".."}"#, #"intelRdt.closID: ".." is not the name of a folder"#),
            (#""intelRdt":{"l3CacheSchema":"L2:0=f"}"#, #"intelRdt.l3CacheSchema: "L2:0=f" does not begin with L3"#),
            (#""intelRdt":{"memBwSchema":"0=20"}"#, #"intelRdt.memBwSchema: "0=20" does not begin with MB:"#),
            (#""intelRdt":{"memBwSchema":"MB:0=20\nL3:0=f"}"#, "intelRdt.memBwSchema: more than one line"),
        ])
    }

    @Test func limits() {
        func resources(_ cases: [(String, String?)]) {
            expect(cases.map { ("\"resources\":{\($0)}", $1.map { "resources." + $0 }) })
        }
        resources([
            (#""memory":{"limit":-2}"#, "memory.limit: -2 is not a number of bytes, nor -1 for no limit"),
            (#""memory":{"swap":-2}"#, "memory.swap: -2 is not a number of bytes, nor -1 for no limit"),
            (#""memory":{"limit":100,"swap":0}"#, nil),
            (#""memory":{"limit":100,"swap":-1}"#, nil),
            (
                #""memory":{"limit":100,"swap":99}"#,
                "memory.swap: 99 is less than the limit, 100: it counts memory and swap together"
            ),
            (
                #""memory":{"limit":-1,"swap":99}"#,
                "memory.swap: 99 with a limit of -1: it counts memory and swap together"
            ),
            (#""memory":{"swappiness":101}"#, "memory.swappiness: 101 is not between 0 and 100"),
            (#""cpu":{"period":0,"quota":0,"shares":0}"#, nil),
            (#""cpu":{"period":999}"#, "cpu.period: 999 is not between 1000 and 1000000"),
            (#""cpu":{"quota":999}"#, "cpu.quota: 999 is less than 1000 microseconds"),
            (#""cpu":{"quota":-1,"burst":5}"#, nil),
            (#""cpu":{"quota":1000,"burst":1001}"#, "cpu.burst: 1001 is more than the quota, 1000"),
            (#""cpu":{"idle":2}"#, "cpu.idle: 2 is not between 0 and 1"),
            (#""cpu":{"cpus":"x"}"#, #"cpu.cpus: "x" is not a list such as 0-3,7"#),
            (#""cpu":{"mems":"1-0"}"#, #"cpu.mems: "1-0" is not a list such as 0-3,7"#),
            (#""devices":[{"allow":true,"type":"p"}]"#, #"devices[0].type: "p" is not a type of device: a, b or c"#),
            (#""devices":[{"allow":true,"access":"rx"}]"#, #"devices[0].access: "rx" is not made of r, w and m"#),
            (#""devices":[{"allow":true,"major":-2}]"#, "devices[0].major: -2 is not between -1 and 4294967295"),
            (#""blockIO":{"weight":0,"leafWeight":1000}"#, nil),
            (#""blockIO":{"weight":9}"#, "blockIO.weight: 9 is not between 10 and 1000"),
            (#""blockIO":{"leafWeight":1001}"#, "blockIO.leafWeight: 1001 is not between 10 and 1000"),
            (
                #""blockIO":{"weightDevice":[{"major":1,"minor":2}]}"#,
                "blockIO.weightDevice[0]: neither weight nor leafWeight"
            ),
            (
                #""blockIO":{"weightDevice":[{"major":-1,"minor":2,"weight":10}]}"#,
                "blockIO.weightDevice[0].major: -1 is not between 0 and 4294967295"
            ),
            (
                #""blockIO":{"throttleWriteIOPSDevice":[{"major":1,"minor":-2,"rate":10}]}"#,
                "blockIO.throttleWriteIOPSDevice[0].minor: -2 is not between 0 and 4294967295"
            ),
            (
                #""hugepageLimits":[{"pageSize":"2MB","limit":1},{"pageSize":"2MB","limit":1}]"#,
                "hugepageLimits[1].pageSize: 2MB stands at [0] already"
            ),
            (
                #""network":{"priorities":[{"name":"a/b","priority":1}]}"#,
                #"network.priorities[0].name: "a/b" is not the name of an interface"#
            ),
            (#""rdma":{"mlx":{}}"#, "rdma.mlx: neither hcaHandles nor hcaObjects"),
            (#""rdma":{"a b":{"hcaHandles":1}}"#, #"rdma["a b"]: not the name of an adapter"#),
            (#""unified":{"memory.high":"1","hugetlb.1GB.max":"2"}"#, nil),
            (#""unified":{"memory.high":"\u0000"}"#, #"unified["memory.high"]: a NUL byte in it"#),
        ])
        for size in ["2mb", "MB", "2M", "02MB", "2TB", "-2MB", "2 MB"] {
            resources([
                (
                    "\"hugepageLimits\":[{\"pageSize\":\"\(size)\",\"limit\":1}]",
                    "hugepageLimits[0].pageSize: \"\(size)\" is not a size such as 64KB, 2MB or 1GB"
                )
            ])
        }
        for file in ["", "..", "a", "../a.b", "a/b.c", ".a", "memory high.x"] {
            #expect(
                Document(linux: "\"resources\":{\"unified\":{\"\(file)\":\"1\"}}").refusal?.hasSuffix(
                    ": not the name of a file of a control group, such as memory.high") == true)
        }
    }
}

import ContainerSystem
import Glibc
import Testing

/// A mount as /proc/self/mountinfo has it (proc(5)).
struct MountLine {
    let root: String
    let options: Set<String>
    /// How it propagates: `shared:1`, `master:1`, `unbindable`; empty for private.
    let propagation: [String]
    let type: String
    let data: Set<String>

    /// By mount point; the last one of those that lie over another.
    static func all(_ text: String) -> [String: MountLine] {
        var lines: [String: MountLine] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 3 else { continue }
            lines[words[4]] = MountLine(
                root: words[3], options: Set(words[5].split(separator: ",").map(String.init)),
                propagation: Array(words[6..<dash]), type: words[dash + 1],
                data: Set(words[dash + 3].split(separator: ",").map(String.init)))
        }
        return lines
    }
}

/// `mounts` of config.json (config.md, "Mounts"), each option by its visible effect.
@Suite struct OCIMountTests {
    private static let restricting = ["ro", "nosuid", "nodev", "noexec", "nosymfollow", "nodiratime", "noatime"]
    private static let freeing: KeyValuePairs = [
        "rw": "ro", "suid": "nosuid", "dev": "nodev", "exec": "noexec", "symfollow": "nosymfollow",
        "diratime": "nodiratime",
        "atime": "noatime", "relatime": "noatime", "strictatime": "noatime",
    ]

    private func mounts(_ oci: Bundles, _ edit: Bundles.Edit) throws -> [String: MountLine] {
        MountLine.all(try oci.look(["mounts": "cat /proc/self/mountinfo"], [], edit)["mounts"] ?? "")
    }

    /// A file system of the sandbox with another one in it.
    private func tree(_ oci: Bundles, _ name: String, options: String = "rw", _ more: String = "true") throws -> String
    {
        let path = "\(oci.box.folder)/\(name)"
        let script = """
            mkdir \(path); mount -t tmpfs tmpfs \(path); mkdir \(path)/below; mount -t tmpfs tmpfs \(path)/below
            \(more)
            mount -o remount,bind,\(options) \(path); mount -o remount,bind,\(options) \(path)/below
            """
        let made = try oci.box.inside(["sh", "-c", "set -e\n" + script])
        try #require(made.status == 0, "\(made)")
        oci.atEnd { _ = try? oci.box.inside(["umount", "-R", path]) }
        return path
    }

    @Test func whatAContainerHasByDefault() throws {
        try Bundles.with { oci in
            let all = try mounts(oci) { _ in }
            let kinds = [
                "/proc": "proc", "/dev": "tmpfs", "/dev/pts": "devpts", "/dev/shm": "tmpfs", "/dev/mqueue": "mqueue",
                "/sys": "sysfs",
            ]
            for (place, type) in kinds { #expect(all[place]?.type == type, "\(place)") }
            #expect(all["/"]?.options.contains("rw") == true && all["/sys"]?.options.contains("ro") == true)
            #expect(all["/dev/shm"]?.data.contains("size=65536k") == true)
        }
    }

    @Test func optionsOfNewFileSystems() throws {
        try Bundles.with { oci in
            let all = try mounts(oci) { config in
                func add(_ place: String, _ options: [String]) {
                    config.mounts.items.append([
                        "destination": .string(place), "type": "tmpfs", "source": "tmpfs",
                        "options": .array(options.map { .string($0) }),
                    ])
                }
                for option in Self.restricting {
                    add("/new/" + option, [option])
                    add("/newr/" + option, ["r" + option])
                }
                for (option, taken) in Self.freeing { add("/freed/" + option, [taken, option]) }
                add("/data", ["size=1m", "mode=711", "nr_inodes=100", "uid=7", "gid=8"])
                for option in ["sync", "dirsync", "lazytime", "mand"] { add("/super/" + option, [option]) }
                for option in ["async", "nolazytime", "nomand", "iversion", "noiversion"] {
                    add("/plain/" + option, [option])
                }
                let idle = "defaults auto noauto user nouser users group owner nofail _netdev loud silent"
                add("/idle", idle.split(separator: " ").map(String.init))
                add("rel/ative", ["ro"])
                add("/new/private", ["private"])
                add("/new/shared", ["shared"])
                add("/new/unbindable", ["unbindable"])
                add("/newr/shared", ["rshared"])
            }
            for option in Self.restricting {
                #expect(
                    all["/new/" + option]?.options.contains(option) == true,
                    "\(option): \(all["/new/" + option]?.options ?? [])")
                #expect(all["/newr/" + option]?.options.contains(option) == true, "r\(option)")
            }
            for (option, taken) in Self.freeing {
                #expect(all["/freed/" + option]?.options.contains(taken) == false, "\(option)")
            }
            #expect(
                all["/data"]?.data.isSuperset(of: ["size=1024k", "mode=711", "nr_inodes=100", "uid=7", "gid=8"]) == true
            )
            for option in ["sync", "dirsync", "lazytime", "mand"] {
                #expect(
                    all["/super/" + option]?.data.contains(option) == true,
                    "\(option): \(all["/super/" + option]?.data ?? [])")
            }
            for option in ["async", "nolazytime", "nomand", "iversion", "noiversion"] {
                #expect(all["/plain/" + option] != nil, "\(option)")
            }
            #expect(all["/idle"]?.options == ["rw", "relatime"])
            #expect(all["/rel/ative"]?.options.contains("ro") == true)
            #expect(all["/new/private"]?.propagation == [])
            #expect(all["/new/shared"]?.propagation.first?.hasPrefix("shared:") == true)
            #expect(all["/newr/shared"]?.propagation.first?.hasPrefix("shared:") == true)
            #expect(all["/new/unbindable"]?.propagation == ["unbindable"])
        }
    }

    @Test func optionsOfBinds() throws {
        try Bundles.with { oci in
            let open = try tree(oci, "open")
            let closed = try tree(oci, "closed", options: Self.restricting.joined(separator: ","))
            let all = try mounts(oci) { config in
                func add(_ place: String, _ source: String, _ options: [String]) {
                    config.mounts.items.append([
                        "destination": .string(place), "type": "none", "source": .string(source),
                        "options": .array(options.map { .string($0) }),
                    ])
                }
                for option in Self.restricting {
                    add("/one/" + option, open, ["rbind", option])
                    add("/all/" + option, open, ["rbind", "r" + option])
                }
                for (option, _) in Self.freeing {
                    add("/freed/" + option, closed, ["rbind", option])
                    add("/allfreed/" + option, closed, ["rbind", "r" + option])
                }
                add("/single", open, ["bind"])
                add("/mixed", open, ["rbind", "rro", "rw"])
                config.mounts.items.append(["destination": "/typed", "type": "bind", "source": .string(open)])
            }
            for option in Self.restricting {
                #expect(all["/one/" + option]?.options.contains(option) == true, "\(option)")
                #expect(all["/one/\(option)/below"]?.options.contains(option) == false, "\(option)")
                #expect(all["/all/" + option]?.options.contains(option) == true, "r\(option)")
                #expect(all["/all/\(option)/below"]?.options.contains(option) == true, "r\(option)")
            }
            for (option, taken) in Self.freeing {
                #expect(all["/freed/" + option]?.options.contains(taken) == false, "\(option)")
                #expect(all["/freed/\(option)/below"]?.options.contains(taken) == true, "\(option)")
                #expect(all["/allfreed/" + option]?.options.contains(taken) == false, "r\(option)")
                #expect(all["/allfreed/\(option)/below"]?.options.contains(taken) == false, "r\(option)")
            }
            #expect(all["/single"] != nil && all["/single/below"] == nil && all["/typed"] != nil)
            #expect(
                all["/mixed"]?.options.contains("rw") == true && all["/mixed/below"]?.options.contains("ro") == true)
        }
    }

    @Test func howBindsPropagate() throws {
        try Bundles.with { oci in
            let source = try tree(oci, "shared", "mount --make-rshared \(oci.box.folder)/shared")
            let kinds = ["shared", "slave", "private", "unbindable"]
            let all = try mounts(oci) { config in
                for kind in kinds {
                    for (place, option) in [("/one/", kind), ("/all/", "r" + kind)] {
                        config.mounts.items.append([
                            "destination": .string(place + kind), "type": "none", "source": .string(source),
                            "options": ["rbind", .string(option)],
                        ])
                    }
                }
            }
            func expect(_ place: String, _ begin: String?, source: SourceLocation = #_sourceLocation) {
                let first = all[place]?.propagation.first
                #expect(
                    all[place] != nil && (begin.map { first?.hasPrefix($0) == true } ?? (first == nil)),
                    "\(place): \(all[place]?.propagation ?? [])", sourceLocation: source)
            }
            for (kind, begin) in [
                ("shared", "shared:"), ("slave", "master:"), ("private", nil), ("unbindable", "unbindable"),
            ] {
                expect("/one/" + kind, begin)
                expect("/all/" + kind, begin)
                expect("/all/\(kind)/below", begin)
            }
        }
    }

    @Test func whatIsMountedStaysAndGoesBetweenHostAndContainer() throws {
        try Bundles.with { oci in
            let source = try tree(
                oci, "shared", "mount --make-rshared \(oci.box.folder)/shared; mkdir \(oci.box.folder)/shared/late")
            try oci.container(
                [],
                { config in
                    for kind in ["rslave", "rprivate"] {
                        config.mounts.items.append([
                            "destination": .string("/" + kind), "type": "none", "source": .string(source),
                            "options": ["rbind", .string(kind)],
                        ])
                    }
                }
            ) { container in
                try container.start()
                #expect(try oci.box.inside(["mount", "-t", "tmpfs", "late", source + "/late"]).status == 0)
                let all = MountLine.all(try container.proc("mountinfo"))
                #expect(all["/rslave/late"] != nil && all["/rprivate/late"] == nil)
            }
        }
    }

    @Test func remountsChangeWhatIsThere() throws {
        try Bundles.with { oci in
            let all = try mounts(oci) { config in
                config.mounts.items += [
                    ["destination": "/dev/shm", "type": "tmpfs", "options": ["remount", "ro", "noatime"]],
                    ["destination": "/sys", "type": "sysfs", "options": ["remount", "rw"]],
                ]
            }
            #expect(all["/dev/shm"]?.options.isSuperset(of: ["ro", "noatime"]) == true)
            #expect(all["/sys"]?.options.contains("rw") == true)
            try oci.refuse("/etc") { $0.mounts.items.append(["destination": "/etc", "options": ["remount", "ro"]]) }
        }
    }

    @Test func tmpfsTakesUpWhatLiesBeneath() throws {
        try Bundles.with { oci in
            let folder = oci.rootfs + "/data"
            try Files.makeDirectory(folder + "/sub", mode: 0o750)
            try Files.replace(folder + "/file", with: "content\n".utf8, mode: 0o646)
            chmod(folder + "/file", 0o646)
            chmod(folder, 0o1731)
            chown(folder + "/file", 1000, 2000)
            symlink("file", folder + "/link")
            mkfifo(folder + "/pipe", 0o600)
            let seen = try oci.look([
                "type": "stat -f -c %T /data", "folder": "stat -c '%a %u' /data",
                "file": "stat -c '%a %u %g' /data/file; cat /data/file",
                "link": "readlink /data/link", "sub": "stat -c %a /data/sub", "pipe": "stat -c '%F %a' /data/pipe",
                "change": "echo new >/data/file",
            ]) {
                $0.mounts.items.append([
                    "destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"],
                ])
            }
            #expect(seen["type"] == "tmpfs" && seen["folder"] == "1731 0", "\(seen)")
            #expect(
                seen["file"] == "646 1000 2000\ncontent" && seen["link"] == "file" && seen["sub"] == "750", "\(seen)")
            #expect(seen["pipe"] == "fifo 600")
            #expect(try Files.readText(folder + "/file", limit: 64) == "content\n")
        }
    }

    @Test func ownersAreMapped() throws {
        try Bundles.with { oci in
            let source = oci.box.folder + "/owned"
            try Files.makeDirectory(source + "/below")
            try Files.replace(source + "/file", with: [])
            chown(source + "/file", 1, 2)
            let maps: JSON = [["containerID": 0, "hostID": 5000, "size": 10]]
            let groups: JSON = [["containerID": 0, "hostID": 6000, "size": 10]]
            let seen = try oci.look([
                "one": "stat -c '%u %g' /one/file; touch /one/new", "all": "stat -c '%u %g' /all/file /all/below/file",
                "plain": "stat -c '%u %g' /plain/file",
            ]) { config in
                let below = try self.tree(oci, "owned2", "mkdir -p \(oci.box.folder)/owned2/x")
                _ = below
                for (place, option) in [("/one", "idmap"), ("/all", "ridmap")] {
                    config.mounts.items.append([
                        "destination": .string(place), "type": "none", "source": .string(source),
                        "options": ["rbind", .string(option)],
                        "uidMappings": maps, "gidMappings": groups,
                    ])
                }
                config.mounts.items.append([
                    "destination": "/plain", "type": "none", "source": .string(source), "options": ["bind"],
                ])
                try Files.replace(source + "/below/file", with: [])
            }
            #expect(seen["one"]?.hasPrefix("5001 6002") == true, "\(seen)")
            #expect(seen["all"] == "5001 6002\n5000 6000", "\(seen)")
            #expect(seen["plain"] == "1 2")
        }
    }

    @Test func targetsAreMadeAndSourcesAreNot() throws {
        try Bundles.with { oci in
            let file = oci.box.folder + "/file"
            try Files.replace(file, with: "of the host\n".utf8)
            let seen = try oci.look(["file": "cat /made/here/file", "folder": "ls -d /made/folder/deep"]) {
                $0.mounts.items += [
                    [
                        "destination": "/made/here/file", "type": "bind", "source": .string(file),
                        "options": ["bind", "ro"],
                    ],
                    ["destination": "/made/folder/deep", "type": "bind", "source": "../rootfs/etc"],
                ]
            }
            #expect(seen == ["file": "of the host", "folder": "/made/folder/deep"])
            let index = oci.standard.mounts.items.count
            try oci.refuse("config.json: mounts[\(index)].source", "/no/such/thing") {
                $0.mounts.items.append(["destination": "/a", "type": "bind", "source": "/no/such/thing"])
            }
            try oci.refuse("nofs") { $0.mounts.items.append(["destination": "/a", "type": "nofs", "source": "x"]) }
            try oci.refuse("/a", "wrongoption") {
                $0.mounts.items.append([
                    "destination": "/a", "type": "tmpfs", "source": "x", "options": ["wrongoption"],
                ])
            }
            try oci.refuse("/proc/self") {
                $0.mounts.items.append(["destination": "/proc/self", "type": "tmpfs", "source": "x"])
            }
        }
    }

    @Test func controlGroupsWithAndWithoutTheirNamespace() throws {
        try Bundles.with { oci in
            let question: KeyValuePairs = [
                "own": "cut -d: -f3 /proc/self/cgroup | sort -u", "limit": "cat \(HostCgroups.pidsFile)",
            ]
            let with = try oci.look(question) {
                $0.linux.namespaces.items.append(["type": "cgroup"])
                $0.linux.resources.pids = ["limit": 77]
            }
            #expect(
                with["own"]?.split(separator: "\n").contains("/") == true && with["own"]?.contains(oci.mark) == false,
                "\(with)")
            #expect(with["limit"] == "77")
            let without = try oci.look(question) { $0.linux.resources.pids = ["limit": 78] }
            #expect(without["own"]?.contains("/containerkit-oci-\(oci.mark)") == true, "\(without)")
            // Version 2 shows all of the host's; version 1 a container's own part.
            #expect(HostCgroups.isUnified || without["limit"] == "78")
        }
    }
}

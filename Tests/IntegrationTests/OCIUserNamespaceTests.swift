import ContainerSystem
import Glibc
import Testing

/// User namespaces with maps (config-linux.md, "User namespace mappings"), from both sides.
@Suite struct OCIUserNamespaceTests {
    private func mapped(_ oci: Bundles, _ edit: @escaping Bundles.Edit = { _ in }) -> Bundles.Edit {
        { config in
            let root = try oci.ownRoot(100_000, 200_000)
            config.root.path = .string(root)
            config.linux.namespaces.items += [["type": "user"], ["type": "cgroup"]]
            config.linux.uidMappings = [
                ["containerID": 0, "hostID": 100_000, "size": 1000],
                ["containerID": 1000, "hostID": 300_000, "size": 1000],
            ]
            config.linux.gidMappings = [["containerID": 0, "hostID": 200_000, "size": 65536]]
            try edit(&config)
        }
    }

    @Test func rootIsSomebodyElseOutside() throws {
        try Bundles.with { oci in
            let edit = mapped(oci) { config in
                config.process.oomScoreAdj = 321
                for set in ["bounding", "permitted", "effective"] {
                    config.process.capabilities[set].items.append("CAP_CHOWN")
                }
                config.process.rlimits = [["type": "RLIMIT_NOFILE", "soft": 77, "hard": 88]]
                config.hostname = "inside"
                config.linux.sysctl = ["net.ipv4.ip_forward": "1"]
                config.linux.devices = [
                    ["path": "/dev/pipe", "type": "p", "fileMode": 0o640],
                    ["path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11],
                ]
                config.mounts.items.append([
                    "destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"],
                ])
                config.mounts.items.append([
                    "destination": "/bound", "type": "bind", "source": "../rootfs-100000/etc",
                    "options": ["bind", "ro"],
                ])
                config.process.args = [
                    "sh", "-c", "touch /tmp/new /scratch/new; chown 1000:1000 /scratch/new; exec sleep 100",
                ]
            }
            try oci.container([], edit) { container in
                try container.start()
                try eventually { access(oci.box.folder + "/rootfs-100000/tmp/new", F_OK) == 0 }
                var owner = stat()
                #expect(
                    stat(oci.box.folder + "/rootfs-100000/tmp/new", &owner) == 0 && owner.st_uid == 100_000
                        && owner.st_gid == 200_000)
                #expect(
                    try container.proc("status").contains("Uid:\t100000\t100000\t100000\t100000\nGid:\t200000\t200000"))
                #expect(
                    try container.proc("uid_map").split(whereSeparator: \.isWhitespace).joined(separator: " ")
                        == "0 100000 1000 1000 300000 1000")
                #expect(try container.proc("setgroups") == "allow\n")
                let script = """
                    echo @id; id -u; id -g; echo @files; stat -c %u /etc/passwd /scratch/new /tmp/new
                    echo @score; cat /proc/1/oom_score_adj; echo @limit; ulimit -n; ulimit -Hn; echo @name; hostname
                    echo @forward; cat /proc/sys/net/ipv4/ip_forward
                    echo @null; stat -c '%F %t:%T' /dev/null; echo x >/dev/null && head -c 3 /dev/zero | wc -c
                    echo @own; stat -c '%F %a' /dev/pipe; stat -c %F /dev/kmsg; echo @tty; ls /dev/pts/ptmx
                    echo @bound; touch /bound/x 2>&1; ls /bound | grep passwd
                    """
                let answers = Bundles.answers(try container.exec(script).output)
                #expect(answers["id"] == "0\n0" && answers["files"] == "65534\n1000\n0", "\(answers)")
                #expect(answers["score"] == "321" && answers["limit"] == "77\n88" && answers["name"] == "inside")
                #expect(answers["forward"] == "1" && answers["null"] == "character special file 1:3\n3", "\(answers)")
                #expect(
                    answers["own"]?.hasPrefix("fifo 640") == true && answers["tty"] == "/dev/pts/ptmx", "\(answers)")
                #expect(
                    answers["bound"]?.contains("Read-only") == true && answers["bound"]?.hasSuffix("passwd") == true,
                    "\(answers)")
                let user = try container.exec("id -u; id -G", ["--user", "1500:7", "--additional-gids", "9"])
                #expect(user.output == "1500\n7 9\n", "\(user)")
            }
        }
    }

    @Test func idsThatHaveNoMeaningOutside() throws {
        try Bundles.with { oci in
            try oci.refuse("process.user.uid", edit: mapped(oci) { $0.process.user.uid = 5000 })
            try oci.refuse("process.user.gid", edit: mapped(oci) { $0.process.user.gid = 70000 })
            try oci.refuse(
                "process.user.additionalGids[1]", edit: mapped(oci) { $0.process.user.additionalGids = [1, 70000] })
            try oci.refuse("linux.uidMappings", edit: mapped(oci) { $0.linux.uidMappings = nil })
            try oci.refuse(
                "linux.uidMappings",
                edit: mapped(oci) { $0.linux.uidMappings = [["containerID": 0, "hostID": 4_294_967_295, "size": 10]] })
            try oci.refuse("linux.uidMappings") { $0.linux.uidMappings = [["containerID": 0, "hostID": 1, "size": 1]] }
            try oci.refuse(
                "linux.gidMappings[1]",
                edit: mapped(oci) {
                    $0.linux.gidMappings.items.append(["containerID": 5, "hostID": 900_000, "size": 10])
                })
        }
    }

    @Test func mountsOfOtherOwners() throws {
        try Bundles.with { oci in
            let source = oci.box.folder + "/shifted"
            try Files.makeDirectory(source)
            try Files.replace(source + "/file", with: [])
            let maps = mapped(oci) { config in
                config.mounts.items.append([
                    "destination": "/shifted", "type": "bind", "source": .string(source), "options": ["bind", "idmap"],
                    "uidMappings": [["containerID": 0, "hostID": 100_000, "size": 1000]],
                    "gidMappings": [["containerID": 0, "hostID": 200_000, "size": 1000]],
                ])
                config.mounts.items.append([
                    "destination": "/plain", "type": "bind", "source": .string(source), "options": ["bind"],
                ])
            }
            let seen = try oci.look(
                [
                    "shifted": "stat -c '%u %g' /shifted/file; touch /shifted/new",
                    "plain": "stat -c '%u %g' /plain/file",
                ], [], maps)
            #expect(seen["shifted"] == "0 0" && seen["plain"] == "65534 65534", "\(seen)")
            var owner = stat()
            #expect(stat(source + "/new", &owner) == 0 && owner.st_uid == 0 && owner.st_gid == 0)
        }
    }
}

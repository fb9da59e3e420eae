import ContainerSystem
import Glibc
import Testing

/// Debian's docker-registry, with skopeo and umoci as the ones who write and read beside us.
@Suite struct RegistryTests {
    /// An OCI layout of busybox, made by umoci, put into the registry by skopeo.
    private func publish(_ box: Sandbox, _ registry: Registry, format: String = "oci") throws {
        let layout = box.folder + "/layout"
        if access(layout, F_OK) != 0 {
            for arguments in [["init", "--layout", layout], ["new", "--image", layout + ":one"]] {
                try #require(try box.inside(["umoci"] + arguments).status == 0)
            }
            try #require(
                try box.inside(["umoci", "insert", "--image", layout + ":one", box.folder + "/bb", "/"]).status == 0)
            let config = [
                "config", "--image", layout + ":one", "--config.cmd", "sh", "--config.env", "FROM=umoci",
                "--config.workingdir", "/tmp",
            ]
            try #require(try box.inside(["umoci"] + config).status == 0)
        }
        try registry.publish(layout: layout, "one", as: "busybox:\(format)", format: format)
    }

    @Test func anImageOfSkopeosRuns() throws {
        try Sandbox.with { box in
            let server = try Registry(box)
            let registry = server.address
            for format in ["oci", "v2s2"] {
                try publish(box, server, format: format)
                let name = "\(registry)/busybox:\(format)"
                let pull = try box.ck(["pull", name])
                #expect(
                    pull.status == 0 && pull.output.contains("Status: Downloaded newer image for \(name)"), "\(pull)")
                #expect(try box.ck(["pull", name]).output.contains("Image is up to date"))
                let run = try box.ck([
                    "run", "--rm", "-m", "64m", "--cpus", "0.5", name, "sh", "-c",
                    "cat \(HostCgroups.memoryFile); echo $FROM; pwd",
                ])
                #expect(run.output == "67108864\numoci\n/tmp\n", "\(run)")
            }
            #expect(try box.ck(["images"]).output.contains("localhost:5000/busybox"))
            let digest =
                try box.ck(["images", "--digests"]).lines.first { $0.contains("oci") }?.split(separator: " ")
                .first { $0.hasPrefix("sha256:") } ?? ""
            #expect(try box.ck(["pull", "-q", "\(registry)/busybox@\(digest)"]).status == 0)
        }
    }

    /// The media types of an image's layers, as skopeo reads them.
    private func layerTypes(_ box: Sandbox, _ image: String) throws -> Set<String> {
        let raw = try box.inside(["skopeo", "inspect", "--tls-verify=false", "--raw", "docker://" + image])
        let found = raw.output.matches(of: /application\/vnd\.oci\.image\.layer\.v1\.tar[+a-z]*/)
        return Set(found.map { String($0.output.split(separator: ".").last ?? "") })
    }

    @Test func layersMayBeCompressedInEachWayOrNot() throws {
        try Sandbox.with { box in
            let registry = try Registry(box)
            let layout = box.folder + "/plain"
            let image =
                #"{"plain": true, "layers": [[{"name": "bin", "type": "dir"}, "#
                + #"{"name": "bin/busybox", "path": "/bin/busybox"}, "#
                + #"{"name": "bin/true", "type": "symlink", "link": "busybox"}]]}"#
            try Files.replace(layout + ".json", with: Array(image.utf8))
            let plain = registry.address + "/busybox:plain"
            let made = try box.inside(["python3", Fixture.path("oci-layout.py"), layout, plain, layout + ".json"])
            try #require(made.status == 0, "\(made)")
            // skopeo compresses what is not.
            let zstd = registry.address + "/busybox:zstd"
            let copy = try box.inside([
                "skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", "--dest-compress-format", "zstd",
                "oci:\(layout):\(plain)", "docker://" + zstd,
            ])
            try #require(copy.status == 0, "\(copy)")
            #expect(try layerTypes(box, zstd) == ["tar+zstd"])
            let run = try box.ck(["run", "--rm", zstd, "true"])
            #expect(run.status == 0, "\(run)")
            #expect(try box.ck(["rmi", zstd]).status == 0)

            let load = try box.ck(["load", "-i", layout])
            #expect(load.output == "Loaded image: \(plain)\n", "\(load)")
            #expect(try box.ck(["push", plain]).status == 0)
            #expect(try layerTypes(box, plain) == ["tar"])
            #expect(try box.ck(["rmi", plain]).status == 0)
            let pull = try box.ck(["run", "--rm", plain, "true"])
            #expect(pull.status == 0 && pull.errors.contains("Pull complete"), "\(pull)")
        }
    }

    @Test func aCommitIsReadByOthers() throws {
        try Sandbox.with { box in
            let server = try Registry(box)
            let registry = server.address
            try publish(box, server)
            let base = "\(registry)/busybox:oci"
            let made = try box.ck([
                "run", "--name", "made", base, "sh", "-c", "echo new > /new; rm /etc/group; mkdir /d; ln -s x /d/l",
            ])
            #expect(made.status == 0, "\(made)")
            let commit = try box.ck(
                ["commit", "-m", "words", "-a", "me", "-c", "CMD [\"cat\", \"/new\"]", "made", "\(registry)/commit:1"])
            #expect(commit.status == 0 && commit.output.hasPrefix("sha256:"), "\(commit)")
            let push = try box.ck(["push", "\(registry)/commit:1"])
            #expect(push.status == 0 && push.output.contains("1: digest: sha256:"), "\(push)")
            let copied = box.folder + "/copied"
            let copy = try box.inside(
                [
                    "skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", "docker://\(registry)/commit:1",
                    "oci:\(copied):1",
                ])
            try #require(copy.status == 0, "\(copy)")
            let unpack = try box.inside(["umoci", "unpack", "--image", copied + ":1", box.folder + "/bundle"])
            try #require(unpack.status == 0, "\(unpack)")
            let rootfs = box.folder + "/bundle/rootfs"
            #expect(try Files.readText(rootfs + "/new") == "new\n")
            #expect(access(rootfs + "/etc/group", F_OK) != 0 && access(rootfs + "/etc/passwd", F_OK) == 0)
            // runc runs what umoci unpacked: the process that the commit asks for.
            let runc = try box.inside(
                [
                    "sh", "-c",
                    "cd \(box.folder)/bundle && sed -i 's/\"terminal\": true/\"terminal\": false/' config.json && runc --root \(box.folder)/runc run ck-commit-test",
                ])
            #expect(runc.output == "new\n", "\(runc)")
            try box.ck(["rm", "made"])
            #expect(try box.ck(["rmi", "\(registry)/commit:1", base]).status == 0)
            let back = try box.ck(["run", "--rm", "\(registry)/commit:1"])
            #expect(back.output == "new\n", "\(back)")
        }
    }

    @Test func aRegistryThatFailsIsNamed() throws {
        try Sandbox.with { box in
            let down = try box.ck(["pull", "localhost:5999/x"])
            #expect(down.status == 1 && down.errors.contains("localhost:5999"), "\(down)")
            let server = try Registry(box)
            let registry = server.address
            let missing = try box.ck(["pull", "\(registry)/nothing:1"])
            #expect(missing.status == 1 && missing.errors.contains("not found"), "\(missing)")
            #expect(try box.ck(["run", "--rm", "\(registry)/nothing:1"]).status == 125)
            let upper = try box.ck(["pull", "\(registry)/UPPER"])
            #expect(upper.errors.contains("must be lowercase"), "\(upper)")
            try publish(box, server)
            // The largest blob is the layer: cut it, then give it other bytes.
            let find = "find \(box.folder)/registry -name data -size +100k"
            for damage in [
                "truncate -s 1000", "dd if=/dev/urandom bs=1 count=8 seek=5000 conv=notrunc status=none of=",
            ] {
                let keep = try box.inside([
                    "sh", "-c",
                    "f=$(\(find)); cp $f \(box.folder)/kept; \(damage)\(damage.hasSuffix("=") ? "$f" : " $f")",
                ])
                try #require(keep.status == 0, "\(keep)")
                let pull = try box.ck(["pull", "\(registry)/busybox:oci"])
                #expect(pull.status == 1 && pull.errors.split(separator: "\n").count == 1, "\(pull)")
                #expect(!(try box.ck(["images"]).output.contains("localhost:5000")))
                // A download that was cut short may be gone on with; nothing else stays.
                let left = try Files.list(box.root + "/content/ingest")
                #expect(left.isEmpty || damage.hasPrefix("truncate") && left.allSatisfy { $0.hasSuffix(".partial") })
                try box.inside([
                    "sh", "-c",
                    "cp \(box.folder)/kept $(\(find) || echo); find \(box.folder)/registry -name data -size -2k -size +0 >/dev/null",
                ])
                try Files.removeTree(box.folder + "/registry/docker")
                try publish(box, server)
            }
            #expect(try box.ck(["pull", "-q", "\(registry)/busybox:oci"]).output == "\(registry)/busybox:oci\n")
        }
    }

    @Test func importTakesATar() throws {
        try Sandbox.with { box in
            let tar = box.folder + "/root.tar.gz"
            try #require(try box.inside(["tar", "-czf", tar, "-C", box.folder + "/bb", "."]).status == 0)
            let made = try box.ck(["import", "-c", "CMD [\"echo\", \"hi\"]", tar, "imported:1"])
            #expect(made.status == 0 && made.output.hasPrefix("sha256:"), "\(made)")
            #expect(try box.ck(["run", "--rm", "imported:1"]).output == "hi\n")
            #expect(try box.ck(["tag", "imported:1", "again"]).status == 0)
            let remove = try box.ck(["rmi", "imported:1"])
            #expect(remove.output == "Untagged: imported:1\n", "\(remove)")
            let inspect = try box.ck(["image", "inspect", "again"])
            #expect(inspect.output.contains("\"RepoTags\"") && inspect.output.contains("again:latest"), "\(inspect)")
        }
    }

    /// podman reads and runs what a commit pushed, through a registry and through an OCI layout.
    @Test func podmanRunsACommit() throws {
        try Sandbox.with { box in
            let registry = try Registry(box)
            try box.ck(["run", "--name", "made", "bb", "sh", "-c", "echo new > /new"])
            let name = registry.address + "/commit:1"
            #expect(try box.ck(["commit", "-c", "CMD [\"cat\", \"/new\"]", "made", name]).status == 0)
            #expect(try box.ck(["push", "-q", name]).status == 0)
            let layout = box.folder + "/layout"
            let copy = try box.inside([
                "skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", "docker://" + name,
                "oci:\(layout):1",
            ])
            try #require(copy.status == 0, "\(copy)")
            let settings = box.folder + "/containers.conf"
            try Files.replace(
                settings,
                with: Array(
                    """
                    [containers]
                    default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
                    [engine]
                    runtime = "runc"
                    cgroup_manager = "cgroupfs"
                    events_logger = "none"

                    """.utf8))
            let podman =
                ["env", "CONTAINERS_CONF=" + settings, "podman", "--root", box.folder + "/podman", "--runroot"]
                + [box.folder + "/podman-run", "--tmpdir", box.folder + "/podman-tmp", "--storage-driver", "vfs"]
            for source in [
                ["pull", "--tls-verify=false", "-q", name], ["pull", "-q", "oci:layout:1"],
            ] {
                // It takes no path with capitals in it.
                let pull = try box.inside(["env", "-C", box.folder] + podman + source)
                try #require(pull.status == 0, "\(pull)")
                let run = try box.inside(
                    podman + ["run", "--rm", "--network", "none", "--log-driver", "none", pull.line(0)])
                #expect(run.output == "new\n", "\(run)")
            }
            try box.inside(podman + ["rmi", "-a", "-f"])
        }
    }

    /// A real distribution: hard links, symlinks, devices, setuid files, extended attributes, owners.
    @Test func aDebianRunsAndIsWhole() throws {
        try Sandbox.with(image: false) { box in
            let registry = try Registry(box)
            let root = box.folder + "/debian"
            let made = try box.inside(
                ["tar", "-xf", try Debian.archive(), "-C", box.folder, "--xattrs", "--xattrs-include=*"])
            try #require(made.status == 0, "\(made)")
            let marks = """
                mknod \(root)/node c 1 3; ln \(root)/etc/debian_version \(root)/hard; chown 1234:5678 \(root)/hard
                setcap cap_net_raw+ep \(root)/usr/bin/dash
                """
            try #require(try box.inside(["sh", "-ec", marks]).status == 0)
            let layout = box.folder + "/layout"
            for arguments in [
                ["init", "--layout", layout], ["new", "--image", layout + ":one"],
                ["insert", "--image", layout + ":one", root, "/"],
            ] { try #require(try box.inside(["umoci"] + arguments, timeout: 300).status == 0) }
            try registry.publish(layout: layout, "one", as: "debian:min")
            let name = registry.address + "/debian:min"
            let pull = try box.ck(["pull", "-q", name], timeout: 300)
            try #require(pull.status == 0, "\(pull)")
            let script = "find / -xdev ! -path '/proc*' ! -path '/sys*' ! -path '/dev*' | wc -l; stat -c '%a' /bin/su"
            let inside = try box.ck([
                "run", "--rm", name, "bash", "-c",
                script + "; stat -c '%h %u %g' /hard; stat -c '%t %T %F' /node; dpkg --verify | wc -l; id -un",
            ])
            let lines = inside.output.split(separator: "\n").map(String.init)
            try #require(lines.count == 6, "\(inside)")
            #expect(Array(lines[1...3]) == ["4755", "2 1234 5678", "1 3 character special file"], "\(inside)")
            #expect(lines[4] == "0" && lines[5] == "root", "\(inside)")
            // Each entry with its mode, owner, size, time, links and attributes, against the tree that went in.
            let layers = try Files.list(box.root + "/overlay/layers")
            let unpacked = box.root + "/overlay/layers/" + (layers.first ?? "") + "/diff"
            try #require(layers.count == 1 && access(unpacked + "/etc", F_OK) == 0, "\(layers)")
            let compare = try box.inside(
                ["rsync", "-naHAXxi", "--delete", "--omit-dir-times", "--modify-window=1", root + "/", unpacked + "/"],
                timeout: 300)
            #expect(compare.status == 0 && compare.output.isEmpty, "\(compare)")
        }
    }
}

/// A small Debian, made once by debootstrap and kept beside the build.
enum Debian {
    static func archive() throws -> String {
        let path = Fixture.path("../../../.build/fixtures/debian-minbase.tar")
        let made = try Command.run([Fixture.path("../../../Scripts/debian-root"), path], timeout: 900)
        guard made.status == 0 else {
            throw ContainerError(.systemFailure, "Scripts/debian-root: \(made.errors)")
        }
        return path
    }
}

import ContainerSystem
import Glibc
import Testing

/// Debian's docker-registry, with skopeo and umoci as the ones who write and read beside us.
@Suite struct RegistryTests {
    /// Starts a registry in the sandbox; its address.
    private func startRegistry(_ box: Sandbox) throws -> String {
        let configuration = """
            version: 0.1
            storage: {filesystem: {rootdirectory: \(box.folder)/registry}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:5000"}
            log: {level: error}
            """
        try Files.replace(box.folder + "/registry.yml", with: Array(configuration.utf8))
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let pid = try Command.spawn(
            box.entering(["docker-registry", "serve", box.folder + "/registry.yml"]),
            input: null.raw, output: null.raw, error: null.raw)
        box.atEnd {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        for _ in 0..<200 where try box.inside(["nc", "-z", "127.0.0.1", "5000"]).status != 0 { usleep(25_000) }
        return "localhost:5000"
    }

    /// An OCI layout of busybox, made by umoci, put into the registry by skopeo.
    private func publish(_ box: Sandbox, _ registry: String, format: String = "oci") throws {
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
        let copy = try box.inside(
            [
                "skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", "--format", format,
                "oci:\(layout):one",
                "docker://\(registry)/busybox:\(format)",
            ])
        try #require(copy.status == 0, "\(copy)")
    }

    @Test func anImageOfSkopeosRuns() throws {
        try Sandbox.with { box in
            let registry = try startRegistry(box)
            for format in ["oci", "v2s2"] {
                try publish(box, registry, format: format)
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

    @Test func aCommitIsReadByOthers() throws {
        try Sandbox.with { box in
            let registry = try startRegistry(box)
            try publish(box, registry)
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
            let registry = try startRegistry(box)
            let missing = try box.ck(["pull", "\(registry)/nothing:1"])
            #expect(missing.status == 1 && missing.errors.contains("not found"), "\(missing)")
            #expect(try box.ck(["run", "--rm", "\(registry)/nothing:1"]).status == 125)
            let upper = try box.ck(["pull", "\(registry)/UPPER"])
            #expect(upper.errors.contains("must be lowercase"), "\(upper)")
            try publish(box, registry)
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
                #expect(try Files.list(box.root + "/content/ingest").isEmpty)
                try box.inside([
                    "sh", "-c",
                    "cp \(box.folder)/kept $(\(find) || echo); find \(box.folder)/registry -name data -size -2k -size +0 >/dev/null",
                ])
                try Files.removeTree(box.folder + "/registry/docker")
                try publish(box, registry)
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
}

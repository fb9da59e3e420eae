import ContainerSystem
import Glibc
import Testing

/// Documents that nothing can be made of: one line that names the field, and nothing done.
@Suite struct OCIRefusedFieldTests {
    @Test func documentsThatAreNone() throws {
        try Bundles.with { oci in
            let whole = oci.standard.text
            for part in [0, 1, whole.utf8.count / 3, whole.utf8.count - 1] {
                try oci.refuse(bundle: try oci.bundle(text: String(whole.prefix(part))), ["config.json"])
            }
            for text in [
                "[]", "null", "\"text\"", "{\"ociVersion\": 1}", whole + "x", "\u{feff}{}",
                "{\"a\":" + String(repeating: "[", count: 100_000),
            ] {
                try oci.refuse(bundle: try oci.bundle(text: text), ["config.json"])
            }
            try oci.refuse(bundle: oci.box.folder + "/nowhere", ["nowhere"])
            try oci.refuse(bundle: oci.box.folder + "/rootfs", ["config.json"])
        }
    }

    @Test func fieldsThatCannotBe() throws {
        let edits: [(String, Bundles.Edit)] = [
            ("ociVersion", { $0.ociVersion = "2.0.0" }), ("ociVersion", { $0.ociVersion = "one" }),
            ("ociVersion", { $0.ociVersion = nil }),
            ("root", { $0.root = nil }), ("root.path", { $0.root.path = "/no/such/root" }),
            ("root.path", { $0.root.path = "/etc/passwd" }),
            ("root.readonly", { $0.root.readonly = "yes" }), ("process", { $0.process = nil }),
            ("process.args", { $0.process.args = [] }),
            ("process.args[1]", { $0.process.args = ["sh", 1] }), ("process.cwd", { $0.process.cwd = "relative" }),
            ("process.cwd", { $0.process.cwd = nil }), ("process.env[0]", { $0.process.env = [7] }),
            ("process.user.uid", { $0.process.user.uid = -1 }),
            ("process.user.gid", { $0.process.user.gid = 4_294_967_296 }),
            ("process.user.umask", { $0.process.user.umask = 0o1777 }),
            ("process.capabilities.bounding[0]", { $0.process.capabilities.bounding = ["CAP_FLY"] }),
            ("process.capabilities.ambient", { $0.process.capabilities.ambient = "CAP_KILL" }),
            ("process.rlimits[0].type", { $0.process.rlimits = [["type": "RLIMIT_TEST", "soft": 1, "hard": 1]] }),
            ("process.rlimits[0]", { $0.process.rlimits = [["type": "RLIMIT_CORE", "soft": 2, "hard": 1]] }),
            (
                "process.rlimits[1]",
                {
                    $0.process.rlimits = [
                        ["type": "RLIMIT_CORE", "soft": 1, "hard": 1], ["type": "RLIMIT_CORE", "soft": 1, "hard": 1],
                    ]
                }
            ),
            ("process.oomScoreAdj", { $0.process.oomScoreAdj = 1001 }),
            ("process.scheduler.policy", { $0.process.scheduler = ["policy": "SCHED_LOTTERY"] }),
            ("process.ioPriority", { $0.process.ioPriority = ["class": "IOPRIO_CLASS_BE", "priority": 8] }),
            ("process.execCPUAffinity", { $0.process.execCPUAffinity = ["initial": "x-y"] }),
            ("process.consoleSize", { $0.process.consoleSize = ["height": -1, "width": 2] }),
            ("hostname", { $0.hostname = .string(String(repeating: "h", count: 65)) }),
            ("hostname", { $0.linux.namespaces.items.removeAll { $0.type == "uts" } }),
            ("mounts[0].destination", { $0.mounts = [["type": "tmpfs"]] }), ("mounts", { $0.mounts = "none" }),
            ("hooks.prestart[0].path", { $0.hooks.prestart = [["path": "relative"]] }),
            ("hooks.poststop[0].timeout", { $0.hooks.poststop = [["path": "/bin/true", "timeout": 0]] }),
            ("annotations", { $0.annotations = ["key": 1] }),
            ("linux.namespaces[0].type", { $0.linux.namespaces = [["type": "galaxy"]] }),
            ("linux.devices[0].path", { $0.linux.devices = [["path": "dev", "type": "c", "major": 1, "minor": 3]] }),
            (
                "linux.devices[0].type",
                { $0.linux.devices = [["path": "/dev/x", "type": "z", "major": 1, "minor": 3]] }
            ),
            ("linux.devices[0].major", { $0.linux.devices = [["path": "/dev/x", "type": "c", "minor": 3]] }),
            ("linux.resources.memory.limit", { $0.linux.resources.memory = ["limit": "64m"] }),
            ("linux.resources.pids.limit", { $0.linux.resources.pids = ["limit": true] }),
            ("linux.resources.devices[0].access", { $0.linux.resources.devices = [["allow": true, "access": "rwx"]] }),
            ("linux.timeOffsets", { $0.linux.timeOffsets = ["monotonic": ["secs": 1]] }),
            ("linux.maskedPaths[0]", { $0.linux.maskedPaths = ["relative"] }),
            ("linux.readonlyPaths[0]", { $0.linux.readonlyPaths = [3] }),
        ]
        try Bundles.with { oci in
            for (field, edit) in edits { try oci.refuse("config.json: \(field)", edit: edit) }
        }
    }
}

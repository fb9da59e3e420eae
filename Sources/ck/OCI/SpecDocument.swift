import Glibc
import OCISpec

/// The specification that `spec` writes, the one that people know from runc.
enum SpecDocument {
    static func make(rootless: Bool) -> JSONText {
        .object([
            ("ociVersion", .string(RuntimeSpec.supportedVersion)),
            ("process", process),
            ("root", .object([("path", .string("rootfs")), ("readonly", .bool(true))])),
            ("hostname", .string("ck-runtime")),
            ("mounts", .array(mounts(rootless: rootless))),
            ("linux", linux(rootless: rootless)),
        ])
    }

    private static var process: JSONText {
        let capabilities = JSONText.strings(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
        return .object([
            ("terminal", .bool(true)),
            ("user", .object([("uid", .number(0)), ("gid", .number(0))])),
            ("args", .strings(["sh"])),
            ("env", .strings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"])),
            ("cwd", .string("/")),
            (
                "capabilities",
                .object(["bounding", "effective", "permitted"].map { ($0, capabilities) })
            ),
            (
                "rlimits",
                .array([
                    .object([("type", .string("RLIMIT_NOFILE")), ("hard", .number(1024)), ("soft", .number(1024))])
                ])
            ),
            ("noNewPrivileges", .bool(true)),
        ])
    }

    private static func mounts(rootless: Bool) -> [JSONText] {
        let terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        let plain = ["nosuid", "noexec", "nodev"]
        return [
            mount("/proc", "proc", "proc"),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", "devpts", rootless ? terminals : terminals + ["gid=5"]),
            mount("/dev/shm", "tmpfs", "shm", plain + ["mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", plain),
            rootless
                ? mount("/sys", "none", "/sys", ["rbind"] + plain + ["ro"])
                : mount("/sys", "sysfs", "sysfs", plain + ["ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", plain + ["relatime", "ro"]),
        ]
    }

    private static func mount(
        _ destination: String, _ type: String, _ source: String, _ options: [String] = []
    ) -> JSONText {
        .object(
            [("destination", .string(destination)), ("type", .string(type)), ("source", .string(source))]
                + (options.isEmpty ? [] : [("options", .strings(options))]))
    }

    private static func linux(rootless: Bool) -> JSONText {
        let kinds = rootless ? ["pid", "ipc", "uts", "mount", "user"] : ["pid", "network", "ipc", "uts", "mount"]
        let namespaces = JSONText.array(kinds.map { .object([("type", .string($0))]) })
        let start: [(String, JSONText)] =
            rootless
            ? [("uidMappings", mapping(geteuid())), ("gidMappings", mapping(getegid()))]
            : [
                (
                    "resources",
                    .object([
                        ("devices", .array([.object([("allow", .bool(false)), ("access", .string("rwm"))])]))
                    ])
                )
            ]
        return .object(
            start + [
                ("namespaces", namespaces), ("maskedPaths", .strings(maskedPaths)),
                ("readonlyPaths", .strings(readonlyPaths)),
            ])
    }

    private static func mapping(_ id: UInt32) -> JSONText {
        .array([.object([("containerID", .number(0)), ("hostID", .number(Int64(id))), ("size", .number(1))])])
    }

    private static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    ]

    private static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}

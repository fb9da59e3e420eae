import ContainerNamespaces
import OCISpec

/// What docker gives a container that asks for nothing (facts of moby's `oci/defaults.go` and its daemon).
enum DockerDefaults {
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    static let maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ]

    static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    static let mounts: [RuntimeSpec.Mount] = [
        .init(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        .init(
            destination: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        .init(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        .init(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
        .init(
            destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
            options: ["ro", "nosuid", "noexec", "nodev"]),
        .init(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        .init(
            destination: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=\(shmSize)"]),
    ]

    /// Bytes.
    static let shmSize: Int64 = 64 << 20

    /// In a network namespace of its own a container may use low ports and send pings without being root.
    static let networkSysctls = [
        "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647",
    ]

    static let stopSignal: Int32 = 15
    static let stopTimeout = 10

    /// Not docker's own default, which is no limit: a fork bomb must not take the host along.
    static let pidsLimit: Int64 = 4096

    /// Not docker's own default, which is no limit, but what it advises (`max-size=10m`, `max-file=3`): a container that
    /// talks must not fill the disk.
    static let logSize: UInt64 = 10 << 20
    static let logFiles: UInt32 = 3
    /// docker's own, of the driver `local`.
    static let localLogSize: UInt64 = 20 << 20
    static let localLogFiles: UInt32 = 5
}

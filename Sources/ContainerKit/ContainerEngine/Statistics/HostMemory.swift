import ContainerCgroups

enum HostMemory {
    /// Bytes (proc_meminfo(5)).
    static func total(_ fileSystem: any CgroupFileSystem) -> UInt64 {
        let text = (try? fileSystem.read("/proc/meminfo", limit: 1 << 20)) ?? ""
        let total = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        return (total?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) &* 1024
    }
}

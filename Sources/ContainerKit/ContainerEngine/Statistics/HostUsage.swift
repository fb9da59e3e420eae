import ContainerCgroups

/// What the host has and has used, for comparison.
struct HostUsage: Sendable, Equatable {
    /// Time that all CPUs together have spent, idle or not, nanoseconds (proc_stat(5)).
    var cpuNanoseconds: UInt64 = 0
    var cpus = 0
    /// Bytes.
    var memory: UInt64 = 0

    static func read(_ fileSystem: any CgroupFileSystem) -> HostUsage {
        var usage = HostUsage()
        for line in text("/proc/stat", fileSystem).split(separator: "\n") {
            guard line.hasPrefix("cpu") else { break }
            let words = line.split(separator: " ")
            if words[0] == "cpu" {
                // Without the time of guests, which is in that of users. Ticks are hundredths of a second.
                usage.cpuNanoseconds = words.dropFirst().prefix(7).reduce(0) { $0 &+ (UInt64($1) ?? 0) } &* 10_000_000
            } else {
                usage.cpus += 1
            }
        }
        let total = text("/proc/meminfo", fileSystem).split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        usage.memory = (total?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) &* 1024
        return usage
    }

    /// - Parameters: what the container and the host had used before, and have now.
    static func cpuPercent(
        _ before: (container: UInt64, host: UInt64), _ now: (container: UInt64, host: UInt64), cpus: Int
    )
        -> Double
    {
        guard now.container > before.container, now.host > before.host else { return 0 }
        return Double(now.container - before.container) / Double(now.host - before.host) * Double(cpus) * 100
    }

    private static func text(_ path: String, _ fileSystem: any CgroupFileSystem) -> String {
        (try? fileSystem.read(path, limit: 1 << 22)) ?? ""
    }
}

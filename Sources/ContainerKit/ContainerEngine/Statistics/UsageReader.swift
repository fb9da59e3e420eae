import ContainerCgroups
import ContainerSystem

/// Reads what containers use from the kernel's files.
struct UsageReader: Sendable {
    let cgroups: CgroupHost
    let fileSystem: any CgroupFileSystem

    /// - Parameters:
    ///   - process: one in the container's network namespace; nil when the network is not the container's own.
    ///   - Returns: nil when the cgroup is gone. The part of a CPU is left to whoever knows the sample before.
    func usage(cgroupPath: String, process: Int32?, hostMemory: UInt64) -> ContainerStatistics.Usage? {
        guard let cgroup = try? Cgroup(existing: cgroupPath, host: cgroups, fileSystem: fileSystem) else { return nil }
        var usage = ContainerStatistics.Usage()
        usage.readAt = SteadyClock.nanoseconds
        guard let statistics = try? cgroup.statistics() else { return nil }
        usage.cpuNanoseconds = statistics.cpuNanoseconds ?? 0
        let (memory, inactive) = (statistics.memoryUsage ?? 0, statistics.memoryInactiveFile ?? 0)
        usage.memory = inactive < memory ? memory - inactive : memory
        usage.memoryLimit = min(statistics.memoryLimit ?? .max, hostMemory)
        usage.tasks = statistics.tasks ?? 0
        (usage.read, usage.written) = cgroup.diskTransfers()
        if let process { (usage.received, usage.sent) = traffic(process) }
        return usage
    }

    /// Lines of `eth0: 1 2 3 4 5 6 7 8 9 ...` under two lines of headings (proc_pid_net(5)); the loopback does not count.
    private func traffic(_ process: Int32) -> (received: UInt64, sent: UInt64) {
        var sums = (received: UInt64(0), sent: UInt64(0))
        guard let text = try? fileSystem.read("/proc/\(process)/net/dev", limit: 1 << 20) else { return sums }
        for line in text.split(separator: "\n").dropFirst(2) {
            guard let colon = line.lastIndex(of: ":") else { continue }
            let name = line[..<colon].drop { $0 == " " }
            let numbers = line[line.index(after: colon)...].split(separator: " ").map { UInt64($0) ?? 0 }
            guard name != "lo", numbers.count > 8 else { continue }
            sums.received &+= numbers[0]
            sums.sent &+= numbers[8]
        }
        return sums
    }
}

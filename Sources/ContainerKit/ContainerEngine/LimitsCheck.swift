import ContainerSystem
import Glibc

/// Limits in docker's bounds and words.
enum LimitsCheck {
    private static let leastMemory: Int64 = 6 << 20

    static func check(_ limits: ContainerOptions.Limits) throws(ContainerError) {
        try checkMemory(limits)
        try checkCPU(limits)
        if let weight = limits.blockIOWeight, weight != 0, !(10...1000).contains(weight) {
            throw invalid("range of blkio weight is from 10 to 1000")
        }
    }

    private static func invalid(_ message: String) -> ContainerError { OptionsCheck.invalid(message) }

    private static func checkMemory(_ limits: ContainerOptions.Limits) throws(ContainerError) {
        if let memory = limits.memory, memory < leastMemory { throw invalid("minimum memory limit allowed is 6MB") }
        if let swap = limits.memorySwap, swap > 0 {
            guard let memory = limits.memory else {
                throw invalid("you should always set the Memory limit when using Memoryswap limit, see usage")
            }
            if swap < memory {
                throw invalid("minimum memoryswap limit should be larger than memory limit, see usage")
            }
        }
        if let reservation = limits.memoryReservation {
            if reservation < leastMemory { throw invalid("minimum memory reservation allowed is 6MB") }
            if let memory = limits.memory, memory < reservation {
                throw invalid("minimum memory limit can not be less than memory reservation limit, see usage")
            }
        }
        if let swappiness = limits.memorySwappiness, !(0...100).contains(swappiness) {
            throw invalid("invalid value: \(swappiness), valid memory swappiness range is 0-100")
        }
    }

    private static func checkCPU(_ limits: ContainerOptions.Limits) throws(ContainerError) {
        if let shares = limits.cpuShares, shares < 2 || shares > 262_144 {
            throw ContainerError(
                .invalidArgument, "cpu shares \(shares)", cause: "they must be between 2 and 262144")
        }
        if let cpus = limits.nanoCPUs {
            let online = Int64(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
            if cpus < 10_000_000 || cpus > online * 1_000_000_000 {
                throw invalid("range of CPUs is from 0.01 to \(online).00, as there are only \(online) CPUs available")
            }
            if limits.cpuPeriod != nil {
                throw invalid("conflicting options: Nano CPUs and CPU Period cannot both be set")
            }
            if limits.cpuQuota != nil {
                throw invalid("conflicting options: Nano CPUs and CPU Quota cannot both be set")
            }
        }
        if let period = limits.cpuPeriod, !(1000...1_000_000).contains(period) {
            throw invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
        }
        if let quota = limits.cpuQuota, quota > 0, quota < 1000 {
            throw invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)")
        }
        if let runtime = limits.cpuRealtimeRuntime, let period = limits.cpuRealtimePeriod, runtime > period {
            throw invalid("cpu real-time runtime cannot be higher than cpu real-time period")
        }
        try check(limits.cpusetCPUs, "CPUs", "cpuset cpus", available: "/sys/devices/system/cpu/online")
        try check(limits.cpusetMemories, "memory nodes", "cpuset mems", available: "/sys/devices/system/node/online")
    }

    private static func check(_ list: String?, _ things: String, _ field: String, available file: String)
        throws(ContainerError)
    {
        guard let list else { return }
        guard let wanted = numbers(list) else {
            throw invalid("invalid value \(list) for \(field): invalid format: \(list)")
        }
        let online = (try? Files.readText(file, limit: 4096))?.split(separator: "\n").first.map(String.init) ?? "0"
        guard let present = numbers(online), wanted.isSubset(of: present) else {
            throw invalid("requested \(things) are not available - requested \(list), available: \(online)")
        }
    }

    /// `0-2,5` (cpuset(7)).
    private static func numbers(_ list: String) -> Set<Int>? {
        var numbers = Set<Int>()
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last, first >= 0,
                last < 8192
            else { return nil }
            numbers.formUnion(first...last)
        }
        return numbers
    }
}

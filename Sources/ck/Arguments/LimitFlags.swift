import ArgumentParser
import ContainerEngine

/// The resource limits of `run`.
struct LimitFlags: ParsableArguments {
    @Option(name: .shortAndLong, help: "Memory limit, such as 64m or 1.5g")
    var memory: String?

    @Option(help: "How many CPUs, such as 0.5")
    var cpus: String?

    @Option(name: [.customShort("c"), .long], help: "CPU shares, a relative weight (default 1024)")
    var cpuShares: String?

    @Option(help: "Most processes and threads at a time (-1: no limit)")
    var pidsLimit: String?

    init() {}

    init(_ words: Words) {
        memory = words.last("memory")
        cpus = words.last("cpus")
        cpuShares = words.last("cpu-shares")
        pidsLimit = words.last("pids-limit")
    }

    /// As for docker, 0 is no limit.
    func parsed() throws(FlagError) -> ContainerOptions.Limits {
        var limits = ContainerOptions.Limits()
        if let memory {
            let bytes = try ByteSize.parse(memory, flag: "memory")
            limits.memory = bytes > 0 ? bytes : nil
        }
        if let cpus {
            let billionths = try Numbers.nanoCPUs(cpus, flag: "cpus")
            limits.nanoCPUs = billionths > 0 ? billionths : nil
        }
        if let cpuShares {
            let shares = try Numbers.whole(cpuShares, flag: "cpu-shares")
            guard shares >= 0 else { throw FlagError("cpu-shares", cpuShares, "it must not be negative") }
            limits.cpuShares = shares > 0 ? UInt64(shares) : nil
        }
        if let pidsLimit {
            let count = try Numbers.whole(pidsLimit, flag: "pids-limit")
            limits.pids = count > 0 ? count : nil
        }
        return limits
    }
}

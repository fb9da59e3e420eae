import ArgumentParser
import ContainerEngine
import ContainerSystem

struct UpdateContainers: Command {
    static let synopsis = Synopsis(
        name: "update", operands: "[OPTIONS] CONTAINER [CONTAINER...]",
        abstract: "Update configuration of one or more containers", count: 1...Int.max, flags: DockerFlags.update)

    @Option(help: "Block IO weight, 10 to 1000")
    var blkioWeight: String?
    @Option(help: "Length of the CPU period in microseconds")
    var cpuPeriod: String?
    @Option(help: "CPU time in each period in microseconds")
    var cpuQuota: String?
    @Option(help: "Length of the realtime period in microseconds")
    var cpuRtPeriod: String?
    @Option(help: "Realtime CPU time in each period in microseconds")
    var cpuRtRuntime: String?
    @Option(name: [.customShort("c"), .long], help: "CPU shares, a relative weight")
    var cpuShares: String?
    @Option(help: "How many CPUs, such as 0.5")
    var cpus: String?
    @Option(help: "CPUs that it may use, such as 0-2,4")
    var cpusetCpus: String?
    @Option(help: "Memory nodes that it may use")
    var cpusetMems: String?
    @Option(name: .shortAndLong, help: "Memory limit, such as 64m")
    var memory: String?
    @Option(help: "What the kernel tries to get back to when memory runs short")
    var memoryReservation: String?
    @Option(help: "Limit on memory and swap together (-1: none)")
    var memorySwap: String?
    @Option(help: "Most processes and threads at a time (-1: no limit)")
    var pidsLimit: String?
    @Option(help: "Restart policy: no, on-failure[:N], always or unless-stopped")
    var restart: String?

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let update = try update()
        guard update != ContainerUpdate() else {
            throw CommandFailure("ck: you must provide one or more flags when using this command", status: 1)
        }
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            let warnings = try engine.updateContainer(container, update)
            session.console.out(container)
            for warning in warnings { session.console.error("ck: \(warning)") }
        }
    }

    /// As for docker, 0 leaves a limit as it is; only that on processes is taken away by it.
    func update() throws -> ContainerUpdate {
        var update = ContainerUpdate()
        var limits = ContainerOptions.Limits()
        func number(_ text: String?, _ flag: String) throws -> Int64? {
            guard let value = try text.map({ try Numbers.whole($0, flag: flag) }), value != 0 else { return nil }
            return value
        }
        limits.blockIOWeight = try number(blkioWeight, "blkio-weight").map { value in
            guard (10...1000).contains(value) else {
                throw CommandFailure("ck: range of blkio weight is from 10 to 1000", status: 1)
            }
            return UInt16(value)
        }
        limits.cpuPeriod = try number(cpuPeriod, "cpu-period")
        limits.cpuQuota = try number(cpuQuota, "cpu-quota")
        limits.cpuRealtimePeriod = try number(cpuRtPeriod, "cpu-rt-period")
        limits.cpuRealtimeRuntime = try number(cpuRtRuntime, "cpu-rt-runtime")
        limits.cpuShares = try number(cpuShares, "cpu-shares").map { value in
            guard value > 0 else { throw FlagError("cpu-shares", String(value), "it must not be negative") }
            return UInt64(value)
        }
        if let cpus {
            let billionths = try Numbers.nanoCPUs(cpus, flag: "cpus")
            limits.nanoCPUs = billionths > 0 ? billionths : nil
        }
        limits.cpusetCPUs = cpusetCpus.flatMap { $0.isEmpty ? nil : $0 }
        limits.cpusetMemories = cpusetMems.flatMap { $0.isEmpty ? nil : $0 }
        limits.memory = try bytes(memory, "memory")
        limits.memoryReservation = try bytes(memoryReservation, "memory-reservation")
        limits.memorySwap = memorySwap == "-1" ? -1 : try bytes(memorySwap, "memory-swap")
        limits.pids = try pidsLimit.map { try Numbers.whole($0, flag: "pids-limit") }
        update.limits = limits
        update.restart = try restart.flatMap { $0.isEmpty ? nil : try policy($0) }
        return update
    }

    /// A run that cannot be exits with 125, an update with 1.
    private func policy(_ text: String) throws -> RestartPolicy {
        do { return try RestartPolicies.parse(text) } catch let failure as CommandFailure {
            throw CommandFailure(failure.text, status: 1)
        }
    }

    private func bytes(_ text: String?, _ flag: String) throws -> Int64? {
        guard let text else { return nil }
        let bytes = try ByteSize.parse(text, flag: flag)
        return bytes == 0 ? nil : bytes
    }
}

import ContainerCgroups
import ContainerDatabase
import ContainerNamespaces
import ContainerSystem
import OCISpec

/// What is to change about a container that is there. Nil stays as it is.
public struct ContainerUpdate: Sendable, Equatable {
    /// Of these, `pids` of 0 or less takes the limit away, and so does a `memorySwap` of -1.
    public var limits = ContainerOptions.Limits()
    public var restart: RestartPolicy?

    public init() {}
}

extension Engine {
    /// Changes limits and restart policy of a container, also of one that runs.
    /// - Returns: what could not be met and was not worth failing for.
    /// - Throws: `notFound`; `invalidArgument` and `conflict` for a value that cannot be; `unsupported` for a limit that
    ///   this host does not have. The container is as before then.
    @discardableResult
    public func updateContainer(_ name: String, _ update: ContainerUpdate) throws(ContainerError) -> [String] {
        let found = try find(name)
        let lock = try hold(found)
        defer { withExtendedLifetime(lock) {} }
        guard let record = try database.container(id: found.id) else {
            throw ContainerError(.notFound, "No such container: \(name)")
        }
        do throws(ContainerError) {
            return try change(record, update)
        } catch {
            throw error.during("Cannot update container \(record.id)")
        }
    }

    private func change(_ record: ContainerRecord, _ update: ContainerUpdate) throws(ContainerError) -> [String] {
        var configuration = try Self.decode(record)
        let state = state(of: record)
        if let restart = update.restart {
            guard !configuration.autoRemove || restart == .no else {
                throw ContainerError(
                    .invalidArgument,
                    "Restart policy cannot be updated because AutoRemove is enabled for the container")
            }
            configuration.restart = restart == .no ? nil : restart
        }
        try LimitChange(update.limits).apply(to: &configuration.limits)
        try LimitsCheck.check(configuration.limits)
        var warnings: [String] = []
        if state.process != nil, update.limits != .init() {
            warnings = try cgroup(of: record.id).update(
                LimitChange(update.limits).resources(within: configuration.limits))
        }
        try database.setConfiguration(container: record.id, to: configuration.document)
        if let restart = update.restart, state.isAlive {
            try Supervisor.connect(runFolder: folders(record.id).runFolder).setRestartPolicy(restart)
        }
        note("update", record, configuration)
        return warnings
    }
}

/// Docker's rules for what may be changed about limits that are in force.
struct LimitChange {
    let change: ContainerOptions.Limits

    init(_ change: ContainerOptions.Limits) { self.change = change }

    func apply(to limits: inout ContainerOptions.Limits) throws(ContainerError) {
        try checkConflicts(with: limits)
        try setMemory(&limits)
        limits.nanoCPUs = change.nanoCPUs ?? limits.nanoCPUs
        limits.cpuShares = change.cpuShares ?? limits.cpuShares
        limits.memoryReservation = change.memoryReservation ?? limits.memoryReservation
        limits.cpuPeriod = change.cpuPeriod ?? limits.cpuPeriod
        limits.cpuQuota = change.cpuQuota ?? limits.cpuQuota
        limits.cpuRealtimePeriod = change.cpuRealtimePeriod ?? limits.cpuRealtimePeriod
        limits.cpuRealtimeRuntime = change.cpuRealtimeRuntime ?? limits.cpuRealtimeRuntime
        limits.cpusetCPUs = change.cpusetCPUs ?? limits.cpusetCPUs
        limits.cpusetMemories = change.cpusetMemories ?? limits.cpusetMemories
        limits.blockIOWeight = change.blockIOWeight ?? limits.blockIOWeight
        if let pids = change.pids { limits.pids = pids > 0 ? pids : nil }
    }

    private func checkConflicts(with limits: ContainerOptions.Limits) throws(ContainerError) {
        func conflict(_ what: String, _ with: String) -> ContainerError {
            ContainerError(
                .conflict, "Conflicting options: \(what) cannot be updated as \(with) has already been set")
        }
        if change.nanoCPUs != nil {
            if limits.cpuPeriod != nil { throw conflict("Nano CPUs", "CPU Period") }
            if limits.cpuQuota != nil { throw conflict("Nano CPUs", "CPU Quota") }
        }
        if limits.nanoCPUs != nil {
            if change.cpuPeriod != nil { throw conflict("CPU Period", "NanoCPUs") }
            if change.cpuQuota != nil { throw conflict("CPU Quota", "NanoCPUs") }
        }
    }

    /// The limit with swap that is in force stays, or a new one without would move it along.
    private func setMemory(_ limits: inout ContainerOptions.Limits) throws(ContainerError) {
        guard change.memory != nil || change.memorySwap != nil else { return }
        let memory = change.memory ?? limits.memory
        let swap = change.memorySwap ?? limits.memorySwap ?? limits.memory.map { $0 > .max / 2 ? .max : $0 * 2 } ?? -1
        if let memory, swap >= 0, memory > swap {
            throw ContainerError(
                .invalidArgument,
                change.memorySwap == nil
                    ? "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the"
                        + " same time"
                    : "Minimum memoryswap limit should be larger than memory limit, see usage")
        }
        limits.memory = memory
        limits.memorySwap = swap
    }

    /// What the control group is told: what was asked for, and the limit with swap that goes with one of memory.
    func resources(within limits: ContainerOptions.Limits) -> RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        if change.memory != nil || change.memorySwap != nil || change.memoryReservation != nil {
            resources.memory = .init(
                limit: change.memory, swap: change.memory == nil ? change.memorySwap : limits.memorySwap)
            resources.memory?.reservation = change.memoryReservation
            resources.memory?.checkBeforeUpdate = true
        }
        let period: Int64 = 100_000
        resources.cpu = .init(
            shares: change.cpuShares,
            quota: change.nanoCPUs.map { $0 * period / 1_000_000_000 } ?? change.cpuQuota,
            period: change.nanoCPUs == nil ? change.cpuPeriod.map { UInt64(max(0, $0)) } : UInt64(period))
        resources.cpu?.realtimePeriod = change.cpuRealtimePeriod.map { UInt64(max(0, $0)) }
        resources.cpu?.realtimeRuntime = change.cpuRealtimeRuntime
        resources.cpu?.cpus = change.cpusetCPUs
        resources.cpu?.mems = change.cpusetMemories
        if let pids = change.pids { resources.pids = .init(limit: pids > 0 ? pids : -1) }
        if let weight = change.blockIOWeight {
            resources.blockIO = .init()
            resources.blockIO?.weight = weight
        }
        return resources
    }
}

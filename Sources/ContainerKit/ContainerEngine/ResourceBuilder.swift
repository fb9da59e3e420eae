import OCISpec

/// The numbers of a device's node.
struct DeviceNumber: Equatable {
    var major: Int64
    var minor: Int64
}

/// The limits of a container as the control groups take them.
enum ResourceBuilder {
    private typealias BlockIO = RuntimeSpec.Resources.BlockIO

    static func resources(_ configuration: ContainerConfiguration, _ host: SpecBuilder.Host) -> RuntimeSpec.Resources {
        let limits = configuration.limits
        var resources = RuntimeSpec.Resources()
        resources.memory = memory(limits)
        resources.cpu = cpu(limits)
        if let pids = limits.pids { resources.pids = .init(limit: pids) }
        resources.blockIO = blockIO(limits, host.disks)
        resources.devices = host.deviceRules
        return resources
    }

    private static func memory(_ limits: ContainerOptions.Limits) -> RuntimeSpec.Resources.Memory? {
        guard
            limits.memory != nil || limits.memoryReservation != nil || limits.memorySwappiness != nil
                || limits.oomKillDisable != nil || limits.memorySwap != nil
        else { return nil }
        var memory = RuntimeSpec.Resources.Memory(limit: limits.memory, reservation: limits.memoryReservation)
        memory.swap = limits.memorySwap
        // docker lets a container with a memory limit swap as much again.
        if memory.swap == nil, let limit = limits.memory {
            let (both, isTooMuch) = limit.multipliedReportingOverflow(by: 2)
            memory.swap = isTooMuch ? .max : both
        }
        memory.swappiness = limits.memorySwappiness.map { UInt64($0) }
        memory.disableOOMKiller = limits.oomKillDisable
        return memory
    }

    private static func cpu(_ limits: ContainerOptions.Limits) -> RuntimeSpec.Resources.CPU? {
        var cpu = RuntimeSpec.Resources.CPU(shares: limits.cpuShares)
        if let cpus = limits.nanoCPUs {
            let period: Int64 = 100_000
            cpu.quota = cpus * period / 1_000_000_000
            cpu.period = UInt64(period)
        } else {
            cpu.quota = limits.cpuQuota
            cpu.period = limits.cpuPeriod.map { UInt64($0) }
        }
        cpu.realtimeRuntime = limits.cpuRealtimeRuntime
        cpu.realtimePeriod = limits.cpuRealtimePeriod.map { UInt64($0) }
        cpu.cpus = limits.cpusetCPUs
        cpu.mems = limits.cpusetMemories
        return cpu == .init() ? nil : cpu
    }

    private static func blockIO(_ limits: ContainerOptions.Limits, _ disks: [String: DeviceNumber]) -> BlockIO? {
        var blockIO = BlockIO()
        blockIO.weight = limits.blockIOWeight
        blockIO.weightDevice = limits.blockIOWeightDevices?.compactMap { device in
            disks[device.path].map { .init(major: $0.major, minor: $0.minor, weight: UInt16(clamping: device.rate)) }
        }
        func throttles(_ devices: [ContainerOptions.DeviceRate]?) -> [BlockIO.ThrottleDevice]? {
            devices?.compactMap { device in
                disks[device.path].map { .init(major: $0.major, minor: $0.minor, rate: device.rate) }
            }
        }
        blockIO.throttleReadBpsDevice = throttles(limits.readBytes)
        blockIO.throttleWriteBpsDevice = throttles(limits.writeBytes)
        blockIO.throttleReadIOPSDevice = throttles(limits.readOperations)
        blockIO.throttleWriteIOPSDevice = throttles(limits.writeOperations)
        return blockIO == .init() ? nil : blockIO
    }
}

import ContainerSystem
import OCISpec

extension CgroupField {
    static let memoryLimit = CgroupField("memory.limit", "the memory limit")
    static let swapLimit = CgroupField("memory.swap", "the limit on memory and swap")
    static let reservation = CgroupField("memory.reservation", "the memory reservation")
    static let kernelMemory = CgroupField("memory.kernel", "the limit on kernel memory")
    static let kernelTCP = CgroupField("memory.kernelTCP", "the limit on TCP buffers")
    static let swappiness = CgroupField("memory.swappiness", "the swappiness")
    static let outOfMemoryKiller = CgroupField("memory.disableOOMKiller", "the switch of the OOM killer")
    static let hierarchy = CgroupField("memory.useHierarchy", "the accounting of the groups below")
}

extension CgroupLimits {
    mutating func add(_ memory: RuntimeSpec.Resources.Memory, _ version: CgroupSetting.Version) throws(CgroupFailure) {
        let limit = try CgroupLimit(memory.limit, .memoryLimit)
        var swap = try CgroupLimit(memory.swap, .swapLimit)
        let reservation = try CgroupLimit(memory.reservation, .reservation)
        try check(swap, against: limit)
        // A limit on both would go on to limit the memory.
        if limit == .unlimited, swap == nil { swap = .unlimited }
        let swappiness = try swappiness(memory)
        _ = try CgroupLimit(memory.kernel, .kernelMemory)
        let kernelTCP = try CgroupLimit(memory.kernelTCP, .kernelTCP)
        if version == .two {
            try refuseWhatVersion2Lacks(memory)
            setVersion2(limit, swap, reservation)
        } else {
            setVersion1(limit, swap, reservation)
            setVersion1(memory, kernelTCP, swappiness)
        }
    }

    private mutating func check(_ swap: CgroupLimit?, against limit: CgroupLimit?) throws(CgroupFailure) {
        guard let swap = swap?.number else { return }
        guard let limit = limit?.number else {
            throw .invalid(.swapLimit, "needs a memory limit", hint: "give a memory limit (--memory) too")
        }
        if swap < limit {
            throw .invalid(.swapLimit, "(\(swap) bytes) is below the memory limit (\(limit) bytes)")
        }
        swapIsDefault = swap == limit &* 2
    }

    private func swappiness(_ memory: RuntimeSpec.Resources.Memory) throws(CgroupFailure) -> UInt64? {
        // docker's -1 for "not set" arrives as the greatest number.
        guard let swappiness = memory.swappiness, swappiness != .max else { return nil }
        guard swappiness <= 100 else { throw .invalid(.swappiness, "of \(swappiness) is not in the range 0 to 100") }
        return swappiness
    }

    // MARK: Version 1 (Documentation/admin-guide/cgroup-v1/memory.rst)

    private mutating func setVersion1(_ limit: CgroupLimit?, _ swap: CgroupLimit?, _ reservation: CgroupLimit?) {
        // Swap counts memory too, and may never be below it: in a fresh cgroup memory comes first.
        if let limit {
            set(.one, "memory.limit_in_bytes", limit.text("-1"), .memoryLimit) {
                $0.isRequested = limit != .unlimited
                if swap == nil { $0.hint = "it may not exceed the limit on memory and swap: change that one too" }
            }
        }
        if let swap {
            set(.one, "memory.memsw.limit_in_bytes", swap.text("-1"), .swapLimit) {
                $0.isRequested = swap != .unlimited
            }
        }
        if let reservation {
            set(.one, "memory.soft_limit_in_bytes", reservation.text("-1"), .reservation) {
                $0.isRequested = reservation != .unlimited
            }
        }
    }

    private mutating func setVersion1(
        _ memory: RuntimeSpec.Resources.Memory, _ kernelTCP: CgroupLimit?, _ swappiness: UInt64?
    ) {
        if let kernel = memory.kernel, kernel > 0 {
            // Linux took the limit out because it lost memory (5.16); no current runtime sets it on older ones.
            warnings.append((.kernelMemory, "it is ignored: the memory limit counts kernel memory too"))
        }
        if let kernelTCP {
            set(.one, "memory.kmem.tcp.limit_in_bytes", kernelTCP.text("-1"), .kernelTCP) {
                $0.isRequested = kernelTCP != .unlimited
            }
        }
        if let swappiness { set(.one, "memory.swappiness", "\(swappiness)", .swappiness) }
        if let isDisabled = memory.disableOOMKiller {
            set(.one, "memory.oom_control", isDisabled ? "1" : "0", .outOfMemoryKiller) { $0.isRequested = isDisabled }
        }
        if let isUsed = memory.useHierarchy {
            set(.one, "memory.use_hierarchy", isUsed ? "1" : "0", .hierarchy) {
                $0.isRequested = !isUsed
                $0.hint = "Linux counts the groups below in any case (since 5.11)"
            }
        }
    }

    // MARK: Version 2 (Documentation/admin-guide/cgroup-v2.rst)

    private mutating func setVersion2(_ limit: CgroupLimit?, _ swap: CgroupLimit?, _ reservation: CgroupLimit?) {
        if let swap {
            // Version 2 counts swap alone.
            let alone = CgroupLimits.swapAlone(swap, limit)
            set(.two, "memory.swap.max", alone.text("max"), .swapLimit) { $0.isRequested = alone != .unlimited }
        }
        if let limit {
            set(.two, "memory.max", limit.text("max"), .memoryLimit) { $0.isRequested = limit != .unlimited }
        }
        if let reservation {
            set(.two, "memory.low", reservation.text("max"), .reservation) {
                $0.isRequested = reservation != .unlimited
            }
        }
    }

    private static func swapAlone(_ swap: CgroupLimit, _ limit: CgroupLimit?) -> CgroupLimit {
        guard let both = swap.number, let memory = limit?.number else { return .unlimited }
        return .value(both - memory)
    }

    private func refuseWhatVersion2Lacks(_ memory: RuntimeSpec.Resources.Memory) throws(CgroupFailure) {
        let counted = "cgroup v2 has none of its own: the memory limit counts it"
        if let kernel = memory.kernel, kernel > 0 { throw .unsupported(.kernelMemory, counted) }
        if let kernelTCP = memory.kernelTCP, kernelTCP > 0 { throw .unsupported(.kernelTCP, counted) }
        if try swappiness(memory) != nil {
            throw .unsupported(
                .swappiness, "cgroup v2 has none for each group",
                hint: "limit swap itself instead: a limit on memory and swap that equals the memory limit forbids it")
        }
        if memory.disableOOMKiller == true { throw .unsupported(.outOfMemoryKiller, "cgroup v2 cannot do it") }
        if memory.useHierarchy == false { throw .unsupported(.hierarchy, "cgroup v2 always counts them") }
    }
}

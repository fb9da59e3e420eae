import ContainerSystem

extension Cgroup {
    /// Reads everything that is counted. A running container changes it between two reads, so the values are not of one
    /// instant.
    /// - Throws: `notFound` when the cgroup is gone.
    public func detailedStatistics() throws(ContainerError) -> CgroupDetailedStatistics {
        guard exists else { throw ContainerError(.notFound, "read the statistics of the cgroup \(path): it is gone") }
        var result = CgroupDetailedStatistics()
        readCPU(&result.cpu)
        if let (folder, version) = location(of: "cpuset"), version == .one { readPlaces(folder, &result.places) }
        if let (folder, version) = location(of: "memory") {
            version == .one ? readMemory1(folder, &result.memory) : readMemory2(folder, &result.memory)
        }
        if let folder = location(of: "pids")?.folder {
            result.tasks = number(folder, "pids.current") ?? 0
            result.taskLimit = number(folder, "pids.max") ?? 0
        }
        if let (folder, version) = location(of: "blkio") {
            version == .one ? readDisks1(folder, &result.disks) : readDisks2(folder, &result.disks)
        }
        if let (folder, version) = location(of: "hugetlb") { result.hugePages = hugePages(folder, version) }
        return result
    }

    // MARK: CPU

    private func readCPU(_ cpu: inout CgroupDetailedStatistics.CPU) {
        if let (folder, version) = location(of: "cpu"), let text = text(folder, "cpu.stat") {
            cpu.periods = CgroupText.value("nr_periods", in: text) ?? 0
            cpu.throttledPeriods = CgroupText.value("nr_throttled", in: text) ?? 0
            let time = CgroupText.value(version == .one ? "throttled_time" : "throttled_usec", in: text) ?? 0
            cpu.throttledTime = version == .one ? time : time &* 1000
            if version == .two { cpu.pressure = pressure(folder, "cpu.pressure") }
        }
        guard let (folder, version) = location(of: "cpuacct") else { return }
        if version == .two {
            guard let text = text(folder, "cpu.stat") else { return }
            cpu.total = (CgroupText.value("usage_usec", in: text) ?? 0) &* 1000
            cpu.user = (CgroupText.value("user_usec", in: text) ?? 0) &* 1000
            cpu.kernel = (CgroupText.value("system_usec", in: text) ?? 0) &* 1000
            return
        }
        cpu.total = number(folder, "cpuacct.usage") ?? 0
        if let text = text(folder, "cpuacct.stat") {
            // In ticks of USER_HZ, which Linux has at 100 everywhere.
            cpu.user = (CgroupText.value("user", in: text) ?? 0) &* 10_000_000
            cpu.kernel = (CgroupText.value("system", in: text) ?? 0) &* 10_000_000
        }
        cpu.perCPU = CgroupText.words(text(folder, "cpuacct.usage_percpu") ?? "").compactMap { UInt64($0) }
        // Lines of `cpu user system` under a heading of these words.
        for line in (text(folder, "cpuacct.usage_all") ?? "").split(separator: "\n").dropFirst() {
            let fields = CgroupText.words(String(line)).compactMap { UInt64($0) }
            guard fields.count >= 3 else { continue }
            cpu.perCPUUser.append(fields[1])
            cpu.perCPUKernel.append(fields[2])
        }
    }

    private func readPlaces(_ folder: String, _ places: inout CgroupDetailedStatistics.Places) {
        places.cpus = CgroupText.list(text(folder, "cpuset.cpus") ?? "")
        places.mems = CgroupText.list(text(folder, "cpuset.mems") ?? "")
        for name in [
            "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
            "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level",
        ] {
            let value = text(folder, "cpuset.\(name)").flatMap { CgroupText.words($0).first }
            places.flags[name] = value.flatMap { Int64($0) }
        }
    }

    // MARK: Memory

    private func readMemory1(_ folder: String, _ memory: inout CgroupDetailedStatistics.Memory) {
        func usage(_ kind: String) -> CgroupDetailedStatistics.MemoryUsage {
            var result = CgroupDetailedStatistics.MemoryUsage()
            guard let used = number(folder, "memory.\(kind)usage_in_bytes") else { return result }
            result.usage = used
            result.peak = number(folder, "memory.\(kind)max_usage_in_bytes") ?? 0
            result.failures = number(folder, "memory.\(kind)failcnt") ?? 0
            result.limit = number(folder, "memory.\(kind)limit_in_bytes") ?? 0
            return result
        }
        memory.raw = CgroupText.table(text(folder, "memory.stat") ?? "")
        memory.cache = memory.raw["cache"] ?? 0
        memory.usage = usage("")
        memory.swap = usage("memsw.")
        memory.kernel = usage("kmem.")
        memory.kernelTCP = usage("kmem.tcp.")
    }

    private func readMemory2(_ folder: String, _ memory: inout CgroupDetailedStatistics.Memory) {
        func usage(_ kind: String) -> CgroupDetailedStatistics.MemoryUsage {
            var result = CgroupDetailedStatistics.MemoryUsage()
            guard let used = number(folder, "memory.\(kind)current") else { return result }
            result.usage = used
            result.peak = number(folder, "memory.\(kind)peak") ?? 0
            result.limit = number(folder, "memory.\(kind)max") ?? .max
            return result
        }
        memory.raw = CgroupText.table(text(folder, "memory.stat") ?? "")
        memory.cache = memory.raw["file"] ?? 0
        memory.usage = usage("")
        // Version 1 counts both together, and so do all who read this. There is no peak of a sum.
        memory.swap = usage("swap.")
        memory.swap.peak = 0
        memory.swap.usage &+= memory.usage.usage
        let (limit, isTooMuch) = memory.swap.limit.addingReportingOverflow(memory.usage.limit)
        memory.swap.limit = isTooMuch ? .max : limit
        memory.pressure = pressure(folder, "memory.pressure")
    }

    private func hugePages(_ folder: String, _ version: CgroupSetting.Version)
        -> [String: CgroupDetailedStatistics.HugePages]
    {
        var result = [String: CgroupDetailedStatistics.HugePages]()
        for size in HugePageSizes.names(fileSystem) {
            var pages = CgroupDetailedStatistics.HugePages()
            // What is reserved comes first: that is what the limit holds for.
            let end = version == .one ? "usage_in_bytes" : "current"
            let names = ["hugetlb.\(size).rsvd", "hugetlb.\(size)"]
            guard let name = names.first(where: { number(folder, "\($0).\(end)") != nil }) else { continue }
            pages.usage = number(folder, "\(name).\(end)") ?? 0
            if version == .one {
                pages.peak = number(folder, "\(name).max_usage_in_bytes") ?? 0
                pages.failures = number(folder, "\(name).failcnt") ?? 0
            } else {
                pages.failures = text(folder, "hugetlb.\(size).events").flatMap { CgroupText.value("max", in: $0) } ?? 0
            }
            result[size] = pages
        }
        return result
    }

    // MARK: Pressure

    func pressure(_ folder: String, _ file: String) -> CgroupDetailedStatistics.Pressure? {
        guard let text = text(folder, file) else { return nil }
        var result = CgroupDetailedStatistics.Pressure()
        for line in text.split(separator: "\n") {
            let words = CgroupText.words(String(line))
            var share = CgroupDetailedStatistics.Pressure.Share()
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2 else { continue }
                switch parts[0] {
                case "avg10": share.average10 = Double(parts[1]) ?? 0
                case "avg60": share.average60 = Double(parts[1]) ?? 0
                case "avg300": share.average300 = Double(parts[1]) ?? 0
                case "total": share.total = UInt64(parts[1]) ?? 0
                default: continue
                }
            }
            if words.first == "some" { result.some = share }
            if words.first == "full" { result.full = share }
        }
        return result
    }
}

/// The huge pages of this machine.
enum HugePageSizes {
    /// As in the names of the hugetlb files (mm/hugetlb_cgroup.c): `2MB`.
    static func names(_ fileSystem: any CgroupFileSystem) -> [String] {
        let folders = (try? fileSystem.childDirectories("/sys/kernel/mm/hugepages")) ?? []
        return folders.compactMap { folder in
            guard folder.hasPrefix("hugepages-"), folder.hasSuffix("kB"),
                let size = UInt64(folder.dropFirst("hugepages-".count).dropLast(2))
            else { return nil }
            if size >= 1 << 20 { return "\(size >> 20)GB" }
            return size >= 1 << 10 ? "\(size >> 10)MB" : "\(size)KB"
        }.sorted()
    }
}

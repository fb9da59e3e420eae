import ContainerSystem

extension RuntimeSpec.Resources {
    /// Judges resources on their own, as `update` gets them (config-linux.md, "Control groups").
    /// - Parameter name: what errors call the document.
    /// - Throws: `invalidArgument` that names the member by its JSON path.
    public func validate(name: String = "resources.json") throws(ContainerError) {
        do throws(ContainerError) { try check() } catch { throw error.during(name) }
    }

    func check(at path: String) throws(ContainerError) {
        do throws(ContainerError) { try check() } catch { throw error.atMember(path) }
    }

    private func check() throws(ContainerError) {
        try memory?.check()
        try cpu?.check()
        try checkDevices()
        try blockIO?.check()
        try checkPages()
        for (index, entry) in (network?.priorities ?? []).enumerated() {
            if entry.name.isEmpty || entry.name.utf8.count > 15
                || entry.name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2f })
            {
                throw Fault.unknown("network.priorities[\(index)].name", entry.name, "the name of an interface")
            }
        }
        for name in rdma?.keys.sorted() ?? [] {
            let path = PrintableText.member(name, of: "rdma")
            if name.isEmpty || name.utf8.contains(where: { $0 <= 0x20 }) {
                throw Fault.invalid(path, "not the name of an adapter")
            }
            if rdma?[name]?.hcaHandles == nil, rdma?[name]?.hcaObjects == nil {
                throw Fault.invalid(path, "neither hcaHandles nor hcaObjects")
            }
        }
        try checkUnified()
    }

    /// Each is a file of the group's own folder.
    private func checkUnified() throws(ContainerError) {
        guard let unified else { return }
        for file in unified.keys.sorted() {
            let path = PrintableText.member(file, of: "unified")
            let isFile =
                file.utf8.count > 2 && file.utf8.count < 256 && file.utf8.first != UInt8(ascii: ".")
                && file.utf8.contains(UInt8(ascii: ".")) && !file.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2f })
            if !isFile { throw Fault.invalid(path, "not the name of a file of a control group, such as memory.high") }
            try Fault.checkText(unified[file] ?? "", path)
        }
    }

    private func checkPages() throws(ContainerError) {
        guard let hugepageLimits else { return }
        for index in hugepageLimits.indices {
            let size = hugepageLimits[index].pageSize
            if !Self.isPageSize(size) {
                throw Fault.unknown("hugepageLimits[\(index)].pageSize", size, "a size such as 64KB, 2MB or 1GB")
            }
            for earlier in 0..<index where hugepageLimits[earlier].pageSize == size {
                throw Fault.invalid("hugepageLimits[\(index)].pageSize", "\(size) stands at [\(earlier)] already")
            }
        }
    }

    private static func isPageSize(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 3, bytes.count <= 8, bytes.last == UInt8(ascii: "B"),
            "KMG".utf8.contains(bytes[bytes.count - 2]), bytes[0] != UInt8(ascii: "0")
        else { return false }
        return bytes.dropLast(2).allSatisfy { (0x30...0x39).contains($0) }
    }

    private func checkDevices() throws(ContainerError) {
        guard let devices else { return }
        for index in devices.indices {
            let (rule, path) = (devices[index], "devices[\(index)]")
            if let type = rule.type, !["a", "b", "c"].contains(type) {
                throw Fault.unknown("\(path).type", type, "a type of device: a, b or c")
            }
            try check(rule.major, "\(path).major")
            try check(rule.minor, "\(path).minor")
            if let access = rule.access, !access.utf8.allSatisfy({ "rwm".utf8.contains($0) }) {
                throw Fault.unknown("\(path).access", access, "made of r, w and m")
            }
        }
    }

    /// -1 is `*`.
    private func check(_ number: Int64?, _ path: @autoclosure () -> String) throws(ContainerError) {
        if let number, number < -1 || number > UInt32.max {
            throw Fault.outside(path(), number, -1...Int64(UInt32.max))
        }
    }
}

extension RuntimeSpec.Resources.Memory {
    fileprivate func check() throws(ContainerError) {
        try check(limit, "memory.limit")
        try check(swap, "memory.swap")
        try check(reservation, "memory.reservation")
        try check(kernel, "memory.kernel")
        try check(kernelTCP, "memory.kernelTCP")
        // 0 says nothing, as to runc.
        if let limit, let swap, limit > 0, swap > 0, swap < limit {
            throw Fault.invalid(
                "memory.swap", "\(swap) is less than the limit, \(limit): it counts memory and swap together")
        }
        if limit == -1, let swap, swap > 0 {
            throw Fault.invalid("memory.swap", "\(swap) with a limit of -1: it counts memory and swap together")
        }
        if let swappiness, swappiness > 100 { throw Fault.outside("memory.swappiness", swappiness, 0...100) }
    }

    private func check(_ bytes: Int64?, _ path: @autoclosure () -> String) throws(ContainerError) {
        if let bytes, bytes < -1 {
            throw Fault.invalid(path(), "\(bytes) is not a number of bytes, nor -1 for no limit")
        }
    }
}

extension RuntimeSpec.Resources.CPU {
    fileprivate func check() throws(ContainerError) {
        // The kernel's own limits (kernel/sched/core.c): a millisecond to a second. 0 says nothing.
        if let period, period != 0, !(1000...1_000_000).contains(period) {
            throw Fault.outside("cpu.period", period, 1000...1_000_000)
        }
        if let quota, quota > 0 {
            if quota < 1000 { throw Fault.invalid("cpu.quota", "\(quota) is less than 1000 microseconds") }
            if let burst, burst > quota {
                throw Fault.invalid("cpu.burst", "\(burst) is more than the quota, \(quota)")
            }
        }
        if let idle, idle != 0, idle != 1 { throw Fault.outside("cpu.idle", idle, 0...1) }
        try CPUList.check(cpus, "cpu.cpus")
        try CPUList.check(mems, "cpu.mems")
    }
}

extension RuntimeSpec.Resources.BlockIO {
    fileprivate func check() throws(ContainerError) {
        try check(weight, "blockIO.weight")
        try check(leafWeight, "blockIO.leafWeight")
        for (index, device) in (weightDevice ?? []).enumerated() {
            let path = "blockIO.weightDevice[\(index)]"
            try check(device.major, device.minor, path)
            if device.weight == nil, device.leafWeight == nil {
                throw Fault.invalid(path, "neither weight nor leafWeight")
            }
            try check(device.weight, "\(path).weight")
            try check(device.leafWeight, "\(path).leafWeight")
        }
        try check(throttleReadBpsDevice, "blockIO.throttleReadBpsDevice")
        try check(throttleWriteBpsDevice, "blockIO.throttleWriteBpsDevice")
        try check(throttleReadIOPSDevice, "blockIO.throttleReadIOPSDevice")
        try check(throttleWriteIOPSDevice, "blockIO.throttleWriteIOPSDevice")
    }

    private func check(_ devices: [ThrottleDevice]?, _ path: @autoclosure () -> String) throws(ContainerError) {
        guard let devices else { return }
        for index in devices.indices { try check(devices[index].major, devices[index].minor, "\(path())[\(index)]") }
    }

    /// 0 says nothing.
    private func check(_ weight: UInt16?, _ path: @autoclosure () -> String) throws(ContainerError) {
        if let weight, weight != 0, !(10...1000).contains(weight) { throw Fault.outside(path(), weight, 10...1000) }
    }

    private func check(_ major: Int64, _ minor: Int64, _ path: @autoclosure () -> String) throws(ContainerError) {
        if !(0...Int64(UInt32.max)).contains(major) {
            throw Fault.outside("\(path()).major", major, 0...Int64(UInt32.max))
        }
        if !(0...Int64(UInt32.max)).contains(minor) {
            throw Fault.outside("\(path()).minor", minor, 0...Int64(UInt32.max))
        }
    }
}

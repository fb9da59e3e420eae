import ContainerEngine

extension ContainerArguments {
    /// As for docker, 0 is no limit.
    func limits() throws -> ContainerOptions.Limits {
        var limits = ContainerOptions.Limits()
        limits.memory = try bytes("memory")
        limits.memoryReservation = try bytes("memory-reservation")
        limits.memorySwap = try words.last("memory-swap") == "-1" ? -1 : bytes("memory-swap")
        if let text = words.last("memory-swappiness") {
            let value = try Numbers.whole(text, flag: "memory-swappiness")
            guard (-1...100).contains(value) else {
                throw CommandFailure(
                    "ck: invalid value: \(value). Valid memory swappiness range is 0-100", status: 125)
            }
            limits.memorySwappiness = value == -1 ? nil : value
        }
        limits.oomKillDisable = words.isOn("oom-kill-disable") ? true : nil
        try fillCPU(&limits)
        try fillDisks(&limits)
        if let text = words.last("pids-limit") {
            // 0 and less lift the default limit.
            limits.pids = max(try Numbers.whole(text, flag: "pids-limit"), -1)
        }
        return limits
    }

    private func bytes(_ flag: String) throws(FlagError) -> Int64? {
        guard let text = words.last(flag) else { return nil }
        let bytes = try ByteSize.parse(text, flag: flag)
        return bytes > 0 ? bytes : nil
    }

    private func number(_ flag: String) throws(FlagError) -> Int64? {
        guard let text = words.last(flag) else { return nil }
        let value = try Numbers.whole(text, flag: flag)
        return value == 0 ? nil : value
    }

    private func fillCPU(_ limits: inout ContainerOptions.Limits) throws {
        if let cpus = words.last("cpus") {
            let billionths = try Numbers.nanoCPUs(cpus, flag: "cpus")
            limits.nanoCPUs = billionths > 0 ? billionths : nil
        }
        if let text = words.last("cpu-shares") {
            let shares = try Numbers.whole(text, flag: "cpu-shares")
            guard shares >= 0 else { throw FlagError("cpu-shares", text, "it must not be negative") }
            limits.cpuShares = shares > 0 ? UInt64(shares) : nil
        }
        limits.cpuPeriod = try number("cpu-period")
        limits.cpuQuota = try number("cpu-quota")
        limits.cpuRealtimePeriod = try number("cpu-rt-period")
        limits.cpuRealtimeRuntime = try number("cpu-rt-runtime")
        limits.cpusetCPUs = words.last("cpuset-cpus").flatMap { $0.isEmpty ? nil : $0 }
        limits.cpusetMemories = words.last("cpuset-mems").flatMap { $0.isEmpty ? nil : $0 }
    }

    private func fillDisks(_ limits: inout ContainerOptions.Limits) throws(FlagError) {
        if let text = words.last("blkio-weight") {
            guard let weight = UInt16(text) else { throw FlagError("blkio-weight", text, "not a number up to 65535") }
            limits.blockIOWeight = weight == 0 ? nil : weight
        }
        limits.blockIOWeightDevices = try rates("blkio-weight-device") { text, value throws(FlagError) in
            guard let weight = UInt64(value), weight == 0 || (10...1000).contains(weight) else {
                throw FlagError("blkio-weight-device", text, "invalid weight for device: \(text)")
            }
            return weight
        }
        limits.readBytes = try byteRates("device-read-bps")
        limits.writeBytes = try byteRates("device-write-bps")
        limits.readOperations = try operationRates("device-read-iops")
        limits.writeOperations = try operationRates("device-write-iops")
    }

    private func byteRates(_ flag: String) throws(FlagError) -> [ContainerOptions.DeviceRate]? {
        try rates(flag) { text, value throws(FlagError) in
            guard let bytes = try? ByteSize.parse(value, flag: flag), bytes >= 0 else {
                throw FlagError(
                    flag, text,
                    "invalid rate for device: \(text). The correct format is <device-path>:<number>[<unit>]."
                        + " Number must be a positive integer. Unit is optional and can be kb, mb, or gb")
            }
            return UInt64(bytes)
        }
    }

    private func operationRates(_ flag: String) throws(FlagError) -> [ContainerOptions.DeviceRate]? {
        try rates(flag) { text, value throws(FlagError) in
            guard let rate = UInt64(value) else {
                throw FlagError(
                    flag, text,
                    "invalid rate for device: \(text). The correct format is <device-path>:<number>."
                        + " Number must be a positive integer")
            }
            return rate
        }
    }

    /// `PATH:VALUE`.
    private func rates(
        _ flag: String, value: (_ text: String, _ value: String) throws(FlagError) -> UInt64
    ) throws(FlagError) -> [ContainerOptions.DeviceRate]? {
        let texts = words.all(flag)
        guard !texts.isEmpty else { return nil }
        return try texts.map { text throws(FlagError) in
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw FlagError(flag, text, "bad format: \(text)") }
            guard parts[0].hasPrefix("/dev/") else {
                throw FlagError(flag, text, "bad format for device path: \(text)")
            }
            return .init(path: parts[0], rate: try value(text, parts[1]))
        }
    }
}

import ContainerEngine
import TextTemplate

/// `HostConfig` of docker's document about a container.
struct HostConfigDocument {
    private let details: ContainerDetails
    private var options: ContainerOptions { details.options }

    init(_ details: ContainerDetails) { self.details = details }

    var value: Value {
        .object(Object(type: "container.HostConfig", general + isolation + resources + paths))
    }

    /// A slice that nobody set is nil in docker.
    private func list(_ values: [String]) -> Value { values.isEmpty ? .nilArray : .strings(values) }

    private var general: [Object.Field] {
        let logging = options.logging
        return [
            .init("Binds", list(options.volumes.filter { $0.kind != .tmpfs && $0.kind != .image }.compactMap(bind))),
            .init("ContainerIDFile", ""),
            .init(
                "LogConfig",
                .object(
                    Object(
                        type: "container.LogConfig",
                        [
                            .init("Type", .string((logging?.driver ?? .jsonFile).rawValue)),
                            .init("Config", .strings(logging?.options ?? [:])),
                        ]))),
            .init("NetworkMode", .string(options.network.name)), .init("PortBindings", .map(bindings)),
            .init(
                "RestartPolicy",
                .object(
                    Object(
                        type: "container.RestartPolicy",
                        [
                            .init("Name", .string(options.restart.name)),
                            .init("MaximumRetryCount", .int(Int64(options.restart.maximum))),
                        ]))),
            .init("AutoRemove", .bool(options.autoRemove)), .init("VolumeDriver", ""),
            .init("VolumesFrom", list(options.volumesFrom)), .init("ConsoleSize", .array([0, 0])),
            .init("Annotations", omitsEmpty: true, .strings(options.annotations)),
        ]
    }

    /// As they were asked for, by the container's ports.
    private var bindings: [(String, Value)] {
        Dictionary(grouping: options.ports, by: \.name).map { name, ports in
            let values = ports.map { port in
                let host = port.hostPorts.map {
                    $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
                }
                return NetworkDocument.binding(port.hostAddress ?? "", host ?? "")
            }
            return (name, .array(values))
        }
    }

    /// Those on the default network, with the paths of docker's names; others are the networks' own.
    private var links: [String] {
        guard let first = options.network.attachments.first, first.network == "bridge" else { return [] }
        return first.links.map { "/\($0.container):/\(details.name)/\($0.alias)" }
    }

    /// `SOURCE:TARGET[:MODE]`
    private func bind(_ volume: VolumeBind) -> String? {
        if volume.details?.isAnonymous == true { return nil }
        let mode = volume.details?.mode ?? (volume.readOnly ? "ro" : "")
        return "\(volume.source):\(volume.target)" + (mode.isEmpty ? "" : ":\(mode)")
    }

    private var isolation: [Object.Field] {
        let tmpfs = options.volumes.filter { $0.kind == .tmpfs }.map {
            ($0.target, Value.string(($0.details?.tmpfsOptions ?? []).joined(separator: ",")))
        }
        return [
            .init("CapAdd", list(options.security.addedCapabilities)),
            .init("CapDrop", list(options.security.droppedCapabilities)),
            .init("CgroupnsMode", .string(options.namespaces.cgroup ?? "private")),
            .init("DNS", key: "Dns", .strings(options.names.servers)),
            .init("DNSOptions", key: "DnsOptions", .strings(options.names.options)),
            .init("DNSSearch", key: "DnsSearch", .strings(options.names.search)),
            .init("ExtraHosts", list(options.names.hosts)), .init("GroupAdd", list(options.groups)),
            .init("IpcMode", .string(options.namespaces.ipc ?? "private")), .init("Cgroup", ""),
            .init("Links", list(links)), .init("OomScoreAdj", .int(Int64(options.oomScoreAdjustment ?? 0))),
            .init("PidMode", .string(options.namespaces.pid ?? "")),
            .init("Privileged", .bool(options.security.isPrivileged)),
            .init("PublishAllPorts", .bool(options.publishesAll)),
            .init("ReadonlyRootfs", .bool(options.readOnlyRoot)), .init("SecurityOpt", list(securityOptions)),
            .init("Tmpfs", omitsEmpty: true, .map(tmpfs)), .init("UTSMode", .string(options.namespaces.uts ?? "")),
            .init("UsernsMode", .string(options.namespaces.user ?? "")),
            .init("ShmSize", .int(options.shmSize ?? 67_108_864)),
            .init("Sysctls", omitsEmpty: true, .strings(options.sysctls)),
            .init("Runtime", omitsEmpty: true, .string(options.runtime ?? "ck-runtime")), .init("Isolation", ""),
        ]
    }

    private var securityOptions: [String] {
        let security = options.security
        return (options.noNewPrivileges ? ["no-new-privileges"] : [])
            + (security.seccomp.map { ["seccomp=\($0)"] } ?? [])
            + (security.appArmor.map { ["apparmor=\($0)"] } ?? []) + security.labels.map { "label=\($0)" }
    }

    private var resources: [Object.Field] {
        let limits = options.limits
        // docker lets a container with a memory limit swap as much again.
        let swap = limits.memorySwap ?? limits.memory.map { $0 > .max / 2 ? .max : $0 * 2 } ?? 0
        return [
            .init("CPUShares", key: "CpuShares", .int(Int64(clamping: limits.cpuShares ?? 0))),
            .init("Memory", .int(limits.memory ?? 0)), .init("NanoCPUs", key: "NanoCpus", .int(limits.nanoCPUs ?? 0)),
            .init("CgroupParent", .string(options.cgroupParent ?? "")),
            .init("BlkioWeight", .int(Int64(limits.blockIOWeight ?? 0))),
            .init("BlkioWeightDevice", rates(limits.blockIOWeightDevices, "Weight")),
            .init("BlkioDeviceReadBps", rates(limits.readBytes)),
            .init("BlkioDeviceWriteBps", rates(limits.writeBytes)),
            .init("BlkioDeviceReadIOps", rates(limits.readOperations)),
            .init("BlkioDeviceWriteIOps", rates(limits.writeOperations)),
            .init("CPUPeriod", key: "CpuPeriod", .int(limits.cpuPeriod ?? 0)),
            .init("CPUQuota", key: "CpuQuota", .int(limits.cpuQuota ?? 0)),
            .init("CPURealtimePeriod", key: "CpuRealtimePeriod", .int(limits.cpuRealtimePeriod ?? 0)),
            .init("CPURealtimeRuntime", key: "CpuRealtimeRuntime", .int(limits.cpuRealtimeRuntime ?? 0)),
            .init("CpusetCpus", .string(limits.cpusetCPUs ?? "")),
            .init("CpusetMems", .string(limits.cpusetMemories ?? "")), .init("Devices", devices),
            .init("DeviceCgroupRules", list(options.devices.rules)), .init("DeviceRequests", .nilArray),
            .init("MemoryReservation", .int(limits.memoryReservation ?? 0)), .init("MemorySwap", .int(swap)),
            .init("MemorySwappiness", limits.memorySwappiness.map(Value.int) ?? .null),
            .init("OomKillDisable", .bool(limits.oomKillDisable ?? false)),
            .init("PidsLimit", limits.pids.map(Value.int) ?? .null), .init("Ulimits", ulimits),
            .init("CPUCount", key: "CpuCount", 0), .init("CPUPercent", key: "CpuPercent", 0),
            .init("IOMaximumIOps", 0), .init("IOMaximumBandwidth", 0),
        ]
    }

    private func rates(_ rates: [ContainerOptions.DeviceRate]?, _ name: String = "Rate") -> Value {
        .array(
            (rates ?? []).map { rate in
                .object(
                    Object(
                        type: "*blkiodev.ThrottleDevice",
                        [.init("Path", .string(rate.path)), .init(name, .int(Int64(clamping: rate.rate)))]))
            })
    }

    private var devices: Value {
        .array(
            options.devices.mappings.map { device in
                .object(
                    Object(
                        type: "container.DeviceMapping",
                        [
                            .init("PathOnHost", .string(device.hostPath)),
                            .init("PathInContainer", .string(device.path)),
                            .init("CgroupPermissions", .string(device.access)),
                        ]))
            })
    }

    private var ulimits: Value {
        .array(
            options.ulimits.map { limit in
                .object(
                    Object(
                        type: "*units.Ulimit",
                        [
                            .init("Name", .string(limit.name)), .init("Hard", .int(limit.hard)),
                            .init("Soft", .int(limit.soft)),
                        ]))
            })
    }

    private var paths: [Object.Field] {
        let isOpen = options.security.isPrivileged || options.security.unconfinedSystemPaths
        return [
            .init("MaskedPaths", isOpen ? .nilArray : .strings(Engine.maskedPaths)),
            .init("ReadonlyPaths", isOpen ? .nilArray : .strings(Engine.readonlyPaths)),
            .init("Init", omitsEmpty: true, options.usesInit ? true : .null),
        ]
    }
}

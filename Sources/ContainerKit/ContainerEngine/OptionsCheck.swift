import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import OCISpec

/// What of a container's options can be judged without a look at anything, in docker's words.
enum OptionsCheck {
    static func check(_ options: ContainerOptions) throws(ContainerError) {
        if let path = options.workingDirectory, !path.hasPrefix("/") {
            throw invalid("the working directory '\(path)' is invalid, it needs to be an absolute path")
        }
        try check(name: options.hostname, "hostname")
        try check(name: options.domainname, "domainname")
        if options.hostname != nil, options.namespaces.uts == "host" {
            throw invalid("conflicting options: hostname and the UTS mode")
        }
        if options.autoRemove, options.restart != .no {
            throw invalid("can't create 'AutoRemove' container with restart policy")
        }
        if let signal = options.stopSignal, Signal(name: signal) == nil { throw invalid("invalid signal: \(signal)") }
        if let score = options.oomScoreAdjustment, !(-1000...1000).contains(score) {
            throw invalid("Invalid value \(score), range for oom score adj is [-1000, 1000]")
        }
        if let size = options.shmSize, size < 0 { throw invalid("SHM size can not be less than 0") }
        if let runtime = options.runtime {
            _ = try RuntimeProgram(runtime)
            if options.usesInit {
                throw ContainerError(
                    .unsupported, "--init with the runtime \(runtime)", cause: "the init is of ck's own runtime",
                    hint: "leave one of them out")
            }
        }
        try check(options.volumes)
        if let health = options.health { try check(health) }
        if let logging = options.logging { _ = try LogOptions(logging) }
        try check(options.security)
        try NetworkCheck.check(options)
        try checkSettings(options)
        try LimitsCheck.check(options.limits)
    }

    static func invalid(_ message: String) -> ContainerError { ContainerError(.invalidArgument, message) }

    private static func check(name: String?, _ kind: String) throws(ContainerError) {
        guard let name else { return }
        if name.isEmpty || name.utf8.count > 64 || name.utf8.contains(0) {
            throw ContainerError(.invalidArgument, "invalid \(kind) '\(name)'", cause: "1 to 64 bytes are allowed")
        }
    }

    // MARK: - Volumes

    private static func check(_ volumes: [VolumeBind]) throws(ContainerError) {
        guard !volumes.isEmpty else { return }
        var targets = Set<[Substring]>()
        for volume in volumes {
            guard targets.insert(try targetParts(of: volume)).inserted else {
                throw invalid("Duplicate mount point: \(volume.target)")
            }
            if volume.kind == .volume, !volume.source.isEmpty { try VolumeName.check(volume.source) }
            if volume.details?.subpath != nil {
                throw ContainerError(
                    .unsupported, "a part of a volume (subpath \(volume.details?.subpath ?? "")) is not supported yet",
                    hint: "show the whole volume")
            }
        }
    }

    /// The names on the way to a volume's target.
    private static func targetParts(of volume: VolumeBind) throws(ContainerError) -> [Substring] {
        guard volume.source.hasPrefix("/") || volume.kind != nil, volume.target.hasPrefix("/") else {
            throw ContainerError(
                .invalidArgument, "volume \(volume.source):\(volume.target)", cause: "both paths must be absolute")
        }
        let parts = volume.target.split(separator: "/").filter { $0 != "." }
        if parts.isEmpty || parts.contains("..") || parts[0] == "proc" {
            throw invalid("invalid mount target \(volume.target)")
        }
        return parts
    }

    // MARK: - Health and rights

    private static func check(_ health: HealthCheck) throws(ContainerError) {
        let spans = [
            ("Interval", health.interval), ("Timeout", health.timeout), ("StartPeriod", health.startPeriod),
            ("StartInterval", health.startInterval),
        ]
        for (name, span) in spans where span != 0 && span < 1_000_000 {
            throw invalid("\(name) in Healthcheck cannot be less than 1ms")
        }
        if health.retries < 0 { throw invalid("Retries in Healthcheck cannot be negative") }
    }

    private static func check(_ security: ContainerOptions.Security) throws(ContainerError) {
        for (field, names) in [("CapAdd", security.addedCapabilities), ("CapDrop", security.droppedCapabilities)] {
            for name in names where name.uppercased() != "ALL" && Capability(name: name) == nil {
                let upper = name.uppercased()
                throw ContainerError(
                    .invalidArgument,
                    "invalid \(field): unknown capability: \"\(upper.hasPrefix("CAP_") ? upper : "CAP_" + upper)\"",
                    hint: "the names are in capabilities(7), such as NET_ADMIN")
            }
        }
    }

    /// A setting of a namespace that is shared would be the host's.
    private static func checkSettings(_ options: ContainerOptions) throws(ContainerError) {
        for name in options.sysctls.keys.sorted() {
            switch SysctlName(name)?.namespace {
            case .network:
                guard options.network != .host else {
                    throw invalid("sysctl \"\(name)\" not allowed in host network namespace")
                }
            case .ipc:
                guard options.namespaces.ipc != "host" else {
                    throw invalid("sysctl \"\(name)\" is not allowed in the hosts ipc namespace")
                }
            default: throw invalid("sysctl '\(name)' is not allowed")
            }
        }
    }
}

import ContainerSystem
import Glibc
import OCISpec

/// Fills in what a caller left open, from the image and docker's rules. Looks at nothing but its arguments and, for
/// `NAME` without a value, the environment.
enum ConfigurationBuilder {
    static func build(_ options: ContainerOptions, image: ImageConfig, imageName: String, id: String)
        throws(ContainerError) -> ContainerConfiguration
    {
        let execution = image.config ?? .init()
        // [""] is how docker's clients say "none"; any other empty argument is one.
        let named = options.entrypoint ?? execution.entrypoint ?? []
        let entrypoint = named == [""] ? [] : named
        // An entrypoint of the caller's own makes the image's command meaningless.
        let imageCommand = options.entrypoint == nil ? execution.cmd ?? [] : []
        let arguments = options.command.isEmpty ? imageCommand : options.command
        let command = entrypoint + arguments
        guard !command.isEmpty else {
            throw ContainerError(
                .invalidArgument, "no command specified",
                cause: "the image \(imageName) names none", hint: "give one after the image")
        }
        try check(options)
        var made = ContainerConfiguration(
            imageName: imageName, command: command,
            imageCommand: arguments.isEmpty ? nil : arguments, imageEntrypoint: entrypoint.isEmpty ? nil : entrypoint,
            environment: SpecBuilder.merge(execution.env ?? [], try environment(options.environment)),
            // An image's may be relative or missing; `..` is taken out, so that it stays what it says.
            workingDirectory: ImageConfig.Execution.absolute(options.workingDirectory ?? execution.workingDir ?? ""),
            user: options.user ?? execution.user ?? "", hostname: options.hostname ?? String(id.prefix(12)),
            volumes: options.volumes, labels: (execution.labels ?? [:]).merging(options.labels) { $1 },
            limits: options.limits, network: options.network, noNewPrivileges: options.noNewPrivileges,
            terminal: options.terminal, stdinOpen: options.stdinOpen, autoRemove: options.autoRemove,
            stopSignal: options.stopSignal ?? execution.stopSignal)
        fillRest(&made, options)
        return made
    }

    /// What most containers ask nothing of is left out of the document.
    private static func fillRest(_ made: inout ContainerConfiguration, _ options: ContainerOptions) {
        made.stopTimeout = options.stopTimeout
        made.restart = options.restart == .no ? nil : options.restart
        made.health = options.health
        made.usesInit = options.usesInit ? true : nil
        made.logging = options.logging
        made.attach = options.attach
        made.detachKeys = options.detachKeys
        made.domainname = options.domainname
        made.groups = options.groups.isEmpty ? nil : options.groups
        made.annotations = options.annotations.isEmpty ? nil : options.annotations
        made.names = options.names == .init() ? nil : options.names
        made.exposedPorts = options.exposedPorts.isEmpty ? nil : options.exposedPorts
        made.security = options.security == .init() ? nil : options.security
        made.namespaces = options.namespaces == .init() ? nil : options.namespaces
        made.devices = options.devices == .init() ? nil : options.devices
        made.sysctls = options.sysctls.isEmpty ? nil : options.sysctls
        made.ulimits = options.ulimits.isEmpty ? nil : options.ulimits
        made.oomScoreAdjustment = options.oomScoreAdjustment
        made.shmSize = options.shmSize
        made.readOnlyRoot = options.readOnlyRoot ? true : nil
        made.cgroupParent = options.cgroupParent
        made.runtime = options.runtime
        made.volumesFrom = options.volumesFrom.isEmpty ? nil : options.volumesFrom
    }

    private static func check(_ options: ContainerOptions) throws(ContainerError) {
        if let path = options.workingDirectory, !path.hasPrefix("/") {
            throw ContainerError(
                .invalidArgument, "the working directory '\(path)' is invalid, it needs to be an absolute path")
        }
        if let hostname = options.hostname, hostname.isEmpty || hostname.utf8.count > 64 || hostname.utf8.contains(0) {
            throw ContainerError(.invalidArgument, "invalid hostname '\(hostname)'", cause: "1 to 64 bytes are allowed")
        }
        var targets = Set<[Substring]>()
        for volume in options.volumes {
            guard targets.insert(try targetParts(of: volume)).inserted else {
                throw ContainerError(.invalidArgument, "duplicate mount point: \(volume.target)")
            }
        }
        try check(options.limits)
    }

    /// The names on the way to a volume's target.
    private static func targetParts(of volume: VolumeBind) throws(ContainerError) -> [Substring] {
        guard volume.source.hasPrefix("/"), volume.target.hasPrefix("/") else {
            throw ContainerError(
                .invalidArgument, "volume \(volume.source):\(volume.target)", cause: "both paths must be absolute")
        }
        let parts = volume.target.split(separator: "/").filter { $0 != "." }
        if parts.isEmpty || parts.contains("..") || parts[0] == "proc" {
            throw ContainerError(.invalidArgument, "invalid mount target \(volume.target)")
        }
        return parts
    }

    static func check(_ limits: ContainerOptions.Limits) throws(ContainerError) {
        if let memory = limits.memory, memory < 6 << 20 {
            throw ContainerError(.invalidArgument, "minimum memory limit allowed is 6MB")
        }
        if let shares = limits.cpuShares, shares < 2 || shares > 262_144 {
            throw ContainerError(
                .invalidArgument, "cpu shares \(shares)", cause: "they must be between 2 and 262144")
        }
        let online = Int64(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        if let cpus = limits.nanoCPUs, cpus < 10_000_000 || cpus > online * 1_000_000_000 {
            throw ContainerError(
                .invalidArgument,
                "range of CPUs is from 0.01 to \(online).00, as there are only \(online) CPUs available")
        }
    }

    /// `NAME` takes the caller's value, and nothing where there is none.
    private static func environment(_ entries: [String]) throws(ContainerError) -> [String] {
        var result: [String] = []
        for entry in entries {
            guard let first = entry.first, first != "=", !entry.utf8.contains(0) else {
                throw ContainerError(.invalidArgument, "invalid environment variable: \(entry)")
            }
            if entry.contains("=") {
                result.append(entry)
            } else if let value = getenv(entry) {
                result.append("\(entry)=\(String(cString: value))")
            } else {
                result.append(entry)
            }
        }
        return result
    }
}

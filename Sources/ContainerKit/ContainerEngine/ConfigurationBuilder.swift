import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

/// Fills in what a caller left open, from the image and docker's rules. Looks at nothing but its arguments and, for
/// `NAME` without a value, the environment.
enum ConfigurationBuilder {
    static func build(
        _ options: ContainerOptions, image: ImageConfig, imageName: String, id: String,
        settings: EngineSettings = EngineSettings()
    ) throws(ContainerError) -> ContainerConfiguration {
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
        try OptionsCheck.check(options)
        var limits = options.limits
        limits.pids = options.limits.pids.map { $0 > 0 ? $0 : nil } ?? settings.pidsLimit
        var made = ContainerConfiguration(
            imageName: imageName, command: command,
            imageCommand: arguments.isEmpty ? nil : arguments, imageEntrypoint: entrypoint.isEmpty ? nil : entrypoint,
            environment: SpecBuilder.merge(execution.env ?? [], try environment(options.environment)),
            // An image's may be relative or missing; `..` is taken out, so that it stays what it says.
            workingDirectory: ImageConfig.Execution.absolute(options.workingDirectory ?? execution.workingDir ?? ""),
            user: options.user ?? execution.user ?? "", hostname: hostname(options, id),
            volumes: options.volumes, labels: (execution.labels ?? [:]).merging(options.labels) { $1 },
            limits: limits, network: options.network, noNewPrivileges: options.noNewPrivileges,
            terminal: options.terminal, stdinOpen: options.stdinOpen, autoRemove: options.autoRemove,
            stopSignal: options.stopSignal ?? execution.stopSignal)
        fillRest(&made, options)
        let exposed = ExposedPorts.all(options, image: execution.exposedPorts)
        made.exposedPorts = exposed.isEmpty ? nil : exposed
        made.health = health(options.health, image: execution.healthcheck)
        made.logging = options.logging ?? settings.logging
        if let logging = made.logging { _ = try LogOptions(logging) }
        return made
    }

    /// The host's own where its name is shared.
    private static func hostname(_ options: ContainerOptions, _ id: String) -> String {
        if let name = options.hostname { return name }
        guard options.network == .host || options.namespaces.uts == "host" else { return String(id.prefix(12)) }
        var buffer = [UInt8](repeating: 0, count: 65)
        gethostname(&buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// What most containers ask nothing of is left out of the document.
    private static func fillRest(_ made: inout ContainerConfiguration, _ options: ContainerOptions) {
        made.stopTimeout = options.stopTimeout
        made.restart = options.restart == .no ? nil : options.restart
        made.usesInit = options.usesInit ? true : nil
        made.attach = options.attach
        made.detachKeys = options.detachKeys
        made.domainname = options.domainname
        made.groups = options.groups.isEmpty ? nil : options.groups
        made.annotations = options.annotations.isEmpty ? nil : options.annotations
        made.names = options.names == .init() ? nil : options.names
        made.ports = options.ports.isEmpty ? nil : options.ports
        made.publishesAll = options.publishesAll ? true : nil
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

    /// What the caller leaves open of a health check is the image's.
    static func health(_ own: HealthCheck?, image: ImageConfig.Healthcheck?) -> HealthCheck? {
        var health = own ?? HealthCheck(test: [])
        if let image, health.test.first != "NONE" {
            if health.test.isEmpty { health.test = image.test ?? [] }
            if health.interval == 0 { health.interval = image.interval ?? 0 }
            if health.timeout == 0 { health.timeout = image.timeout ?? 0 }
            if health.startPeriod == 0 { health.startPeriod = image.startPeriod ?? 0 }
            if health.startInterval == 0 { health.startInterval = image.startInterval ?? 0 }
            if health.retries == 0 { health.retries = image.retries ?? 0 }
        }
        return health.test.count < 2 || health.test.first == "NONE" ? nil : health
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

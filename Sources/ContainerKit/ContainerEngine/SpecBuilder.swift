import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import OCISpec

/// Turns a container's configuration into an OCI runtime specification, with docker's defaults. Pure.
enum SpecBuilder {
    /// What has been looked up for the container besides its configuration.
    struct Host {
        var rootPath: String
        /// Folder with the files `hosts`, `hostname` and `resolv.conf`.
        var folder: String
        var identity: UserLookup.Identity
        var cgroupsPath: String
        var terminalSize: RuntimeSpec.Process.ConsoleSize?
        var deviceRules: [RuntimeSpec.Resources.DeviceRule]
        var devices: [RuntimeSpec.Linux.Device] = []
        /// Numbers of the disks that limits name.
        var disks: [String: DeviceNumber] = [:]
        /// Where the files of volumes are, by name.
        var volumes: [String: VolumeSource] = [:]
        /// Namespaces of other containers, by their paths.
        var joined: [RuntimeSpec.Linux.Namespace] = []
        /// What we may pass on, as a mask.
        var permittedCapabilities = Capabilities.all
    }

    static func spec(_ configuration: ContainerConfiguration, _ host: Host) throws(ContainerError) -> RuntimeSpec {
        var spec = RuntimeSpec(
            process: try process(configuration, host),
            root: .init(path: host.rootPath, readonly: configuration.readOnlyRoot))
        spec.mounts = try MountBuilder.mounts(configuration, host)
        spec.linux.namespaces = namespaces(configuration, host)
        if configuration.namespaces?.uts != "host" {
            spec.hostname = configuration.hostname
            spec.domainname = configuration.domainname
        }
        if !configuration.network.isShared { spec.linux.sysctl = DockerDefaults.networkSysctls }
        if let own = configuration.sysctls { spec.linux.sysctl = (spec.linux.sysctl ?? [:]).merging(own) { $1 } }
        spec.linux.cgroupsPath = host.cgroupsPath
        spec.linux.resources = ResourceBuilder.resources(configuration, host)
        spec.linux.devices = host.devices.isEmpty ? nil : host.devices
        spec.annotations = configuration.annotations
        let security = configuration.security
        if security?.isPrivileged != true, security?.unconfinedSystemPaths != true {
            spec.linux.maskedPaths = DockerDefaults.maskedPaths
            spec.linux.readonlyPaths = DockerDefaults.readonlyPaths
        }
        spec.linux.rootfsPropagation = MountBuilder.rootPropagation(configuration.volumes)
        return spec
    }

    /// Adds settings of the interfaces, as paths below `/proc/sys`; the user's own stay.
    static func add(_ settings: [(path: String, value: String)], to spec: inout RuntimeSpec) {
        if settings.isEmpty { return }
        var all = spec.linux.sysctl ?? [:]
        for one in settings where all[one.path] == nil { all[one.path] = one.value }
        spec.linux.sysctl = all
    }

    /// Those of its own, and the others' that it joins; what is left is the host's.
    private static func namespaces(_ configuration: ContainerConfiguration, _ host: Host) -> [RuntimeSpec.Linux
        .Namespace]
    {
        var kinds: [RuntimeSpec.Linux.Namespace.Kind] = [.mount, .pid, .uts, .ipc, .cgroup]
        if let modes = configuration.namespaces {
            kinds = kinds.filter { kind in
                switch kind {
                case .pid: modes.pid != "host"
                case .ipc: modes.ipc != "host"
                case .uts: modes.uts != "host"
                case .cgroup: modes.cgroup != "host"
                default: true
                }
            }
        }
        if configuration.network != .host { kinds.append(.network) }
        return kinds.map { kind in host.joined.first { $0.type == kind } ?? .init(kind) }
    }

    static func process(_ configuration: ContainerConfiguration, _ host: Host) throws(ContainerError)
        -> RuntimeSpec.Process
    {
        var process = RuntimeSpec.Process(
            args: configuration.command,
            env: environment(configuration, home: host.identity.home), cwd: configuration.workingDirectory)
        process.user = host.identity.user
        process.terminal = configuration.terminal
        process.consoleSize = host.terminalSize
        process.noNewPrivileges = configuration.noNewPrivileges
        process.capabilities = try capabilities(
            configuration.security, uid: host.identity.user.uid, permitted: host.permittedCapabilities)
        process.oomScoreAdj = configuration.oomScoreAdjustment
        process.rlimits = configuration.ulimits?.map { limit in
            .init(
                type: "RLIMIT_\(limit.name.uppercased())", soft: UInt64(bitPattern: limit.soft),
                hard: UInt64(bitPattern: limit.hard))
        }
        if let profile = configuration.security?.appArmor, profile != "unconfined" { process.apparmorProfile = profile }
        return process
    }

    /// docker's order: PATH, HOSTNAME, TERM, then the image's and the caller's, each replacing an earlier one.
    static func environment(_ configuration: ContainerConfiguration, home: String) -> [String] {
        var result = ["PATH=\(DockerDefaults.path)", "HOSTNAME=\(configuration.hostname)"]
        if configuration.terminal { result.append("TERM=xterm") }
        result = merge(result, configuration.environment)
        return result.contains { $0.hasPrefix("HOME=") } ? result : result + ["HOME=\(home)"]
    }

    /// A later value takes the place of an earlier one of the same name, also within `base`, or the one that was meant
    /// to be replaced would come after it; a bare name takes it away.
    static func merge(_ base: [String], _ later: [String]) -> [String] {
        var result: [String] = []
        for entry in base + later {
            let name = entry.prefix { $0 != "=" }
            let index = result.firstIndex { $0.prefix { $0 != "=" } == name }
            if !entry.contains("=") {
                if let index { result.remove(at: index) }
            } else if let index {
                result[index] = entry
            } else {
                result.append(entry)
            }
        }
        return result
    }

    /// A user other than root gets them only in the bounding set, and so when it becomes root.
    /// - Parameter permitted: what there is to give: `ALL` is no more than that.
    /// - Throws: `permissionDenied` for one that is asked for by name and cannot be given.
    static func capabilities(
        _ security: ContainerOptions.Security?, uid: UInt32, permitted: UInt64 = Capabilities.all
    ) throws(ContainerError) -> RuntimeSpec.Process.Capabilities {
        let mask = try security.map { security throws(ContainerError) in try self.mask(security, permitted) }
        let names = Capabilities.names(mask ?? Capabilities.standard)
        let own = uid == 0 ? names : []
        return .init(bounding: names, effective: own, inheritable: [], permitted: own, ambient: [])
    }

    /// docker's rules: `ALL` added is everything but what is dropped, `ALL` dropped nothing but what is added, and a
    /// container that may do everything may do everything.
    private static func mask(_ security: ContainerOptions.Security, _ permitted: UInt64) throws(ContainerError)
        -> UInt64
    {
        func isAll(_ name: String) -> Bool { name.uppercased() == "ALL" }
        let everything = Capabilities.all & permitted
        if security.isPrivileged { return everything }
        let added = try Capabilities.mask(names: security.addedCapabilities.filter { !isAll($0) })
        let dropped = try Capabilities.mask(names: security.droppedCapabilities.filter { !isAll($0) })
        guard added & ~permitted == 0 else {
            let names = Capabilities.names(added & ~permitted).joined(separator: ", ")
            throw ContainerError(
                .permissionDenied, "add capability \(names)", cause: "this process does not have it to give")
        }
        if security.addedCapabilities.contains(where: isAll) { return everything & ~dropped }
        if security.droppedCapabilities.contains(where: isAll) { return added }
        return Capabilities.standard & ~dropped | added
    }
}

import ContainerNamespaces
import ContainerRuntime
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
    }

    static func spec(_ configuration: ContainerConfiguration, _ host: Host) -> RuntimeSpec {
        var spec = RuntimeSpec(process: process(configuration, host), root: .init(path: host.rootPath))
        let sharesNetwork = configuration.network == .host
        spec.mounts = DockerDefaults.mounts + files(host) + configuration.volumes.map(mount)
        spec.linux.namespaces = [.init(.mount), .init(.pid), .init(.uts), .init(.ipc), .init(.cgroup)]
        spec.hostname = configuration.hostname
        if !sharesNetwork {
            spec.linux.namespaces.append(.init(.network))
            spec.linux.sysctl = DockerDefaults.networkSysctls
        }
        spec.linux.cgroupsPath = host.cgroupsPath
        spec.linux.resources = resources(configuration.limits, host.deviceRules)
        spec.linux.maskedPaths = DockerDefaults.maskedPaths
        spec.linux.readonlyPaths = DockerDefaults.readonlyPaths
        return spec
    }

    static func process(_ configuration: ContainerConfiguration, _ host: Host) -> RuntimeSpec.Process {
        var process = RuntimeSpec.Process(
            args: configuration.command,
            env: environment(configuration, home: host.identity.home), cwd: configuration.workingDirectory)
        process.user = host.identity.user
        process.terminal = configuration.terminal
        process.consoleSize = host.terminalSize
        process.noNewPrivileges = configuration.noNewPrivileges
        process.capabilities = capabilities(uid: host.identity.user.uid)
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

    /// Docker's set; a user other than root gets them only in the bounding set, and so when it becomes root.
    static func capabilities(uid: UInt32) -> RuntimeSpec.Process.Capabilities {
        let names = Capabilities.names(Capabilities.standard)
        let own = uid == 0 ? names : []
        return .init(bounding: names, effective: own, inheritable: [], permitted: own, ambient: [])
    }

    private static func files(_ host: Host) -> [RuntimeSpec.Mount] {
        ["resolv.conf", "hostname", "hosts"].map {
            .init(
                destination: "/etc/\($0)", type: "bind", source: "\(host.folder)/\($0)", options: ["rbind", "rprivate"])
        }
    }

    private static func mount(_ volume: VolumeBind) -> RuntimeSpec.Mount {
        .init(
            destination: volume.target, type: "bind", source: volume.source,
            options: ["rbind", "rprivate"] + (volume.readOnly ? ["ro"] : []))
    }

    private static func resources(
        _ limits: ContainerOptions.Limits, _ devices: [RuntimeSpec.Resources.DeviceRule]
    ) -> RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        // docker lets a container with a memory limit swap as much again.
        if let memory = limits.memory {
            let (both, isTooMuch) = memory.multipliedReportingOverflow(by: 2)
            resources.memory = .init(limit: memory, swap: isTooMuch ? .max : both)
        }
        if limits.cpuShares != nil || limits.nanoCPUs != nil {
            let period: Int64 = 100_000
            resources.cpu = .init(
                shares: limits.cpuShares, quota: limits.nanoCPUs.map { $0 * period / 1_000_000_000 },
                period: limits.nanoCPUs == nil ? nil : UInt64(period))
        }
        if let pids = limits.pids { resources.pids = .init(limit: pids) }
        resources.devices = devices
        return resources
    }
}

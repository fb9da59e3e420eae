import CKLinux
import ContainerCgroups
import ContainerNamespaces
import ContainerNetworking
import ContainerRuntime
import ContainerSystem
import OCISpec

extension SpecBuilder.Host {
    fileprivate mutating func join(_ kind: RuntimeSpec.Linux.Namespace.Kind, of pid: Int32) {
        joined.append(.init(kind, path: "/proc/\(pid)/ns/\(kind.rawValue)"))
    }
}

/// What a container finds around it: devices, other containers' namespaces, names.
extension Engine {
    /// Names of other containers become ids, so that a name that changes hands does not change the container.
    func resolve(_ configuration: inout ContainerConfiguration) throws(ContainerError) {
        guard var modes = configuration.namespaces else { return }
        func identified(_ mode: String?) throws(ContainerError) -> String? {
            guard let mode, mode.hasPrefix("container:") else { return mode }
            return "container:" + (try find(String(mode.dropFirst(10))).id)
        }
        modes.pid = try identified(modes.pid)
        modes.ipc = try identified(modes.ipc)
        configuration.namespaces = modes
    }

    /// Fills in what has to be looked up at each start; for most containers there is nothing.
    func lookUp(_ configuration: ContainerConfiguration, _ host: inout SpecBuilder.Host) throws(ContainerError) {
        if configuration.devices != nil || configuration.security?.isPrivileged == true {
            (host.devices, host.deviceRules) = try HostDevices.find(configuration)
        }
        host.disks = try HostDevices.disks(configuration.limits)
        if configuration.volumes.contains(where: { $0.kind == .volume }) {
            host.volumes = try volumeSources(configuration)
        }
        if let modes = configuration.namespaces {
            if let process = try donor(of: .pid, modes.pid) { host.join(.pid, of: process) }
            if let process = try donor(of: .ipc, modes.ipc) {
                host.join(.ipc, of: process)
                host.sharedMemory = process
            }
        }
        if let security = configuration.security {
            host.permittedCapabilities = ck_permitted_capabilities()
            try Self.checkLabels(security)
        }
    }

    /// The first process of the container whose namespace is to be joined.
    private func donor(of kind: RuntimeSpec.Linux.Namespace.Kind, _ mode: String?) throws(ContainerError) -> Int32? {
        guard let mode, mode.hasPrefix("container:") else { return nil }
        let record = try find(String(mode.dropFirst(10)))
        guard case .running(let running) = state(of: record), running.hasStarted else {
            throw ContainerError(
                .conflict, "cannot join \(kind.rawValue.uppercased()) of a non running container: \(record.id)",
                hint: "start \(record.name) first")
        }
        if kind == .ipc, try Self.decode(record).namespaces?.ipc != "shareable" {
            throw ContainerError(
                .conflict, "container \(record.id): non-shareable IPC",
                hint: "use --ipc shareable for the donor container")
        }
        return running.process.pid
    }

    private static func checkLabels(_ security: ContainerOptions.Security) throws(ContainerError) {
        if let profile = security.appArmor, profile != "unconfined", !Files.exists("/sys/kernel/security/apparmor") {
            throw ContainerError(
                .unsupported, "apparmor profile \(profile): this host has no AppArmor", hint: "leave the option out")
        }
        if let label = security.labels.first(where: { $0 != "disable" }) {
            throw ContainerError(
                .unsupported, "label \(label): labels of SELinux are not made yet", hint: "label=disable asks for none")
        }
    }

    /// Which calls a container's processes may make.
    static func systemCalls(
        _ security: ContainerOptions.Security?, capabilities: RuntimeSpec.Process.Capabilities?
    ) throws(ContainerError) -> Runtime.SystemCalls {
        guard let security else { return .standard }
        switch security.seccomp {
        case "unconfined": return .all
        case nil, "builtin": return security.isPrivileged ? .all : .standard
        case let profile?:
            let mask = try Capabilities.mask(names: capabilities?.bounding ?? [])
            return .policy(try SeccompProfile(profile).policy(capabilities: mask))
        }
    }

    // MARK: - Names

    /// The text of /etc/hosts.
    func hosts(_ configuration: ContainerConfiguration, _ endpoint: ContainerEndpoint?) throws(ContainerError) -> String
    {
        let entries = try (configuration.names?.hosts ?? []).map { text throws(ContainerError) in
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            let target = parts.count > 1 ? parts[1] : ""
            return NameFiles.HostEntry(
                name: parts[0], address: target == "host-gateway" ? try hostGateway(endpoint) : target)
        }
        guard configuration.network == .host else {
            return NameFiles.hosts(
                hostname: configuration.hostname, address: endpoint?.description.addresses.first?.address.ipv4,
                extra: entries)
        }
        return NameFiles.hosts(ofHost: try Files.readText("/etc/hosts", limit: 1 << 20), extra: entries)
    }

    /// Where a container reaches the host: the bridge's own address.
    private func hostGateway(_ endpoint: ContainerEndpoint?) throws(ContainerError) -> String {
        guard let gateway = endpoint?.description.defaultGateways.first else {
            throw ContainerError(
                .invalidArgument, "unable to derive the IP value for host-gateway",
                cause: "the container is not on a bridge", hint: "use the network bridge, or name the address")
        }
        return gateway.description
    }

    /// The text of /etc/resolv.conf: on a bridge from the host's real servers, where the file only names a local stub.
    func resolver(_ configuration: ContainerConfiguration) throws(ContainerError) -> String {
        let text = (try? Files.readText("/etc/resolv.conf", limit: 1 << 16)) ?? ""
        let isOnBridge = !configuration.network.attachments.isEmpty
        if !isOnBridge, configuration.names == nil { return text }
        var base = ResolverConfiguration(parsing: text)
        if isOnBridge, let path = base.realPath, let real = try? Files.readText(path, limit: 1 << 16) {
            base = ResolverConfiguration(parsing: real)
        }
        if isOnBridge { base = base.forBridge() }
        guard let names = configuration.names else { return base.rendered() }
        return base.replacing(nameservers: names.servers, search: names.search, options: names.options).rendered()
    }
}

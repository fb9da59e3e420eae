import CKLinux
import ContainerCgroups
import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import OCISpec

/// What a container finds around it: devices, other containers' namespaces, names.
extension Engine {
    /// Names of other containers become ids, so that a name that changes hands does not change the container.
    func resolve(_ configuration: inout ContainerConfiguration) throws(ContainerError) {
        func identified(_ mode: String?) throws(ContainerError) -> String? {
            guard let mode, mode.hasPrefix("container:") else { return mode }
            return "container:" + (try find(String(mode.dropFirst(10))).id)
        }
        if case .container(let name) = configuration.network { configuration.network = .container(try find(name).id) }
        try resolveNetworks(&configuration.network)
        guard var modes = configuration.namespaces else { return }
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
        if let security = configuration.security {
            host.permittedCapabilities = ck_permitted_capabilities()
            try Self.checkLabels(security)
        }
    }

    /// The containers whose pid and ipc namespaces it joins, by id.
    static func donors(of configuration: ContainerConfiguration)
        -> [(kind: RuntimeSpec.Linux.Namespace.Kind, container: String)]
    {
        [(.pid, configuration.namespaces?.pid), (.ipc, configuration.namespaces?.ipc)].compactMap { kind, mode in
            guard let mode, mode.hasPrefix("container:") else { return nil }
            return (kind, String(mode.dropFirst(10)))
        }
    }

    /// Whether those can be joined now.
    func checkDonors(of configuration: ContainerConfiguration) throws(ContainerError) {
        for (kind, container) in Self.donors(of: configuration) {
            let record = try find(container)
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
        }
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
}

import CKLinux
import ContainerCgroups
import ContainerNamespaces
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
}

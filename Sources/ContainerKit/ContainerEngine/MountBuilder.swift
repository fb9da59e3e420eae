import ContainerSystem
import OCISpec

/// Where the files of a volume are.
struct VolumeSource: Equatable {
    /// Nil is a folder or file, which is bound.
    var type: String?
    var source: String
    var options: [String] = []
}

/// The mounts of a container: docker's, the files that tell it its names, and what the caller shows in it.
enum MountBuilder {
    static func mounts(_ configuration: ContainerConfiguration, _ host: SpecBuilder.Host) throws(ContainerError)
        -> [RuntimeSpec.Mount]
    {
        var own: [RuntimeSpec.Mount] = []
        // What lies in another volume has to come after that; otherwise as they were given.
        for volume in configuration.volumes.enumerated().sorted(by: precedes).map(\.element) {
            own.append(try mount(volume, host))
        }
        var base = standard(configuration) + files(configuration, host)
        if !own.isEmpty {
            // The caller's takes the place of ours.
            let hasDevices = own.contains { $0.destination == "/dev" }
            base.removeAll { mount in
                own.contains { $0.destination == mount.destination }
                    || (hasDevices && mount.destination.hasPrefix("/dev/"))
            }
        }
        return base + own
    }

    private static func precedes(
        _ left: EnumeratedSequence<[VolumeBind]>.Element, _ right: EnumeratedSequence<[VolumeBind]>.Element
    ) -> Bool {
        let depths = (depth(left.element.target), depth(right.element.target))
        return depths.0 == depths.1 ? left.offset < right.offset : depths.0 < depths.1
    }

    private static func depth(_ path: String) -> Int { path.split(separator: "/").count }

    // MARK: - Ours

    private static func standard(_ configuration: ContainerConfiguration) -> [RuntimeSpec.Mount] {
        let ipc = configuration.namespaces?.ipc
        let security = configuration.security
        guard ipc != nil || security != nil || configuration.shmSize != nil else { return DockerDefaults.mounts }
        return DockerDefaults.mounts.compactMap { standard in
            var mount = standard
            switch mount.destination {
            case "/dev/shm":
                if ipc == "none" { return nil }
                if ipc == "host" { return bind("/dev/shm", on: "/dev/shm") }
                if let size = configuration.shmSize {
                    mount.options = mount.options?.map { $0.hasPrefix("size=") ? "size=\(size)" : $0 }
                }
            case "/sys" where security?.isPrivileged == true,
                "/sys/fs/cgroup" where security?.isPrivileged == true || security?.writableCgroups == true:
                mount.options?.removeAll { $0 == "ro" }
            default: break
            }
            return mount
        }
    }

    private static func bind(_ source: String, on target: String) -> RuntimeSpec.Mount {
        .init(destination: target, type: "bind", source: source, options: ["rbind", "rprivate"])
    }

    private static func files(_ configuration: ContainerConfiguration, _ host: SpecBuilder.Host) -> [RuntimeSpec.Mount]
    {
        ["resolv.conf", "hostname", "hosts"].map { name in
            var mount = bind("\(host.folder)/\(name)", on: "/etc/\(name)")
            if configuration.readOnlyRoot == true { mount.options?.append("ro") }
            return mount
        }
    }

    // MARK: - The caller's

    private static func mount(_ volume: VolumeBind, _ host: SpecBuilder.Host) throws(ContainerError)
        -> RuntimeSpec.Mount
    {
        switch volume.kind ?? .bind {
        case .bind: return bind(volume, volume.source)
        case .tmpfs:
            // docker's first: what the caller says takes their place.
            let options = ["noexec", "nosuid", "nodev", "rprivate"] + (volume.details?.tmpfsOptions ?? [])
            return .init(
                destination: volume.target, type: "tmpfs", source: "tmpfs",
                options: options + (volume.readOnly ? ["ro"] : []))
        case .volume:
            guard let source = host.volumes[volume.source] else {
                throw ContainerError(.notFound, "volume \(volume.source): no such volume")
            }
            guard let type = source.type else { return bind(volume, source.source, source.options) }
            return .init(
                destination: volume.target, type: type, source: source.source,
                options: source.options + (volume.readOnly ? ["ro"] : []))
        case .image:
            throw ContainerError(
                .unsupported, "an image as a mount (\(volume.source) on \(volume.target)) is not supported yet")
        }
    }

    private static func bind(_ volume: VolumeBind, _ source: String, _ more: [String] = []) -> RuntimeSpec.Mount {
        let details = volume.details
        var options = [details?.isNotRecursive == true ? "bind" : "rbind", details?.propagation ?? "rprivate"] + more
        // As docker since 25: mounts below it are read-only as well, unless it is said otherwise.
        if volume.readOnly { options.append(details?.recursiveReadOnly == "writable" ? "ro" : "rro") }
        return .init(destination: volume.target, type: "bind", source: source, options: options)
    }

    /// Mounts come and go through a bind only if they do through the root that it is in.
    static func rootPropagation(_ volumes: [VolumeBind]) -> String? {
        let wanted = volumes.compactMap { $0.details?.propagation }
        if wanted.contains(where: { $0 == "shared" || $0 == "rshared" }) { return "shared" }
        if wanted.contains(where: { $0 == "slave" || $0 == "rslave" }) { return "rslave" }
        return nil
    }
}

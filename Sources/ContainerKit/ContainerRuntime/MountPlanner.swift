import ContainerNamespaces
import ContainerSystem
import OCISpec

/// One mount of the specification as steps of the plan (config.md, "Mounts"; mount(8) for the options).
enum MountPlanner {
    /// A link in the image at one of these would put what belongs there somewhere else.
    private static let ordinaryTargets: Set<String> = ["proc", "sysfs", "cgroup", "devpts", "mqueue"]

    static func operations(for mount: RuntimeSpec.Mount, _ view: LaunchContext.CgroupView) throws(ContainerError)
        -> [LaunchPlan.Operation]
    {
        guard mount.destination.hasPrefix("/") else {
            throw ContainerError(.invalidArgument, "mount on \(mount.destination): it must be an absolute path")
        }
        let options = Options(mount.options ?? [])
        if options.isBind || mount.type == "bind" {
            return [
                .bind(
                    .init(
                        source: mount.source ?? "", target: mount.destination, attributes: options.attributes,
                        recursive: options.isRecursive, propagation: options.propagation))
            ]
        }
        let type = mount.type ?? "none"
        if type == "cgroup" { return cgroup(mount.destination, options.attributes, view) }
        return [
            .mount(
                .init(
                    type: type, source: mount.source ?? type, target: mount.destination,
                    attributes: options.attributes, options: options.data,
                    ordinaryTarget: ordinaryTargets.contains(type) || mount.destination == "/dev"))
        ]
    }

    private static func cgroup(_ target: String, _ attributes: MountAttributes, _ view: LaunchContext.CgroupView)
        -> [LaunchPlan.Operation]
    {
        switch view {
        case .unified:
            return [
                .mount(
                    .init(
                        type: "cgroup2", source: "cgroup", target: target, attributes: attributes, ordinaryTarget: true)
                )
            ]
        case .hierarchies(let hierarchies):
            let folder = LaunchPlan.Operation.mount(
                .init(
                    type: "tmpfs", source: "tmpfs", target: target, attributes: attributes.subtracting(.readOnly),
                    options: ["mode=755"], ordinaryTarget: true))
            let mounts = hierarchies.map { hierarchy in
                LaunchPlan.Operation.mount(
                    .init(
                        type: "cgroup", source: "cgroup", target: "\(target)/\(hierarchy.name)",
                        attributes: attributes, options: hierarchy.options))
            }
            // As with a joint hierarchy on the host: /sys/fs/cgroup/cpu is a link to cpu,cpuacct.
            let links = hierarchies.filter { $0.name.contains(",") }.flatMap { hierarchy in
                hierarchy.name.split(separator: ",").map { name in
                    LaunchPlan.Operation.symlink(path: "\(target)/\(name)", target: hierarchy.name)
                }
            }
            let seal: [LaunchPlan.Operation] = attributes.contains(.readOnly) ? [.makeReadOnly(path: target)] : []
            return [folder] + mounts + links + seal
        }
    }

    /// Mount options by kind: flags of the mount, propagation, and what the file system itself understands.
    struct Options {
        var attributes: MountAttributes = []
        var propagation: Propagation?
        var isBind = false
        var isRecursive = false
        var data: [String] = []

        init(_ options: [String]) {
            for option in options {
                let recursivePropagation =
                    option.hasPrefix("r") ? Propagation(rawValue: String(option.dropFirst())) : nil
                if let attribute = MountAttributes(name: option) {
                    attributes.insert(attribute)
                } else if let propagation = Propagation(rawValue: option) ?? recursivePropagation {
                    self.propagation = propagation
                } else if option == "bind" || option == "rbind" {
                    isBind = true
                    isRecursive = option == "rbind"
                } else if !["rw", "suid", "dev", "exec", "relatime", "defaults", "atime"].contains(option) {
                    data.append(option)
                }
            }
        }
    }
}

/// The nodes and links that every container has in /dev (config-linux.md, "Default Devices").
enum DeviceNodes {
    static let operations: [LaunchPlan.Operation] =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)].map {
            .makeNode(path: "/dev/\($0.0)", kind: .character, major: $0.1, minor: $0.2, mode: 0o666)
        } + [
            .symlink(path: "/dev/ptmx", target: "pts/ptmx"),
            .symlink(path: "/dev/fd", target: "/proc/self/fd"),
            .symlink(path: "/dev/stdin", target: "/proc/self/fd/0"),
            .symlink(path: "/dev/stdout", target: "/proc/self/fd/1"),
            .symlink(path: "/dev/stderr", target: "/proc/self/fd/2"),
            .symlink(path: "/dev/core", target: "/proc/kcore"),
        ]
}

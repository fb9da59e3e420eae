import ContainerNamespaces
import ContainerSystem
import OCISpec

/// One mount of the specification as steps of the plan (config.md, "Mounts").
struct MountPlanner {
    let view: LaunchContext.CgroupView
    /// Whether the container has a cgroup namespace, in which its own control group is the root.
    let hidesCgroup: Bool
    /// Whether what it sees as the root is its own, at `cgroupPath`.
    let ownsCgroup: Bool
    let cgroupPath: String
    let mountLabel: String?
    /// The container's own, for mounts that ask for a map and name none.
    let uidMappings: [RuntimeSpec.IDMapping]
    let gidMappings: [RuntimeSpec.IDMapping]
    /// Mounts of the host that are opened with the host's rights, before the container's process is there.
    private(set) var trees: [LaunchPlan.Tree] = []
    /// The run folder of a container whose /dev/shm it has; nil is one of its own.
    private let sharedMemory: String?
    /// Whether the process that mounts has the rights of a user namespace only.
    let opensTreesFirst: Bool

    init(_ spec: RuntimeSpec, _ context: LaunchContext, namespaces: NamespacePlan) {
        view = context.cgroupView
        hidesCgroup = namespaces.has(.cgroup)
        cgroupPath = spec.linux.cgroupsPath ?? ""
        ownsCgroup = namespaces.new.contains(.cgroup) && !cgroupPath.isEmpty
        mountLabel = context.labelsMounts ? spec.linux.mountLabel : nil
        opensTreesFirst = namespaces.has(.user)
        sharedMemory = context.donors[.ipc]
        uidMappings = spec.linux.uidMappings ?? []
        gidMappings = spec.linux.gidMappings ?? []
    }

    /// A link in the image at one of these would put what belongs there somewhere else.
    private static let ordinaryTargets = ["proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue"]
    /// File systems that take a label (`context=`).
    private static let labelled = ["tmpfs", "devpts", "mqueue", "ramfs", "overlay"]

    mutating func operations(for mount: RuntimeSpec.Mount) throws(ContainerError) -> [LaunchPlan.Operation] {
        let target = PathText.absolute(mount.destination)
        guard target != "/" else { throw ContainerError(.invalidArgument, "a mount on the container's root") }
        let options = MountOptions(mount.options ?? [])
        if let sharedMemory, target == "/dev/shm" { return [share(target, of: sharedMemory)] }
        if options.isRemount { return [.changeMount(path: target, options.attributesOfOne)] }
        if options.isBind || mount.type == "bind" { return [try bind(mount, on: target, options)] }
        let type = mount.type ?? "none"
        if type == "cgroup" || type == "cgroup2" { return cgroup(target, options) }
        var data = options.data
        if let mountLabel, Self.labelled.contains(type) { data.append("context=\(mountLabel)") }
        var new = LaunchPlan.Mount(
            type: type, source: mount.source ?? type, target: target, attributes: options.attributesOfOne.set,
            options: data, ordinaryTarget: Self.ordinaryTargets.contains(type) || target == "/dev",
            copiesUp: options.copiesUp, propagation: options.propagation)
        new.onProc = Self.mayBeOnProc(target, type)
        return [.mount(new)]
    }

    private mutating func bind(_ mount: RuntimeSpec.Mount, on target: String, _ options: MountOptions)
        throws(ContainerError) -> LaunchPlan.Operation
    {
        var bind = LaunchPlan.Bind(
            source: mount.source ?? "", target: target, attributes: options.attributes,
            treeAttributes: options.treeAttributes, recursive: options.isRecursive, propagation: options.propagation,
            propagatesRecursively: options.propagatesRecursively)
        bind.onProc = Self.mayBeOnProc(target, "bind")
        // What stands in for the kernel's own is laid where it belongs, or nowhere.
        bind.ordinaryTarget = target == "/proc" || target == "/sys" || target == "/dev"
        let maps = options.idMap != nil || mount.uidMappings != nil
        guard maps || opensTreesFirst else { return .bind(bind) }
        var tree = LaunchPlan.Tree(bind)
        // It is opened among the host's mounts: as it stands, what is mounted in it would be mounted there too.
        if bind.propagation == nil { (tree.bind.propagation, tree.bind.propagatesRecursively) = (.slave, true) }
        if maps {
            tree.uids = IDMapText.text(mount.uidMappings ?? uidMappings)
            tree.gids = IDMapText.text(mount.gidMappings ?? gidMappings)
            tree.mapsAll = options.idMap == .wholeTree
        }
        bind.tree = trees.count
        trees.append(tree)
        return .bind(bind)
    }

    /// What another container has at a place, at the same place.
    private mutating func share(_ target: String, of runFolder: String) -> LaunchPlan.Operation {
        var bind = LaunchPlan.Bind(source: target, target: target, recursive: false, propagation: .private)
        let tree = LaunchPlan.Tree(bind, ofContainer: runFolder)
        bind.tree = trees.count
        trees.append(tree)
        return .bind(bind)
    }

    mutating func openRoot(_ path: String, _ propagation: Propagation) -> Int {
        trees.append(LaunchPlan.Tree(.init(source: path, target: "/", recursive: true, propagation: propagation)))
        return trees.count - 1
    }

    /// procfs itself, and single files of it that the host may fill in for a container (as runc).
    private static func mayBeOnProc(_ target: String, _ type: String) -> Bool {
        let files = [
            "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
            "/proc/loadavg", "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid",
            "/proc/sys/crypto/fips_enabled",
        ]
        return (type == "proc" && target == "/proc") || target == "/proc" || files.contains(target)
    }

    private func cgroup(_ target: String, _ options: MountOptions) -> [LaunchPlan.Operation] {
        let attributes = options.attributesOfOne
        switch view {
        case .unified(let folder):
            // Without a namespace of its own it would see all of the host's either way: as they are mounted there.
            guard hidesCgroup else { return [.bind(shown(folder, on: target, attributes))] }
            return [
                .mount(
                    .init(
                        type: "cgroup2", source: "cgroup", target: target, attributes: attributes.set,
                        ordinaryTarget: true))
            ]
        case .hierarchies(let hierarchies):
            let folder = LaunchPlan.Operation.mount(
                .init(
                    type: "tmpfs", source: "tmpfs", target: target, attributes: attributes.set.subtracting(.readOnly),
                    options: ["mode=755"], ordinaryTarget: true))
            let mounts = hierarchies.map { hierarchy -> LaunchPlan.Operation in
                let place = "\(target)/\(hierarchy.name)"
                // Only its own part, as under runc. In a namespace of its own that is all there is to see, and to mount
                // the hierarchy itself takes the longer the more control groups the host has.
                if !hidesCgroup || ownsCgroup {
                    return .bind(shown(hierarchy.folder + cgroupPath, on: place, attributes))
                }
                return .mount(
                    .init(
                        type: hierarchy.isUnified ? "cgroup2" : "cgroup", source: "cgroup", target: place,
                        attributes: attributes.set, options: hierarchy.options))
            }
            // As with a joint hierarchy on the host: /sys/fs/cgroup/cpu is a link to cpu,cpuacct.
            let links = hierarchies.filter { $0.name.contains(",") }.flatMap { hierarchy in
                hierarchy.name.split(separator: ",").map { name in
                    LaunchPlan.Operation.symlink(path: "\(target)/\(name)", target: hierarchy.name)
                }
            }
            let seal: [LaunchPlan.Operation] = attributes.set.contains(.readOnly) ? [.makeReadOnly(path: target)] : []
            return [folder] + mounts + links + seal
        }
    }

    private func shown(_ folder: String, on target: String, _ attributes: LaunchPlan.AttributeChange)
        -> LaunchPlan.Bind
    {
        LaunchPlan.Bind(source: folder, target: target, attributes: attributes, recursive: false)
    }
}

/// Paths of a container's files as text.
enum PathText {
    /// With `.` and `..` and doubled slashes taken out, from the root on; relative ones count from there too.
    static func absolute(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        if parts.isEmpty { return "/" }
        return parts.reduce(into: "") { $0 += "/\($1)" }
    }
}

/// The lines of uid_map and gid_map (user_namespaces(7)).
enum IDMapText {
    static func text(_ mappings: [RuntimeSpec.IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }
}

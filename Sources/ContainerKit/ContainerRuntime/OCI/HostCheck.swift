import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

/// What a specification asks of this host, looked at before anything is made. Races are none of its business: the kernel
/// has the last word.
enum HostCheck {
    /// - Throws: the first thing that the host lacks, by the path of its field.
    static func check(_ spec: RuntimeSpec) throws(ContainerError) {
        try folder(spec.root.path, "root.path")
        for (index, mount) in spec.mounts.enumerated() where OCIBundle.isBind(mount) {
            let source = mount.source ?? ""
            if MountOptions(mount.options ?? []).isRemount { continue }
            guard Files.exists(source) else {
                throw ContainerError(
                    .notFound, "config.json: mounts[\(index)].source: \(source) does not exist")
            }
        }
        for (index, namespace) in spec.linux.namespaces.enumerated() {
            let field = "config.json: linux.namespaces[\(index)]"
            if let path = namespace.path, !path.isEmpty, !Files.exists(path) {
                throw ContainerError(.notFound, "\(field).path: \(path) does not exist")
            }
            if let path = namespace.path, !path.isEmpty, !NamespaceFile.isOne(path, of: namespace.type) {
                throw ContainerError(.invalidArgument, "\(field).path: \(path) is not a \(namespace.type) namespace")
            }
            // The kernel's own list of what it has (namespaces(7)).
            let name = namespace.type == .mount ? "mnt" : namespace.type == .network ? "net" : namespace.type.rawValue
            guard Files.exists("/proc/self/ns/\(name)") else {
                throw ContainerError(.unsupported, "\(field).type: this kernel has no \(namespace.type) namespaces")
            }
        }
        try check(spec.process)
        try cacheAllocation(spec)
    }

    /// Labels of a process that joins a container.
    static func check(_ process: RuntimeSpec.Process) throws(ContainerError) {
        if let profile = process.apparmorProfile, !profile.isEmpty, !hasAppArmor {
            throw ContainerError(
                .unsupported, "config.json: process.apparmorProfile: this host has no AppArmor",
                hint: "take the field out, or enable AppArmor in the kernel")
        }
        if let label = process.selinuxLabel, !label.isEmpty, !hasSELinux {
            throw ContainerError(
                .unsupported, "config.json: process.selinuxLabel: SELinux is not enabled on this host",
                hint: "take the field out, or enable SELinux")
        }
    }

    private static func folder(_ path: String, _ field: String) throws(ContainerError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ContainerError(.current, "config.json: \(field): \(path)")
        }
        if status.st_mode & S_IFMT != S_IFDIR {
            throw ContainerError(.invalidArgument, "config.json: \(field): \(path) is not a folder")
        }
    }

    private static func cacheAllocation(_ spec: RuntimeSpec) throws(ContainerError) {
        guard spec.linux.intelRdt != nil else { return }
        let reason =
            Files.exists("/sys/fs/resctrl/schemata")
            ? "cache and bandwidth allocation is not supported" : "this host has no resctrl file system"
        throw ContainerError(.unsupported, "config.json: linux.intelRdt: \(reason)", hint: "take the field out")
    }

    static var hasAppArmor: Bool {
        (try? Files.readText("/sys/module/apparmor/parameters/enabled", limit: 16))?.hasPrefix("Y") == true
            && Files.exists("/proc/self/attr/apparmor/exec")
    }

    static var hasSELinux: Bool { Files.exists("/sys/fs/selinux/enforce") }
}

/// A file that stands for a namespace (namespaces(7)).
private enum NamespaceFile {
    private static let getType: UInt = 0xb703  // NS_GET_NSTYPE of ioctl_ns(2)

    static func isOne(_ path: String, of kind: RuntimeSpec.Linux.Namespace.Kind) -> Bool {
        guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) else { return false }
        return ioctl(file.raw, getType, 0) == CInt(bitPattern: UInt32(truncatingIfNeeded: Namespaces(kind).rawValue))
    }
}

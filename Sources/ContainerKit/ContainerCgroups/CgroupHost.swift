import ContainerSystem
import Glibc

/// How this host mounts its control groups (cgroups(7)).
public struct CgroupHost: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Version 2 alone.
        case unified
        /// Version 1 alone.
        case legacy
        /// Controllers on version 1, and a version 2 tree beside them.
        case hybrid
    }

    /// One mounted tree of version 1.
    public struct Hierarchy: Sendable, Equatable {
        public var mountPoint: String
        /// The controllers that share the tree (`cpu`, `cpuacct`), or a name alone (`name=systemd`).
        public var controllers: [String]

        public init(mountPoint: String, controllers: [String]) {
            self.mountPoint = mountPoint
            self.controllers = controllers
        }
    }

    public var kind: Kind
    /// The trees of version 1; empty on a unified host.
    public var hierarchies: [Hierarchy]
    /// Where version 2 is mounted; nil on a legacy host.
    public var unified: String?

    public init(hierarchies: [Hierarchy], unified: String?) {
        self.kind = hierarchies.isEmpty ? .unified : unified == nil ? .legacy : .hybrid
        self.hierarchies = hierarchies
        self.unified = unified
    }

    /// Looks at what is mounted. Cheap enough for every start: one statfs(2) on a unified host, else one read of
    /// `/proc/self/mountinfo`.
    /// - Throws: `ContainerError` `unsupported` when no cgroup tree is mounted.
    public static func detect(fileSystem: any CgroupFileSystem = KernelCgroupFileSystem())
        throws(ContainerError) -> CgroupHost
    {
        let usual = "/sys/fs/cgroup"
        if fileSystem.magic(usual) == 0x6367_7270 {  // CGROUP2_SUPER_MAGIC
            return CgroupHost(hierarchies: [], unified: usual)
        }
        let table: String
        do {
            // Every container adds a few lines, so a busy host has a long one.
            table = try fileSystem.read("/proc/self/mountinfo", limit: 64 << 20)
        } catch {
            throw ContainerError(error, "find the control groups: read /proc/self/mountinfo")
        }
        return try parse(mountInfo: table)
    }

    static func parse(mountInfo: String) throws(ContainerError) -> CgroupHost {
        var hierarchies = [Hierarchy]()
        var unified: String?
        for line in mountInfo.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let mount = CgroupMount(line) else { continue }
            if mount.isVersion2 {
                if unified == nil { unified = mount.point }
            } else if let controllers = mount.joinable,
                !hierarchies.contains(where: { $0.controllers == controllers })
            {
                hierarchies.append(Hierarchy(mountPoint: mount.point, controllers: controllers))
            }
        }
        if hierarchies.isEmpty && unified == nil {
            throw ContainerError(
                .unsupported, "find the control groups: no cgroup file system is mounted",
                hint: "mount one: mount -t cgroup2 none /sys/fs/cgroup")
        }
        return CgroupHost(hierarchies: hierarchies, unified: unified)
    }

    /// The mount point of the version 1 tree that has a controller.
    public func mountPoint(of controller: String) -> String? {
        hierarchies.first { $0.controllers.contains(controller) }?.mountPoint
    }

    /// The controllers that can limit something here.
    public func controllers(fileSystem: any CgroupFileSystem = KernelCgroupFileSystem()) -> Set<String> {
        Set(hierarchies.flatMap(\.controllers)).union(unifiedControllers(fileSystem: fileSystem))
    }

    /// The controllers that the tree of version 2 has.
    func unifiedControllers(fileSystem: any CgroupFileSystem) -> [String] {
        guard let unified, let text = try? fileSystem.read(unified + "/cgroup.controllers", limit: 4096) else {
            return []
        }
        return CgroupText.words(text)
    }

    /// Whether memory and swap together can be limited, which version 1 needs a boot parameter for.
    public func canLimitSwap(fileSystem: any CgroupFileSystem = KernelCgroupFileSystem()) -> Bool {
        if let memory = mountPoint(of: "memory") {
            return fileSystem.exists(memory + "/memory.memsw.limit_in_bytes")
        }
        guard let unified, let own = CgroupHost.ownPath(fileSystem: fileSystem) else { return false }
        // The root has no such file, so ask where this process is; in the root itself assume the kernel's default.
        return own == "/" || fileSystem.exists(unified + own + "/memory.swap.max")
            || !fileSystem.exists(unified + own + "/memory.max")
    }

    /// The version 2 cgroup of this process, from `/proc/self/cgroup`.
    static func ownPath(fileSystem: any CgroupFileSystem) -> String? {
        guard let text = try? fileSystem.read("/proc/self/cgroup", limit: 1 << 20) else { return nil }
        return text.split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
    }
}

/// One line of `/proc/self/mountinfo` (proc(5)) that mounts a cgroup tree.
private struct CgroupMount {
    let point: String
    let isVersion2: Bool
    let options: String

    /// Nil for any other file system. Works on bytes: a busy host has thousands of overlay lines to pass over.
    init?(_ line: Substring.UTF8View) {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
        guard let dash = fields.indices.first(where: { $0 >= 6 && fields[$0].elementsEqual("-".utf8) }),
            fields.count > dash + 3
        else { return nil }
        let type = fields[dash + 1]
        isVersion2 = type.elementsEqual("cgroup2".utf8)
        guard isVersion2 || type.elementsEqual("cgroup".utf8) else { return nil }
        point = CgroupMount.unescaped(fields[4])
        options = String(Substring(fields[dash + 3]))
    }

    /// The controllers of the tree, if a container should join it: a named tree is somebody's bookkeeping, and only
    /// systemd's is shared.
    var joinable: [String]? {
        let flags: [Substring] = [
            "rw", "ro", "xattr", "noprefix", "clone_children", "all", "none", "cpuset_v2_mode",
        ]
        let names = options.split(separator: ",").filter {
            !flags.contains($0) && !$0.hasPrefix("release_agent=") && !$0.hasPrefix("favordynmods")
                && !$0.hasPrefix("nofavordynmods")
        }
        let controllers = names.filter { !$0.hasPrefix("name=") }
        if controllers.isEmpty { return names.contains("name=systemd") ? ["name=systemd"] : nil }
        return controllers.map(String.init)
    }

    /// Octal escapes of the kernel (`\040` for a space).
    private static func unescaped(_ field: Substring.UTF8View) -> String {
        var bytes = [UInt8]()
        var rest = field[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let value = UInt8(String(Substring(digits)), radix: 8) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

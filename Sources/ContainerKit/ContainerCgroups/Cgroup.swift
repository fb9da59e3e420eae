import ContainerSystem
import Glibc
import OCISpec

/// One control group: a folder in every cgroup tree of the host, with limits on what runs in it (cgroups(7)).
///
/// The path counts from the root of each tree (`/containerkit/<id>`), whatever cgroup the caller is in. A process
/// enters it by being cloned into `directoryForClone`, and by writing `0` to each of `joinPaths` itself.
public struct Cgroup: Sendable {
    /// Folders below these are made and removed by this library alone, so an empty one is litter.
    public static let ownFolder = "/containerkit"
    public static let ociFolder = "/containerkit-oci"

    public let host: CgroupHost
    public let path: String
    /// Requests that could not be met and were not worth failing for.
    public private(set) var warnings: [String] = []
    let fileSystem: any CgroupFileSystem

    /// A cgroup that was made before, by this process or another one. Nothing is read or changed.
    /// - Throws: `invalidArgument` when the path is not absolute, or leads outside.
    public init(
        existing path: String, host: CgroupHost, fileSystem: any CgroupFileSystem = KernelCgroupFileSystem()
    ) throws(ContainerError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isSafe =
            path.hasPrefix("/") && path.utf8.count <= 1024
            && parts.allSatisfy {
                !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255
                    && $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
            }
        guard isSafe, !parts.isEmpty else {
            throw ContainerError(
                .invalidArgument, "cgroup path '\(path)': not an absolute path of plain names",
                hint: "give one such as \(Cgroup.ownFolder)/name")
        }
        self.path = path
        self.host = host
        self.fileSystem = fileSystem
    }

    /// Makes the cgroup and sets its limits; nothing is left behind when that fails. Values are checked first.
    /// - Parameter naming: how errors and warnings call what was asked for.
    /// - Throws: `ContainerError`: `unsupported` when a limit is asked for that this host has no controller for,
    ///   `conflict` when processes are in it already, `permissionDenied` with the way out when this process may not.
    public static func create(
        path: String, resources: RuntimeSpec.Resources, host: CgroupHost,
        fileSystem: any CgroupFileSystem = KernelCgroupFileSystem(), naming: CgroupNaming = .words
    ) throws(ContainerError) -> Cgroup {
        var cgroup = try Cgroup(existing: path, host: host, fileSystem: fileSystem)
        let limits: CgroupLimits
        let rules: DeviceSetting?
        do throws(CgroupFailure) {
            limits = try Cgroup.limits(resources, host: host, fileSystem: fileSystem)
            rules = try resources.devices.map { rules throws(CgroupFailure) in try DeviceSetting(rules, on: host) }
        } catch { throw error.named(naming) }
        do throws(CgroupFailure) {
            for directory in cgroup.directories { try cgroup.makeDirectory(directory, for: limits.unifiedControllers) }
            cgroup.warnings = try cgroup.apply(limits, naming)
            if let rules { try cgroup.apply(rules) }
        } catch {
            if error.error.code != .conflict || !cgroup.isBusy { try? cgroup.delete() }
            throw error.named(naming, during: "make the cgroup \(path)")
        }
        return cgroup
    }

    /// Where the process that becomes the container writes `0` to enter the trees of version 1. The process must have
    /// one thread: these are the `tasks` files, which cost a tenth of `cgroup.procs`, because the kernel need not
    /// stop every fork on the machine to move a thread. Empty on a unified host.
    public var joinPaths: [String] { host.hierarchies.map { $0.mountPoint + path + "/tasks" } }

    /// The version 2 folder, to be opened and handed to clone3(2) with `CLONE_INTO_CGROUP`; nil on a legacy host.
    /// On a hybrid host this goes together with `joinPaths`.
    public var directoryForClone: String? { host.unified.map { $0 + path } }

    /// Where any process writes `0`, or another's id, to enter with all of its threads: every tree of the host.
    public var processPaths: [String] { directories.map { $0 + "/cgroup.procs" } }

    /// Whether the cgroup is there.
    public var exists: Bool { directories.contains { fileSystem.exists($0) } }

    /// Its folder in every tree of the host.
    public var directories: [String] {
        (host.hierarchies.map(\.mountPoint) + [host.unified].compactMap(\.self)).map { $0 + path }
    }

    /// The cgroup's folder in the tree that has a controller, or would have it.
    func location(of controller: String) -> (folder: String, version: CgroupSetting.Version)? {
        if let root = host.mountPoint(of: controller) { return (root + path, .one) }
        return host.unified.map { ($0 + path, .two) }
    }

    private var isBusy: Bool { !((try? processes()) ?? []).isEmpty }
}

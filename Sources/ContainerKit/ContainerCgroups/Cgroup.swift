import ContainerSystem
import Glibc
import OCISpec

/// One control group: a folder in every cgroup tree of the host, with limits on what runs in it (cgroups(7)).
///
/// The path counts from the root of each tree (`/containerkit/<id>`), whatever cgroup the caller is in. A process
/// enters it by being cloned into `directoryForClone`, and by writing `0` to each of `joinPaths` itself.
public struct Cgroup: Sendable {
    /// Folders below this one are made and removed by this library alone, so an empty one is litter.
    public static let ownFolder = "/containerkit"

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

    /// Makes the cgroup and sets its limits; nothing is left behind when that fails.
    /// - Throws: `ContainerError`: `unsupported` when a limit is asked for that this host has no controller for,
    ///   `conflict` when processes are in it already, `permissionDenied` with the way out when this process may not.
    public static func create(
        path: String, resources: RuntimeSpec.Resources, host: CgroupHost,
        fileSystem: any CgroupFileSystem = KernelCgroupFileSystem()
    ) throws(ContainerError) -> Cgroup {
        var cgroup = try Cgroup(existing: path, host: host, fileSystem: fileSystem)
        let limits =
            host.kind == .unified ? try CgroupLimits.version2(resources) : try CgroupLimits.version1(resources)
        let requested = limits.settings.filter(\.isRequested)
        let available = host.controllers(fileSystem: fileSystem)
        for setting in requested where !available.contains(setting.controller) {
            throw CgroupSetting.missing(setting.controller, for: setting.purpose)
        }
        let rules = try resources.devices.map { rules throws(ContainerError) in
            host.kind == .unified ? DeviceSetting.program(try DeviceFilter(rules)) : try DeviceSetting(lines: rules)
        }
        do {
            for directory in cgroup.directories { try cgroup.makeDirectory(directory, requested: requested) }
            cgroup.warnings = try cgroup.apply(limits, available: available)
            if let rules { try cgroup.apply(rules) }
        } catch {
            if error.code != .conflict || !cgroup.isBusy { try? cgroup.delete() }
            throw error.during("make the cgroup \(path)")
        }
        return cgroup
    }

    /// Changes the limits of a cgroup that is in use; what the resources do not mention stays.
    /// - Throws: as `create`. Device rules cannot be changed.
    public func update(_ resources: RuntimeSpec.Resources) throws(ContainerError) {
        var limits = host.kind == .unified ? try CgroupLimits.version2(resources) : try CgroupLimits.version1(resources)
        let available = host.controllers(fileSystem: fileSystem)
        for setting in limits.settings where setting.isRequested && !available.contains(setting.controller) {
            throw CgroupSetting.missing(setting.controller, for: setting.purpose)
        }
        // The limit with swap must never fall below the one without: going up, it goes first.
        if let swap = limits.settings.firstIndex(where: { $0.file == "memory.memsw.limit_in_bytes" }),
            let memory = limits.settings.firstIndex(where: { $0.file == "memory.limit_in_bytes" }),
            let folder = directory(of: "memory"),
            let now = (try? fileSystem.read(folder + "/memory.limit_in_bytes", limit: 64)).flatMap(CgroupText.number),
            UInt64(limits.settings[swap].value).map({ $0 > now }) ?? true
        {
            limits.settings.swapAt(swap, memory)
        }
        _ = try apply(limits, available: available)
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

    func directory(of controller: String) -> String? {
        (host.mountPoint(of: controller) ?? (host.kind == .unified ? host.unified : nil)).map { $0 + path }
    }

    private var isBusy: Bool { !((try? processes()) ?? []).isEmpty }
}

// MARK: - Limits

private enum DeviceSetting {
    case program(DeviceFilter)
    case lines([(file: String, line: String)])

    init(lines rules: [RuntimeSpec.Resources.DeviceRule]) throws(ContainerError) {
        // A list of rules stands for itself: whatever the parent allows does not count.
        var lines = [(file: "devices.deny", line: "a")]
        for rule in rules {
            let rule = try DeviceRule(rule)
            lines += rule.lines.map { (rule.allow ? "devices.allow" : "devices.deny", $0) }
        }
        self = .lines(lines)
    }
}

extension Cgroup {
    /// Answers warnings.
    private func apply(_ limits: CgroupLimits, available: Set<String>) throws(ContainerError) -> [String] {
        var warnings = [String]()
        for setting in limits.settings {
            guard available.contains(setting.controller), let folder = directory(of: setting.controller) else {
                continue
            }
            let file = folder + "/" + setting.file
            do {
                try fileSystem.write(file, setting.value)
            } catch {
                let isSwap = setting.file.contains("swap") || setting.file.contains("memsw")
                if error.rawValue == ENOENT || error.rawValue == EACCES, isSwap, !fileSystem.exists(file) {
                    if !setting.isRequested { continue }
                    let text = "this host cannot limit swap"
                    guard limits.swapIsDefault else {
                        throw ContainerError(
                            .unsupported, "\(setting.purpose): \(text)", hint: "boot the kernel with swapaccount=1")
                    }
                    warnings.append("\(text): only memory is limited")
                    continue
                }
                if error.rawValue == ENOENT, !setting.isRequested { continue }
                throw ContainerError(error, "set \(setting.purpose) to \(setting.value) (\(setting.file))")
            }
        }
        return warnings
    }

    private func apply(_ rules: DeviceSetting) throws(ContainerError) {
        switch rules {
        case .program(let filter):
            guard let folder = host.unified.map({ $0 + path }) else { return }
            do { try fileSystem.attachDeviceFilter(filter.program, to: folder) } catch {
                throw ContainerError(error, "attach the device filter (bpf(2))")
            }
        case .lines(let lines):
            guard let folder = directory(of: "devices") else {
                throw CgroupSetting.missing("devices", for: "the device list")
            }
            for (file, line) in lines {
                do { try fileSystem.write(folder + "/" + file, line) } catch {
                    throw ContainerError(error, "set the device list: write '\(line)' to \(file)")
                }
            }
        }
    }
}

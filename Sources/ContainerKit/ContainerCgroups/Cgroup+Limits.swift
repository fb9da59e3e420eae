import ContainerSystem
import Glibc
import OCISpec

extension Cgroup {
    /// Says whether this host can hold these resources; nothing is made.
    /// - Throws: `ContainerError`: `invalidArgument` for a value that is malformed or out of range, `unsupported` for what
    ///   this host, or its version of cgroups, does not have.
    public static func check(
        _ resources: RuntimeSpec.Resources, host: CgroupHost,
        fileSystem: any CgroupFileSystem = KernelCgroupFileSystem(), naming: CgroupNaming = .words
    ) throws(ContainerError) {
        do throws(CgroupFailure) {
            _ = try limits(resources, host: host, fileSystem: fileSystem)
            _ = try DeviceSetting(resources.devices ?? [], on: host)
        } catch { throw error.named(naming) }
    }

    static func limits(
        _ resources: RuntimeSpec.Resources, host: CgroupHost, fileSystem: any CgroupFileSystem
    ) throws(CgroupFailure) -> CgroupLimits {
        let limits = try CgroupLimits(resources, on: host)
        // What the tree of version 2 has is read only when something is wanted of it.
        var unified: [String]?
        for setting in limits.settings where setting.isRequested {
            if setting.version == .one {
                guard host.mountPoint(of: setting.controller) == nil else { continue }
            } else {
                if unified == nil { unified = host.unifiedControllers(fileSystem: fileSystem) }
                guard setting.controller != "cgroup", unified?.contains(setting.controller) == false else { continue }
            }
            let isElsewhere = setting.version == .two && host.mountPoint(of: setting.controller) != nil
            throw isElsewhere
                ? .elsewhere(setting.controller, for: setting.field)
                : .missing(setting.controller, for: setting.field)
        }
        return limits
    }

    /// Changes the limits of a cgroup that is in use; what the resources do not mention stays. Device rules cannot be
    /// changed, and are not looked at.
    /// - Returns: warnings: fields that change nothing, and why.
    /// - Throws: as `create`; `conflict` for a limit below what is used, with `checkBeforeUpdate`, or on version 1.
    @discardableResult
    public func update(_ resources: RuntimeSpec.Resources, naming: CgroupNaming = .words) throws(ContainerError)
        -> [String]
    {
        do throws(CgroupFailure) {
            var limits = try Cgroup.limits(resources, host: host, fileSystem: fileSystem)
            if resources.memory?.checkBeforeUpdate == true { try checkUsage(limits) }
            limits = keepingQuota(limits)
            limits.settings = inOrderOfChange(limits.settings)
            try enable(limits.unifiedControllers)
            return try apply(limits, naming)
        } catch { throw error.named(naming) }
    }

    /// Version 2 kills for a limit below what is used, where version 1 refuses it.
    private func checkUsage(_ limits: CgroupLimits) throws(CgroupFailure) {
        guard let memory = location(of: "memory"), memory.version == .two,
            let used = try? fileSystem.read(memory.folder + "/memory.current", limit: 64)
        else { return }
        for setting in limits.settings where setting.file == "memory.max" {
            guard let limit = UInt64(setting.value), let used = CgroupText.number(used), limit <= used else { continue }
            throw belowUsage(setting, used)
        }
    }

    private func belowUsage(_ setting: CgroupSetting, _ used: UInt64) -> CgroupFailure {
        CgroupFailure(
            ContainerError(
                .conflict, "\(setting.purpose) of \(setting.value) bytes is not above what is used: \(used) bytes"),
            setting.field)
    }

    /// A new period alone leaves the quota as it is, which version 2 has in the same file.
    private func keepingQuota(_ limits: CgroupLimits) -> CgroupLimits {
        var limits = limits
        guard let index = limits.settings.firstIndex(where: { $0.file == "cpu.max" && $0.field == .period }),
            let folder = location(of: "cpu")?.folder,
            let now = try? fileSystem.read(folder + "/cpu.max", limit: 64), let quota = CgroupText.words(now).first
        else { return limits }
        let period = limits.settings[index].value.drop { $0 != " " }
        limits.settings[index].value = quota + period
        return limits
    }

    /// The limit with swap must never fall below the one without: going up, it goes first.
    private func inOrderOfChange(_ settings: [CgroupSetting]) -> [CgroupSetting] {
        var settings = settings
        if let swap = settings.firstIndex(where: { $0.file == "memory.memsw.limit_in_bytes" }),
            let memory = settings.firstIndex(where: { $0.file == "memory.limit_in_bytes" }),
            let folder = location(of: "memory")?.folder,
            let now = (try? fileSystem.read(folder + "/memory.limit_in_bytes", limit: 64)).flatMap(CgroupText.number),
            UInt64(settings[swap].value).map({ $0 > now }) ?? true
        {
            settings.swapAt(swap, memory)
        }
        return settings
    }

    /// Answers warnings.
    func apply(_ limits: CgroupLimits, _ naming: CgroupNaming) throws(CgroupFailure) -> [String] {
        var warnings = limits.warnings.map { warning in
            CgroupFailure(ContainerError(.unsupported, "\(warning.field.purpose): \(warning.text)"), warning.field)
                .named(naming).message
        }
        var later = [CgroupSetting]()
        for setting in limits.settings {
            guard let folder = folder(of: setting) else { continue }
            do throws(Errno) {
                try write(setting, in: folder)
            } catch {
                if error.rawValue == EINVAL, setting.dependsOnOthers {
                    later.append(setting)
                } else if let warning = try tolerate(error, setting, in: folder, limits.swapIsDefault) {
                    warnings.append(warning)
                }
            }
        }
        for setting in later {
            guard let folder = folder(of: setting) else { continue }
            do throws(Errno) { try write(setting, in: folder) } catch { throw explained(error, setting, in: folder) }
        }
        return warnings
    }

    private func folder(of setting: CgroupSetting) -> String? {
        let root = setting.version == .one ? host.mountPoint(of: setting.controller) : host.unified
        return root.map { $0 + path }
    }

    private func write(_ setting: CgroupSetting, in folder: String) throws(Errno) {
        do throws(Errno) {
            try fileSystem.write("\(folder)/\(setting.file)", setting.value)
        } catch {
            guard error.rawValue == ENOENT, let other = setting.alternative else { throw error }
            try fileSystem.write("\(folder)/\(other.file)", other.value)
        }
    }

    /// Passes over a failure that costs nothing, with a warning if it costs little.
    private func tolerate(
        _ failure: Errno, _ setting: CgroupSetting, in folder: String, _ swapIsDefault: Bool
    ) throws(CgroupFailure) -> String? {
        let isSwap = setting.field == .swapLimit
        if failure.rawValue == ENOENT || failure.rawValue == EACCES, isSwap,
            !fileSystem.exists("\(folder)/\(setting.file)")
        {
            if !setting.isRequested { return nil }
            let text = "this host cannot limit swap"
            guard swapIsDefault else {
                throw .unsupported(setting.field, text, hint: "boot the kernel with swapaccount=1")
            }
            return "\(text): only memory is limited"
        }
        if failure.rawValue == ENOENT, !setting.isRequested || setting.isOptional { return nil }
        throw explained(failure, setting, in: folder)
    }

    private func explained(_ failure: Errno, _ setting: CgroupSetting, in folder: String) -> CgroupFailure {
        let isMemory = setting.field == .memoryLimit
        switch failure.rawValue {
        case ENOENT where fileSystem.exists(folder + "/cgroup.procs"):
            return CgroupFailure(
                ContainerError(
                    .unsupported, "\(setting.purpose) needs \(setting.file), which this kernel does not have",
                    hint: setting.hint), setting.field)
        case ENOENT where !exists: return CgroupFailure(gone)
        case EBUSY where isMemory:
            let used = try? fileSystem.read(folder + "/memory.usage_in_bytes", limit: 64)
            return belowUsage(setting, used.flatMap(CgroupText.number) ?? 0)
        default:
            return CgroupFailure(
                ContainerError(
                    failure, "set \(setting.purpose) to \(setting.value) (\(setting.file))", hint: setting.hint),
                setting.field)
        }
    }
}

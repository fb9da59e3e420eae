import ContainerEngine
import ContainerSystem
import OCISpec

extension ContainerArguments {
    func fillSecurity(_ options: inout ContainerOptions) throws {
        options.security.isPrivileged = words.isOn("privileged")
        options.security.addedCapabilities = words.all("cap-add")
        options.security.droppedCapabilities = words.all("cap-drop")
        for option in words.all("security-opt") { try apply(option, to: &options) }
        options.devices.mappings = try words.all("device").map(Self.device)
        options.devices.rules = try words.all("device-cgroup-rule").map(Self.deviceRule)
        for text in words.all("sysctl") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let kind = SysctlName(parts.first ?? "")?.namespace
            guard parts.count == 2, kind == .ipc || kind == .network else {
                throw FlagError("sysctl", text, "sysctl '\(text)' is not allowed")
            }
            options.sysctls[parts[0]] = parts[1]
        }
        if let size = words.last("shm-size") {
            let bytes = try ByteSize.parse(size, flag: "shm-size")
            options.shmSize = bytes > 0 ? bytes : nil
        }
    }

    // MARK: - Security options

    private func apply(_ option: String, to options: inout ContainerOptions) throws {
        if option == "no-new-privileges" {
            options.noNewPrivileges = true
            return
        }
        if option == "writable-cgroups" {
            options.security.writableCgroups = true
            return
        }
        // docker took a colon before it took an equals sign.
        let separator: Character = option.contains("=") ? "=" : ":"
        let parts = option.split(separator: separator, maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw CommandFailure("ck: invalid --security-opt: \(Quoting.go(option))", status: 125)
        }
        let (name, value) = (parts[0], parts[1])
        let invalid = CommandFailure("ck: invalid --security-opt 2: \(Quoting.go(option))", status: 125)
        switch name {
        case "no-new-privileges":
            guard let isOn = GoWords.truth(value) else { throw invalid }
            options.noNewPrivileges = isOn
        case "writable-cgroups":
            guard let isOn = GoWords.truth(value) else { throw invalid }
            options.security.writableCgroups = isOn
        case "seccomp": options.security.seccomp = try Self.seccomp(value)
        case "apparmor": options.security.appArmor = value
        case "label": options.security.labels.append(value)
        case "systempaths":
            guard value == "unconfined" else { throw invalid }
            options.security.unconfinedSystemPaths = true
        default: throw invalid
        }
    }

    /// The text of a profile, or one of docker's words.
    private static func seccomp(_ value: String) throws -> String? {
        if value == "builtin" { return nil }
        if value == "unconfined" { return value }
        let text: String
        do throws(ContainerError) { text = try Files.readText(value, limit: 1 << 20) } catch {
            throw CommandFailure(
                "ck: opening seccomp profile (\(value)) failed: \(error.cause ?? error.message)", status: 125)
        }
        do throws(ContainerError) { try SeccompProfile.check(text) } catch {
            throw CommandFailure("ck: seccomp profile (\(value)): \(error.description)", status: 125)
        }
        return text
    }

    // MARK: - Devices

    /// `SOURCE[:TARGET][:ACCESS]`.
    static func device(_ text: String) throws(CommandFailure) -> ContainerOptions.DeviceMapping {
        func refused(_ reason: String) -> CommandFailure { CommandFailure("ck: \(reason)", status: 125) }
        if isCDI(text) {
            throw CommandFailure(
                unsupported: "--device \(text): a name of CDI", hint: "name the nodes by their paths, such as /dev/fuse"
            )
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3 else { throw refused("bad format for path: \(text)") }
        var mapping = ContainerOptions.DeviceMapping(hostPath: parts[0], path: parts[0])
        switch parts.count {
        case 3:
            mapping.path = parts[1]
            mapping.access = parts[2]
            guard isAccess(parts[2]) else { throw refused("bad mode specified: \(parts[2])") }
        case 2 where isAccess(parts[1]): mapping.access = parts[1]
        case 2: mapping.path = parts[1]
        default: break
        }
        for path in [mapping.hostPath, mapping.path] where !path.hasPrefix("/") {
            throw refused(
                parts.count == 2 && path == parts[1] ? "bad mode specified: \(path)" : "\(path) is not an absolute path"
            )
        }
        return mapping
    }

    /// `vendor.com/class=name` (Container Device Interface).
    private static func isCDI(_ text: String) -> Bool {
        guard let slash = text.firstIndex(of: "/"), slash != text.startIndex, text.contains("=") else { return false }
        return text[..<slash].allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
    }

    private static func isAccess(_ text: String) -> Bool {
        !text.isEmpty && text.count <= 3 && Set(text).count == text.count && text.allSatisfy { "rwm".contains($0) }
    }

    /// `TYPE MAJOR:MINOR ACCESS`.
    private static func deviceRule(_ text: String) throws(FlagError) -> String {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        let numbers = parts.count == 3 ? parts[1].split(separator: ":", omittingEmptySubsequences: false) : []
        func isNumber(_ text: Substring) -> Bool { text == "*" || (UInt32(text) != nil && text.first != "+") }
        guard parts.count == 3, ["a", "b", "c"].contains(parts[0]), numbers.count == 2, numbers.allSatisfy(isNumber),
            (1...3).contains(parts[2].count), parts[2].allSatisfy({ "rwm".contains($0) })
        else { throw FlagError("device-cgroup-rule", text, "invalid device cgroup format '\(text)'") }
        return text
    }
}

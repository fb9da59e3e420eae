import ContainerEngine

/// `--mount KEY=VALUE,...` (docker's long form of volumes).
struct MountFlag {
    private let text: String
    private var type = "volume"
    private var mount = VolumeBind(source: "", target: "")
    private var details = VolumeBind.Details()
    /// The prefixes of keys that belong to one type.
    private var kinds = [String]()

    static func parse(_ text: String) throws -> VolumeBind {
        var flag = MountFlag(text: text)
        for field in try CommaFields.parse(text, flag: "mount") { try flag.read(field) }
        return try flag.finished()
    }

    private init(text: String) { self.text = text }

    private func refused(_ reason: String) -> FlagError { FlagError("mount", text, reason) }

    private func failed(_ reason: String) -> CommandFailure {
        CommandFailure("ck: invalid mount config for type \(Quoting.go(type)): \(reason)", status: 125)
    }

    private mutating func read(_ field: String) throws {
        let equals = field.firstIndex(of: "=")
        let key = field[..<(equals ?? field.endIndex)].lowercased()
        guard let equals else {
            switch key {
            case "readonly", "ro": mount.readOnly = true
            case "volume-nocopy":
                kinds.append("volume")
                details.noCopy = true
            case "bind-nonrecursive":
                kinds.append("bind")
                details.isNotRecursive = true
            default: throw refused("invalid field '\(field)' must be a key=value pair")
            }
            return
        }
        let value = String(field[field.index(after: equals)...])
        switch key {
        case "type": type = value.lowercased()
        case "source", "src":
            // As docker's: what starts with a dot is a path from here.
            mount.source = value.hasPrefix(".") ? HostPath.absolute(value) : value
        case "target", "dst", "destination": mount.target = value
        case "readonly", "ro": mount.readOnly = try isOn(value, "\(key)")
        case "consistency": break
        default:
            guard let dash = key.firstIndex(of: "-"), ["bind", "volume", "tmpfs", "image"].contains(key[..<dash]) else {
                throw refused("unexpected key '\(key)' in '\(field)'")
            }
            kinds.append(String(key[..<dash]))
            try readDetail(key, value, field)
        }
    }

    private mutating func readDetail(_ key: String, _ value: String, _ field: String) throws {
        switch key {
        case "bind-propagation": details.propagation = value.lowercased()
        case "bind-nonrecursive": details.isNotRecursive = try isOn(value, key)
        case "bind-recursive":
            switch value {
            case "enabled": break
            case "disabled": details.isNotRecursive = true
            case "writable", "readonly": details.recursiveReadOnly = value
            default:
                throw refused(
                    "invalid value for \(key): \(value) (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"
                )
            }
        case "volume-nocopy": details.noCopy = try isOn(value, key)
        case "volume-label":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            details.labels = (details.labels ?? [:]).merging([parts[0]: parts.count > 1 ? parts[1] : ""]) { $1 }
        case "volume-driver":
            guard value == "local" || value.isEmpty else { throw VolumeDriver.unknown(value) }
        case "volume-opt":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            details.driverOptions = (details.driverOptions ?? [:]).merging(
                [parts[0]: parts.count > 1 ? parts[1] : ""]) { $1 }
        case "volume-subpath", "image-subpath": details.subpath = value
        case "tmpfs-size":
            guard let bytes = try? ByteSize.parse(value, flag: "mount"), bytes >= 0 else {
                throw refused("invalid value for \(key): \(value)")
            }
            details.tmpfsOptions = (details.tmpfsOptions ?? []) + ["size=\(bytes)"]
        case "tmpfs-mode":
            guard let mode = UInt32(value, radix: 8), mode <= 0o7777 else {
                throw refused("invalid value for \(key): \(value)")
            }
            details.tmpfsOptions = (details.tmpfsOptions ?? []) + ["mode=\(String(mode, radix: 8))"]
        default: throw refused("unexpected key '\(key)' in '\(field)'")
        }
    }

    private func isOn(_ value: String, _ key: String) throws(FlagError) -> Bool {
        guard let isOn = GoWords.truth(value) else { throw refused("invalid value for \(key): \(value)") }
        return isOn
    }

    private func finished() throws -> VolumeBind {
        guard !type.isEmpty else { throw refused("type is required") }
        guard !mount.target.isEmpty else { throw refused("target is required") }
        for kind in ["volume", "bind", "tmpfs", "image"] where kinds.contains(kind) && type != kind {
            throw refused("cannot mix '\(kind)-*' options with mount type '\(type)'")
        }
        if details.recursiveReadOnly == "readonly", !mount.readOnly {
            throw refused("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction")
        }
        var mount = mount
        mount.target = try VolumeFlag.target(mount.target, failed)
        var details = details
        switch type {
        case "bind":
            guard !mount.source.isEmpty else { throw failed("field Source must not be empty") }
            guard mount.source.hasPrefix("/") else {
                throw failed("invalid mount path: '\(mount.source)' mount path must be absolute")
            }
            mount.source = HostPath.clean(mount.source)
            try checkPropagation()
            details.sourceMustExist = true
        case "volume": mount.kind = .volume
        case "tmpfs":
            guard mount.source.isEmpty else { throw failed("field Source must not be specified") }
            mount.kind = .tmpfs
        case "image":
            throw CommandFailure(
                unsupported: "--mount type=image", hint: "save what is needed of it, or copy it with --from in a build")
        default: throw failed("mount type unknown")
        }
        mount.details = details == .init() ? nil : details
        return mount
    }

    private func checkPropagation() throws(CommandFailure) {
        guard let propagation = details.propagation, !propagation.isEmpty else { return }
        guard ["private", "rprivate", "shared", "rshared", "slave", "rslave"].contains(propagation) else {
            throw failed("invalid propagation mode: \(propagation)")
        }
    }
}

/// There is one, and it needs no daemon.
enum VolumeDriver {
    static func unknown(_ name: String) -> CommandFailure {
        CommandFailure("ck: error looking up volume plugin \(name): plugin \"\(name)\" not found", status: 125)
    }
}

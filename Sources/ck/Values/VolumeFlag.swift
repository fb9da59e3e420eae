import ContainerEngine

/// `-v [SOURCE:]TARGET[:MODE]` (docker's grammar of volumes on Linux).
enum VolumeFlag {
    /// - Parameter driver: of `--volume-driver`, for the volumes that have a name or none.
    static func parse(_ text: String) throws -> VolumeBind {
        func refused(_ reason: String) -> CommandFailure {
            CommandFailure("ck: invalid volume specification: '\(text)'\(reason)", status: 125)
        }
        guard !text.isEmpty else { throw CommandFailure("ck: invalid empty volume spec", status: 125) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains("") else {
            throw CommandFailure("ck: invalid spec: \(text): empty section between colons", status: 125)
        }
        guard parts.count <= 3 else { throw refused("") }
        let source = parts.count > 1 ? parts[0] : ""
        let target = try target(parts.count > 1 ? parts[1] : parts[0]) { reason in
            let kind = HostPath.parse(source) == nil ? "volume" : "bind"
            return refused(": invalid mount config for type \"\(kind)\": \(reason)")
        }
        if let path = HostPath.parse(source) {
            var bind = VolumeBind(source: path, target: target)
            if parts.count == 3 { try apply(parts[2], to: &bind, refused) }
            return bind
        }
        var volume = VolumeBind(source: source, target: target, kind: .volume)
        if parts.count == 3 { try apply(parts[2], to: &volume, refused) }
        return volume
    }

    static func parseAll(_ texts: [String]) throws -> [VolumeBind] { try texts.map(parse) }

    /// What every place in a container has to be.
    static func target(_ text: String, _ refused: (String) -> CommandFailure) throws(CommandFailure) -> String {
        guard text.hasPrefix("/") else { throw refused("invalid mount path: '\(text)' mount path must be absolute") }
        let target = HostPath.clean(text)
        guard target != "/" else { throw refused("invalid specification: destination can't be '/'") }
        return target
    }

    private static func apply(_ mode: String, to volume: inout VolumeBind, _ refused: (String) -> CommandFailure) throws
    {
        let invalid = CommandFailure("ck: invalid mode: \(mode)", status: 125)
        var details = VolumeBind.Details()
        var seen = [String]()
        for word in mode.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let kind = Self.kind(word), !seen.contains(kind) else { throw invalid }
            seen.append(kind)
            switch kind {
            case "access": volume.readOnly = word == "ro"
            case "propagation": details.propagation = word
            case "copy": details.noCopy = true
            default: break
            }
        }
        if volume.kind == .volume, details.propagation != nil {
            throw refused(": invalid mount config for type \"volume\": field BindOptions must not be specified")
        }
        if volume.kind == nil, details.noCopy != nil {
            throw refused(": invalid mount config for type \"bind\": field VolumeOptions must not be specified")
        }
        details.mode = mode
        volume.details = details
    }

    /// Of each kind there may be one word. Consistency is a matter of other systems, and docker takes it on Linux.
    private static func kind(_ word: String) -> String? {
        switch word {
        case "ro", "rw": "access"
        case "z", "Z": "label"
        case "nocopy": "copy"
        case "consistent", "cached", "delegated": "consistency"
        case "private", "rprivate", "shared", "rshared", "slave", "rslave": "propagation"
        default: nil
        }
    }
}

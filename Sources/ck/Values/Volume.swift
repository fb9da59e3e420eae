import ContainerEngine
import Glibc

/// `-v SOURCE:TARGET[:MODE]`.
enum Volume {
    static func parse(_ text: String) throws -> VolumeBind {
        func refused(_ reason: String) -> FlagError { FlagError("volume", text, reason) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, !parts.contains("") else { throw refused("invalid volume specification") }
        guard parts.count > 1 else { throw CommandFailure(unsupported: "-v \(text): an anonymous volume") }
        guard let source = hostPath(parts[0]) else {
            throw CommandFailure(
                unsupported: "-v \(text): the named volume \(parts[0])",
                hint: "name a folder of the host by its absolute path")
        }
        guard parts[1].hasPrefix("/") else {
            throw refused("invalid mount path: '\(parts[1])' mount path must be absolute")
        }
        let target = clean(parts[1])
        guard target != "/" else { throw refused("invalid specification: destination can't be '/'") }
        let isReadOnly = try parts.count == 3 && readOnly(parts[2], refused)
        return VolumeBind(source: source, target: target, readOnly: isReadOnly)
    }

    static func parseAll(_ texts: [String]) throws -> [VolumeBind] {
        var targets = Set<String>()
        return try texts.map { text in
            let volume = try parse(text)
            guard targets.insert(volume.target).inserted else {
                throw FlagError("volume", text, "duplicate mount point: \(volume.target)")
            }
            return volume
        }
    }

    private static func readOnly(_ mode: String, _ refused: (String) -> FlagError) throws -> Bool {
        var isReadOnly: Bool?
        for word in mode.split(separator: ",", omittingEmptySubsequences: false) {
            switch word {
            case "ro", "rw":
                guard isReadOnly == nil else { throw refused("invalid mode: \(mode)") }
                isReadOnly = word == "ro"
            case "z", "Z", "nocopy", "consistent", "cached", "delegated", "shared", "rshared", "slave", "rslave",
                "private", "rprivate":
                throw CommandFailure(unsupported: "-v with the mode \(word)")
            default: throw refused("invalid mode: \(mode)")
            }
        }
        return isReadOnly ?? false
    }

    /// An absolute path, or one relative to the working directory when it starts with a dot; nil for a name.
    private static func hostPath(_ text: String) -> String? {
        if text.hasPrefix("/") { return clean(text) }
        guard text == "." || text == ".." || text.hasPrefix("./") || text.hasPrefix("../") else { return nil }
        guard let folder = getcwd(nil, 0) else { return nil }
        defer { free(folder) }
        return clean("\(String(cString: folder))/\(text)")
    }

    /// The path without `.`, `..` and doubled slashes.
    private static func clean(_ path: String) -> String {
        var names = [Substring]()
        for name in path.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }
}

import ContainerEngine

/// `--tmpfs TARGET[:OPTIONS]`.
enum Tmpfs {
    static func parse(_ text: String) throws -> VolumeBind {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let target = try VolumeFlag.target(parts[0]) { CommandFailure("ck: \($0)", status: 125) }
        var tmpfs = VolumeBind(source: "", target: target, kind: .tmpfs)
        guard parts.count > 1, !parts[1].isEmpty else { return tmpfs }
        let options = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for option in options where !isKnown(option) {
            throw CommandFailure("ck: invalid tmpfs option [\(Quoting.go(option))]", status: 125)
        }
        tmpfs.readOnly = options.last { $0 == "ro" || $0 == "rw" } == "ro"
        var details = VolumeBind.Details()
        details.tmpfsOptions = options
        tmpfs.details = details
        return tmpfs
    }

    private static func isKnown(_ option: String) -> Bool {
        flags.contains(option) || values.contains { option.hasPrefix($0) }
    }

    private static let values = ["size=", "mode=", "uid=", "gid=", "nr_inodes=", "nr_blocks=", "mpol="]
    private static let flags = [
        "defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync", "mand",
        "nomand", "atime", "noatime", "diratime", "nodiratime", "private", "rprivate", "shared", "rshared", "slave",
        "rslave", "unbindable", "runbindable", "relatime", "norelatime", "strictatime", "nostrictatime",
    ]
}

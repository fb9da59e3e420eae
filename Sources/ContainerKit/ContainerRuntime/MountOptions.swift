import ContainerNamespaces

/// The options of one mount by what they concern (config.md, "Linux mount options"; mount(8)): flags of the mount, how it
/// propagates, and what the file system itself understands.
public struct MountOptions: Equatable {
    /// What the files' ids are mapped for.
    public enum IDMap: Equatable {
        case uppermost, wholeTree
    }

    public private(set) var attributes = LaunchPlan.AttributeChange()
    /// Those with an `r` in front: for all mounts of a tree.
    public private(set) var treeAttributes = LaunchPlan.AttributeChange()
    public private(set) var propagation: Propagation?
    public private(set) var propagatesRecursively = false
    public private(set) var isBind = false
    public private(set) var isRecursive = false
    public private(set) var isRemount = false
    public private(set) var copiesUp = false
    public private(set) var idMap: IDMap?
    /// For the file system, by fsconfig(2).
    public private(set) var data: [String] = []

    public init(_ options: [String]) {
        for option in options { add(option) }
    }

    /// Where there is one mount only, the options for all of a tree are for it too.
    public var attributesOfOne: LaunchPlan.AttributeChange {
        var all = treeAttributes
        all.add(attributes)
        return all
    }

    private mutating func add(_ option: String) {
        if let change = Self.attribute(option) {
            attributes.add(change)
        } else if let change = option.hasPrefix("r") ? Self.attribute(String(option.dropFirst())) : nil {
            treeAttributes.add(change)
        } else if let (kind, recursive) = Self.propagation(option) {
            propagation = kind
            propagatesRecursively = recursive
        } else if !Self.ignored.contains(option) {
            switch option {
            case "bind": isBind = true
            case "rbind": (isBind, isRecursive) = (true, true)
            case "remount": isRemount = true
            case "tmpcopyup": copiesUp = true
            case "idmap": idMap = .uppermost
            case "ridmap": idMap = .wholeTree
            default: data.append(option)
            }
        }
    }

    private static func attribute(_ name: String) -> LaunchPlan.AttributeChange? {
        attributes.first { $0.name == name }?.change
    }

    private static func propagation(_ option: String) -> (Propagation, recursive: Bool)? {
        if let kind = Propagation(rawValue: option) { return (kind, false) }
        guard option.hasPrefix("r"), let kind = Propagation(rawValue: String(option.dropFirst())) else { return nil }
        return (kind, true)
    }

    /// Flags of mount_setattr(2). Access times are one number: an option that takes its kind away leads to relatime.
    // A list, for the few options that a mount has: the first use of a dictionary costs more than all its look-ups.
    private static let attributes: [(name: String, change: LaunchPlan.AttributeChange)] = [
        ("ro", .init(set: .readOnly)), ("rw", .init(clear: .readOnly)),
        ("nosuid", .init(set: .noSetUserID)), ("suid", .init(clear: .noSetUserID)),
        ("nodev", .init(set: .noDevices)), ("dev", .init(clear: .noDevices)),
        ("noexec", .init(set: .noExecute)), ("exec", .init(clear: .noExecute)),
        ("nosymfollow", .init(set: .noSymlinks)), ("symfollow", .init(clear: .noSymlinks)),
        ("nodiratime", .init(set: .noDirectoryAccessTimes)), ("diratime", .init(clear: .noDirectoryAccessTimes)),
        ("noatime", .init(set: .noAccessTimes)), ("strictatime", .init(set: .strictAccessTimes)),
        ("atime", .init(clear: .accessTimes)), ("nostrictatime", .init(clear: .accessTimes)),
        ("relatime", .init(clear: .accessTimes)), ("norelatime", .init(clear: .accessTimes)),
    ]

    /// For mount(8) and fstab(5), not for the kernel; or what holds anyway.
    private static let ignored = [
        "defaults", "auto", "noauto", "user", "nouser", "users", "group", "owner", "nofail", "_netdev", "loud",
        "silent",
        // File systems that count the changes of an inode always do, and the kernel's mount API cannot ask others to.
        "iversion", "noiversion",
    ]

    /// Those of a file system that the kernel's mount API takes by name, and that every file system has.
    private static let superblock = [
        "async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync",
    ]

    /// Every option that has a meaning of its own here, as the feature document lists them.
    public static var known: [String] {
        let kinds = ["private", "shared", "slave", "unbindable"]
        let all =
            attributes.flatMap { [$0.name, "r" + $0.name] } + kinds.flatMap { [$0, "r" + $0] } + superblock + ignored
            + ["bind", "rbind", "remount", "tmpcopyup", "idmap", "ridmap"]
        return all.sorted()
    }
}

extension LaunchPlan.AttributeChange {
    /// The last word on a flag counts.
    fileprivate mutating func add(_ later: LaunchPlan.AttributeChange) {
        let touched = later.set.union(later.clear)
        let times: MountAttributes = touched.intersection(.accessTimes).isEmpty ? [] : .accessTimes
        set.subtract(touched.union(times))
        clear.subtract(touched.union(times))
        set.formUnion(later.set)
        clear.formUnion(later.clear)
    }
}

import ContainerSystem
import Glibc

/// What a file is besides its bytes.
struct FileAttributes {
    var type: mode_t
    /// Permissions, and setuid, setgid and the sticky bit.
    var mode: mode_t
    /// Nil: whoever makes it.
    var owner: (uid: uid_t, gid: gid_t)?
    var time: timespec
    var device: dev_t = 0
    var extended: [(name: String, value: [UInt8])] = []

    init(type: mode_t, mode: mode_t, owner: (uid: uid_t, gid: gid_t)?, time: timespec) {
        self.type = type
        self.mode = mode
        self.owner = owner
        self.time = time
    }

    init(_ status: stat, keepsOwner: Bool) {
        self.init(
            type: status.type, mode: status.st_mode & 0o7777,
            owner: keepsOwner ? (status.st_uid, status.st_gid) : nil, time: status.st_mtim)
        device = status.st_rdev
        // A program that becomes its owner was not meant to become whoever copies it.
        if !keepsOwner {
            // A device was not meant for everybody here either.
            mode &= status.type == S_IFDIR ? 0o1777 : [S_IFCHR, S_IFBLK].contains(status.type) ? 0o600 : 0o777
        }
    }

    /// What goes along: capabilities with the owner only, as they are of the same kind as setuid.
    static func isCopied(_ name: String, keepsOwner: Bool) -> Bool {
        if ExtendedAttributes.isOverlay(name) { return false }
        return name.hasPrefix("user.") || (keepsOwner && name == "security.capability")
    }
}

/// How files are copied.
public struct CopyOptions: Sendable, Hashable {
    /// Files keep their owner and group, and with them setuid and capabilities (`-a`). Without it, what comes out of a
    /// container belongs to whoever copies it; what goes in keeps its owner either way, as with docker.
    public var keepsOwner = false
    /// A link that the path of the source ends in is followed (`-L`).
    public var followsLink = false

    public init(keepsOwner: Bool = false, followsLink: Bool = false) {
        self.keepsOwner = keepsOwner
        self.followsLink = followsLink
    }
}

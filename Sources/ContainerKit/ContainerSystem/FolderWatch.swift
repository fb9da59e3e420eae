import CKLinux
import Glibc

/// Tells when something in a folder changes: a file is made, renamed, written to (inotify(7)).
public struct FolderWatch: Sendable {
    private let events: Descriptor

    /// - Throws: `notFound`; `exhausted` when the user has no more watches.
    public init(_ folder: String) throws(ContainerError) {
        events = Descriptor(owning: try system("watch \(folder)") { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) })
        try system("watch \(folder)") { inotify_add_watch(events.raw, folder, Self.kinds) }
    }

    private static let kinds = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF)

    /// Watches one more folder, if it is there; one that is watched already is fine.
    public func add(_ folder: String) { inotify_add_watch(events.raw, folder, Self.kinds) }

    /// Readable (poll(2)) once something has changed since the last `drain()`.
    public var descriptor: CInt { events.raw }

    /// Forgets what has changed so far.
    public func drain() {
        var bytes = [UInt8](repeating: 0, count: 16384)
        while read(events.raw, &bytes, bytes.count) > 0 {}
    }
}

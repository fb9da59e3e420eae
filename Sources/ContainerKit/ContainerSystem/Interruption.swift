import CKLinux
import Glibc

/// A word from one thread that another one shall stop waiting: an eventfd(2) that stays readable once it was said.
public final class Interruption: Sendable {
    private let event: Descriptor

    /// - Throws: `exhausted` when there are no descriptors left.
    public init() throws(ContainerError) {
        event = Descriptor(owning: try system("make an eventfd") { eventfd(0, CInt(O_CLOEXEC | O_NONBLOCK)) })
    }

    /// From any thread, and any number of times.
    public func interrupt() {
        var one: UInt64 = 1
        _ = write(event.raw, &one, 8)
    }

    /// Readable (poll(2)) from the interruption on.
    public var descriptor: CInt { event.raw }

    public var isInterrupted: Bool { wait(milliseconds: 0) }

    /// Blocks until it is interrupted, or until the time is over; whether it was interrupted.
    public func wait(milliseconds: Int) -> Bool { poll([event.raw], milliseconds: milliseconds)[0] }
}

/// poll(2) for reading, on descriptors of which some may be nil.
/// - Returns: which of them have something to read, or an end; none when the time is over or a signal came.
public func poll(_ descriptors: [CInt?], milliseconds: Int?) -> [Bool] {
    var watched = descriptors.map { pollfd(fd: $0 ?? -1, events: Int16(POLLIN), revents: 0) }
    let count = Glibc.poll(&watched, nfds_t(watched.count), milliseconds.map { CInt(clamping: max($0, 0)) } ?? -1)
    return watched.map { count > 0 && $0.revents != 0 }
}

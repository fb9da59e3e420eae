import ContainerSystem
import Glibc

/// Reads the events of a root in their order, those to come as well.
///
/// A file that was put aside is read to its end before the next one, so a reader that is no more than two files behind
/// misses nothing.
public final class EventReader {
    private let log: EventLog
    /// What is read now.
    private var file: Descriptor?
    /// What is read after it; they are open, so nobody can take them away.
    private var later: [Descriptor] = []
    /// The beginning of a line whose end has not come.
    private var rest: [UInt8] = []
    private let notifications: Descriptor

    /// - Parameter fromStart: what has happened comes first, as far as it is kept.
    init(_ log: EventLog, fromStart: Bool) throws(ContainerError) {
        self.log = log
        notifications = Descriptor(
            owning: try system("watch the events") { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) })
        try watch(log.folder, UInt32(IN_CREATE | IN_MOVED_TO))
        let current = try open(log.path)
        if fromStart {
            let older = try open(log.olderPath)
            if let older, !isSame(older, current) {
                file = older
                later = current.map { [$0] } ?? []
            } else {
                file = current
            }
        } else {
            file = current
            if let current { lseek(current.raw, 0, SEEK_END) }
        }
        try watchFile()
    }

    /// Readable when there may be something new.
    public var descriptor: CInt { notifications.raw }

    /// The events that are there and were not read yet; none when nothing has happened.
    public func take() throws(ContainerError) -> [Event] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(notifications.raw, &buffer, buffer.count) > 0 {}
        var events: [Event] = []
        while true {
            if let file {
                try readLines(file, &events)
                if later.isEmpty { try findLater(than: file) }
                if later.isEmpty { return events }
                // Nobody writes into a file any more that has another name, so now its end is its end.
                try readLines(file, &events)
                self.file = later.removeFirst()
                rest = []
            } else {
                file = try open(log.path)
                if file == nil { return events }
            }
            try watchFile()
        }
    }

    /// Waits for events.
    /// - Parameter milliseconds: nil waits for ever.
    /// - Returns: none when the time is up.
    public func next(milliseconds: Int?) throws(ContainerError) -> [Event] {
        let deadline = milliseconds.map { ContinuousClock.now + .milliseconds($0) }
        while true {
            let events = try take()
            if !events.isEmpty { return events }
            var timeout = CInt(-1)
            if let deadline {
                let rest = (deadline - ContinuousClock.now).components
                let milliseconds =
                    rest.seconds * 1000 + (rest.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
                if milliseconds <= 0 { return [] }
                timeout = CInt(clamping: milliseconds)
            }
            var wait = pollfd(fd: notifications.raw, events: Int16(POLLIN), revents: 0)
            _ = try system("wait for events") { poll(&wait, 1, timeout) }
        }
    }

    // MARK: - Files

    private func open(_ path: String) throws(ContainerError) -> Descriptor? {
        do throws(ContainerError) { return try Descriptor.open(path, O_RDONLY | O_NOFOLLOW) } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    private func findLater(than file: Descriptor) throws(ContainerError) {
        guard let current = try open(log.path), !isSame(current, file) else { return }
        // Two may have been filled meanwhile.
        if let older = try open(log.olderPath), !isSame(older, file), !isSame(older, current) {
            later = [older, current]
        } else {
            later = [current]
        }
    }

    private func isSame(_ one: Descriptor, _ other: Descriptor?) -> Bool {
        var (first, second) = (stat(), stat())
        guard let other, fstat(one.raw, &first) == 0, fstat(other.raw, &second) == 0 else { return false }
        return first.st_ino == second.st_ino && first.st_dev == second.st_dev
    }

    private func watch(_ path: String, _ mask: UInt32) throws(ContainerError) {
        _ = try system("watch \(path)") { inotify_add_watch(notifications.raw, path, mask) }
    }

    /// By descriptor: the name may be another file's by now.
    private func watchFile() throws(ContainerError) {
        if let file { try watch("/proc/self/fd/\(file.raw)", UInt32(IN_MODIFY | IN_MOVE_SELF)) }
    }

    private func readLines(_ file: Descriptor, _ events: inout [Event]) throws(ContainerError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try system("read \(log.path)") { read(file.raw, &buffer, buffer.count) }
            if count == 0 { return }
            rest.append(contentsOf: buffer[..<count])
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: 0x0a) {
                if let event = Event(line: rest[start..<end]) { events.append(event) }
                start = end + 1
            }
            rest.removeSubrange(..<start)
            // No event is that long.
            if rest.count > 1 << 20 { rest = [] }
        }
    }
}

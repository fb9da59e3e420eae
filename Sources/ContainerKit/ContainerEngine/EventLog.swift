import ContainerSystem
import Glibc

/// What happens under one root, a line of JSON each: written by every `ck` and every supervisor, read by `events`.
///
/// A writer opens the file for each event and appends with one write(2), under a shared lock of which only who renames
/// the file takes the exclusive form; so nothing is written into a file that has been put aside.
struct EventLog: Sendable {
    let folder: String
    /// Bytes, after which the file becomes `events.log.1`.
    var maximumSize: Int64 = 8 << 20

    var path: String { folder + "/events.log" }
    var olderPath: String { path + ".1" }

    /// Appends events. A full disk must stop no container, so whoever calls this goes on after a failure.
    func append(_ events: [Event]) throws(ContainerError) {
        var text = events.map { $0.json + "\n" }.joined()
        while true {
            let file = try Descriptor.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600)
            let lock = try FileLock.take(file, .shared, name: path)
            guard let lock, lock.holds(path) else { continue }
            defer { withExtendedLifetime(lock) {} }
            try system("write \(path)") { text.withUTF8 { write(file.raw, $0.baseAddress, $0.count) } }
            if lseek(file.raw, 0, SEEK_END) > maximumSize { try putAside(file) }
            return
        }
    }

    private func putAside(_ file: Descriptor) throws(ContainerError) {
        guard let lock = try FileLock.take(file, .exclusive, name: path), lock.holds(path) else { return }
        defer { withExtendedLifetime(lock) {} }
        try system("rename \(path)") { rename(path, olderPath) }
    }
}

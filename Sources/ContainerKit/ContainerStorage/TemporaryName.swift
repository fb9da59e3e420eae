import ContainerSystem
import Glibc
import Synchronization

/// Names of things in the making. They carry their maker's process id and start time, so that what a killed process
/// left can be told from what a living one writes, even after its process id was given to another.
enum TemporaryName {
    private static let counter = Atomic<Int>(0)

    /// `PREFIX-PID-STARTTIME-N`
    static func make(_ prefix: String) -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        return "\(prefix)-\(getpid())-\(startTime(of: getpid()) ?? 0)-\(number)"
    }

    /// Whether the name is one of ours and its maker no longer lives.
    static func isStale(_ name: String, prefix: String) -> Bool {
        guard name.hasPrefix(prefix + "-") else { return false }
        let parts = name.dropFirst(prefix.count + 1).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let pid = pid_t(parts[0]), let start = UInt64(parts[1]) else { return false }
        return startTime(of: pid) != start
    }

    /// The start time in clock ticks since boot (proc(5), `stat`, field 22); nil when there is no such process.
    private static func startTime(of pid: pid_t) -> UInt64? {
        guard let text = try? Files.readText("/proc/\(pid)/stat", limit: 4096),
            // The command's name stands in parentheses and may hold anything.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}

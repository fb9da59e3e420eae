import CKLinux
import ContainerSystem
import Glibc

/// Waits until processes of a cgroup meet the out-of-memory killer: an eventfd(2) of the memory controller on version 1,
/// inotify(7) on its events file on version 2.
public struct CgroupMemoryWatch: Sendable {
    public enum Event: Sendable, Equatable {
        /// Memory ran out: processes were killed, or wait where the killer is disabled.
        case outOfMemory
        /// No process is left, or the cgroup is gone.
        case ended
    }

    private let cgroup: Cgroup
    private let version: CgroupSetting.Version
    private let events: Descriptor
    private var killed: UInt64

    /// Begins to watch.
    /// - Throws: `unsupported` without the memory controller; `notFound` when the cgroup is gone.
    public init(_ cgroup: Cgroup) throws(ContainerError) {
        let name = "watch the memory of the cgroup \(cgroup.path)"
        guard let memory = cgroup.location(of: "memory"), let file = cgroup.memoryEventsPath else {
            throw CgroupFailure.missing("memory", for: CgroupField("", name)).error
        }
        self.cgroup = cgroup
        version = memory.version
        if version == .one {
            let events = Descriptor(owning: try system(name) { eventfd(0, CInt(O_CLOEXEC | O_NONBLOCK)) })
            let source = try Descriptor.open(file, O_RDONLY)
            do throws(Errno) {
                try cgroup.fileSystem.write(memory.folder + "/cgroup.event_control", "\(events.raw) \(source.raw)")
            } catch { throw ContainerError(error, name) }
            self.events = events
        } else {
            let events = Descriptor(owning: try system(name) { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) })
            for file in [file, memory.folder + "/cgroup.events"] {
                try system("\(name): \(file)") { inotify_add_watch(events.raw, file, UInt32(IN_MODIFY)) }
            }
            self.events = events
        }
        killed = cgroup.memoryEvents().killed
    }

    /// Becomes readable when there is something to wait for; for poll(2) beside other descriptors.
    public var descriptor: CInt { events.raw }

    /// Waits for the next event.
    /// - Parameter timeout: milliseconds; nil waits for as long as it takes.
    /// - Returns: nil when the time is over.
    /// - Throws: `ContainerError` with the errno.
    public mutating func wait(timeout: Int? = nil) throws(ContainerError) -> Event? {
        var left = timeout
        while true {
            if try drain(), happened() { return .outOfMemory }
            if isOver { return .ended }
            if left == 0 { return nil }
            // Version 1 does not say when the last process ends.
            let slice = min(left ?? 500, 500)
            var request = pollfd(fd: events.raw, events: Int16(POLLIN), revents: 0)
            try system("wait for the memory of the cgroup \(cgroup.path)") { poll(&request, 1, CInt(slice)) }
            if request.revents == 0, let rest = left { left = rest - slice }
        }
    }

    /// Whether anything was reported.
    private func drain() throws(ContainerError) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var isReported = false
        while read(events.raw, &bytes, bytes.count) > 0 { isReported = true }
        guard errno == EAGAIN || errno == EINTR else {
            throw ContainerError(.current, "read the memory events of the cgroup \(cgroup.path)")
        }
        return isReported
    }

    private mutating func happened() -> Bool {
        // The removal of a cgroup is reported too.
        if version == .one { return cgroup.exists }
        // The file changes whenever a limit is met.
        let now = cgroup.memoryEvents().killed
        defer { killed = now }
        return now > killed
    }

    private var isOver: Bool { ((try? cgroup.processes()) ?? []).isEmpty }
}

import OCISpec
import ContainerCgroups
import ContainerRuntime
import ContainerSystem
import FoundationEssentials
import Glibc

extension OCICommands {
    static var events: OCICommand {
        OCICommand(
            name: "events", abstract: "show what a container uses, and when it runs out of memory",
            operands: "<container-id>", count: 1...1,
            flags: [
                OCIFlag("interval", kind: .duration, help: "time between two looks", standard: "5s"),
                OCIFlag("stats", kind: .isSwitch, help: "look once"),
            ]
        ) { session in
            let interval = GoNumber.milliseconds(session.words.filled("interval") ?? "5s") ?? 0
            guard interval > 0 else { throw CommandFailure("duration interval must be greater than 0", status: 1) }
            let runtime = try session.runtime()
            let state = try runtime.state(of: session.id)
            guard state.status != .stopped else {
                throw CommandFailure("container with id \(session.id) is not running", status: 1)
            }
            let watch = EventWatch(id: session.id, cgroup: try runtime.cgroup(of: session.id), console: session.console)
            if session.words.isOn("stats") {
                try watch.showStatistics()
            } else {
                try watch.follow(interval: interval)
            }
            return 0
        }
    }
}

/// A container's events as lines of JSON, until its last process has ended.
struct EventWatch {
    let id: String
    let cgroup: Cgroup
    let console: Console

    func showStatistics() throws(ContainerError) {
        show(.statistics(try cgroup.detailedStatistics(), of: id))
    }

    func follow(interval: Int64) throws(ContainerError) {
        var memory = try CgroupMemoryWatch(cgroup)
        var next = Self.now + interval
        while true {
            switch try memory.wait(timeout: Int(max(0, next - Self.now))) {
            case .outOfMemory: show(.outOfMemory(of: id))
            case .ended: return
            case nil:
                next = Self.now + interval
                do {
                    try showStatistics()
                } catch {
                    // It ends while we look.
                    if error.code != .notFound { throw error }
                }
            }
        }
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private func show(_ event: OCIEvent) {
        var line = JSONText.object([("type", .string(event.type)), ("id", .string(event.id))]).compact
        if let data = event.data {
            line.removeLast()
            line += ",\"data\":\(EventText.statistics(data))}"
        }
        console.out(line)
    }
}

/// Statistics as runc writes them.
enum EventText {
    static func statistics(_ statistics: OCIStatistics) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers and the names of files: nothing that could not be written.
        return String(decoding: (try? encoder.encode(statistics)) ?? Data("{}".utf8), as: UTF8.self)
    }
}

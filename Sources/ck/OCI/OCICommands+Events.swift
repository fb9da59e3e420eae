import ContainerCgroups
import ContainerRuntime
import ContainerSystem
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
                try watch.follow(pid: state.pid, interval: interval)
            }
            return 0
        }
    }
}

/// A container's events as lines of JSON, until its first process has ended.
struct EventWatch {
    let id: String
    let cgroup: Cgroup
    let console: Console

    // How late an out-of-memory event may be said.
    private static let glance: Int64 = 100

    func showStatistics() throws(ContainerError) {
        show("stats", data: EventText.statistics(try cgroup.statistics()))
    }

    func follow(pid: Int32, interval: Int64) throws(ContainerError) {
        guard let startTime = ProcessIdentity.startTime(of: pid) else { return }
        let process = ProcessIdentity(pid: pid, startTime: startTime)
        var killed = cgroup.memoryEvents().killed
        var rest = interval
        while true {
            let pause = min(rest, Self.glance)
            let hasEnded = process.waitForEnd(milliseconds: Int(pause))
            let count = cgroup.memoryEvents().killed
            if count > killed { show("oom", data: nil) }
            killed = count
            if hasEnded { return }
            rest -= pause
            guard rest <= 0 else { continue }
            rest = interval
            do {
                try showStatistics()
            } catch {
                // It ends while we look.
                if error.code != .notFound { throw error }
            }
        }
    }

    private func show(_ type: String, data: JSONText?) {
        let members: [(String, JSONText)] = [("type", .string(type)), ("id", .string(id))]
        console.out(JSONText.object(members + (data.map { [("data", $0)] } ?? [])).compact)
    }
}

/// Statistics as runc writes them.
enum EventText {
    static func statistics(_ use: CgroupStatistics) -> JSONText {
        func value(_ number: UInt64?) -> JSONText { .unsigned(number ?? 0) }
        return .object([
            ("cpu", .object([("usage", .object([("total", value(use.cpuNanoseconds))]))])),
            (
                "memory",
                .object([
                    (
                        "usage",
                        .object([
                            ("limit", .unsigned(use.memoryLimit ?? UInt64(Int64.max))),
                            ("usage", value(use.memoryUsage)),
                        ])
                    )
                ])
            ),
            ("pids", .object([("current", value(use.tasks)), ("limit", value(use.taskLimit))])),
            ("blkio", .object([])), ("hugetlb", .object([])),
        ])
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem

struct ShowEvents: Command {
    static let synopsis = Synopsis(
        name: "events", operands: "[OPTIONS]", abstract: "Get real time events of all containers and images",
        count: 0...0, flags: DockerFlags.events)

    @Option(name: .shortAndLong, help: "Show only what fits, such as event=die or container=NAME")
    var filter: [String] = []

    @Option(help: "Print as json, or by a template of Go's")
    var format = ""

    @Option(help: "Begin with what happened since then: a time, or how long ago")
    var since: String?

    @Option(help: "End then")
    var until: String?

    func run(in session: Session) throws -> Int32 {
        let now = Timestamp.now
        let filter = try EventFilter(filter)
        let writer = try EventLine(format)
        let begin = try moment(since, "since", now)
        let end = try moment(until, "until", now)
        let reader = try session.engine().events(fromStart: begin != nil)
        while true {
            let rest = end.map { Int((($0 - Timestamp.now) * 1000).rounded(.up)) }
            let isOver = rest.map { $0 <= 0 } ?? false
            let events = try isOver ? reader.take() : reader.next(milliseconds: rest)
            var text = ""
            for event in events {
                let time = Double(event.time) / 1e9
                if let begin, time < begin { continue }
                if let end, time > end { continue }
                if filter.matches(event) { text += try writer.line(event) + "\n" }
            }
            if !text.isEmpty { session.console.out(String(text.dropLast())) }
            if isOver { return 0 }
        }
    }

    /// Seconds since 1970.
    private func moment(_ text: String?, _ flag: String, _ now: Double) throws -> Double? {
        guard let text, !text.isEmpty else { return nil }
        guard let time = TimeFilter.parse(text, now: now) else {
            throw CommandFailure(
                "ck: invalid value for '\(flag)': failed to parse value as time or duration: \(Quoting.go(text))",
                status: 1)
        }
        return time
    }
}

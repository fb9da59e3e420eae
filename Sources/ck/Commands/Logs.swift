import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Logs: Command {
    static let synopsis = Synopsis(
        name: "logs", operands: "[OPTIONS] CONTAINER", abstract: "Fetch the logs of a container", count: 1...1,
        flags: DockerFlags.logs)

    @Flag(help: "Show what the log driver keeps with each entry")
    var details = false

    @Flag(name: .shortAndLong, help: "Go on with what the container writes until it ends")
    var follow = false

    @Option(help: "Only entries since a time (2013-01-02T13:23:37Z) or since so long ago (42m)")
    var since: String?

    @Option(name: [.customShort("n"), .long], help: "How many entries from the end, or all")
    var tail = "all"

    @Flag(name: .shortAndLong, help: "Show the time of each entry")
    var timestamps = false

    @Option(help: "Only entries before a time (2013-01-02T13:23:37Z) or before so long ago (42m)")
    var until: String?

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        let query = try query(now: Moment.now)
        let log = try session.engine().logs(of: container)
        var printer = LogPrinter(showsTime: timestamps, showsDetails: details)
        do throws(ContainerError) {
            let damaged = try log.readRecords(query, idle: { () throws(ContainerError) in try printer.flush() }) {
                record throws(ContainerError) in try printer.add(record)
            }
            if damaged > 0 {
                session.console.error("ck: lines of the log that are damaged and left out: \(damaged)")
            }
        } catch {
            // Whoever read them has seen enough.
            if error.code != .cancelled { throw error }
        }
        return 0
    }

    func query(now: Int64) throws -> ContainerLog.Query {
        ContainerLog.Query(
            since: try moment(since, "since", now), until: try moment(until, "until", now), last: try entryLimit(),
            follows: follow)
    }

    private func moment(_ text: String?, _ flag: String, _ now: Int64) throws(CommandFailure) -> Int64? {
        guard let text, !text.isEmpty else { return nil }
        guard let moment = Moment.parse(text, now: now) else {
            let quoted = Quoting.go(text)
            throw CommandFailure(
                "ck: invalid value for \"\(flag)\": failed to parse value as time or duration: \(quoted)", status: 1)
        }
        // As for docker, an end at 0 is none.
        return flag == "until" && moment == 0 ? nil : moment
    }

    /// nil: all of them (also for a negative number, as for docker).
    private func entryLimit() throws(FlagError) -> Int? {
        if tail == "all" { return nil }
        let count = try Numbers.whole(tail, flag: "tail")
        return count < 0 ? nil : Int(count)
    }
}

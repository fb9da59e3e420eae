import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Logs: Command {
    static let synopsis = Synopsis(
        name: "logs", operands: "[OPTIONS] CONTAINER", abstract: "Fetch the logs of a container", count: 1...1,
        flags: DockerFlags.logs)

    @Flag(name: .shortAndLong, help: "Go on with what the container writes until it ends")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "How many entries from the end, or all")
    var tail = "all"

    @Flag(name: .shortAndLong, help: "Show the time of each entry")
    var timestamps = false

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        let most = try entryLimit()
        let log = try session.engine().logs(of: container)
        let show = { (entry: ContainerLog.Entry) in
            Console.writeAll(bytes(of: entry)[...], to: entry.isError ? 2 : 1)
        }
        let damaged = follow ? try log.follow(last: most, show) : try log.read(last: most, show)
        if damaged > 0 {
            session.console.error("ck: lines of the log that are damaged and left out: \(damaged)")
        }
        return 0
    }

    func bytes(of entry: ContainerLog.Entry) -> [UInt8] {
        timestamps ? Array("\(entry.time) ".utf8) + entry.text : entry.text
    }

    /// nil: all of them (also for a negative number, as for docker).
    private func entryLimit() throws(FlagError) -> Int? {
        if tail == "all" { return nil }
        let count = try Numbers.whole(tail, flag: "tail")
        return count < 0 ? nil : Int(count)
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct ListContainers: Command {
    static let synopsis = Synopsis(
        name: "ps", operands: "[OPTIONS]", abstract: "List containers", count: 0...0, flags: DockerFlags.ps)

    @Flag(name: .shortAndLong, help: "Show all containers, not only running ones")
    var all = false

    @Option(name: .shortAndLong, help: "Show only containers that fit, such as status=exited")
    var filter: [String] = []

    @Option(name: [.customShort("n"), .long], help: "Show the last n containers, running or not")
    var last: String?

    @Flag(name: .shortAndLong, help: "Show the latest container, running or not")
    var latest = false

    @Flag(help: "Don't cut ids and commands short")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Show ids only")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Show how much each has written")
    var size = false

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format = ""

    func run(in session: Session) throws -> Int32 {
        let filter = try ContainerFilter(filter)
        let most = try most()
        let engine = try session.engine()
        let measures = !quiet && (size || format.contains(".Size") || format.contains("json"))
        var shown = try filter.apply(to: try engine.containers(measuresSize: measures)) {
            name throws(ContainerError) in try engine.imagesBased(on: name)
        }
        if !all, most == nil, !filter.asksForAll { shown = shown.filter(\.state.isAlive) }
        if let most { shown = Array(shown.prefix(most)) }
        let rows = ContainerRows(isWhole: noTrunc, now: Timestamp.now)
        if quiet {
            if !shown.isEmpty { session.console.out(shown.map { rows.id($0) }.joined(separator: "\n")) }
        } else if format.isEmpty || format == "table" {
            session.console.out(rows.table(shown, withSize: size))
        } else {
            let text = format == "raw" ? ContainerRows.raw(withSize: size) : format
            try ContainerRows.listing.show(shown.map(rows.object), format: text, on: session.console)
        }
        return 0
    }

    /// nil: as many as there are (also for a negative number, as for docker).
    private func most() throws(FlagError) -> Int? {
        if latest { return 1 }
        guard let last else { return nil }
        let count = try Numbers.whole(last, flag: "last")
        return count > 0 ? Int(count) : nil
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc
import TextTemplate

struct ListContainers: Command {
    static let synopsis = Synopsis(
        name: "ps", operands: "[OPTIONS]", abstract: "List containers", count: 0...0, flags: DockerFlags.ps)

    @Flag(name: .shortAndLong, help: "Show all containers, not only running ones")
    var all = false

    @Option(name: [.customShort("n"), .long], help: "Show the last n containers, running or not")
    var last: String?

    @Flag(name: .shortAndLong, help: "Show the latest container, running or not")
    var latest = false

    @Flag(help: "Don't cut ids and commands short")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Show ids only")
    var quiet = false

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format: String?

    func run(in session: Session) throws -> Int32 {
        let selection = try selection()
        let shown = selection(try session.engine().containers())
        if quiet {
            for container in shown { session.console.out(id(container)) }
            return 0
        }
        let now = Timestamp.now
        if let format {
            try Self.listing.show(shown.map { object($0, now: now) }, format: format, on: session.console)
            return 0
        }
        var table = Table(header: ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"])
        for container in shown { table.add(row(container, now: now)) }
        session.console.out(table.text)
        return 0
    }

    private func selection() throws(FlagError) -> ([ContainerSummary]) -> [ContainerSummary] {
        var most = -1
        if let last { most = Int(try Numbers.whole(last, flag: "last")) }
        if latest { most = 1 }
        if most > 0 { return { Array($0.prefix(most)) } }
        if all { return { $0 } }
        return { $0.filter { $0.state.isRunning } }
    }

    private func id(_ container: ContainerSummary) -> String { noTrunc ? container.id : Identifier.short(container.id) }

    static let listing = Listing(
        table: "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
        headers: [
            "ID": "CONTAINER ID", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT",
            "RunningFor": "CREATED", "Status": "STATUS", "State": "STATE", "Ports": "PORTS", "Names": "NAMES",
            "Labels": "LABELS",
        ])

    private func object(_ container: ContainerSummary, now: Double) -> Object {
        let cells = row(container, now: now)
        let fields: [Object.Field] = [
            .init("Command", .string(cells[2])), .init("CreatedAt", .string(Listing.time(container.created))),
            .init("ID", .string(cells[0])), .init("Image", .string(cells[1])),
            .init("Names", .string(cells[6])), .init("Ports", .string(cells[5])),
            .init("RunningFor", .string(cells[3])), .init("State", .string(container.state.name)),
            .init("Status", .string(cells[4])),
        ]
        return Object(type: "container", fields + Listing.labels(container.labels))
    }

    func row(_ container: ContainerSummary, now: Double) -> [String] {
        [
            id(container), Quoting.safe(container.image),
            Quoting.go(noTrunc ? container.command : Quoting.ellipsis(container.command, width: 20)),
            HumanUnits.duration(now - container.created) + " ago", container.state.status(now: now), "",
            Quoting.safe(container.name),
        ]
    }
}

extension ContainerState {
    /// docker's STATUS.
    func status(now: Double) -> String {
        switch self {
        case .created: return "Created"
        case .running(let running) where !running.hasStarted: return "Created"
        case .running(let running): return "Up \(HumanUnits.duration(now - running.started))"
        case .exited(let exit):
            let ago = exit.finished.map { " \(HumanUnits.duration(now - $0)) ago" } ?? ""
            return "Exited (\(exit.status))\(ago)"
        }
    }
}

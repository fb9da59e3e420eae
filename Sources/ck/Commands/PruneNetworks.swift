import ArgumentParser
import ContainerEngine
import ContainerSystem

struct PruneNetworks: Command {
    static let synopsis = Synopsis(
        name: "network prune", operands: "[OPTIONS]", abstract: "Remove all unused networks", count: 0...0,
        flags: DockerFlags.networkPrune)

    @Option(help: "Remove only networks that fit: until=TIME, label=NAME[=VALUE], label!=NAME[=VALUE]")
    var filter: [String] = []

    @Flag(name: .shortAndLong, help: "Do not prompt for confirmation")
    var force = false

    @Flag(help: "Show what would go, and leave it")
    var dryRun = false

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let selection = try Self.selection(filter, now: Timestamp.now)
        let engine = try session.engine()
        if dryRun || !force {
            let names = try engine.networks().filter { $0.containers.isEmpty && selection.matches($0) }.map(\.name)
            if !dryRun {
                console.out("WARNING! This will remove all custom networks not used by at least one container.")
            }
            if !names.isEmpty { console.out("Networks to be deleted:\n" + names.map { $0 + "\n" }.joined()) }
            if dryRun { return 0 }
            guard console.confirms("Are you sure you want to continue?") else { return 0 }
        }
        let removed = try engine.pruneNetworks(selection)
        if !removed.isEmpty { console.out("Deleted Networks:\n" + removed.map { $0 + "\n" }.joined()) }
        return 0
    }

    static func selection(_ filters: [String], now: Double) throws -> NetworkSelection {
        if let odd = filters.first(where: { $0.lowercased().hasPrefix("dangling=") }) {
            throw CommandFailure("ck: invalid filter '\(odd)' (there are label, label! and until)", status: 1)
        }
        let parsed = try PruneFilter.selection(all: true, filters, now: now)
        var selection = NetworkSelection()
        selection.until = parsed.until
        selection.labels = parsed.labels
        selection.excludedLabels = parsed.excludedLabels
        return selection
    }
}

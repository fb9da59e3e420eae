import ArgumentParser
import ContainerEngine
import ContainerSystem

struct PruneContainers: Command {
    static let synopsis = Synopsis(
        name: "container prune", operands: "[OPTIONS]", abstract: "Remove all stopped containers", count: 0...0,
        flags: DockerFlags.containerPrune)

    @Option(help: "Remove only containers that fit: until=TIME, label=NAME[=VALUE], label!=NAME[=VALUE]")
    var filter: [String] = []

    @Flag(name: .shortAndLong, help: "Do not prompt for confirmation")
    var force = false

    @Flag(help: "Show what would go and how much that frees, and leave it")
    var dryRun = false

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        if let odd = filter.first(where: { $0.lowercased().hasPrefix("dangling=") }) {
            throw CommandFailure("ck: invalid filter '\(odd)' (there are label, label! and until)", status: 1)
        }
        let selection = try PruneFilter.selection(all: true, filter, now: Timestamp.now)
        let engine = try session.engine()
        let plan = try engine.planContainerPrune(selection)
        let bytes = plan.reduce(0) { $0 + ($1.size?.written ?? 0) }
        if dryRun {
            show(plan, title: "Containers to be deleted:", on: console)
            console.out("Total space to be reclaimed: \(HumanUnits.size(bytes, digits: 4))")
            return 0
        }
        if !force {
            console.out("WARNING! This will remove all stopped containers.")
            show(plan, title: "Containers to be deleted:", on: console)
            guard console.confirms("Are you sure you want to continue?") else { return 0 }
        }
        let removed = try engine.pruneContainers(plan)
        if !removed.isEmpty { console.out("Deleted Containers:\n" + removed.map { $0.id + "\n" }.joined()) }
        let freed = removed.reduce(0) { $0 + ($1.size?.written ?? 0) }
        console.out("Total reclaimed space: \(HumanUnits.size(freed, digits: 4))")
        return 0
    }

    /// With what a person knows them by.
    private func show(_ plan: [ContainerSummary], title: String, on console: Console) {
        guard !plan.isEmpty else { return }
        let rows = ContainerRows(isWhole: false, now: Timestamp.now)
        console.out(title)
        for container in plan {
            let size = HumanUnits.size(container.size?.written ?? 0)
            console.out("\(rows.id(container))  \(container.name)  \(rows.status(container))  \(size)")
        }
        console.out("")
    }
}

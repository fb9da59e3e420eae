import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct PruneImages: Command {
    static let synopsis = Synopsis(
        name: "image prune", operands: "[OPTIONS]", abstract: "Remove unused images", count: 0...0,
        flags: DockerFlags.imagePrune)

    @Flag(name: .shortAndLong, help: "Remove all unused images, not just dangling ones")
    var all = false

    @Option(help: "Remove only images that fit: until=TIME, label=NAME[=VALUE], label!=NAME[=VALUE]")
    var filter: [String] = []

    @Flag(name: .shortAndLong, help: "Do not prompt for confirmation")
    var force = false

    @Flag(help: "Show what would go and how much that frees, and leave it")
    var dryRun = false

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let selection = try PruneFilter.selection(all: all, filter, now: Timestamp.now)
        let engine = try session.engine()
        let plan = try engine.planImagePrune(selection)
        if dryRun {
            show(plan.outcome, title: "Images to be deleted:", total: "Total space to be reclaimed:", on: console)
            return 0
        }
        if !force {
            let what =
                selection.includesTagged
                ? "all images without at least one container associated to them" : "all dangling images"
            console.out("WARNING! This will remove \(what).")
            if !plan.isEmpty {
                show(plan.outcome, title: "Images to be deleted:", total: "Total space to be reclaimed:", on: console)
            }
            guard console.confirms("Are you sure you want to continue?") else {
                console.out("Total reclaimed space: 0B")
                return 0
            }
        }
        show(
            try engine.pruneImages(plan), title: "Deleted Images:", total: "Total reclaimed space:", on: console)
        return 0
    }

    private func show(_ outcome: PrunedImages, title: String, total: String, on console: Console) {
        if !outcome.removals.isEmpty {
            console.out(title)
            for removal in outcome.removals {
                switch removal {
                case .untagged(let name): console.out("untagged: \(name)")
                case .deleted(let id): console.out("deleted: \(id)")
                }
            }
            console.out("")
        }
        console.out("\(total) \(HumanUnits.size(outcome.bytes, digits: 4))")
        if outcome.isDeferred {
            console.error("ck: another process is adding an image: the space is freed by the next removal after it")
        }
    }
}

import ArgumentParser
import ContainerEngine
import ContainerSystem

struct PruneVolumes: Command {
    static let synopsis = Synopsis(
        name: "volume prune", operands: "[OPTIONS]", abstract: "Remove unused local volumes", count: 0...0,
        flags: DockerFlags.volumePrune)

    @Flag(name: .shortAndLong, help: "Remove all unused volumes, not just anonymous ones")
    var all = false

    @Option(help: "Remove only volumes that fit: label=NAME[=VALUE], label!=NAME[=VALUE], all=true")
    var filter: [String] = []

    @Flag(name: .shortAndLong, help: "Do not prompt for confirmation")
    var force = false

    @Flag(help: "Show what would go and how much that frees, and leave it")
    var dryRun = false

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let selection = try selection()
        let engine = try session.engine()
        let names = try engine.volumesToPrune(selection).map(\.name)
        var bytes: [String: Int64] = [:]
        for name in names { bytes[name] = try engine.diskUsage(ofVolume: name) }
        func show(_ names: [String], _ title: String, _ total: String) {
            if !names.isEmpty {
                console.out(title)
                for name in names { console.out(name) }
                console.out("")
            }
            console.out("\(total) \(HumanUnits.size(names.reduce(0) { $0 + (bytes[$1] ?? 0) }, digits: 4))")
        }
        if dryRun {
            show(names, "Volumes to be deleted:", "Total space to be reclaimed:")
            return 0
        }
        if !force {
            let what = selection.includesNamed ? "all local volumes" : "anonymous local volumes"
            console.out("WARNING! This will remove \(what) not used by at least one container.")
            if !names.isEmpty { show(names, "Volumes to be deleted:", "Total space to be reclaimed:") }
            guard console.confirms("Are you sure you want to continue?") else {
                console.out("Total reclaimed space: 0B")
                return 0
            }
        }
        show(try engine.pruneVolumes(names), "Deleted Volumes:", "Total reclaimed space:")
        return 0
    }

    private func selection() throws -> VolumeSelection {
        var selection = VolumeSelection()
        selection.includesNamed = all
        for filter in filter {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let value = String(filter[filter.index(after: equals)...])
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let label = PruneSelection.Label(parts[0], parts.count == 2 ? parts[1] : nil)
            switch filter[..<equals].lowercased() {
            case "label": selection.labels.append(label)
            case "label!": selection.excludedLabels.append(label)
            case "all":
                guard let isOn = GoWords.truth(value) else {
                    throw CommandFailure("ck: invalid filter 'all=[\(value)]'", status: 1)
                }
                selection.includesNamed = isOn
            default:
                throw CommandFailure(
                    "ck: invalid filter '\(filter[..<equals])' (there are all, label and label!)", status: 1)
            }
        }
        return selection
    }
}

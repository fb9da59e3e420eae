import ContainerEngine

/// The conditions of `volume ls --filter`; of several of one kind one must hold, but all labels.
struct VolumeFilter {
    private var dangling: Bool?
    private var drivers: [String] = []
    private var labels: [PruneSelection.Label] = []
    private var names: [String] = []

    init(_ filters: [String]) throws {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let value = String(filter[filter.index(after: equals)...])
            switch filter[..<equals].lowercased() {
            case "dangling":
                guard let isOn = ["true": true, "1": true, "false": false, "0": false][value] else {
                    throw CommandFailure("ck: invalid filter 'dangling=[\(value)]' (it is true or false)", status: 1)
                }
                dangling = isOn
            case "driver": drivers.append(value)
            case "label":
                let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                labels.append(.init(parts[0], parts.count == 2 ? parts[1] : nil))
            case "name": names.append(value)
            default:
                throw CommandFailure(
                    "ck: invalid filter '\(filter[..<equals])' (there are dangling, driver, label and name)", status: 1)
            }
        }
    }

    func matches(_ volume: Volume) -> Bool {
        (dangling == nil || dangling == volume.containers.isEmpty) && (drivers.isEmpty || drivers.contains("local"))
            && labels.allSatisfy { $0.matches(volume.labels) }
            && (names.isEmpty || names.contains { volume.name.contains($0) })
    }
}

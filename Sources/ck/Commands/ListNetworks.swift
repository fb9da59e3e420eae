import ArgumentParser
import ContainerEngine
import TextTemplate

struct ListNetworks: Command {
    static let synopsis = Synopsis(
        name: "network ls", operands: "[OPTIONS]", abstract: "List networks", count: 0...0,
        flags: DockerFlags.networkList)

    @Option(
        name: .shortAndLong, help: "Show only those that fit: dangling=, driver=, id=, label=, name=, scope=, type=")
    var filter: [String] = []

    @Option(help: "table, json, or a template of Go's")
    var format = "table"

    @Flag(help: "Do not shorten ids")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Only display network ids")
    var quiet = false

    func run(in session: Session) throws -> Int32 {
        let filter = try NetworkFilter(filter)
        let networks = try session.engine().networks().filter(filter.matches)
        try NetworkRows(isWhole: noTrunc).show(networks, quiet: quiet, format: format, on: session.console)
        return 0
    }
}

/// How networks become lines of `network ls`.
struct NetworkRows {
    /// Whether ids are whole.
    let isWhole: Bool

    static let listing = Listing(
        table: "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
        headers: [
            "ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4", "IPv6": "IPV6",
            "Internal": "INTERNAL", "Labels": "LABELS", "CreatedAt": "CREATED AT",
        ])

    func show(_ networks: [NetworkDetails], quiet: Bool, format: String, on console: Console) throws {
        let sorted = networks.sorted { NaturalOrder.precedes($0.name, $1.name) }
        if quiet, format == "table" {
            for network in sorted { console.out(id(network)) }
            return
        }
        try Self.listing.show(sorted.map(object), format: format, on: console)
    }

    private func id(_ network: NetworkDetails) -> String { isWhole ? network.id : Identifier.short(network.id) }

    func object(_ network: NetworkDetails) -> Object {
        func truth(_ value: Bool) -> Value { .string(value ? "true" : "false") }
        let fields: [Object.Field] = [
            .init("CreatedAt", .string(Listing.time(network.created))), .init("Driver", .string(network.driver)),
            .init("ID", .string(id(network))), .init("IPv4", truth(network.isIPv4)),
            .init("IPv6", truth(network.isIPv6)), .init("Internal", truth(network.isInternal)),
            .init("Name", .string(network.name)), .init("Scope", "local"),
        ]
        return Object(type: "network", fields + Listing.labels(network.labels))
    }
}

import ArgumentParser
import ContainerEngine
import TextTemplate

struct ListVolumes: Command {
    static let synopsis = Synopsis(
        name: "volume ls", operands: "[OPTIONS]", abstract: "List volumes", count: 0...0, flags: DockerFlags.volumeList)

    @Option(name: .shortAndLong, help: "Show only those that fit: dangling=, driver=, label=, name=")
    var filter: [String] = []

    @Option(help: "table, json, or a template of Go's")
    var format = "table"

    @Flag(name: .shortAndLong, help: "Only display volume names")
    var quiet = false

    private static let listing = Listing(
        table: "table {{.Driver}}\t{{.Name}}",
        headers: [
            "Name": "VOLUME NAME", "Driver": "DRIVER", "Scope": "SCOPE", "Mountpoint": "MOUNTPOINT",
            "Labels": "LABELS", "Links": "LINKS", "Size": "SIZE", "Status": "STATUS", "Group": "GROUP",
            "Availability": "AVAILABILITY",
        ])

    func run(in session: Session) throws -> Int32 {
        let filter = try VolumeFilter(filter)
        let volumes = try session.engine().volumes().filter(filter.matches)
        if quiet, format == "table" {
            for volume in volumes { session.console.out(volume.name) }
            return 0
        }
        try Self.listing.show(
            volumes.map(Self.row), format: quiet && format == "table" ? "{{.Name}}" : format, on: session.console)
        return 0
    }

    private static func row(_ volume: Volume) -> Object {
        var fields: [Object.Field] = [
            .init("Availability", .string("N/A")), .init("Driver", .string("local")), .init("Group", .string("N/A")),
        ]
        fields += Listing.labels(volume.labels)
        fields += [
            .init("Links", .string("N/A")), .init("Mountpoint", .string(volume.mountpoint)),
            .init("Name", .string(volume.name)), .init("Scope", .string("local")), .init("Size", .string("N/A")),
            .init("Status", .string("N/A")),
        ]
        return Object(fields)
    }
}

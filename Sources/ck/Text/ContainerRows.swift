import ContainerEngine
import TextTemplate

/// How containers become lines of `ps`.
struct ContainerRows {
    /// Whether nothing is cut short.
    let isWhole: Bool
    /// Seconds since 1970.
    let now: Double

    static let listing = Listing(
        table: "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
        headers: [
            "ID": "CONTAINER ID", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT",
            "RunningFor": "CREATED", "Status": "STATUS", "State": "STATE", "Ports": "PORTS", "Names": "NAMES",
            "Labels": "LABELS", "Size": "SIZE", "Mounts": "MOUNTS", "LocalVolumes": "LOCAL VOLUMES",
            "Networks": "NETWORKS", "Platform": "PLATFORM", "HealthStatus": "HEALTH STATUS",
        ])

    /// docker's `--format raw`.
    static func raw(withSize: Bool) -> String {
        """
        container_id: {{.ID}}
        image: {{.Image}}
        command: {{.Command}}
        created_at: {{.CreatedAt}}
        state: {{- pad .State 1 0}}
        status: {{- pad .Status 1 0}}
        names: {{.Names}}
        labels: {{- pad .Labels 1 0}}
        ports: {{- pad .Ports 1 0}}

        """ + (withSize ? "size: {{.Size}}\n" : "")
    }

    func id(_ container: ContainerSummary) -> String { isWhole ? container.id : Identifier.short(container.id) }

    func table(_ containers: [ContainerSummary], withSize: Bool) -> String {
        let header = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
        var table = Table(header: header + (withSize ? ["SIZE"] : []))
        for container in containers { table.add(row(container, withSize: withSize)) }
        return table.text
    }

    func row(_ container: ContainerSummary, withSize: Bool = false) -> [String] {
        [
            id(container), Quoting.safe(container.image), command(container), runningFor(container), status(container),
            ports(container), container.name,
        ] + (withSize ? [size(container)] : [])
    }

    func object(_ container: ContainerSummary) -> Object {
        let mounts = container.mounts.map { isWhole ? $0.source : Quoting.ellipsis($0.source, width: 15) }
        let fields: [Object.Field] = [
            .init("Command", .string(command(container))),
            .init("CreatedAt", .string(Listing.time(container.created))),
            .init("HealthStatus", .string(container.health?.rawValue ?? "")), .init("ID", .string(id(container))),
            .init("Image", .string(Quoting.safe(container.image))),
            .init("LocalVolumes", .string(String(container.mounts.count(where: \.isVolume)))),
            .init("Mounts", .string(Quoting.safe(mounts.joined(separator: ",")))),
            .init("Names", .string(container.name)),
            .init("Networks", .string(container.networks.joined(separator: ","))), .init("Platform", .null),
            .init("Ports", .string(ports(container))), .init("RunningFor", .string(runningFor(container))),
            .init("Size", .string(size(container))), .init("State", .string(container.state.name)),
            .init("Status", .string(status(container))),
        ]
        return Object(type: "container", fields + Listing.labels(container.labels))
    }

    private func command(_ container: ContainerSummary) -> String {
        Quoting.go(isWhole ? container.command : Quoting.ellipsis(container.command, width: 20))
    }

    private func runningFor(_ container: ContainerSummary) -> String {
        HumanUnits.duration(now - container.created) + " ago"
    }

    func status(_ container: ContainerSummary) -> String {
        container.state.status(now: now, health: container.health)
    }

    private func ports(_ container: ContainerSummary) -> String {
        container.state.process == nil ? "" : PortColumn.text(container.ports, exposed: container.exposedPorts)
    }

    private func size(_ container: ContainerSummary) -> String {
        guard let size = container.size else { return "0B" }
        let written = HumanUnits.size(size.written)
        return size.total > 0 ? "\(written) (virtual \(HumanUnits.size(size.total)))" : written
    }
}

extension ContainerState {
    /// docker's STATUS.
    func status(now: Double, health: HealthStatus? = nil) -> String {
        func ago(_ time: Double?) -> String { time.map { " \(HumanUnits.duration(now - $0)) ago" } ?? "" }
        switch self {
        case .created: return "Created"
        case .running(let running) where !running.hasStarted: return "Created"
        case .running(let running):
            let text = health.map { $0 == .starting ? " (health: starting)" : " (\($0.rawValue))" } ?? ""
            return "Up \(HumanUnits.duration(now - running.started))\(text)"
        case .paused(let running): return "Up \(HumanUnits.duration(now - running.started)) (Paused)"
        case .restarting(let restart): return "Restarting (\(restart.exit.status))\(ago(restart.exit.finished))"
        case .exited(let exit): return "Exited (\(exit.status))\(ago(exit.finished))"
        case .removing: return "Removal In Progress"
        case .dead: return "Dead"
        }
    }
}

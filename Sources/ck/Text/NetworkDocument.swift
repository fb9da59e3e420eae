import ContainerEngine
import TextTemplate

/// `NetworkSettings` of docker's document about a container.
struct NetworkDocument {
    private let details: ContainerDetails
    private var isRunning: Bool { details.state.process != nil }

    init(_ details: ContainerDetails) { self.details = details }

    var value: Value {
        let pid = details.state.process?.process.pid ?? 0
        let top: [Object.Field] = [
            .init("Bridge", ""), .init("SandboxID", ""),
            .init("SandboxKey", .string(isRunning ? "/proc/\(pid)/ns/net" : "")),
            .init("Ports", .map(isRunning ? ports : [])),
            .init("HairpinMode", false), .init("LinkLocalIPv6Address", ""), .init("LinkLocalIPv6PrefixLen", 0),
            .init("SecondaryIPAddresses", .nilArray), .init("SecondaryIPv6Addresses", .nilArray),
        ]
        // Those that stand here for old scripts are of the default network only.
        let old = addresses(details.endpoints.first { $0.network == "bridge" })
        return .object(
            Object(type: "container.NetworkSettings", top + old + [.init("Networks", .map(networks))]))
    }

    /// By the container's ports, with those that are exposed and not published.
    private var ports: [(String, Value)] {
        let published = Dictionary(grouping: details.ports) { "\($0.containerPort)/\($0.transport.rawValue)" }
        // Of two entries the first counts.
        return published.map { name, mappings in
            (name, .array(mappings.map { Self.binding($0.hostAddress, String($0.hostPort)) }))
        } + details.options.exposedPorts.map { ($0, Value.nilArray) }
    }

    static func binding(_ address: String, _ port: String) -> Value {
        .object(
            Object(
                type: "nat.PortBinding",
                [.init("HostIP", key: "HostIp", .string(address)), .init("HostPort", .string(port))]))
    }

    private var networks: [(String, Value)] {
        switch details.options.network {
        case .container: return []
        case .none, .host:
            let name = details.options.network.name
            return [(name, settings(NetworkAttachment(name), endpoint(name)))]
        case .networks(let attachments):
            return attachments.map { ($0.network, settings($0, endpoint($0.network))) }
        }
    }

    private func endpoint(_ network: String) -> ContainerDetails.Endpoint? {
        details.endpoints.first { $0.network == network || $0.networkID == network }
    }

    private func settings(_ attachment: NetworkAttachment, _ endpoint: ContainerDetails.Endpoint?) -> Value {
        // Those of the default network stand in `HostConfig`.
        let links = attachment.network == "bridge" ? [] : attachment.links.map { "\($0.container):\($0.alias)" }
        let names = endpoint?.names ?? []
        let fields: [Object.Field] = [
            .init("IPAMConfig", Self.wishes(attachment)), .init("Links", .strings(links.isEmpty ? nil : links)),
            .init("Aliases", .strings(attachment.aliases.isEmpty ? nil : attachment.aliases)),
            .init("MacAddress", .string(endpoint?.macAddress ?? attachment.macAddress ?? "")),
            .init("DriverOpts", .strings(attachment.driverOptions.isEmpty ? nil : attachment.driverOptions)),
            .init("GwPriority", .int(Int64(attachment.gatewayPriority))),
            .init("NetworkID", .string(endpoint?.networkID ?? "")),
            .init("EndpointID", .string(endpoint?.endpointID ?? "")),
            .init("Gateway", .string(endpoint?.gateway ?? "")), .init("IPAddress", .string(endpoint?.address ?? "")),
            .init("IPPrefixLen", .int(Int64(endpoint?.prefixLength ?? 0))),
            .init("IPv6Gateway", .string(endpoint?.gateway6 ?? "")),
            .init("GlobalIPv6Address", .string(endpoint?.address6 ?? "")),
            .init("GlobalIPv6PrefixLen", .int(Int64(endpoint?.prefixLength6 ?? 0))),
            .init("DNSNames", .strings(names.isEmpty ? nil : names)),
        ]
        return .object(Object(type: "network.EndpointSettings", fields))
    }

    /// What was asked for, where something was.
    private static func wishes(_ attachment: NetworkAttachment) -> Value {
        let locals = attachment.linkLocalAddresses
        guard attachment.address != nil || attachment.address6 != nil || !locals.isEmpty else { return .null }
        return .object(
            Object(
                type: "network.EndpointIPAMConfig",
                [
                    .init("IPv4Address", omitsEmpty: true, .string(attachment.address ?? "")),
                    .init("IPv6Address", omitsEmpty: true, .string(attachment.address6 ?? "")),
                    .init("LinkLocalIPs", omitsEmpty: true, .strings(locals.isEmpty ? nil : locals)),
                ]))
    }

    private func addresses(_ endpoint: ContainerDetails.Endpoint?) -> [Object.Field] {
        [
            .init("EndpointID", .string(endpoint?.endpointID ?? "")),
            .init("Gateway", .string(endpoint?.gateway ?? "")),
            .init("GlobalIPv6Address", .string(endpoint?.address6 ?? "")),
            .init("GlobalIPv6PrefixLen", .int(Int64(endpoint?.prefixLength6 ?? 0))),
            .init("IPAddress", .string(endpoint?.address ?? "")),
            .init("IPPrefixLen", .int(Int64(endpoint?.prefixLength ?? 0))),
            .init("IPv6Gateway", .string(endpoint?.gateway6 ?? "")),
            .init("MacAddress", .string(endpoint?.macAddress ?? "")),
        ]
    }
}

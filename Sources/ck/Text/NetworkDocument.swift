import ContainerEngine
import TextTemplate

/// `NetworkSettings` of docker's document about a container.
struct NetworkDocument {
    private let details: ContainerDetails

    init(_ details: ContainerDetails) { self.details = details }

    var value: Value {
        let endpoint = details.endpoint
        let isRunning = details.state.process != nil
        let pid = details.state.process?.process.pid ?? 0
        let network = details.options.network.rawValue
        let ports = isRunning ? details.options.exposedPorts.map { ($0, Value.nilArray) } : []
        return .object(
            Object(
                type: "container.NetworkSettings",
                [
                    .init("Bridge", ""), .init("SandboxID", ""),
                    .init("SandboxKey", .string(isRunning ? "/proc/\(pid)/ns/net" : "")), .init("Ports", .map(ports)),
                    .init("HairpinMode", false), .init("LinkLocalIPv6Address", ""), .init("LinkLocalIPv6PrefixLen", 0),
                    .init("SecondaryIPAddresses", .nilArray), .init("SecondaryIPv6Addresses", .nilArray),
                    .init("EndpointID", ""), .init("Gateway", .string(endpoint?.gateway ?? "")),
                    .init("GlobalIPv6Address", ""), .init("GlobalIPv6PrefixLen", 0),
                    .init("IPAddress", .string(endpoint?.address ?? "")),
                    .init("IPPrefixLen", .int(Int64(endpoint?.prefixLength ?? 0))), .init("IPv6Gateway", ""),
                    .init("MacAddress", .string(endpoint?.macAddress ?? "")),
                    .init("Networks", .map([(network, settings(endpoint))])),
                ]))
    }

    private func settings(_ endpoint: ContainerDetails.Endpoint?) -> Value {
        .object(
            Object(
                type: "network.EndpointSettings",
                [
                    .init("IPAMConfig", .null), .init("Links", .nilArray), .init("Aliases", .nilArray),
                    .init("MacAddress", .string(endpoint?.macAddress ?? "")), .init("DriverOpts", .nilMap),
                    .init("GwPriority", 0), .init("NetworkID", ""), .init("EndpointID", ""),
                    .init("Gateway", .string(endpoint?.gateway ?? "")),
                    .init("IPAddress", .string(endpoint?.address ?? "")),
                    .init("IPPrefixLen", .int(Int64(endpoint?.prefixLength ?? 0))), .init("IPv6Gateway", ""),
                    .init("GlobalIPv6Address", ""), .init("GlobalIPv6PrefixLen", 0), .init("DNSNames", .nilArray),
                ]))
    }
}

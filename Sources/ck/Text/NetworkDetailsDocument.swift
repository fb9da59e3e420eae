import ContainerEngine
import ContainerSystem
import TextTemplate

/// docker's document about a network, with its names and in its order (moby 28.5, `api/types/network`), and what the
/// firewall does for it.
struct NetworkDetailsDocument {
    private let network: NetworkDetails

    init(_ network: NetworkDetails) { self.network = network }

    var value: Value {
        var fields: [Object.Field] = [
            .init("Name", .string(network.name)), .init("ID", key: "Id", .string(network.id)),
            .init("Created", .string(Timestamp.format(network.created))), .init("Scope", "local"),
            .init("Driver", .string(network.driver)), .init("EnableIPv4", .bool(network.isIPv4)),
            .init("EnableIPv6", .bool(network.isIPv6)), .init("IPAM", addressManagement),
            .init("Internal", .bool(network.isInternal)), .init("Attachable", .bool(network.attachable)),
            .init("Ingress", false),
            .init("ConfigFrom", .object(Object(type: "network.ConfigReference", [.init("Network", "")]))),
            .init("ConfigOnly", false), .init("Containers", .map(network.containers.map { ($0, endpoint($1)) })),
            .init("Options", .strings(network.options)), .init("Labels", .strings(network.labels)),
        ]
        // docker has no such field.
        if !network.rules.isEmpty { fields.append(.init("Rules", .strings(network.rules))) }
        return .object(Object(type: "network.Inspect", fields))
    }

    private var addressManagement: Value {
        .object(
            Object(
                type: "network.IPAM",
                [
                    .init("Driver", "default"),
                    .init("Options", network.isPredefined ? .nilMap : .map([])),
                    .init("Config", network.subnets.isEmpty ? .nilArray : .array(network.subnets.map(subnet))),
                ]))
    }

    private func subnet(_ subnet: NetworkOptions.Subnet) -> Value {
        .object(
            Object(
                type: "network.IPAMConfig",
                [
                    .init("Subnet", omitsEmpty: true, .string(subnet.subnet)),
                    .init("IPRange", omitsEmpty: true, .string(subnet.ipRange ?? "")),
                    .init("Gateway", omitsEmpty: true, .string(subnet.gateway ?? "")),
                    .init("AuxAddress", key: "AuxiliaryAddresses", omitsEmpty: true, .strings(subnet.auxAddresses)),
                ]))
    }

    private func endpoint(_ endpoint: NetworkDetails.Endpoint) -> Value {
        .object(
            Object(
                type: "network.EndpointResource",
                [
                    .init("Name", .string(endpoint.name)), .init("EndpointID", .string(endpoint.endpointID)),
                    .init("MacAddress", .string(endpoint.macAddress)),
                    .init("IPv4Address", .string(endpoint.address)), .init("IPv6Address", .string(endpoint.address6)),
                ]))
    }
}

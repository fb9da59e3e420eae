import ContainerDatabase
import ContainerNetworking
import ContainerSystem

/// A container's ends of its networks, in the order of its interfaces.
struct Connection: Sendable {
    struct End: Sendable {
        let network: NetworkRecord
        let settings: DriverSettings
        let attachment: NetworkAttachment
        let record: EndpointRecord
        let addresses: [InterfaceAddress]
        /// Where the network leads out, whether this end has the default routes or not.
        let gateways: [IPAddress]
        let endpoint: ContainerEndpoint
    }

    var ends: [End] = []
    var ports: [PortRecord] = []
    /// What keeps it from being reached, and the way out.
    var warnings: [String] = []

    /// Whether it is on a network on which containers have names.
    var hasNames: Bool { ends.contains { Engine.hasNames($0.network.name) } }

    /// Settings of the interfaces, as paths below `/proc/sys`, for a kernel that has IPv6.
    var sysctls: [(path: String, value: String)] {
        ends.isEmpty || !Files.exists("/proc/sys/net/ipv6") ? [] : ends.flatMap(\.endpoint.sysctls)
    }

    /// The same for interfaces that come when another runtime has made the rest of the container.
    var defaultSysctls: [(path: String, value: String)] {
        if sysctls.isEmpty { return [] }
        let hasIPv6 = ends.contains { $0.addresses.contains { $0.address.isIPv6 } }
        let folder = "net/ipv6/conf/default"
        return [(folder + "/accept_ra", "0"), (folder + "/disable_ipv6", hasIPv6 ? "0" : "1")]
    }

    /// What the container does itself.
    var containerBatch: NetlinkBatch {
        var batch = ContainerEndpoint.loopbackBatch
        for end in ends { batch.append(contentsOf: end.endpoint.containerBatch) }
        return batch
    }

    /// The network of each end, as an end is chosen by.
    typealias Candidate = (network: NetworkRecord, attachment: NetworkAttachment)
}

/// Which of several ends has the default routes of each kind, and with them the ports: the one with the highest priority, and of
/// those the first that leads anywhere.
struct DefaultRoutes {
    private let four: Int?
    private let six: Int?

    init(_ candidates: [Connection.Candidate]) {
        four = Self.leader(candidates, isIPv6: false)
        six = Self.leader(candidates, isIPv6: true)
    }

    /// The number of the end among the candidates.
    func leader(isIPv6: Bool) -> Int? { isIPv6 ? six : four }

    private static func leader(_ candidates: [Connection.Candidate], isIPv6: Bool) -> Int? {
        var best: Int?
        for (index, candidate) in candidates.enumerated() where leadsOut(candidate.network, isIPv6: isIPv6) {
            guard let other = best else {
                best = index
                continue
            }
            if candidate.attachment.gatewayPriority > candidates[other].attachment.gatewayPriority { best = index }
        }
        return best
    }

    /// An internal network, and one on a link that was made for it, lead nowhere.
    private static func leadsOut(_ network: NetworkRecord, isIPv6: Bool) -> Bool {
        !network.isInternal && !network.link.hasPrefix("dm-")
            && network.subnets.contains { $0.isIPv6 == isIPv6 }
    }
}

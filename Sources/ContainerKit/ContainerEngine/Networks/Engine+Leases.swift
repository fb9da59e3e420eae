import ContainerDatabase
import ContainerNetworking
import ContainerSystem
import Glibc

/// Addresses and ports that containers hold, and those that are held for nothing.
extension Engine {
    /// Makes the ends of a container, with ports. What containers hold that ended unseen is given back on the way.
    /// - Throws: `conflict` for an address or a port that another container has, `exhausted` without a free one.
    func lease(
        _ container: String, _ requests: [EndpointRequest], ports: [PortRequest] = [], keepsPorts: Bool = false
    ) throws(ContainerError) -> (endpoints: [EndpointRecord], ports: [PortRecord]) {
        var hasFoundStale = false
        let choice = addressChoice { other in
            guard self.hasEnded(other) else { return false }
            hasFoundStale = true
            return true
        }
        let result = try database.addEndpoints(
            container, requests, ports: ports, keepsPorts: keepsPorts, choice: choice,
            probe: ports.isEmpty ? nil : probe)
        if hasFoundStale { try withdrawStrays() }
        return result
    }

    /// What the host knows of its ports.
    private var probe: PortProbe {
        let network = network
        return PortProbe(
            check: { _ = try network.findPort(PublishedPort.Transport(name: $0), try IPAddress($1), $2) },
            pick: { try network.findPort(PublishedPort.Transport(name: $0), try IPAddress($1), 0) })
    }

    /// Takes back ports that lead to containers which are gone: others may get their addresses.
    private func withdrawStrays() throws(ContainerError) {
        // In this order: a port is in the database before it leads anywhere.
        let published = try firewall().published()
        let known = try publishedPorts()
        let strays = published.filter { !known.contains($0) }
        if !strays.isEmpty { try firewall().unpublish(strays) }
    }

    private func addressChoice(isStale: @escaping (String) -> Bool) -> AddressChoice {
        AddressChoice(isStale: isStale) { network, subnet, last, isTaken in
            let range = try IPSubnet(subnet.subnet)
            var reserved: [IPAddress] = []
            for text in subnet.reserved.values { reserved.append(try IPAddress(text)) }
            if let gateway = subnet.gateway { reserved.append(try IPAddress(gateway)) }
            let part = try subnet.range.map { try IPSubnet($0) }
            let previous = try last.map { try IPAddress($0) }
            return try AddressPool.nextFreeAddress(
                in: range, range: part, avoiding: reserved, after: previous, network: network.name,
                isTaken: { address throws(ContainerError) in
                    do { return try isTaken(address.description) } catch {
                        throw error as? ContainerError
                            ?? ContainerError(.systemFailure, "look for an address", cause: "\(error)")
                    }
                }
            ).description
        }
    }

    /// Whether a container holds what it has of networks for nothing: its supervisor could not tell us of its end.
    func hasEnded(_ container: String) -> Bool {
        let folders = folders(container)
        let state = folders.state(wasStarted: true)
        if state.process != nil || state.isAlive { return false }
        if !Files.exists(folders.runFolder) || Files.exists(folders.folder + "/exit") { return true }
        // Between its lease and its start it has a folder and no process yet, and who starts it holds it.
        do throws(ContainerError) {
            let file = try Descriptor.open(folders.folder, O_RDONLY | O_DIRECTORY)
            guard try FileLock.take(file, .exclusive, waits: false, name: folders.folder) != nil else { return false }
            return folders.state(wasStarted: true).process == nil
        } catch {
            return error.code == .notFound
        }
    }
}

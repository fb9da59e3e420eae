/// All names that there are, by network. An index in memory: a question costs a look-up for each network of who asks,
/// however many containers there are.
struct NameZone {
    /// What a question comes to.
    enum Finding: Equatable {
        /// Ours to answer, with nothing when there is none of that type.
        case records([DNSReply.Record])
        /// Somebody else's to answer.
        case unknown
    }

    private struct Host {
        let container: String
        let addresses: [HostAddress]
        /// For reverse answers; nil when no message can hold it.
        let fullName: DNSName?
    }

    private struct Network {
        let name: DNSName?
        var hosts: [DNSName: [Host]] = [:]
        var byAddress: [HostAddress: Host] = [:]
        var memberCount = 0
    }

    private struct Container {
        let record: NameRecord
        let links: [DNSName: String]
    }

    private var networks: [String: Network] = [:]
    private var containers: [String: Container] = [:]
    /// By name, for links; a name has one container.
    private var idsByName: [String: String] = [:]
    /// Which of several containers with one name comes first (Marsaglia's xorshift). Not in turn: a resolver asks for both
    /// types of address at once, and every second turn would always be the same client's.
    private var dice: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// Puts a container in, in place of what was known of it.
    mutating func set(_ record: NameRecord) {
        remove(record.id)
        var links: [DNSName: String] = [:]
        for link in record.links {
            if let alias = DNSName(link.alias) { links[alias] = link.target }
        }
        containers[record.id] = Container(record: record, links: links)
        if !record.name.isEmpty { idsByName[record.name] = record.id }
        for network in record.networks { insert(record.id, network) }
    }

    private mutating func insert(_ id: String, _ part: NameRecord.Network) {
        let networkName = DNSName(part.name)
        let first = part.names.first.flatMap { DNSName($0) }
        let host = Host(
            container: id, addresses: part.addresses.compactMap { HostAddress($0) },
            fullName: networkName.flatMap { first?.below($0) } ?? first)
        var network = networks.removeValue(forKey: part.id) ?? Network(name: networkName)
        network.memberCount += 1
        for name in Set(part.names.compactMap { DNSName($0) }) { network.hosts[name, default: []].append(host) }
        for address in host.addresses { network.byAddress[address] = host }
        networks[part.id] = network
    }

    /// Takes a container out.
    mutating func remove(_ id: String) {
        guard let container = containers.removeValue(forKey: id) else { return }
        if idsByName[container.record.name] == id { idsByName[container.record.name] = nil }
        for part in container.record.networks {
            guard var network = networks.removeValue(forKey: part.id) else { continue }
            network.memberCount -= 1
            if network.memberCount == 0 { continue }
            for name in Set(part.names.compactMap({ DNSName($0) })) {
                network.hosts[name]?.removeAll { $0.container == id }
                if network.hosts[name]?.isEmpty == true { network.hosts[name] = nil }
            }
            for address in part.addresses.compactMap({ HostAddress($0) })
            where network.byAddress[address]?.container == id { network.byAddress[address] = nil }
            networks[part.id] = network
        }
    }

    func record(of id: String) -> NameRecord? { containers[id]?.record }

    /// Answers a question of a container, as far as it is about containers that share a network with it.
    mutating func find(_ question: DNSQuestion, by id: String) -> Finding {
        guard let container = containers[id], question.class == DNSQuestion.internet else { return .unknown }
        if question.type == DNSQuestion.Kind.pointer { return reverse(question.name, container) }
        guard let addresses = addresses(of: question.name, container) else { return .unknown }
        let wanted = addresses.filter {
            question.type == DNSQuestion.Kind.any
                || question.type == ($0.isIPv6 ? DNSQuestion.Kind.ipv6 : DNSQuestion.Kind.ipv4)
        }
        guard wanted.count > 1 else { return .records(wanted.map { DNSReply.Record($0) }) }
        dice ^= dice << 13
        dice ^= dice >> 7
        dice ^= dice << 17
        let first = Int(dice % UInt64(wanted.count))
        return .records((wanted[first...] + wanted[..<first]).map { DNSReply.Record($0) })
    }

    /// The addresses behind a name; nil for a name that is none of ours.
    private func addresses(of name: DNSName, _ container: Container) -> [HostAddress]? {
        if let target = container.links[name] {
            // A link to a container that does not run is still nobody else's name.
            return linked(target, container)
        }
        var found: [HostAddress]?
        for part in container.record.networks {
            guard let network = networks[part.id] else { continue }
            let short = network.name.flatMap { name.dropping($0) }
            for host in (network.hosts[name] ?? []) + (short.flatMap { network.hosts[$0] } ?? []) {
                found = found ?? []
                found?.append(contentsOf: host.addresses)
            }
        }
        return found
    }

    /// The addresses of another container on the networks that both are on.
    private func linked(_ target: String, _ container: Container) -> [HostAddress] {
        guard let other = containers[target] ?? idsByName[target].flatMap({ containers[$0] }) else { return [] }
        let shared = other.record.networks.filter { part in
            container.record.networks.contains { $0.id == part.id }
        }
        return shared.flatMap { $0.addresses.compactMap { HostAddress($0) } }
    }

    private func reverse(_ name: DNSName, _ container: Container) -> Finding {
        guard let address = HostAddress(reverse: name) else { return .unknown }
        for part in container.record.networks {
            guard let host = networks[part.id]?.byAddress[address], let name = host.fullName else { continue }
            return .records([DNSReply.Record(pointer: name)])
        }
        return .unknown
    }
}

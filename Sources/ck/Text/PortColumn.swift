import ContainerEngine

/// The ports of a container as `ps` shows them: neighbours in one range where the port of the host is the same; what has
/// another one stands for itself, at the end (docker's `DisplayablePorts`).
enum PortColumn {
    /// - Parameter exposed: `80/tcp`; those that are published are left out.
    static func text(_ mappings: [PortMapping], exposed: [String]) -> String {
        var ports = mappings.map { Port($0) }
        let published = Set(mappings.map { "\($0.containerPort)/\($0.transport.rawValue)" })
        ports += exposed.filter { !published.contains($0) }.compactMap(Port.init)
        ports.sort()
        var groups: [(key: Key, first: UInt16, last: UInt16)] = []
        var places: [Key: Int] = [:]
        var (closed, single): ([String], [String]) = ([], [])
        for port in ports {
            if let host = port.host, host != port.number {
                single.append("\(joined(port.address, "\(host)"))->\(port.number)/\(port.transport)")
                continue
            }
            let key = Key(address: port.address, transport: port.transport)
            guard let place = places[key] else {
                places[key] = groups.count
                groups.append((key, port.number, port.number))
                continue
            }
            if Int(port.number) == Int(groups[place].last) + 1 {
                groups[place].last = port.number
            } else {
                closed.append(text(groups[place]))
                groups[place] = (key, port.number, port.number)
            }
        }
        return (closed + groups.map(text) + single).joined(separator: ", ")
    }

    private struct Key: Hashable {
        let address: String
        let transport: String
    }

    private struct Port: Comparable {
        let number: UInt16
        /// Empty where nothing is published.
        let address: String
        let host: UInt16?
        let transport: String

        init(_ mapping: PortMapping) {
            (number, address, host) = (mapping.containerPort, mapping.hostAddress, mapping.hostPort)
            transport = mapping.transport.rawValue
        }

        init?(_ name: String) {
            guard let port = ExposedPorts(name) else { return nil }
            (number, address, host, transport) = (port.ports.lowerBound, "", nil, port.transport.rawValue)
        }

        static func < (left: Port, right: Port) -> Bool {
            (left.number, left.address, left.host ?? 0, left.transport)
                < (right.number, right.address, right.host ?? 0, right.transport)
        }
    }

    private static func text(_ group: (key: Key, first: UInt16, last: UInt16)) -> String {
        let range = group.first == group.last ? "\(group.first)" : "\(group.first)-\(group.last)"
        let address = group.key.address
        return (address.isEmpty ? range : "\(joined(address, range))->\(range)") + "/\(group.key.transport)"
    }

    /// `192.0.2.7:80`, `[2001:db8::7]:80`
    static func joined(_ address: String, _ port: String) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

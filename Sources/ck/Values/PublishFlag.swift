import ContainerEngine

/// `-p [[ADDRESS:][PORT[-PORT]]:]PORT[-PORT][/PROTOCOL]`, or `published=…,target=…,protocol=…`.
enum PublishFlag {
    static func parse(_ text: String) throws(CommandFailure) -> [PortBinding] {
        let spec = try standardForm(text)
        let parts = spec.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var (port, transport) = (parts[parts.count - 1], "tcp")
        if let slash = port.firstIndex(of: "/") {
            transport = String(port[port.index(after: slash)...].prefix { $0 != "/" }).lowercased()
            port = String(port[..<slash])
        }
        let address = parts.count > 2 ? try address(parts.dropLast(2).joined(separator: ":")) : nil
        guard !port.isEmpty else { throw failure("no port specified: \(spec)<empty>") }
        guard let ports = ExposedPorts.range(port[...]), ports.lowerBound > 0 else {
            throw failure("invalid containerPort: \(port)")
        }
        let host = parts.count > 1 ? parts[parts.count - 2] : ""
        // Port 0 is any, as for bind(2).
        var hostPorts: ClosedRange<UInt16>?
        if !host.isEmpty {
            guard let range = ExposedPorts.range(host[...]) else { throw failure("invalid hostPort: \(host)") }
            hostPorts = range == 0...0 ? nil : range
            if range.lowerBound == 0, range.upperBound > 0 { throw failure("invalid hostPort: \(host)") }
        }
        if let hostPorts, hostPorts.count != ports.count, ports.count > 1 {
            throw failure("invalid ranges specified for container and host Ports: \(port) and \(host)")
        }
        guard let kind = transport.isEmpty ? .tcp : PortBinding.Transport(rawValue: transport) else {
            throw failure("invalid proto: \(transport)")
        }
        if ports.count == 1 {
            return [PortBinding(ports.lowerBound, kind, hostAddress: address, hostPorts: hostPorts)]
        }
        return ports.enumerated().map { index, port in
            let own = hostPorts.map { $0.lowerBound + UInt16(index) }
            return PortBinding(port, kind, hostAddress: address, hostPorts: own.map { $0...$0 })
        }
    }

    /// The long form in terms of the short one, as docker reads it.
    private static func standardForm(_ text: String) throws(CommandFailure) -> String {
        guard text.utf8.contains(UInt8(ascii: "=")) else { return text }
        var (published, target, transport) = ("", "", "tcp")
        for field in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw failure("invalid publish opts format (should be name=value but got '\(field)')")
            }
            switch parts[0] {
            case "published": published = parts[1]
            case "target": target = parts[1]
            case "protocol": transport = parts[1]
            default:
                throw failure("invalid publish opts format: there are published, target and protocol, not \(parts[0])")
            }
        }
        return "\(published):\(target)/\(transport)"
    }

    private static func address(_ text: String) throws(CommandFailure) -> String? {
        guard !text.isEmpty else { return nil }
        var address = text
        if address.hasPrefix("[") {
            guard address.hasSuffix("]") else {
                throw failure("invalid IP address \(text): address \(text):: missing ']' in address")
            }
            address = String(address.dropFirst().dropLast())
        }
        guard AddressBlock.isAddress(address) else { throw failure("invalid IP address: \(address)") }
        return address
    }

    private static func failure(_ text: String) -> CommandFailure { CommandFailure("ck: \(text)", status: 125) }

    /// `--expose PORT[-PORT][/PROTOCOL]`
    static func exposed(_ text: String) throws(CommandFailure) -> [String] {
        if text.contains(":") { throw failure("invalid port format for --expose: \(text)") }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let kind = parts.count > 1 && !parts[1].isEmpty ? parts[1].lowercased() : "tcp"
        guard PortBinding.Transport(rawValue: kind) != nil else {
            throw failure("invalid port format for --expose: \(text): invalid proto '\(kind)'")
        }
        if let ports = ExposedPorts("\(parts[0])/\(kind)") { return ports.names }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        let isBackwards = ends.count == 2 && !ends.contains(nil)
        throw failure(
            "invalid range format for --expose: \(text), error: "
                + (isBackwards
                    ? "invalid range specified for port: \(parts[0])" : "a port is a number up to 65535"))
    }
}

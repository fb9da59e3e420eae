import ContainerEngine

/// What a person is told who publishes a port on every address of the host.
enum OpenPorts {
    /// - Parameter standard: where ports are bound that name no address; nil is everywhere.
    /// - Returns: nil where nothing is open.
    static func warning(_ options: ContainerOptions, standard: String?) -> String? {
        guard !options.network.attachments.isEmpty else { return nil }
        let open = options.ports.filter { isOpen($0.hostAddress ?? standard) }
        guard let first = open.first else {
            guard options.publishesAll, isOpen(standard) else { return nil }
            return "every exposed port is open on every address of this host (-p 127.0.0.1::PORT keeps one local)"
        }
        let port = first.transport == .tcp ? "\(first.containerPort)" : first.name
        let host = first.hostPorts.map(text) ?? ""
        let rest = open.count > 1 ? " and \(open.count - 1) more are" : " is"
        let name = host.isEmpty ? "the container's port \(first.name)" : "port \(host)"
        return "\(name)\(rest) open on every address of this host (-p 127.0.0.1:\(host):\(port) keeps it local)"
    }

    private static func isOpen(_ address: String?) -> Bool { ["0.0.0.0", "::", nil].contains(address) }

    private static func text(_ range: ClosedRange<UInt16>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}

/// Ports as `EXPOSE` takes them: `80`, `53/udp`, `7000-7010/tcp`.
struct PortRange: Equatable {
    let ports: ClosedRange<UInt16>
    /// `tcp`, `udp` or `sctp`.
    let transport: String

    /// Nil for what is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let transport = parts.count > 1 ? parts[1].lowercased() : "tcp"
        guard parts.count <= 2, ["tcp", "udp", "sctp"].contains(transport) else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(Self.port)
        guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else { return nil }
        self.ports = first...last
        self.transport = transport
    }

    /// One name a port, as an image's configuration lists them.
    var names: [String] { ports.map { "\($0)/\(transport)" } }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(text), port > 0 else { return nil }
        return port
    }
}

import OCISpec

/// Ports that are named as `EXPOSE` and docker name them: `80`, `53/udp`, `7000-7010/tcp`.
public struct ExposedPorts: Sendable, Equatable {
    public let ports: ClosedRange<UInt16>
    public let transport: PortBinding.Transport

    /// Nil for what names none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let ports = Self.range(parts[0]) else { return nil }
        guard let transport = parts.count < 2 ? .tcp : PortBinding.Transport(rawValue: parts[1].lowercased())
        else { return nil }
        self.ports = ports
        self.transport = transport
    }

    /// `80` or `80-90`; nil for what is neither.
    public static func range(_ text: Substring) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = port(ends[0]), let last = port(ends[ends.count - 1]), first <= last else {
            return nil
        }
        return first...last
    }

    // By hand: what the library has for texts of every kind costs a start more than all the rest of the flag.
    private static func port(_ text: Substring) -> UInt16? {
        var number: UInt32 = 0
        for digit in text.utf8 {
            guard (48...57).contains(digit) else { return nil }
            number = number * 10 + UInt32(digit - 48)
            guard number <= UInt16.max else { return nil }
        }
        return text.isEmpty ? nil : UInt16(number)
    }

    /// One name a port: `80/tcp`.
    public var names: [String] { ports.map { "\($0)/\(transport.rawValue)" } }

    /// What a container exposes: what it was asked to, what it publishes, and what its image says, each once.
    static func all(_ options: ContainerOptions, image: [String: EmptyObject]?) -> [String] {
        var names = options.exposedPorts + options.ports.map(\.name)
        // Sorted, for the same document each time; what is no port is a fault of the image's that harms nobody.
        if let image, !image.isEmpty {
            names += image.keys.sorted().compactMap(ExposedPorts.init).flatMap(\.names)
        }
        guard names.count > 1 else { return names }
        var seen = Set<String>()
        return names.filter { seen.insert($0).inserted }
    }
}

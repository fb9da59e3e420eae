import Glibc

/// Where a datagram came from or goes to: an IPv4 or IPv6 address with a port.
struct SocketAddress: Equatable {
    private var storage = sockaddr_in6()
    private(set) var family: CInt

    private init(family: CInt) { self.family = family }

    /// An address in text; IPv6 of one link carries the link's name or number: `fe80::1%eth0`.
    /// - Returns: nil when it is no address, or when there is no such link.
    init?(_ text: String, port: UInt16) {
        let parts = text.split(separator: "%", maxSplits: 1)
        guard let first = parts.first, let address = HostAddress(String(first)) else { return nil }
        var scope: UInt32 = 0
        if parts.count == 2 {
            scope = UInt32(parts[1]) ?? if_nametoindex(String(parts[1]))
            if scope == 0 { return nil }
        }
        self.init(address, port: port, scope: scope)
    }

    init(_ address: HostAddress, port: UInt16, scope: UInt32 = 0) {
        self.init(family: address.isIPv6 ? AF_INET6 : AF_INET)
        if address.isIPv6 {
            storage.sin6_family = sa_family_t(AF_INET6)
            storage.sin6_port = port.bigEndian
            storage.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &storage.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return
        }
        var plain = sockaddr_in()
        plain.sin_family = sa_family_t(AF_INET)
        plain.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &plain.sin_addr) { $0.copyBytes(from: address.bytes) }
        withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: plain) { target.copyMemory(from: $0) } }
    }

    /// For a call that fills an address in.
    static var empty: SocketAddress { SocketAddress(family: AF_INET) }

    /// In the order of the host.
    var port: UInt16 { UInt16(bigEndian: storage.sin6_port) }

    var length: socklen_t {
        socklen_t(family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    }

    func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    mutating func fill<Result>(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result)
        -> Result
    {
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        defer { family = CInt(storage.sin6_family) }
        return withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &size) }
        }
    }

    static func == (one: SocketAddress, other: SocketAddress) -> Bool {
        withUnsafeBytes(of: one.storage) { left in
            withUnsafeBytes(of: other.storage) { one.family == other.family && left.elementsEqual($0) }
        }
    }
}

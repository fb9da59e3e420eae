import Glibc

/// An IPv4 or IPv6 address that is written out: no name, and none of the shorthands that inet_aton(3) takes.
struct InternetAddress: Hashable {
    /// 16 bytes; an IPv4 address is mapped (RFC 4291, 2.5.5.2).
    fileprivate let bytes: [UInt8]

    private static let mapping = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// - Parameter text: an IPv6 address with or without brackets.
    init?(_ text: some StringProtocol) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, bare, &buffer) == 1 {
            bytes = Self.mapping + buffer[..<4]
        } else if inet_pton(AF_INET6, bare, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    init?(_ address: UnsafePointer<sockaddr>) {
        switch CInt(address.pointee.sa_family) {
        case AF_INET:
            bytes =
                Self.mapping
                + address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                    withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) }
                }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    var isIPv4: Bool { bytes.starts(with: Self.mapping) }

    /// 127.0.0.0/8 and ::1.
    var isLoopback: Bool { isIPv4 ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }

    /// 0.0.0.0 and ::, which lead to this machine as well.
    var isUnspecified: Bool { isIPv4 ? bytes[12...] == [0, 0, 0, 0] : bytes.allSatisfy { $0 == 0 } }

    /// 169.254.0.0/16 and fe80::/10: what is there is meant for this machine alone, such as a cloud's metadata.
    var isLinkLocal: Bool {
        isIPv4 ? bytes[12] == 169 && bytes[13] == 254 : bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
    }
}

/// Addresses that begin alike: `10.0.0.0/8`, `fd00::/8` (RFC 4632).
struct AddressBlock: Hashable {
    private let start: InternetAddress
    /// Bits of the 16 bytes.
    private let length: Int

    init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let address = InternetAddress(halves[0]),
            halves[1].utf8.allSatisfy({ (48...57).contains($0) }), let bits = Int(halves[1]),
            bits <= (address.isIPv4 ? 32 : 128)
        else { return nil }
        start = address
        length = address.isIPv4 ? 96 + bits : bits
    }

    func contains(_ address: InternetAddress) -> Bool {
        guard address.isIPv4 == start.isIPv4 else { return false }
        let whole = length / 8
        guard address.bytes[..<whole] == start.bytes[..<whole] else { return false }
        let mask = UInt8(truncatingIfNeeded: 0xff00 >> (length % 8))
        return whole == 16 || address.bytes[whole] & mask == start.bytes[whole] & mask
    }
}

/// Finds the addresses of a name; tests have one that asks nobody.
struct HostLookup: Sendable {
    var addresses: @Sendable (_ name: String) -> [InternetAddress]

    /// getaddrinfo(3): a name that is not found has none.
    static let system = HostLookup { name in
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { entry in
            entry?.pointee.ai_addr.flatMap { InternetAddress($0) }
        }
    }
}

import ContainerSystem

/// An Ethernet address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// Six bytes.
    public let bytes: [UInt8]

    /// The locally administered address that belongs to an IPv4 address: 02:42 and the four bytes, as docker's did.
    /// A container that gets an address again gets its MAC with it, so that neighbour caches stay right.
    public init(for address: IPv4Address) { self.init(for: .v4(address)) }

    /// The same for either kind; of an IPv6 address, whose bytes do not fit, a hash (FNV-1a) of all sixteen.
    public init(for address: IPAddress) {
        switch address {
        case .v4(let address): bytes = [0x02, 0x42] + address.bytes
        case .v6(let address):
            let hash = address.bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01b3
            }
            bytes = [0x02, 0x43] + [UInt8](native: UInt32(truncatingIfNeeded: hash ^ hash >> 32))
        }
    }

    /// Parses six pairs of hexadecimal digits with colons between.
    /// - Throws: `ContainerError` `invalidArgument`, also for zero and for group addresses, which no interface can
    ///   have.
    public init(_ text: String) throws(ContainerError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isHexadecimal = text.utf8.allSatisfy { UInt8(ascii: ":") == $0 || Self.digits.contains($0) }
        let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6, isHexadecimal else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not a MAC address", hint: "it looks like 02:42:ac:11:00:02")
        }
        guard bytes[0] & 1 == 0, bytes != [0, 0, 0, 0, 0, 0] else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not the MAC address of one interface",
                hint: "its first byte must be even, and not all of it zero")
        }
        self.bytes = bytes
    }

    private static let digits = "0123456789abcdefABCDEF".utf8

    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}

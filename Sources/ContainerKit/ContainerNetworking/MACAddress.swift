/// An Ethernet address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// Six bytes.
    public let bytes: [UInt8]

    /// The locally administered address that belongs to an IPv4 address: 02:42 and the four bytes, as docker's did.
    /// A container that gets an address again gets its MAC with it, so that neighbour caches stay right.
    public init(for address: IPv4Address) { bytes = [0x02, 0x42] + address.bytes }

    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}

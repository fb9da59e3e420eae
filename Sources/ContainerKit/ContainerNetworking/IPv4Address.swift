import ContainerSystem

/// An IPv4 address.
public struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as a number: 10.0.0.1 is 0x0a000001.
    public var value: UInt32

    public init(_ value: UInt32) { self.value = value }

    /// Parses four decimal numbers with dots between; leading zeros are refused, since some programs read them as
    /// octal.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: some StringProtocol) throws(ContainerError) {
        guard let value = Self.parse(text) else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an IPv4 address", hint: "it looks like 192.0.2.1")
        }
        self.value = value
    }

    private static func parse(_ text: some StringProtocol) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
                part.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    /// The four bytes in network order.
    public var bytes: [UInt8] { [UInt8](native: value.bigEndian) }

    /// From four bytes in network order; nil when there are not four.
    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 4 else { return nil }
        value = UInt32(bigEndian: bytes.native(UInt32.self, at: 0))
    }

    public var description: String { bytes.map(String.init).joined(separator: ".") }

    public static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.value < right.value }
}

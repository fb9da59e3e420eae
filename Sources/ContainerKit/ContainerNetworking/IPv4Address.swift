import ContainerSystem

/// An IPv4 address.
public struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as a number: 10.0.0.1 is 0x0a000001.
    public var value: UInt32

    public init(_ value: UInt32) { self.value = value }

    /// Parses four decimal numbers with dots between; leading zeros are refused, since some programs read them as
    /// octal.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        guard let value = Self.parse(text) else {
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an IPv4 address", hint: "it looks like 192.0.2.1")
        }
        self.value = value
    }

    /// Byte by byte: a start reads dozens, and what is generic costs more the first time than all of them.
    private static func parse(_ text: String) -> UInt32? {
        var value: UInt32 = 0
        var number: UInt32 = 0
        var (digits, dots) = (0, 0)
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                value = value << 8 | number
                number = 0
                digits = 0
                dots += 1
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digits == 0 || number > 0 else { return nil }
            number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
            digits += 1
            guard number <= 255 else { return nil }
        }
        return dots == 3 && digits > 0 ? value << 8 | number : nil
    }

    /// The four bytes in network order.
    public var bytes: [UInt8] { [UInt8](native: value.bigEndian) }

    /// From four bytes in network order; nil when there are not four.
    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 4 else { return nil }
        value = UInt32(bigEndian: bytes.native(UInt32.self, at: 0))
    }

    public var description: String {
        var text = String(value >> 24)
        for shift: UInt32 in [16, 8, 0] {
            text += "."
            text += String(value >> shift & 0xff)
        }
        return text
    }

    public static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.value < right.value }
}

import ContainerSystem

/// An IPv6 address (RFC 4291), without a zone.
public struct IPv6Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as a number: ::1 is 1.
    public var value: UInt128

    public init(_ value: UInt128) { self.value = value }

    /// Parses the forms of RFC 4291, section 2.2: eight groups, one run of zeros as `::`, the last two groups perhaps
    /// as an IPv4 address. A zone (`fe80::1%eth0`) is refused: it means something on one host only.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(_ text: String) throws(ContainerError) {
        guard let value = Self.parse(text) else {
            let hasZone = text.utf8.contains(UInt8(ascii: "%"))
            throw ContainerError(
                .invalidArgument, "\"\(text)\" is not an IPv6 address",
                hint: hasZone ? "leave out the zone after %" : "it looks like 2001:db8::1")
        }
        self.value = value
    }

    private static func parse(_ text: String) -> UInt128? {
        // The longest form: six groups and an IPv4 address.
        guard (2...45).contains(text.utf8.count) else { return nil }
        var parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        // "::" at an end makes two empty parts there; the inner one stands for the zeros.
        if parts.count > 2, parts[0].isEmpty, parts[1].isEmpty { parts.removeFirst() }
        if parts.count > 1, parts[parts.count - 1].isEmpty, parts[parts.count - 2].isEmpty { parts.removeLast() }
        var groups: [UInt16] = []
        var gap: Int?
        for (place, part) in parts.enumerated() {
            if part.isEmpty {
                guard gap == nil else { return nil }
                gap = groups.count
            } else if place == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let tail = try? IPv4Address(String(decoding: Array(part), as: UTF8.self)) else { return nil }
                groups += [UInt16(tail.value >> 16), UInt16(truncatingIfNeeded: tail.value)]
            } else {
                guard part.count <= 4, let group = hexadecimal(part) else { return nil }
                groups.append(group)
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func hexadecimal(_ digits: some Sequence<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    /// The sixteen bytes in network order.
    public var bytes: [UInt8] { [UInt8](native: value.bigEndian) }

    /// From sixteen bytes in network order; nil when there are not sixteen.
    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        value = UInt128(bigEndian: bytes.native(UInt128.self, at: 0))
    }

    /// Whether it is in fe80::/10: of one link, and made by the kernel on every interface.
    public var isLinkLocal: Bool { value >> 118 == 0x3fa }

    /// The form of RFC 5952: lower case, no leading zeros, the first of the longest runs of zeros as `::`, an IPv4
    /// address in dots where it is mapped.
    public var description: String {
        if value >> 32 == 0xffff { return "::ffff:\(IPv4Address(UInt32(truncatingIfNeeded: value)))" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) }
        let gap = Self.longestZeros(groups)
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let gap else { return text(groups[...]) }
        return text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
    }

    /// A run of one group is not shortened.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for place in 0...groups.count where place == groups.count || groups[place] != 0 {
            if place - start >= 2, place - start > best?.count ?? 0 { best = start..<place }
            start = place + 1
        }
        return best
    }

    public static func < (left: IPv6Address, right: IPv6Address) -> Bool { left.value < right.value }
}

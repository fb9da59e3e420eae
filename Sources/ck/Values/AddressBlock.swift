import Glibc

/// An address, or a block of them, as flags name it: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/64`.
struct AddressBlock: Equatable {
    let isIPv6: Bool
    /// In the upper bits for both families.
    private let bits: UInt128
    /// Bits; of a single address all.
    let length: Int

    /// - Parameter needsLength: whether a single address is none.
    init?(_ text: String, needsLength: Bool = false) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let address = Self.parse(parts[0]) else { return nil }
        let most = address.isIPv6 ? 128 : 32
        if parts.count == 1, needsLength { return nil }
        var length = most
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int(parts[1]), number <= most
            else { return nil }
            length = number
        }
        (isIPv6, bits, self.length) = (address.isIPv6, address.bits, length)
    }

    /// An address alone, of a family or of any.
    static func isAddress(_ text: String, isIPv6: Bool? = nil) -> Bool {
        guard let address = parse(text) else { return false }
        return isIPv6 == nil || isIPv6 == address.isIPv6
    }

    func contains(_ other: AddressBlock) -> Bool {
        let difference = bits ^ other.bits
        return isIPv6 == other.isIPv6 && (length == 0 || difference >> (128 - length) == 0)
    }

    private static func parse(_ text: String) -> (isIPv6: Bool, bits: UInt128)? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isIPv6 = text.contains(":")
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        return (isIPv6, bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }
}

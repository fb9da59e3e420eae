import Glibc

/// An address of a host, IPv4 or IPv6, as its bytes in network order.
struct HostAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four or sixteen.
    let bytes: [UInt8]

    var isIPv6: Bool { bytes.count == 16 }

    /// Reads an address as inet_pton(3) does; nil for anything else.
    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes[..<4])
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }

    /// The address that a reverse name stands for: `2.0.0.10.in-addr.arpa`, or 32 digits below `ip6.arpa` (RFC 1035,
    /// section 3.5; RFC 3596, section 2.5).
    init?(reverse name: DNSName) {
        let labels = name.labels
        guard labels.last?.elementsEqual("arpa".utf8) == true else { return nil }
        let zone = labels.dropLast().last
        if labels.count == 6, zone?.elementsEqual("in-addr".utf8) == true {
            var bytes: [UInt8] = []
            for label in labels[..<4].reversed() {
                guard let byte = UInt8(String(decoding: label, as: UTF8.self)), label.count == 1 || label.first != 0x30
                else { return nil }
                bytes.append(byte)
            }
            self.bytes = bytes
        } else if labels.count == 34, zone?.elementsEqual("ip6".utf8) == true {
            var bytes = [UInt8](repeating: 0, count: 16)
            for (index, label) in labels[..<32].reversed().enumerated() {
                guard label.count == 1, let digit = Self.digit(label.first ?? 0) else { return nil }
                bytes[index / 2] = bytes[index / 2] << 4 | digit
            }
            self.bytes = bytes
        } else {
            return nil
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = isIPv6 ? AF_INET6 : AF_INET
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "?" }
    }
}

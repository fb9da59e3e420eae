import ContainerKitTesting

@testable import ContainerNetworking

/// Datagrams as the kernel sends them.
enum Wire {
    static func message(_ sequence: UInt32, type: UInt16, flags: UInt16 = 0, _ payload: [UInt8]) -> [UInt8] {
        NetlinkMessage(received: type, flags: .init(rawValue: flags), payload: payload).encoded(sequence: sequence)
    }

    static func acknowledgement(_ sequence: UInt32) -> [UInt8] { failure(sequence, 0) }

    /// An NLMSG_ERROR whose request is capped to its header, with the kernel's words when there are some.
    static func failure(_ sequence: UInt32, _ errno: Int32, text: String? = nil) -> [UInt8] {
        var payload = [UInt8](native: -errno) + [UInt8](repeating: 0, count: 16)
        var attributes = NetlinkAttributes()
        if let text { attributes.append(1, text) }
        payload += attributes.bytes
        return message(sequence, type: 2, flags: 0x100 | (text == nil ? 0 : 0x200), payload)
    }

    static func done(_ sequence: UInt32, flags: UInt16 = 2) -> [UInt8] {
        message(sequence, type: 3, flags: flags, [0, 0, 0, 0])
    }

    static func link(
        _ sequence: UInt32, index: UInt32, _ name: String, kind: String? = nil, isUp: Bool = true, mtu: UInt32 = 1500
    ) -> [UInt8] {
        var attributes = NetlinkAttributes()
        attributes.append(3, name)
        attributes.append(4, mtu)
        if let kind { attributes.nest(18) { $0.append(1, kind) } }
        return message(
            sequence, type: 16, RouteMessage.linkHeader(index: index, flags: isUp ? 1 : 0) + attributes.bytes)
    }

    static func address(
        _ sequence: UInt32, index: UInt32, _ address: IPAddress, _ length: UInt8, flags: UInt16 = 2
    ) -> [UInt8] {
        var attributes = NetlinkAttributes()
        attributes.append(1, bytes: address.bytes)
        attributes.append(2, bytes: address.bytes)
        return message(
            sequence, type: 20, flags: flags,
            [address.family, length, 0, 0] + [UInt8](native: index) + attributes.bytes)
    }
}

/// Bytes from annotated hex: everything after a `#` on a line is comment.
func hex(_ text: String) -> [UInt8] {
    text.split(separator: "\n").flatMap { line in
        let digits = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
        return stride(from: 0, to: digits.count, by: 2).map { offset in
            let start = digits.index(digits.startIndex, offsetBy: offset)
            return UInt8(digits[start...].prefix(2), radix: 16) ?? 0
        }
    }
}

/// Bytes for reading: eight to a line.
func dump(_ bytes: [UInt8]) -> String {
    stride(from: 0, to: bytes.count, by: 8).map { start in
        bytes[start..<min(start + 8, bytes.count)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }.joined(separator: "\n")
}

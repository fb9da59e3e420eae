/// A domain name as it stands in a message, without its last, empty label: each label after a byte with its length
/// (RFC 1035, section 3.1). Small letters throughout, since names compare without case.
struct DNSName: Hashable, Sendable {
    /// What a name takes at most in a message, its last label included.
    static let sizeLimit = 255
    static let labelLimit = 63

    private(set) var wire: [UInt8] = []

    /// The name of the root.
    init() {}

    /// A name as people write it; a dot at the end makes no difference.
    /// - Returns: nil for one that no message can hold: an empty part, one of more than 63 bytes, more than 255 in all.
    init?(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        if bytes.last == UInt8(ascii: ".") { bytes = bytes.dropLast() }
        if bytes.isEmpty { return nil }
        for label in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...Self.labelLimit).contains(label.count) else { return nil }
            wire.append(UInt8(label.count))
            for byte in label { wire.append(Self.lower(byte)) }
        }
        guard wire.count < Self.sizeLimit else { return nil }
    }

    /// The name of a question, which has nothing before it that it could point to.
    /// - Returns: nil when it does not end within the message, points anywhere, or is too long.
    init?(_ message: UnsafeRawBufferPointer, at offset: inout Int) {
        var position = offset
        while position < message.count {
            let length = Int(message[position])
            if length == 0 {
                guard wire.count < Self.sizeLimit else { return nil }
                offset = position + 1
                return
            }
            guard length <= Self.labelLimit, position + 1 + length <= message.count, wire.count < Self.sizeLimit else {
                return nil
            }
            wire.append(UInt8(length))
            for index in position + 1...position + length { wire.append(Self.lower(message[index])) }
            position += 1 + length
        }
        return nil
    }

    private init(wire: [UInt8]) { self.wire = wire }

    /// Past a name that may end with a pointer; where that leads to is nobody's business here, so that no loop of
    /// pointers is ever followed.
    static func skip(_ message: UnsafeRawBufferPointer, at offset: inout Int) -> Bool {
        while offset < message.count {
            let length = Int(message[offset])
            if length == 0 {
                offset += 1
                return true
            }
            if length >= 0xc0 {
                offset += 2
                return offset <= message.count
            }
            guard length <= labelLimit else { return false }
            offset += 1 + length
        }
        return false
    }

    /// The labels, first to last.
    var labels: [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var position = 0
        while position < wire.count {
            let end = position + 1 + Int(wire[position])
            result.append(wire[position + 1..<end])
            position = end
        }
        return result
    }

    /// What is before another name that it ends with: `web` of `web.front` and `front`; nil when it does not, or when
    /// nothing is left.
    func dropping(_ suffix: DNSName) -> DNSName? {
        let rest = wire.count - suffix.wire.count
        guard rest > 0, wire[rest...].elementsEqual(suffix.wire) else { return nil }
        // The same bytes may stand inside a label.
        var position = 0
        while position < rest { position += 1 + Int(wire[position]) }
        return position == rest ? DNSName(wire: Array(wire[..<rest])) : nil
    }

    /// This name below another; nil when both together are too long.
    func below(_ parent: DNSName) -> DNSName? {
        let name = DNSName(wire: wire + parent.wire)
        return name.wire.count < Self.sizeLimit ? name : nil
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

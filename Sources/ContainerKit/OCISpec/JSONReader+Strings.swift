import ContainerSystem

extension JSONReader {
    /// A string as it stands in the document, between its quotes.
    struct RawString {
        var range: Range<Int>
        var hasEscapes = false
    }

    package mutating func string() throws(ContainerError) -> String? {
        guard peek() == UInt8(ascii: "\"") else {
            if try null() { return nil }
            throw mismatch("a string")
        }
        return string(try scanString())
    }

    /// Nil for the empty string as well, which Go's writers leave out, and others write, for what is not set.
    mutating func filledString() throws(ContainerError) -> String? {
        guard let text = try string(), !text.isEmpty else { return nil }
        return text
    }

    /// The text of a string that was scanned.
    func string(_ text: RawString) -> String {
        let raw = UnsafeBufferPointer(rebasing: bytes[text.range])
        if !text.hasEscapes { return String(decoding: raw, as: UTF8.self) }
        return String(decoding: JSONReader.unescape(raw), as: UTF8.self)
    }

    /// Past a string, with all its escapes and its UTF-8 checked.
    mutating func scanString() throws(ContainerError) -> RawString {
        index += 1
        let start = index
        var hasEscapes = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return RawString(range: start..<index - 1, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try scanEscape()
            } else if byte < 0x20 {
                throw malformed("a control character in a string")
            } else if byte < 0x80 {
                index += 1
            } else {
                try scanScalar()
            }
        }
        throw malformed("a string without an end")
    }

    private mutating func scanEscape() throws(ContainerError) {
        guard index + 1 < bytes.count else { throw malformed("a string without an end") }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
        case UInt8(ascii: "u"):
            guard let unit = JSONReader.hexadecimal(bytes, index + 2) else { throw malformed("a \\u without 4 digits") }
            if !(0xd800...0xdfff).contains(unit) {
                index += 6
                return
            }
            guard unit < 0xdc00, index + 7 < bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                bytes[index + 7] == UInt8(ascii: "u"), let second = JSONReader.hexadecimal(bytes, index + 8),
                (0xdc00...0xdfff).contains(second)
            else { throw malformed("half a surrogate pair") }
            index += 12
        default: throw malformed("an escape that JSON does not have")
        }
    }

    /// Past one character of two to four bytes (RFC 3629: none that would fit into fewer, no surrogate, none beyond the last).
    private mutating func scanScalar() throws(ContainerError) {
        let first = bytes[index]
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw malformed("a byte that is not UTF-8")
        }
        var isWhole = index + length <= bytes.count && second.contains(bytes[index + 1])
        var offset = 2
        while isWhole, offset < length {
            isWhole = bytes[index + offset] & 0xc0 == 0x80
            offset += 1
        }
        guard isWhole else { throw malformed("a byte that is not UTF-8") }
        index += length
    }

    private static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start..<start + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
            default: return nil
            }
        }
        return value
    }

    /// The bytes that a string with escapes stands for; it was scanned, so that all of them are right.
    private static func unescape(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                result.append(raw[index])
                index += 1
                continue
            }
            index += 2
            switch raw[index - 1] {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var value = hexadecimal(raw, index) ?? 0xfffd
                index += 4
                if (0xd800...0xdbff).contains(value), let low = hexadecimal(raw, index + 2) {
                    value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
                    index += 6
                }
                if let scalar = Unicode.Scalar(value) { result.append(contentsOf: String(Character(scalar)).utf8) }
            case let byte: result.append(byte)
            }
        }
        return result
    }
}

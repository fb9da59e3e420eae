/// A number as it stands in a template: what it is depends on where it is used.
struct Number: Sendable {
    let text: String
    /// Its value as a whole number, when it is one and small enough.
    let int: Int64?
    let double: Double
    /// Whether it is a floating point number where nothing else says what it should be.
    let looksLikeDouble: Bool

    enum Failure: Error {
        case message(String)
    }

    init(_ token: Token) throws(Failure) {
        text = token.text
        let quoted = Quoted.go(text)
        if token.kind == .characterConstant {
            guard let character = Quoted.character(of: text) else { throw .message("invalid syntax") }
            if character.hasRest { throw .message("malformed character constant: \(text)") }
            (int, double, looksLikeDouble) = (character.value, Double(character.value), false)
            return
        }
        guard let plain = Number.withoutUnderscores(text) else { throw .message("illegal number syntax: \(quoted)") }
        let (sign, magnitude) = Number.split(plain)
        let radix = Number.radix(of: magnitude)
        if let radix, let whole = UInt64(magnitude.dropFirst(radix.prefix), radix: radix.radix) {
            double = sign * Double(whole)
            looksLikeDouble = false
            int = sign < 0 ? (whole == 1 << 63 ? Int64.min : Int64(exactly: whole).map { -$0 }) : Int64(exactly: whole)
            return
        }
        guard let value = Number.fraction(magnitude), value.isFinite else {
            throw .message("illegal number syntax: \(quoted)")
        }
        guard magnitude.utf8.contains(where: { ".eEpP".utf8.contains($0) }) else {
            throw .message("integer overflow: \(quoted)")
        }
        double = sign * value
        looksLikeDouble = true
        int = Int64(exactly: double)
    }

    /// Underscores may stand between digits, and behind the prefix of a base.
    private static func withoutUnderscores(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "_")) else { return text }
        let isDigit = { (byte: UInt8) in Unicode.Scalar(byte).properties.isASCIIHexDigit }
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            guard index > 0, index + 1 < bytes.count, isDigit(bytes[index + 1]) else { return nil }
            guard isDigit(bytes[index - 1]) || "xXoO".utf8.contains(bytes[index - 1]) else { return nil }
        }
        return String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func split(_ text: String) -> (Double, String) {
        switch text.utf8.first {
        case UInt8(ascii: "-"): (-1, String(text.utf8.dropFirst())!)
        case UInt8(ascii: "+"): (1, String(text.utf8.dropFirst())!)
        default: (1, text)
        }
    }

    private static func radix(of text: String) -> (radix: Int, prefix: Int)? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, (0x30...0x39).contains(first) else { return nil }
        guard first == UInt8(ascii: "0"), bytes.count > 1 else { return (10, 0) }
        switch bytes[1] | 0x20 {
        case UInt8(ascii: "x"): return (16, 2)
        case UInt8(ascii: "o"): return (8, 2)
        case UInt8(ascii: "b"): return (2, 2)
        default: return (8, 1)
        }
    }

    /// Swift also takes names, and a hexadecimal fraction without its exponent, but not `.5`, `5.` or `1.e3`.
    private static func fraction(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        let point = UInt8(ascii: ".")
        guard let first = bytes.first(where: { $0 != point }), (0x30...0x39).contains(first) else { return nil }
        let isHexadecimal = bytes.count > 1 && bytes[1] | 0x20 == UInt8(ascii: "x")
        let exponent = UInt8(ascii: isHexadecimal ? "p" : "e")
        guard !isHexadecimal || bytes.contains(where: { $0 | 0x20 == exponent }) else { return nil }
        var complete: [UInt8] = bytes.first == point ? [0x30] : []
        for byte in bytes {
            if complete.last == point, byte | 0x20 == exponent { complete.append(0x30) }
            complete.append(byte)
        }
        if complete.last == point { complete.append(0x30) }
        return Double(String(decoding: complete, as: UTF8.self))
    }
}

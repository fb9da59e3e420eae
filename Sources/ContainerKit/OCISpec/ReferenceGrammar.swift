/// The productions of an image name, over ASCII. Written by hand: they run at the start of every command, where a
/// regular expression would cost more than the parsing.
enum ReferenceGrammar {
    static func isLowerHex(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
    private static func isHex(_ byte: UInt8) -> Bool { isLowerHex(byte) || (65...70).contains(byte) }

    private static func fields(_ text: some StringProtocol, _ separator: UInt8) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split(separator: separator, omittingEmptySubsequences: false)
    }

    /// `host[:port]`; the host is a dotted name or an IPv6 address in brackets.
    static func isDomain(_ text: some StringProtocol) -> Bool {
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = bytes[1..<end]
            guard !address.isEmpty, address.allSatisfy({ isHex($0) || $0 == UInt8(ascii: ":") }) else { return false }
            bytes = bytes[(end + 1)...]
            return bytes.isEmpty || (bytes.first == UInt8(ascii: ":") && isPort(bytes.dropFirst()))
        }
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            guard isPort(bytes[(colon + 1)...]) else { return false }
            bytes = bytes[..<colon]
        }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isDigit) }

    /// Components separated by `/`.
    static func isPath(_ text: some StringProtocol) -> Bool { fields(text, UInt8(ascii: "/")).allSatisfy(isComponent) }

    /// Lower-case letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
    private static func isComponent(_ bytes: ArraySlice<UInt8>) -> Bool {
        func isWord(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
        guard let first = bytes.first, let last = bytes.last, isWord(first), isWord(last) else { return false }
        var rest = bytes
        while let start = rest.firstIndex(where: { !isWord($0) }) {
            let joint = rest[start...].prefix { !isWord($0) }
            switch joint.first {
            case UInt8(ascii: "."): guard joint.count == 1 else { return false }
            case UInt8(ascii: "_"):
                guard joint.count <= 2, joint.allSatisfy({ $0 == UInt8(ascii: "_") }) else { return false }
            case UInt8(ascii: "-"): guard joint.allSatisfy({ $0 == UInt8(ascii: "-") }) else { return false }
            default: return false
            }
            rest = rest[joint.endIndex...]
        }
        return true
    }

    /// A letter, digit or `_`, then up to 127 of these, `.` and `-`.
    static func isTag(_ text: some StringProtocol) -> Bool {
        func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// `algorithm:hex` with at least 32 digits, of any algorithm.
    static func isDigest(_ text: some StringProtocol) -> Bool {
        let halves = fields(text, UInt8(ascii: ":"))
        guard halves.count == 2, halves[1].count >= 32, halves[1].allSatisfy(isHex) else { return false }
        let words = halves[0].split(omittingEmptySubsequences: false) { Array("-_+.".utf8).contains($0) }
        return words.allSatisfy { word in
            guard let first = word.first else { return false }
            return isLetter(first) && word.allSatisfy(isAlphanumeric)
        }
    }
}

/// Go's string and character literals.
enum Quoted {
    /// A literal between double quotes, as strconv.Quote makes it.
    static func go(_ text: String, isASCII: Bool = false) -> String {
        "\"" + text.unicodeScalars.reduce(into: "") { $0 += escaped($1, quote: "\"", isASCII: isASCII) } + "\""
    }

    /// A literal between single quotes.
    static func go(_ scalar: Unicode.Scalar, isASCII: Bool = false) -> String {
        "'" + escaped(scalar, quote: "'", isASCII: isASCII) + "'"
    }

    /// `U+007D '}'`
    static func codePoint(_ scalar: Unicode.Scalar) -> String {
        let number = Digits.hexadecimal(UInt64(scalar.value), width: 4).uppercased()
        return "U+" + number + (isPrintable(scalar) ? " '\(scalar)'" : "")
    }

    /// What a literal with its quotes stands for; nil for one that Go would not take. Bytes that make no UTF-8 are
    /// replaced, as everywhere in Swift's strings.
    static func value(of literal: String) -> String? {
        let scalars = Array(literal.unicodeScalars)
        guard scalars.count >= 2, let quote = scalars.first, scalars.last == quote else { return nil }
        let inner = scalars[1..<(scalars.count - 1)]
        if quote == "`" {
            // Go drops carriage returns.
            return String(String.UnicodeScalarView(inner.filter { $0 != "\r" }))
        }
        var bytes: [UInt8] = []
        var reader = EscapeReader(rest: inner, quote: quote)
        while !reader.rest.isEmpty {
            guard let unit = reader.next() else { return nil }
            switch unit {
            case .byte(let byte): bytes.append(byte)
            case .scalar(let scalar): bytes += Array(UTF8.encode(scalar)!)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number that a character constant with its quotes stands for, and what of it is left over.
    static func character(of literal: String) -> (value: Int64, hasRest: Bool)? {
        let scalars = Array(literal.unicodeScalars)
        guard scalars.count >= 3, scalars.first == "'", scalars.last == "'" else { return nil }
        var reader = EscapeReader(rest: scalars[1..<(scalars.count - 1)], quote: "'")
        switch reader.next() {
        case .byte(let byte)?: return (Int64(byte), !reader.rest.isEmpty)
        case .scalar(let scalar)?: return (Int64(scalar.value), !reader.rest.isEmpty)
        case nil: return nil
        }
    }

    /// Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20..<0x7F).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar, isASCII: Bool) -> String {
        switch scalar {
        case quote, "\\": return "\\\(scalar)"
        case "\u{07}": return "\\a"
        case "\u{08}": return "\\b"
        case "\u{0C}": return "\\f"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{0B}": return "\\v"
        default: break
        }
        if isPrintable(scalar), scalar.isASCII || !isASCII { return String(Character(scalar)) }
        let (letter, width) = scalar.value < 0x80 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + letter + Digits.hexadecimal(UInt64(scalar.value), width: width)
    }
}

private struct EscapeReader {
    enum Unit {
        case byte(UInt8)
        case scalar(Unicode.Scalar)
    }

    var rest: ArraySlice<Unicode.Scalar>
    let quote: Unicode.Scalar

    mutating func next() -> Unit? {
        guard let first = rest.popFirst(), first != quote else { return nil }
        guard first == "\\" else { return .scalar(first) }
        guard let letter = rest.popFirst() else { return nil }
        switch letter {
        case "a": return .scalar("\u{07}")
        case "b": return .scalar("\u{08}")
        case "f": return .scalar("\u{0C}")
        case "n": return .scalar("\n")
        case "r": return .scalar("\r")
        case "t": return .scalar("\t")
        case "v": return .scalar("\u{0B}")
        case "\\", quote: return .scalar(letter)
        case "x": return number(digits: 2, radix: 16).flatMap { UInt8(exactly: $0) }.map(Unit.byte)
        case "u": return number(digits: 4, radix: 16).flatMap { Unicode.Scalar($0) }.map(Unit.scalar)
        case "U": return number(digits: 8, radix: 16).flatMap { Unicode.Scalar($0) }.map(Unit.scalar)
        case "0"..."7":
            rest = [letter] + rest
            return number(digits: 3, radix: 8).flatMap { UInt8(exactly: $0) }.map(Unit.byte)
        default: return nil
        }
    }

    private mutating func number(digits: Int, radix: Int) -> UInt32? {
        guard rest.count >= digits else { return nil }
        let text = String(String.UnicodeScalarView(rest.prefix(digits)))
        rest = rest.dropFirst(digits)
        // A sign is no digit.
        guard text.unicodeScalars.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        return UInt32(text, radix: radix)
    }
}

/// The flags, width and precision of a printf verb, and what they make of a value.
struct PrintStyle {
    /// Go's bound for widths and precisions.
    static let limit: UInt = 1_000_000

    var isLeft = false
    var width = 0
    var precision: Int?
    private var hasPlus = false
    private var hasSharp = false
    private var hasSpace = false
    private var hasZero = false
    /// What `+` and `#` mean for `%v`: the names of fields, and strings in quotes, but nothing for numbers.
    private var showsNames = false
    private var showsQuotes = false

    /// False when it is no flag.
    mutating func take(flag: Unicode.Scalar) -> Bool {
        switch flag {
        case "-": isLeft = true
        case "+": hasPlus = true
        case "#": hasSharp = true
        case " ": hasSpace = true
        case "0": hasZero = true
        default: return false
        }
        return true
    }

    func text(of value: Value, _ verb: Unicode.Scalar) -> String {
        if case .null = value { return verb == "v" || verb == "T" ? padded("<nil>") : "%!\(verb)(<nil>)" }
        if verb == "T" { return string(value.typeName, "s") ?? "" }
        var style = self
        if verb == "v" {
            (style.showsNames, style.showsQuotes) = (hasPlus, hasSharp)
            (style.hasPlus, style.hasSharp) = (false, false)
        }
        return style.formatted(value, verb)
    }

    private func formatted(_ value: Value, _ verb: Unicode.Scalar) -> String {
        switch value {
        // Only within others: Go does not pad these.
        case .null: return "<nil>"
        case .bool(let value): if verb == "t" || verb == "v" { return padded(value ? "true" : "false") }
        case .int(let value): if let text = integer(value, verb) { return text }
        case .double(let value): if let text = double(value, verb) { return text }
        case .string(let text): if let text = string(text, verb) { return text }
        case .array, .nilArray:
            return "[" + (value.elements ?? []).map { formatted($0, verb) }.joined(separator: " ") + "]"
        case .map, .nilMap:
            let entries = (value.sortedEntries ?? []).map { (key, item) in
                formatted(.string(key), verb) + ":" + formatted(item, verb)
            }
            return "map[" + entries.joined(separator: " ") + "]"
        case .object(let object):
            let fields = object.data.map { field in
                (showsNames ? field.name + ":" : "") + formatted(field.value, verb)
            }
            return "{" + fields.joined(separator: " ") + "}"
        case .function: break
        }
        // The verb does not fit the value.
        return "%!\(verb)(\(value.typeName)=\(verb == "v" ? GoText.plain(value) : formatted(value, "v")))"
    }

    // MARK: Kinds

    private func integer(_ value: Int64, _ verb: Unicode.Scalar) -> String? {
        switch verb {
        case "v", "d": return number(value, radix: 10, prefix: "")
        case "b": return number(value, radix: 2, prefix: hasSharp ? "0b" : "")
        case "o": return number(value, radix: 8, prefix: hasSharp ? "0" : "")
        case "O": return number(value, radix: 8, prefix: "0o")
        case "x": return number(value, radix: 16, prefix: hasSharp ? "0x" : "")
        case "X": return number(value, radix: 16, prefix: hasSharp ? "0x" : "").uppercased()
        case "c": return padded(String(Character(scalar(value))))
        case "q": return padded(Quoted.go(scalar(value), isASCII: hasPlus))
        case "U":
            let digits = Digits.hexadecimal(UInt64(bitPattern: value), width: max(4, precision ?? 0)).uppercased()
            guard hasSharp, let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init),
                Quoted.isPrintable(scalar)
            else { return padded("U+" + digits) }
            return padded("U+\(digits) '\(scalar)'")
        default: return nil
        }
    }

    // What is no character is shown as the replacement character.
    private func scalar(_ value: Int64) -> Unicode.Scalar {
        UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
    }

    private func number(_ value: Int64, radix: Int, prefix: String) -> String {
        var digits = String(value.magnitude, radix: radix)
        let sign = sign(isNegative: value < 0)
        if let precision {
            if precision == 0, value == 0 { return padded("", zeros: false) }
            digits = String(repeating: "0", count: max(0, precision - digits.utf8.count)) + digits
        } else if hasZero, !isLeft {
            let room = width - sign.utf8.count - digits.utf8.count
            digits = String(repeating: "0", count: max(0, room)) + digits
        }
        return padded(sign + prefix + digits, zeros: false)
    }

    private func double(_ value: Double, _ verb: Unicode.Scalar) -> String? {
        let text: String
        switch verb {
        case "v", "g": text = FloatText.general(value, precision: precision)
        case "G": text = FloatText.general(value, precision: precision).uppercased()
        case "e": text = FloatText.scientific(value, precision: precision ?? 6)
        case "E": text = FloatText.scientific(value, precision: precision ?? 6).uppercased()
        case "f", "F": text = FloatText.fixed(value, precision: precision ?? 6)
        default: return nil
        }
        guard value.isFinite else { return padded(text, zeros: false) }
        let sign = sign(isNegative: value.sign == .minus)
        let digits = value.sign == .minus ? String(text.dropFirst()) : text
        let zeros = hasZero && !isLeft ? max(0, width - sign.utf8.count - digits.utf8.count) : 0
        return padded(sign + String(repeating: "0", count: zeros) + digits, zeros: false)
    }

    private func sign(isNegative: Bool) -> String { isNegative ? "-" : hasPlus ? "+" : hasSpace ? " " : "" }

    private func string(_ text: String, _ verb: Unicode.Scalar) -> String? {
        let scalars = text.unicodeScalars
        let kept = precision.map { String(String.UnicodeScalarView(scalars.prefix($0))) } ?? text
        switch verb {
        case "v": return padded(showsQuotes ? Quoted.go(kept) : kept)
        case "s": return padded(kept)
        case "q":
            let canBeRaw = kept.unicodeScalars.allSatisfy {
                $0 == "\t" || $0 != "`" && $0 != "\u{FEFF}" && $0.value != 0x7F && $0.value >= 0x20
            }
            return padded(hasSharp && canBeRaw ? "`\(kept)`" : Quoted.go(kept, isASCII: hasPlus))
        case "x": return padded(bytes(text))
        case "X": return padded(bytes(text).uppercased())
        default: return nil
        }
    }

    private func bytes(_ text: String) -> String {
        let bytes = text.utf8.prefix(precision ?? .max).map { Digits.hexadecimal(UInt64($0), width: 2) }
        guard !bytes.isEmpty else { return "" }
        let prefix = hasSharp ? "0x" : ""
        return hasSpace ? bytes.map { prefix + $0 }.joined(separator: " ") : prefix + bytes.joined()
    }

    private func padded(_ text: String, zeros: Bool = true) -> String {
        let count = width - text.unicodeScalars.count
        guard count > 0 else { return text }
        if isLeft { return text + String(repeating: " ", count: count) }
        return String(repeating: zeros && hasZero ? "0" : " ", count: count) + text
    }
}

/// Floating point numbers as Go's strconv writes them.
enum FloatText {
    /// `%v` of fmt: the shortest digits that read back as the same number, with an exponent where that is below -4 or
    /// at least 6.
    static func plain(_ value: Double) -> String { general(value, digits: .shortest(value), limit: 6) }

    /// encoding/json's form: an exponent only for what is below 1e-6 or at least 1e21, and without a leading zero.
    static func json(_ value: Double) -> String {
        let magnitude = value.magnitude
        guard magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 else { return fixed(value, precision: nil) }
        let text = scientific(value, precision: nil)
        // e-09 is written as e-9.
        guard text.utf8.count > 4, text.utf8.suffix(4).starts(with: "e-0".utf8) else { return text }
        return String(text.dropLast(2)) + String(text.last!)
    }

    /// `%g`. Without a precision the shortest digits; with one, that many significant digits, without trailing zeros.
    static func general(_ value: Double, precision: Int?) -> String {
        guard let precision else { return plain(value) }
        let count = max(1, precision)
        let digits = Decimal.exact(value).rounded(toSignificant: count)
        let limit = count > digits.digits.count && digits.digits.count >= digits.point ? digits.digits.count : count
        return general(value, digits: digits, limit: limit)
    }

    /// `%f`. Without a precision, as many digits as the number needs.
    static func fixed(_ value: Double, precision: Int?) -> String {
        if let special = special(value) { return special }
        var decimal = precision == nil ? Decimal.shortest(value) : Decimal.exact(value)
        if let precision { decimal = decimal.rounded(toSignificant: decimal.point + precision) }
        var text = value.sign == .minus ? "-" : ""
        text += decimal.point > 0 ? decimal.text(0..<decimal.point) : "0"
        let count = precision ?? max(0, decimal.digits.count - decimal.point)
        if count > 0 { text += "." + decimal.text(decimal.point..<(decimal.point + count)) }
        return text
    }

    /// `%e`: one digit, the point, `precision` digits, and an exponent of at least two digits.
    static func scientific(_ value: Double, precision: Int?) -> String {
        if let special = special(value) { return special }
        var decimal = precision == nil ? Decimal.shortest(value) : Decimal.exact(value)
        if let precision { decimal = decimal.rounded(toSignificant: precision + 1) }
        return scientific(decimal, isNegative: value.sign == .minus, fraction: precision)
    }

    private static func general(_ value: Double, digits: Decimal, limit: Int) -> String {
        if let special = special(value) { return special }
        let exponent = digits.point - 1
        if !digits.digits.isEmpty, exponent < -4 || exponent >= limit {
            return scientific(digits, isNegative: value.sign == .minus, fraction: nil)
        }
        var text = value.sign == .minus ? "-" : ""
        text += digits.point > 0 ? digits.text(0..<digits.point) : "0"
        if digits.digits.count > digits.point { text += "." + digits.text(digits.point..<digits.digits.count) }
        return text
    }

    private static func scientific(_ decimal: Decimal, isNegative: Bool, fraction: Int?) -> String {
        let count = fraction ?? max(0, decimal.digits.count - 1)
        var text = (isNegative ? "-" : "") + decimal.text(0..<1)
        if count > 0 { text += "." + decimal.text(1..<(count + 1)) }
        let exponent = decimal.digits.isEmpty ? 0 : decimal.point - 1
        return text + "e" + (exponent < 0 ? "-" : "+") + Digits.decimal(UInt64(exponent.magnitude), width: 2)
    }

    private static func special(_ value: Double) -> String? {
        value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : nil
    }
}

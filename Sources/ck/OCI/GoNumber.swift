/// Values as Go's flag package reads them.
enum GoNumber {
    /// strconv.ParseBool
    static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    /// strconv.ParseInt with base 0.
    static func whole(_ text: String) -> Int64? {
        if let number = Int64(text), text.utf8.count == 1 || !hasLeadingZero(text) { return number }
        var digits = text[...]
        let sign = digits.first == "-" || digits.first == "+" ? String(digits.removeFirst()) : ""
        guard digits.first == "0" else { return nil }
        digits.removeFirst()
        guard let letter = digits.first else { return 0 }
        let radix: Int
        switch letter {
        case "x", "X": radix = 16
        case "b", "B": radix = 2
        case "o", "O": radix = 8
        default: return isNumber(digits) ? Int64(sign + digits, radix: 8) : nil
        }
        digits.removeFirst()
        return isNumber(digits) ? Int64(sign + digits, radix: radix) : nil
    }

    /// time.ParseDuration, in milliseconds; a part of one counts as one, for nothing waits less.
    static func milliseconds(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { "0123456789.".contains($0) }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { !"0123456789.".contains($0) }
            rest = rest[unit.endIndex...]
            guard let value = Double(number), let factor = factor(unit) else { return nil }
            total += value * factor
        }
        guard total < 1e15 else { return nil }
        let whole = Int64(total.rounded(.up))
        return isNegative ? -whole : whole
    }

    private static func factor(_ unit: Substring) -> Double? {
        switch unit {
        case "ns": 1e-6
        case "us", "µs", "μs": 1e-3
        case "ms": 1
        case "s": 1000
        case "m": 60_000
        case "h": 3_600_000
        default: nil
        }
    }

    private static func hasLeadingZero(_ text: String) -> Bool {
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        return digits.first == "0" && digits.utf8.count > 1
    }

    private static func isNumber(_ digits: Substring) -> Bool {
        !digits.isEmpty && digits.first != "-" && digits.first != "+"
    }
}

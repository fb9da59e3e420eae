import ContainerSystem
import Glibc

/// A moment as docker's `until` takes it: how long ago (`10m`, `1h30m`, Go's durations), seconds since 1970, or a date
/// and time of this host or of a named offset.
enum TimeFilter {
    /// - Returns: seconds since 1970; nil for what is none.
    static func parse(_ text: String, now: Double) -> Double? {
        if let span = duration(text) { return now - span }
        if let time = Timestamp.parse(text) { return time }
        if let seconds = unix(text) { return seconds }
        return local(text)
    }

    private static let units = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]

    /// `1h30m`, `1.5h`, `-1s`; a bare 0.
    static func duration(_ text: String) -> Double? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !("0"..."9").contains($0) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            let text = number.hasPrefix(".") ? "0" + number : String(number)
            guard let value = Double(text), let factor = units[String(unit)] else { return nil }
            total += value * factor
        }
        return isNegative ? -total : total
    }

    /// `1700000000` or `1700000000.5`.
    private static func unix(_ text: String) -> Double? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }) else { return nil }
        return Double(text)
    }

    /// Dates without seconds or without a time; without an offset they are of this host.
    private static func local(_ text: String) -> Double? {
        for (length, rest) in [(19, ""), (16, ":00"), (13, ":00:00"), (10, "T00:00:00")]
        where text.utf8.count >= length {
            let date = text.prefix(length) + rest
            let offset = text.dropFirst(length)
            if !offset.isEmpty {
                if let time = Timestamp.parse("\(date)\(offset)") { return time }
                continue
            }
            guard let seconds = Timestamp.parse("\(date)Z") else { continue }
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            parts.tm_isdst = -1
            return Double(mktime(&parts))
        }
        return nil
    }
}

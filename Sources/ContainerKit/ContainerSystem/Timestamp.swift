import Glibc

/// Times as RFC 3339 writes them, in UTC, with the nanoseconds that docker prints.
public enum Timestamp {
    /// Seconds since 1970, now.
    public static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// `2026-01-02T03:04:05.678901Z`
    public static func format(_ seconds: Double) -> String {
        // A Double holds about a microsecond of a time of today; cut off instead of rounded, it would often be the one
        // before.
        let microseconds = (seconds * 1e6).rounded()
        let whole = (microseconds / 1e6).rounded(.down)
        var time = time_t(whole)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ value: some BinaryInteger, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        var fraction = padded(Int(microseconds - whole * 1e6), 6)
        while fraction.last == "0" { fraction.removeLast() }
        return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
            + "T\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
            + (fraction.isEmpty ? "" : "." + fraction) + "Z"
    }

    /// `2026-01-02T03:04:05.678901234+01:00`, in the time zone of this host, with all nine digits.
    public static func local(nanoseconds: Int64) -> String {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let (seconds, fraction) = remainder < 0 ? (quotient - 1, remainder + 1_000_000_000) : (quotient, remainder)
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        func padded(_ value: some BinaryInteger, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        let offset = abs(parts.tm_gmtoff) / 60
        let zone =
            parts.tm_gmtoff == 0
            ? "Z" : "\(parts.tm_gmtoff < 0 ? "-" : "+")\(padded(offset / 60, 2)):\(padded(offset % 60, 2))"
        return "\(date)T\(clock).\(padded(fraction, 9))\(zone)"
    }

    /// Seconds since 1970 of an RFC 3339 time, or nil. Images bring theirs, so nothing but such a time is one.
    public static func parse(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>, _ allowed: ClosedRange<Int32>) -> Int32? {
            guard let value = digits(bytes[range]), allowed.contains(value) else { return nil }
            return value
        }
        guard bytes.count >= 20, bytes[4] == dash, bytes[7] == dash, bytes[10] | 0x20 == UInt8(ascii: "t"),
            bytes[13] == colon, bytes[16] == colon, let year = number(0..<4, 0...9999),
            let month = number(5..<7, 1...12), let day = number(8..<10, 1...31), let hour = number(11..<13, 0...23),
            let minute = number(14..<16, 0...59), let second = number(17..<19, 0...60)
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        // A leap second is counted with the one that follows, like everywhere in Unix.
        parts.tm_sec = second
        var time = parts
        let whole = Double(timegm(&time))
        guard second == 60 || (time.tm_mon == parts.tm_mon && time.tm_mday == parts.tm_mday) else { return nil }
        var rest = bytes[19...]
        var fraction = 0.0
        if rest.first == UInt8(ascii: ".") {
            let decimals = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !decimals.isEmpty else { return nil }
            fraction = Double("0." + String(decoding: decimals, as: UTF8.self)) ?? 0
            rest = rest.dropFirst(1 + decimals.count)
        }
        guard let offset = offset(Array(rest)) else { return nil }
        return whole + fraction - offset
    }

    private static let dash = UInt8(ascii: "-")
    private static let colon = UInt8(ascii: ":")

    /// A number of nothing but digits: `Int32` and `Double` would take signs, and `nan`.
    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int32? {
        var value: Int32 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int32(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Seconds of `Z` or `+02:00`.
    private static func offset(_ bytes: [UInt8]) -> Double? {
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == dash, bytes[3] == colon,
            let hours = digits(bytes[1..<3]), hours < 24, let minutes = digits(bytes[4..<6]), minutes < 60
        else { return nil }
        return (bytes[0] == dash ? -1 : 1) * Double(hours * 3600 + minutes * 60)
    }
}

/// Times to the nanosecond, as logs and events have them: nanoseconds since 1970, which last until 2262.
extension Timestamp {
    /// Nanoseconds since 1970 of an RFC 3339 time with any number of decimals, those beyond the ninth cut off; nil for
    /// anything else. What is out of range is the nearest time that is not.
    public static func nanoseconds(of text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 20, text[4] == 0x2d, text[7] == 0x2d, text[10] | 0x20 == 0x74, text[13] == 0x3a,
            text[16] == 0x3a, let year = number(text, 0, 4), let month = number(text, 5, 2), (1...12).contains(month),
            let day = number(text, 8, 2), (1...daysOf(month, year)).contains(day), let hour = number(text, 11, 2),
            hour < 24, let minute = number(text, 14, 2), minute < 60, let second = number(text, 17, 2), second <= 60
        else { return nil }
        var position = 19
        guard let fraction = fraction(text, &position), let offset = offset(text, position) else { return nil }
        let clock = hour * 3600 + minute * 60 + second - offset
        return nanoseconds(seconds: days(year, month, day) * 86400 + clock, fraction: fraction)
    }

    public static func nanoseconds(of text: String) -> Int64? {
        var text = text
        return text.withUTF8 { nanoseconds(of: UnsafeRawBufferPointer($0)) }
    }

    /// - Parameter fraction: nanoseconds, less than a second of them.
    public static func nanoseconds(seconds: Int64, fraction: Int64 = 0) -> Int64 {
        let (whole, isTooMuch) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isMore) = whole.addingReportingOverflow(fraction)
        return isTooMuch || isMore ? (seconds < 0 ? .min : .max) : sum
    }

    /// `2026-01-02T03:04:05.000000007Z`: always nine decimals, so that columns of them are straight.
    public static func appendFixed(nanoseconds: Int64, to bytes: inout [UInt8]) {
        let seconds = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds + 1) / 1_000_000_000 - 1
        let (day, clock) = seconds >= 0 ? (seconds / 86400, seconds % 86400) : floored(seconds, by: 86400)
        let (year, month, date) = civil(day)
        append(year, 4, to: &bytes)
        for (mark, value) in [(0x2d, month), (0x2d, date), (0x54, clock / 3600), (0x3a, clock / 60 % 60)] {
            bytes.append(UInt8(mark))
            append(value, 2, to: &bytes)
        }
        bytes.append(0x3a)
        append(clock % 60, 2, to: &bytes)
        bytes.append(0x2e)
        append(nanoseconds &- seconds &* 1_000_000_000, 9, to: &bytes)
        bytes.append(0x5a)
    }

    // MARK: - Parts

    private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private static func fraction(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
        guard position < text.count, text[position] == 0x2e else { return 0 }
        position += 1
        let start = position
        var value: Int64 = 0
        while position < text.count, text[position] &- 0x30 < 10 {
            if position - start < 9 { value = value * 10 + Int64(text[position] - 0x30) }
            position += 1
        }
        guard position > start else { return nil }
        for _ in 0..<max(0, 9 - (position - start)) { value *= 10 }
        return value
    }

    /// Seconds of `Z` or `+02:00`.
    private static func offset(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int64? {
        let count = text.count - position
        if count == 1 { return text[position] | 0x20 == 0x7a ? 0 : nil }
        guard count == 6, text[position] == 0x2b || text[position] == 0x2d, text[position + 3] == 0x3a,
            let hours = number(text, position + 1, 2), hours < 24, let minutes = number(text, position + 4, 2),
            minutes < 60
        else { return nil }
        return (text[position] == 0x2d ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func daysOf(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 in the Gregorian calendar; years begin in March here, so that the leap day is the last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, ofEra) = floored(year, by: 400)
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// The other way round.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, ofEra) = floored(days + 719_468, by: 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let index = (5 * ofYear + 2) / 153
        let month = index < 10 ? index + 3 : index - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * index + 2) / 5 + 1)
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let rest = value % divisor
        return rest < 0 ? (value / divisor - 1, rest + divisor) : (value / divisor, rest)
    }

    private static func append(_ value: Int64, _ width: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
            divisor /= 10
        }
    }
}

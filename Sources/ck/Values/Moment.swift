import ContainerSystem
import Glibc

/// A moment as docker's `--since` and `--until` take it: how long ago (`10m`, `1h30m`, Go's durations), a date or a date
/// and time with or without an offset, or seconds since 1970 with or without a fraction.
enum Moment {
    /// - Parameters:
    ///   - now: nanoseconds since 1970.
    ///   - offset: how many seconds this host's clocks are ahead of UTC now. docker takes that for every date.
    /// - Returns: nanoseconds since 1970; nil for what is none.
    static func parse(_ text: String, now: Int64, offset: Int64 = Self.offset) -> Int64? {
        // docker counts a duration back in whole seconds; a lone 0 is the beginning of 1970.
        if text != "0", let span = TimeFilter.duration(text) {
            let moment = (Double(now) / 1e9 - span).rounded(.down)
            return Timestamp.nanoseconds(seconds: Int64(max(-9e9, min(9e9, moment))))
        }
        return date(text, offset) ?? (text.contains("-") ? nil : unix(text))
    }

    private static var offset: Int64 {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return Int64(parts.tm_gmtoff)
    }

    /// Now, in nanoseconds since 1970.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp.nanoseconds(seconds: Int64(time.tv_sec), fraction: Int64(time.tv_nsec))
    }

    /// `2026-01-02`, `2026-01-02T15`, `2026-01-02T15:04`, `2026-01-02T15:04:05.6`, each with `Z`, `+02:00`, or in this
    /// host's time.
    private static func date(_ text: String, _ hostOffset: Int64) -> Int64? {
        guard text.utf8.count >= 10, !text.contains("t"), !text.contains("z") else { return nil }
        let (date, rest) = (text.prefix(10), text.dropFirst(10))
        let start = rest.firstIndex { "Z+-".contains($0) } ?? rest.endIndex
        let (clock, offset) = (rest[..<start], rest[start...])
        guard let clock = whole(clock) else { return nil }
        if !offset.isEmpty { return Timestamp.nanoseconds(of: "\(date)\(clock)\(offset)") }
        return Timestamp.nanoseconds(of: "\(date)\(clock)Z").map { $0 &- hostOffset * 1_000_000_000 }
    }

    /// A time of day with what is left out of it.
    private static func whole(_ clock: Substring) -> String? {
        switch clock.split(separator: ":", omittingEmptySubsequences: false).count {
        case _ where clock.isEmpty: "T00:00:00"
        case 1: clock.utf8.count == 3 ? clock + ":00:00" : nil
        case 2: clock.utf8.count == 6 ? clock + ":00" : nil
        default: String(clock)
        }
    }

    /// `1700000000` or `1700000000.25`; digits beyond the ninth are cut off.
    private static func unix(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = digits(parts[0]), let whole = Int64(seconds) else { return nil }
        guard parts.count > 1 else { return Timestamp.nanoseconds(seconds: whole) }
        guard let decimals = digits(parts[1]), decimals.utf8.count <= 20 else { return nil }
        let nine = (decimals + "00000000").prefix(9)
        return Timestamp.nanoseconds(seconds: whole, fraction: Int64(nine) ?? 0)
    }

    private static func digits(_ text: Substring) -> String? {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? String(text) : nil
    }
}

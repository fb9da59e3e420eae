import CKLinux
import Glibc

/// How ps(1) writes what it knows.
enum ProcessText {
    /// `HH:MM:SS`, with days in front from the first on.
    static func time(_ seconds: Int64) -> String {
        let days = seconds / 86400
        let clock = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return days > 0 ? "\(two(days))-\(clock)" : clock
    }

    /// As BSD writes it: minutes and seconds.
    static func shortTime(_ seconds: Int64) -> String { "\(seconds / 60):\(two(seconds % 60))" }

    /// `[[DD-]HH:]MM:SS`
    static func elapsed(_ seconds: Int64) -> String {
        let text = time(seconds)
        return seconds < 3600 ? String(text.dropFirst(3)) : text
    }

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }

    /// In this host's time, as strftime(3) has it.
    static func date(_ seconds: Double, _ format: String) -> String {
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The time of day, or the day, or the year.
    static func start(_ started: Double, now: Double, isRecent: Bool) -> String {
        if isRecent { return date(started, "%H:%M") }
        return date(started, date(started, "%Y") == date(now, "%Y") ? "%b%d" : "%Y")
    }

    /// `pts/0`, `tty1`, `?`
    static func terminal(_ device: Int64) -> String {
        let number = UInt64(bitPattern: device)
        let (major, minor) = ((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00))
        switch major {
        case 0: return "?"
        case 4: return minor < 64 ? "tty\(minor)" : "ttyS\(minor - 64)"
        case 136...143: return "pts/\((major - 136) * 256 + minor)"
        case 5 where minor == 1: return "console"
        default: return "?"
        }
    }

    /// Tenths, up to 999 whole.
    static func percent(_ value: Double) -> String {
        let tenths = Int64(value * 10)
        return tenths >= 1000 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }
}

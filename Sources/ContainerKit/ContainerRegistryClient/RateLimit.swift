import ContainerSystem
import Glibc

/// What a registry says about how often it may be asked: `Retry-After` (RFC 9110, 10.2.3) and docker's own
/// `RateLimit-Limit` and `RateLimit-Remaining`.
struct RateLimit {
    /// Seconds until the registry wants to be asked again.
    var wait: Double?
    /// `0 of 100 left in 6 h`, where the registry counts.
    var counts: String?

    private static let longest = 86400.0

    /// - Parameter now: seconds since 1970, for a registry that names a date.
    init(_ head: HTTPResponseHead, now: Double = Timestamp.now) {
        if let text = head["Retry-After"] {
            let seconds = Int(text).map(Double.init) ?? Self.date(text).map { $0 - now }
            wait = seconds.map { max(0, min($0.rounded(.up), Self.longest)) }
        }
        guard let left = head["RateLimit-Remaining"].flatMap({ Self.count($0) }) else { return }
        let most = head["RateLimit-Limit"].flatMap { Self.count($0) }
        let window = (most?.seconds ?? left.seconds).map { " in \(Self.text(Double($0)))" } ?? ""
        counts = "\(left.count)\(most.map { " of \($0.count)" } ?? "") left\(window)"
    }

    /// `100;w=21600`: so many in so many seconds.
    private static func count(_ text: String) -> (count: Int, seconds: Int?)? {
        let parts = text.split(separator: ";").map { $0.filter { $0 != " " } }
        guard let first = parts.first, let count = Int(first), count >= 0 else { return nil }
        let window = parts.dropFirst().first { $0.hasPrefix("w=") }.flatMap { Int($0.dropFirst(2)) }
        return (count, window.flatMap { (1...Int(longest) * 31).contains($0) ? $0 : nil })
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, in seconds since 1970.
    private static func date(_ text: String) -> Double? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split { $0 == " " || $0 == "," || $0 == ":" || $0 == "-" }
        guard words.count == 8, words[7] == "GMT", let day = Int32(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3]), (1970...9999) ~= year,
            let hour = Int32(words[4]), let minute = Int32(words[5]), let second = Int32(words[6])
        else { return nil }
        var time = tm()
        (time.tm_year, time.tm_mon, time.tm_mday) = (year - 1900, Int32(month), day)
        (time.tm_hour, time.tm_min, time.tm_sec) = (hour, minute, second)
        return Double(timegm(&time))
    }

    /// `90 s`, `15 min`, `6 h`: rounded up, so that nobody comes back too early.
    static func text(_ seconds: Double) -> String {
        let seconds = Int(seconds.rounded(.up))
        if seconds <= 120 { return "\(seconds) s" }
        return seconds <= 7200 ? "\((seconds + 59) / 60) min" : "\((seconds + 3599) / 3600) h"
    }
}

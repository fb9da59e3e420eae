import Glibc

/// Durations and sizes in docker's words.
enum HumanUnits {
    /// - Parameter seconds: a span of time; what lies in the future counts as none.
    static func duration(_ seconds: Double) -> String {
        let seconds = seconds.isFinite ? min(max(seconds, 0), 1e15) : 0
        let whole = Int(seconds)
        let minutes = whole / 60
        let hours = Int(seconds / 3600 + 0.5)
        switch true {
        case whole < 1: return "Less than a second"
        case whole == 1: return "1 second"
        case whole < 60: return "\(whole) seconds"
        case minutes == 1: return "About a minute"
        case minutes < 60: return "\(minutes) minutes"
        case hours == 1: return "About an hour"
        case hours < 48: return "\(hours) hours"
        case hours < 24 * 7 * 2: return "\(hours / 24) days"
        case hours < 24 * 30 * 2: return "\(hours / 24 / 7) weeks"
        case hours < 24 * 365 * 2: return "\(hours / 24 / 30) months"
        default: return "\(Int(seconds / 3600) / 24 / 365) years"
        }
    }

    /// Multiples of 1000: `4.26MB`.
    static func size(_ bytes: Int64, digits: Int = 3) -> String {
        scaled(bytes, base: 1000, digits: digits, units: ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
    }

    /// Multiples of 1024: `7.77GiB`.
    static func binarySize(_ bytes: Int64) -> String {
        scaled(bytes, base: 1024, digits: 4, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    }

    private static func scaled(_ bytes: Int64, base: Double, digits: Int, units: [String]) -> String {
        var value = Double(bytes)
        var unit = 0
        while value >= base, unit < units.count - 1 {
            value /= base
            unit += 1
        }
        var text = significant(value, digits)
        // 999.9 kB in three digits is 1 MB, not 1e+03 kB.
        if text.contains("e"), unit < units.count - 1 {
            unit += 1
            text = significant(value / base, digits)
        }
        return text + units[unit]
    }

    private static func significant(_ value: Double, _ digits: Int) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = withVaList([Int32(digits), value]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
        return String(decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

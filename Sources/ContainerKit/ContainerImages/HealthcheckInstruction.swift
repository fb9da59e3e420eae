import ContainerSystem
import OCISpec

/// `HEALTHCHECK` of a Dockerfile: `NONE`, or flags and `CMD` with a command.
enum HealthcheckInstruction {
    private static let millisecond: Int64 = 1_000_000

    /// - Throws: `invalidArgument`, the cause in docker's words.
    static func parse(_ text: String, _ change: String) throws(ContainerError) -> ImageConfig.Healthcheck {
        var check = ImageConfig.Healthcheck()
        var rest = Substring(text)
        func failure(_ cause: String) -> ContainerError {
            ContainerError(.invalidArgument, "change \"\(change)\"", cause: cause)
        }
        while rest.hasPrefix("--") {
            let flag = rest.prefix { !$0.isWhitespace }
            rest = rest.dropFirst(flag.count).drop(while: \.isWhitespace)
            if let cause = set(flag.dropFirst(2), in: &check) { throw failure(cause) }
        }
        let type = rest.prefix { !$0.isWhitespace }.uppercased()
        let command = rest.dropFirst(type.count).trimmed
        switch type {
        case "": throw failure("HEALTHCHECK requires at least one argument")
        case "NONE":
            guard command.isEmpty else { throw failure("HEALTHCHECK NONE takes no arguments") }
            check.test = ["NONE"]
        case "CMD":
            guard !command.isEmpty else { throw failure("Missing command after HEALTHCHECK CMD") }
            check.test = ConfigChange.array(command).map { ["CMD"] + $0 } ?? ["CMD-SHELL", command]
        default: throw failure("Unknown type \"\(type)\" in HEALTHCHECK (try CMD)")
        }
        return check
    }

    /// - Returns: what is wrong with the flag, or nil.
    private static func set(_ flag: Substring, in check: inout ImageConfig.Healthcheck) -> String? {
        let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let durations: [String: WritableKeyPath<ImageConfig.Healthcheck, Int64?>] = [
            "interval": \.interval, "timeout": \.timeout, "start-period": \.startPeriod,
            "start-interval": \.startInterval,
        ]
        guard name == "retries" || durations[name] != nil else { return "Unknown flag: \(name)" }
        guard parts.count == 2, !parts[1].isEmpty else { return "Missing a value on flag: \(name)" }
        if name == "retries" {
            guard let count = Int(parts[1]) else { return "--retries: \(parts[1]) is no number" }
            guard count >= 1 else { return "--retries must be at least 1 (not \(count))" }
            check.retries = count
        } else if let field = durations[name] {
            guard let value = GoDuration.nanoseconds(parts[1]) else { return "\(parts[1]) is no duration" }
            guard value >= millisecond else { return "Interval \"\(name)\" cannot be less than 1ms" }
            check[keyPath: field] = value
        }
        return nil
    }
}

/// A span of time as Go writes it: `1m30s`, `500ms`.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Nil for what is none, and for more than 292 years.
    static func nanoseconds(_ text: Substring) -> Int64? {
        if text == "0" { return 0 }
        var rest = text
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !("0"..."9").contains($0) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), let factor = units.first(where: { $0.name == unit })?.nanoseconds else {
                return nil
            }
            total += value * factor
        }
        return text.isEmpty || total > 9e18 ? nil : Int64(total)
    }
}

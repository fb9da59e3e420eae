/// Durations as Go reads them (time.ParseDuration): `1h30m`, `1.5s`, `-10ms`, a bare 0.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Nanoseconds.
    static func parse(_ text: String, flag: String) throws(FlagError) -> Int64 {
        func refused(_ reason: String) -> FlagError { FlagError(flag, text, "time: \(reason)") }
        let quoted = Quoting.go(text)
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { throw refused("invalid duration \(quoted)") }
        var total: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { isDigit($0) || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !isDigit($0) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            let parts = number.split(separator: ".", omittingEmptySubsequences: false)
            guard number.contains(where: isDigit), parts.count <= 2 else { throw refused("invalid duration \(quoted)") }
            guard !unit.isEmpty else { throw refused("missing unit in duration \(quoted)") }
            guard let factor = units.first(where: { $0.name == unit })?.nanoseconds else {
                throw refused("unknown unit \(Quoting.go(String(unit))) in duration \(quoted)")
            }
            guard let span = nanoseconds(parts, factor), case let (sum, false) = total.addingReportingOverflow(span)
            else { throw refused("invalid duration \(quoted)") }
            total = sum
        }
        return isNegative ? -total : total
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func nanoseconds(_ parts: [Substring], _ factor: Int64) -> Int64? {
        guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
        let (product, isTooLarge) = whole.multipliedReportingOverflow(by: factor)
        // More digits than a nanosecond can be told apart by.
        let fraction = parts.count > 1 ? Double("0." + parts[1].prefix(18) + "0") ?? 0 : 0
        let (sum, isOver) = product.addingReportingOverflow(Int64(fraction * Double(factor)))
        return isTooLarge || isOver ? nil : sum
    }
}

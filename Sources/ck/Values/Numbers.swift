/// Numbers in flags.
enum Numbers {
    static func whole(_ text: String, flag: String) throws(FlagError) -> Int64 {
        guard let value = Int64(text) else { throw FlagError(flag, text, "not a whole number") }
        return value
    }

    /// CPUs with up to nine decimals, in billionths.
    static func nanoCPUs(_ text: String, flag: String) throws(FlagError) -> Int64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0]
        let decimals = parts.count > 1 ? parts[1] : ""
        guard !(whole.isEmpty && decimals.isEmpty),
            (whole + decimals).allSatisfy({ $0.isASCII && $0.isNumber })
        else { throw FlagError(flag, text, "not a number of CPUs, such as 0.5 or 2") }
        let significant = decimals.reversed().drop { $0 == "0" }.reversed()
        guard significant.count <= 9 else { throw FlagError(flag, text, "value is too precise") }
        let billionths = String(significant) + String(repeating: "0", count: 9 - significant.count)
        guard let value = Int64((whole.isEmpty ? "0" : whole) + billionths) else {
            throw FlagError(flag, text, "out of range")
        }
        return value
    }
}

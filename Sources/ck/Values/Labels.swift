/// `-l NAME[=VALUE]`.
enum Labels {
    static func parse(_ flags: [String]) throws(FlagError) -> [String: String] {
        var labels = [String: String]()
        for flag in flags {
            let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard !parts[0].isEmpty else { throw FlagError("label", flag, "invalid label: empty name") }
            labels[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return labels
    }
}

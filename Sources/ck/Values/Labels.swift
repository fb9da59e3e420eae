import ContainerSystem

/// `-l NAME[=VALUE]` and `--label-file`.
enum Labels {
    /// What the files say, then what the flags say: the later one counts.
    static func parse(_ flags: [String], files: [String] = []) throws -> [String: String] {
        var labels = [String: String]()
        for file in files {
            for line in try Environment.lines(try Environment.read(file), name: file, passesOn: false) {
                add(line, to: &labels)
            }
        }
        for flag in flags {
            guard let first = flag.first, first != "=" else {
                throw FlagError("label", flag, "invalid label '\(flag)': empty name")
            }
            add(flag, to: &labels)
        }
        return labels
    }

    /// `NAME=VALUE` without a check, as docker takes annotations and options of logs.
    static func pairs(_ texts: [String]) -> [String: String] {
        var pairs = [String: String]()
        for text in texts { add(text, to: &pairs) }
        return pairs
    }

    private static func add(_ text: String, to labels: inout [String: String]) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        labels[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
}

/// Reads one word of flags as docker does: `--name`, `--name=value`, `--name value`, `-n`, `-nvalue`, `-n=value`,
/// `-n value`, and several letters in one word.
struct FlagScanner {
    struct Occurrence: Equatable {
        let flag: FlagTable.Flag
        /// For a switch `true` or `false`.
        let value: String
    }

    let flags: FlagTable
    let path: String

    /// Takes a word that starts with `-`, and the next one where that is its value.
    mutating func take(from arguments: inout ArraySlice<String>) throws(CommandFailure) -> [Occurrence] {
        let word = arguments.removeFirst()
        return word.hasPrefix("--")
            ? [try long(word.dropFirst(2), &arguments)] : try letters(word.dropFirst(), &arguments)
    }

    private func long(_ word: Substring, _ arguments: inout ArraySlice<String>) throws(CommandFailure) -> Occurrence {
        let equals = word.firstIndex(of: "=")
        let name = word[..<(equals ?? word.endIndex)]
        guard !name.isEmpty else { throw CommandFailure(usage: "bad flag syntax: --\(word)", path: path) }
        guard let flag = flags.named(name) else {
            throw CommandFailure(usage: "unknown flag: --\(name)", path: path)
        }
        if let equals {
            return try occurrence(flag, String(word[word.index(after: equals)...]), as: "--\(flag.name)")
        }
        guard flag.kind == .value else { return try occurrence(flag, "true", as: "--\(flag.name)") }
        guard let value = arguments.popFirst() else {
            // Someone who asks for what we do not have should hear that, not that it lacks a value.
            if !flag.isSupported { throw CommandFailure(unsupported: flag, as: "--\(flag.name)") }
            throw CommandFailure(usage: "flag needs an argument: --\(name)", path: path)
        }
        return try occurrence(flag, value, as: "--\(flag.name)")
    }

    private func letters(
        _ word: Substring, _ arguments: inout ArraySlice<String>
    ) throws(CommandFailure) -> [Occurrence] {
        var found = [Occurrence]()
        var rest = word
        while let letter = rest.first {
            guard let flag = flags.short(letter) else {
                throw CommandFailure(usage: "unknown shorthand flag: '\(letter)' in -\(rest)", path: path)
            }
            let here = rest
            rest.removeFirst()
            if rest.first == "=" {
                found.append(try occurrence(flag, String(rest.dropFirst()), as: flag.title))
                break
            }
            if flag.kind != .value {
                found.append(try occurrence(flag, "true", as: flag.title))
                continue
            }
            if !rest.isEmpty {
                found.append(try occurrence(flag, String(rest), as: flag.title))
                break
            }
            guard let value = arguments.popFirst() else {
                if !flag.isSupported { throw CommandFailure(unsupported: flag, as: flag.title) }
                throw CommandFailure(usage: "flag needs an argument: '\(letter)' in -\(here)", path: path)
            }
            found.append(try occurrence(flag, value, as: flag.title))
        }
        return found
    }

    private func occurrence(
        _ flag: FlagTable.Flag, _ value: String, as spelling: String
    ) throws(CommandFailure) -> Occurrence {
        var value = value
        if flag.kind != .value {
            guard let isOn = GoWords.truth(value) else {
                throw CommandFailure(
                    usage: "invalid argument \(Quoting.go(value)) for \"\(flag.title)\" flag: neither true nor false",
                    path: path)
            }
            value = isOn ? "true" : "false"
            // A switch that is set to what holds anyway asks for nothing.
            if !flag.isSupported, isOn == (flag.kind == .on) { return Occurrence(flag: flag, value: value) }
        }
        if !flag.isSupported { throw CommandFailure(unsupported: flag, as: spelling) }
        return Occurrence(flag: flag, value: value)
    }
}

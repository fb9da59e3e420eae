/// Splits a subcommand's arguments into flags and operands by docker's rules, refuses what we do not have, and writes
/// the rest in the one form that ArgumentParser cannot take amiss: `--name=value ... -- operand ...`.
struct ArgumentWalker {
    let synopsis: Synopsis
    let path: String
    var globals = GlobalOptions()

    struct Result {
        var canonical = [String]()
        var words = Words()
        var operands = [String]()
        var globals: GlobalOptions
        var wantsHelp = false
    }

    func walk(_ arguments: ArraySlice<String>) throws(CommandFailure) -> Result {
        var result = Result(globals: globals)
        var switches = [String: Bool]()
        var rest = arguments
        var scanner = FlagScanner(flags: synopsis.flags, path: path)
        var globalScanner = FlagScanner(flags: GlobalOptions.flags, path: path)
        while let word = rest.first {
            if word == "--" {
                rest.removeFirst()
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                if synopsis.stopsAtOperand { break }
                result.operands.append(rest.removeFirst())
                continue
            }
            if isHelp(word) {
                result.wantsHelp = true
                return result
            }
            if isGlobal(word) {
                try globalScanner.take(from: &rest).forEach { result.globals.set($0) }
                continue
            }
            for occurrence in try scanner.take(from: &rest) where occurrence.flag.isSupported {
                if occurrence.flag.kind == .value {
                    // ArgumentParser takes `--name=` for a value that is missing.
                    let name = "--\(occurrence.flag.canonical)"
                    result.words.values[occurrence.flag.canonical, default: []].append(occurrence.value)
                    result.canonical += occurrence.value.isEmpty ? [name, ""] : ["\(name)=\(occurrence.value)"]
                } else {
                    switches[occurrence.flag.canonical] = occurrence.value == "true"
                }
            }
        }
        result.operands += rest
        // The last word on a switch counts; only what differs from the default is passed on.
        for flag in synopsis.flags.flags {
            guard let isOn = switches[flag.canonical], isOn != (flag.kind == .on) else { continue }
            result.canonical.append(isOn ? "--\(flag.name)" : "--no-\(flag.name)")
        }
        result.canonical.append("--")
        result.canonical += result.operands
        result.words.switches = switches
        result.words.operands = result.operands
        return result
    }

    private func isHelp(_ word: String) -> Bool {
        word == "--help" || word == "--help=true" || (word == "-h" && synopsis.flags.short("h") == nil)
    }

    private func isGlobal(_ word: String) -> Bool {
        let name = word.prefix { $0 != "=" }
        return name == "--root" || name == "--run-root"
    }
}

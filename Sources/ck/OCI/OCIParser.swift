/// Reads flags by the rules of Go's flag package and of the library that runc puts on top of it.
struct OCIParser {
    let flags: [OCIFlag]
    /// The rest from the first operand on belongs to somebody else: the global flags, exec and ps. Elsewhere flags may
    /// follow operands.
    let stopsAtOperand: Bool
    /// How the message of a mistake goes on.
    let hint: String

    enum Result {
        case help
        case words(OCIWords)
    }

    func parse(_ arguments: ArraySlice<String>) throws(CommandFailure) -> Result {
        var words = OCIWords()
        var rest = arguments
        while let word = rest.popFirst() {
            if word == "--" { break }
            guard word.utf8.first == UInt8(ascii: "-"), word != "-" else {
                words.operands.append(word)
                if stopsAtOperand { break }
                continue
            }
            let (name, attached) = try split(word)
            guard let flag = flags.first(where: { $0.names.contains(name) }) else {
                if name == "help" || name == "h" { return .help }
                throw failure("flag provided but not defined: -\(name)")
            }
            let value = try value(of: flag, named: name, attached, &rest)
            if let refusal = flag.refusal, !flag.isIdle(value) {
                throw CommandFailure("--\(flag.name) is not supported: \(refusal)", status: 1)
            }
            words.add(flag.name, value)
        }
        words.operands += rest
        return .words(words)
    }

    private func split(_ word: String) throws(CommandFailure) -> (name: String, value: String?) {
        var body = word.dropFirst()
        if body.utf8.first == UInt8(ascii: "-") { body = body.dropFirst() }
        guard let first = body.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "=") else {
            throw failure("bad flag syntax: \(word)")
        }
        guard let equals = body.utf8.firstIndex(of: UInt8(ascii: "=")) else { return (String(body), nil) }
        return (String(body[..<equals]), String(body[body.utf8.index(after: equals)...]))
    }

    private func value(
        of flag: OCIFlag, named name: String, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(CommandFailure) -> String {
        guard flag.kind.takesValue else {
            guard let attached else { return "true" }
            guard let isOn = GoNumber.truth(attached) else {
                throw failure("invalid boolean value \(Quoting.go(attached)) for -\(name): parse error")
            }
            return isOn ? "true" : "false"
        }
        guard let value = attached ?? rest.popFirst() else { throw failure("flag needs an argument: -\(name)") }
        let isFine =
            switch flag.kind {
            case .number, .numbers: GoNumber.whole(value) != nil
            case .duration: GoNumber.milliseconds(value) != nil
            default: true
            }
        guard isFine else { throw failure("invalid value \(Quoting.go(value)) for flag -\(name): parse error") }
        return value
    }

    private func failure(_ text: String) -> CommandFailure { CommandFailure("\(text) (\(hint))", status: 1) }
}

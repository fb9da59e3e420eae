/// A flag of the OCI command line. Every runtime has runc's, whose rules are those of Go's flag package: `-name` is
/// `--name`, and a letter is a name of one character.
struct OCIFlag: Sendable {
    enum Kind: Sendable {
        case isSwitch
        /// The last one counts.
        case text
        /// A whole number, decimal or with Go's prefixes (`0x`, `0o`, `0b`).
        case number
        /// Each one counts.
        case list, numbers
        /// Go's: `5s`, `1m30s`.
        case duration

        var takesValue: Bool { self != .isSwitch }
    }

    /// The first one is the flag's own name.
    let names: [String]
    let kind: Kind
    let help: String
    let standard: String?
    /// Why it is refused; nil for a flag that works.
    let refusal: String?

    var name: String { names[0] }

    init(_ names: String..., kind: Kind, help: String, standard: String? = nil, refusal: String? = nil) {
        self.names = names
        self.kind = kind
        self.help = help
        self.standard = standard
        self.refusal = refusal
    }

    /// As help shows it: `--bundle value, -b value`.
    var title: String {
        names.map { ($0.utf8.count == 1 ? "-" : "--") + $0 + (kind.takesValue ? " value" : "") }.joined(separator: ", ")
    }

    /// A flag that asks for what never is anything but so may be switched off.
    func isIdle(_ value: String) -> Bool { kind == .isSwitch && value == "false" }
}

/// What a command line said: the values of its flags and its operands.
struct OCIWords: Sendable {
    private(set) var flags: [(name: String, value: String)] = []
    var operands: [String] = []

    mutating func add(_ name: String, _ value: String) { flags.append((name, value)) }

    /// The flags that were given.
    var names: Set<String> { Set(flags.map(\.name)) }

    func text(_ name: String) -> String? { flags.last { $0.name == name }?.value }

    /// As the other; an empty value is none, as everywhere in runc.
    func filled(_ name: String) -> String? { text(name).flatMap { $0.isEmpty ? nil : $0 } }

    func all(_ name: String) -> [String] { flags.filter { $0.name == name }.map(\.value) }

    func isOn(_ name: String) -> Bool { text(name) == "true" }

    /// The value of a flag that the parser has found to be a number.
    func number(_ name: String) -> Int64? { text(name).flatMap(GoNumber.whole) }

    func numbers(_ name: String) -> [Int64] { all(name).compactMap(GoNumber.whole) }
}

/// The flags of one command, ours and docker's, read from a compact text.
///
/// One word per flag: `[+]name[>canonical][,short][=|!]`; `+`: we have it; `=`: takes a value; `!`: a switch that is
/// on by itself; `>`: another name of a flag. A flag that we will not have stands without `+`, and in the reasons.
struct FlagTable: Sendable {
    struct Flag: Sendable, Equatable {
        enum Kind: Sendable { case off, on, value }

        let name: String
        let canonical: String
        let short: Character?
        let kind: Kind
        let isSupported: Bool
        /// Why we do not have it, where it is not that it has yet to come.
        let reason: String?

        /// As messages show it: `-m, --memory`.
        var title: String { short.map { "-\($0), --\(name)" } ?? "--\(name)" }
    }

    let flags: [Flag]

    /// - Parameters:
    ///   - text: docker's flags.
    ///   - own: those that docker does not have.
    ///   - reasons: why we do not have a flag, by its name.
    init(_ text: String, own: String = "", reasons: [String: String] = [:]) {
        flags = (text.split(separator: " ") + own.split(separator: " ")).map { Self.flag($0, reasons) }
    }

    func named(_ name: some StringProtocol) -> Flag? { flags.first { $0.name == name } }
    func short(_ letter: Character) -> Flag? { flags.first { $0.short == letter } }

    private static func flag(_ word: Substring, _ reasons: [String: String]) -> Flag {
        var word = word
        let isSupported = word.first == "+"
        if isSupported { word.removeFirst() }
        var kind = Flag.Kind.off
        if word.last == "=" || word.last == "!" { kind = word.removeLast() == "=" ? .value : .on }
        var short: Character?
        if let comma = word.lastIndex(of: ",") {
            short = word.last
            word = word[..<comma]
        }
        let names = word.split(separator: ">")
        let name = String(names[0])
        return Flag(
            name: name, canonical: names.count > 1 ? String(names[1]) : name, short: short, kind: kind,
            isSupported: isSupported, reason: reasons[name])
    }
}

/// A command line as `ArgumentWalker` has read it: the values of flags by their docker names, and the operands.
struct Words: Decodable {
    var values = [String: [String]]()
    var switches = [String: Bool]()
    var operands = [String]()

    func all(_ flag: String) -> [String] { values[flag] ?? [] }

    func last(_ flag: String) -> String? { values[flag]?.last }

    func isOn(_ flag: String, default isOn: Bool = false) -> Bool { switches[flag] ?? isOn }
}

/// A command whose start is on the way of every container: it reads its words itself. ArgumentParser needs 4 ms to find
/// out at run time what the options are, as much as the kernel needs for the container.
protocol DirectlyBound: Command {
    init(_ words: Words)
    /// What each flag does, by its name.
    static func help(of flag: String) -> String?
}

extension DirectlyBound {
    static var helpText: String { FlagHelp.text(synopsis, help) }
}

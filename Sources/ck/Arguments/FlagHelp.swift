/// The help of a command that reads its words itself, in the form of ArgumentParser's.
enum FlagHelp {
    private static let column = 26
    private static let width = 100

    /// - Parameter help: what a flag does; those that we do not have are left out.
    static func text(_ synopsis: Synopsis, _ help: (String) -> String?) -> String {
        let flags = synopsis.flags.flags.filter { $0.isSupported && $0.name == $0.canonical }
        let lines = flags.sorted { $0.name < $1.name }.map { flag in line(title(flag), help(flag.name) ?? "") }
        return """
            OVERVIEW: \(synopsis.abstract)

            USAGE: ck \(synopsis.name) \(synopsis.operands)

            OPTIONS:
            \(lines.joined(separator: "\n"))
              --help                  Show help information.
            """
    }

    private static func title(_ flag: FlagTable.Flag) -> String {
        let name = (flag.short.map { "-\($0), " } ?? "") + "--\(flag.name)"
        switch flag.kind {
        case .value: return "\(name) <\(flag.name)>"
        case .on: return "\(name)/--\(flag.name)=false"
        case .off: return name
        }
    }

    private static func line(_ title: String, _ help: String) -> String {
        let indent = String(repeating: " ", count: column)
        var line = "  " + title
        if line.count >= column { line += "\n" + indent } else { line += indent.dropFirst(line.count) }
        var used = column
        for word in help.split(separator: " ") {
            if used > column, used + 1 + word.count > width {
                line += "\n" + indent
                used = column
            }
            line += (used == column ? "" : " ") + word
            used += word.count + (used == column ? 0 : 1)
        }
        return line
    }
}

import ArgumentParser
import Glibc

/// How a transfer is shown: the values of `--progress`.
enum ProgressMode: String, CaseIterable {
    /// Bars on a terminal, docker's plain lines elsewhere.
    case auto
    case plain, tty, json, quiet

    /// - Parameter flag: the value of `--progress`, where it was given.
    init(_ flag: String?) throws(FlagError) {
        guard let flag else {
            self = .auto
            return
        }
        guard let mode = ProgressMode(rawValue: flag) else {
            let names = Self.allCases.map { "\"\($0.rawValue)\"" }
            throw FlagError(
                "progress", flag, "must be one of \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")")
        }
        self = mode
    }

    /// What `auto` means for an output; the others mean themselves.
    func resolved(isTerminal: Bool, term: String?) -> ProgressMode {
        guard self == .auto else { return self }
        // A terminal that does not say what it is may not know how to move its cursor.
        return isTerminal && !["", "dumb"].contains(term ?? "") ? .tty : .plain
    }

    /// As the other, for a descriptor of this process.
    func resolved(for descriptor: CInt) -> ProgressMode {
        resolved(isTerminal: isatty(descriptor) == 1, term: getenv("TERM").map { String(cString: $0) })
    }
}

extension ArgumentHelp {
    static let progress = ArgumentHelp(
        "How to show the transfer: auto, plain, tty, json or quiet",
        discussion: "auto is tty on a terminal and plain elsewhere; json is an object per line.", valueName: "mode")
}

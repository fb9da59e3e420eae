import ContainerSystem

/// The end of a command that failed: what goes to standard error, and the exit status.
struct CommandFailure: Error, Equatable {
    let text: String
    let status: Int32

    init(_ text: String, status: Int32) {
        self.text = text
        self.status = status
    }

    /// A command line that cannot be: docker exits 125 for it, whatever the command.
    init(usage text: String, path: String) {
        self.init("\(text)\nSee 'ck\(path.isEmpty ? "" : " \(path)") --help'.", status: 125)
    }

    /// A flag that we do not have.
    init(unsupported flag: FlagTable.Flag, as spelling: String) {
        if let reason = flag.reason {
            self.init("ck: \(spelling) is not supported: \(reason)", status: 125)
        } else {
            self.init(unsupported: spelling)
        }
    }

    init(unsupported thing: String, hint: String? = nil) {
        self.init("ck: \(thing) is not supported yet\(hint.map { " (\($0))" } ?? "")", status: 125)
    }
}

/// A flag's value that does not parse.
struct FlagError: Error, Equatable {
    let flag: String
    let value: String
    let reason: String

    init(_ flag: String, _ value: String, _ reason: String) {
        self.flag = flag
        self.value = value
        self.reason = reason
    }

    func text(_ flags: FlagTable) -> String {
        "invalid argument \(Quoting.go(value)) for \"\(flags.named(flag)?.title ?? "--\(flag)")\" flag: \(reason)"
    }
}

/// The one table from errors to exit statuses.
enum ExitStatus {
    static func of(_ code: ContainerError.Code, otherwise status: Int32) -> Int32 {
        switch code {
        case .commandNotFound: 127
        case .commandNotExecutable: 126
        default: status
        }
    }
}

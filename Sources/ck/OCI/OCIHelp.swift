/// The help of the OCI command line, from the tables that the parser reads.
enum OCIHelp {
    static func text(_ program: String, topic: String?) throws(CommandFailure) -> String {
        guard let topic else { return text(program) }
        guard let command = OCICommands.named(topic) else { throw unknown(topic, program) }
        return text(program, command)
    }

    static func unknown(_ name: String, _ program: String) -> CommandFailure {
        CommandFailure("there is no command \(Quoting.go(name)) (see '\(program) --help')", status: 1)
    }

    static func text(_ program: String) -> String {
        let commands = OCICommands.names.compactMap(OCICommands.named).map { ($0.name, $0.abstract) }
        return """
            NAME:
               \(program) - containers from bundles, as the Open Container Initiative specifies them

            A bundle is a folder with a specification, config.json, and the container's root file system.

            USAGE:
               \(program) [global options] command [command options] [arguments...]

            VERSION:
               \(OCITool.version.split(separator: "\n").map(String.init).joined(separator: "\n   "))

            COMMANDS:
            \(columns(commands + [("help, h", "show the commands, or the help of one")]))

            GLOBAL OPTIONS:
            \(options(OCIGlobals.flags))
            """
    }

    static func text(_ program: String, _ command: OCICommand) -> String {
        let path = "\(program) \(command.name)"
        return """
            NAME:
               \(path) - \(command.abstract)

            USAGE:
               \(path) [command options] \(command.operands)

            OPTIONS:
            \(options(command.flags))
            """
    }

    private static func options(_ flags: [OCIFlag]) -> String {
        columns(
            flags.map { flag in
                let standard = flag.standard.map { " (default: \($0))" } ?? ""
                return (flag.title, flag.refusal.map { "not supported: \($0)" } ?? flag.help + standard)
            } + [("--help, -h", "show help")])
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "   " + $0 + String(repeating: " ", count: width - $0.count + 2) + $1 }
            .joined(separator: "\n")
    }
}

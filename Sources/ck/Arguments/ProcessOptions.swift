import ArgumentParser
import ContainerNamespaces
import ContainerSystem
import OCISpec

/// What run and exec both ask of a process.
struct ProcessOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Run in the background")
    var detach = false

    @Option(name: .shortAndLong, help: "Set an environment variable: NAME=VALUE, or NAME to pass on your own")
    var env: [String] = []

    @Option(help: "Read environment variables from a file, one a line")
    var envFile: [String] = []

    @Flag(name: .shortAndLong, help: "Keep standard input open")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Give the process a terminal")
    var tty = false

    @Option(name: .shortAndLong, help: "User: name or uid, with :group or :gid")
    var user: String?

    @Option(name: .shortAndLong, help: "Working directory in the container")
    var workdir: String?

    init() {}

    init(_ words: Words) {
        detach = words.isOn("detach")
        env = words.all("env")
        envFile = words.all("env-file")
        interactive = words.isOn("interactive")
        tty = words.isOn("tty")
        user = words.last("user")
        workdir = words.last("workdir")
    }

    func environment() throws -> [String] { try Environment.parse(env, files: envFile) }

    func workingDirectory() throws(FlagError) -> String? {
        guard let workdir, !workdir.isEmpty else { return nil }
        guard workdir.hasPrefix("/") else { throw FlagError("workdir", workdir, "it needs to be an absolute path") }
        return workdir
    }

    /// The terminal that we have and the container gets.
    func terminalSize() -> RuntimeSpec.Process.ConsoleSize? {
        guard tty, let size = TerminalSize.current else { return nil }
        return .init(height: size.rows, width: size.columns)
    }

    /// Ours that the process gets; nil is all that are for something.
    func streams(attached names: [String]?) -> ClientStreams {
        guard let names else { return .own }
        return ClientStreams(
            input: names.contains("stdin") ? 0 : nil, output: names.contains("stdout") ? 1 : nil,
            error: names.contains("stderr") ? 2 : nil)
    }

    /// Whether standard input is passed on as it is typed.
    var isRaw: Bool { tty && interactive && !detach }

    func checkTerminal(isTerminal: Bool) throws(CommandFailure) {
        if isRaw, !isTerminal { throw CommandFailure("the input device is not a TTY", status: 1) }
    }
}

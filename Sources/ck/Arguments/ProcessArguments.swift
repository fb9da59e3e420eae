import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import OCISpec

/// What `run`, `create` and `exec` all ask of a process.
struct ProcessArguments {
    let words: Words

    var detach: Bool { words.isOn("detach") }
    var interactive: Bool { words.isOn("interactive") }
    var tty: Bool { words.isOn("tty") }
    var user: String? { words.last("user") }

    func environment() throws -> [String] {
        try Environment.parse(words.all("env"), files: words.all("env-file"))
    }

    func workingDirectory() throws(CommandFailure) -> String? {
        guard let folder = words.last("workdir"), !folder.isEmpty else { return nil }
        guard folder.hasPrefix("/") else {
            throw CommandFailure(
                "ck: the working directory '\(folder)' is invalid, it needs to be an absolute path", status: 125)
        }
        return folder
    }

    /// As they were given, when they can be.
    func detachKeys() throws(ContainerError) -> String? {
        guard let keys = words.last("detach-keys") else { return nil }
        _ = try DetachKeys.parse(keys)
        return keys
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

import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import Glibc

struct Exec: DirectlyBound {
    static let synopsis = Synopsis(
        name: "exec", operands: "[OPTIONS] CONTAINER COMMAND [ARG...]",
        abstract: "Execute a command in a running container", count: 2...Int.max, flags: DockerFlags.exec,
        stopsAtOperand: true)

    private var words = Words()

    init() {}
    init(_ words: Words) { self.words = words }

    static func help(of flag: String) -> String? {
        flag == "detach" ? "Run in the background" : ContainerHelp.text(of: flag)
    }

    var process: ProcessArguments { ProcessArguments(words: words) }
    var container: String { words.operands.first ?? "" }
    var command: [String] { Array(words.operands.dropFirst()) }

    func run(in session: Session) throws -> Int32 {
        let options = try execOptions()
        try process.checkTerminal(isTerminal: isatty(0) == 1)
        let engine = try session.engine()
        if process.detach {
            _ = try engine.execute(in: container, options, streams: nil)
            return 0
        }
        // docker's exec passes no signals on; but ours stand between the user and a process that has no terminal.
        let foreground = try Foreground(
            forwardsSignals: true, types: self.process.interactive, isRaw: self.process.isRaw)
        let process = try engine.execute(in: container, options, streams: .own)
        let status = try foreground.wait(for: OwnProcess(process: process), hasTerminal: self.process.tty) {
            () throws(ContainerError) -> Int32? in
            guard case .exited(let status, _, _) = try process.waitOrDetach() else { return nil }
            return status
        }
        return status ?? 0
    }

    func execOptions() throws -> ExecOptions {
        var options = ExecOptions(command: command)
        options.environment = Environment.resolved(try process.environment())
        options.workingDirectory = try process.workingDirectory()
        options.user = process.user
        options.terminal = process.tty
        options.stdinOpen = process.interactive
        options.terminalSize = process.terminalSize()
        options.isPrivileged = words.isOn("privileged")
        options.detachKeys = try process.detachKeys()
        return options
    }
}

import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import Glibc

/// `start --attach`: as a run in the foreground, of a container that is there.
struct AttachedStart {
    let name: String
    let interactive: Bool
    let detachKeys: String?

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        let options = try engine.inspectContainer(name).options
        let types = interactive && options.stdinOpen
        let isRaw = types && options.terminal
        if isRaw, isatty(0) != 1 { throw CommandFailure("the input device is not a TTY", status: 1) }
        let foreground = try Foreground(forwardsSignals: !options.terminal, types: types, isRaw: isRaw)
        let streams = ClientStreams(input: types ? 0 : nil, output: 1, error: 2)
        let size = options.terminal ? TerminalSize.current : nil
        guard
            let running = try engine.startContainer(
                name, streams: streams, terminalSize: size.map { .init(height: $0.rows, width: $0.columns) },
                detachKeys: detachKeys)
        else { return try attachToRunning(session) }
        session.warn(running)
        let end = try foreground.wait(for: OwnProcess(process: running.process), hasTerminal: options.terminal) {
            () throws(ContainerError) in try running.waitOrDetach()
        }
        return end ?? 0
    }

    /// Somebody else was first; docker then attaches.
    private func attachToRunning(_ session: Session) throws -> Int32 {
        let keys = detachKeys.map { ["--detach-keys=\($0)"] } ?? []
        return try Attach.parse(keys + (interactive ? [] : ["--no-stdin"]) + ["--", name]).run(in: session)
    }
}

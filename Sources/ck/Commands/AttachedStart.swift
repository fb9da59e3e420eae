import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import Glibc

/// `start --attach`: as a run in the foreground, of a container that is there.
struct AttachedStart {
    let name: String
    let interactive: Bool
    let detachKeys: String?

    func run(_ engine: Engine) throws -> Int32 {
        let options = try engine.inspectContainer(name).options
        let hasTerminal = options.terminal
        let types = interactive && options.stdinOpen
        guard !hasTerminal || !types || isatty(0) == 1 else {
            throw CommandFailure("the input device is not a TTY", status: 1)
        }
        let foreground = try Foreground(
            forwardsSignals: !hasTerminal, types: types, isRaw: types && hasTerminal)
        let size = hasTerminal ? TerminalSize.current : nil
        let started = try engine.startContainer(
            name, streams: ClientStreams(input: types ? 0 : nil, output: 1, error: 2),
            terminalSize: size.map { .init(height: $0.rows, width: $0.columns) }, detachKeys: detachKeys)
        guard let running = started else {
            throw ContainerError(
                .conflict, "container \(name) is already running", hint: "attach connects with one that runs")
        }
        let status = try foreground.wait(for: OwnProcess(process: running.process), hasTerminal: hasTerminal) {
            () throws(ContainerError) in try running.waitOrDetach()
        }
        return status ?? 0
    }
}

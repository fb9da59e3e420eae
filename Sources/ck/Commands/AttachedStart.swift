import ContainerEngine
import ContainerNamespaces
import ContainerSystem

/// `start --attach`: as a run in the foreground, of a container that is there.
struct AttachedStart {
    let name: String
    let attach: Bool
    let interactive: Bool
    let detachKeys: String?

    func run(_ engine: Engine) throws -> Int32 {
        let details = try engine.inspectContainer(name)
        let options = details.options
        let streams = ClientStreams(
            input: 0, output: 1, error: 2)
        let hasTerminal = options.terminal
        let size = hasTerminal ? TerminalSize.current.map { ($0.rows, $0.columns) } : nil
        let foreground = try Foreground(forwardsSignals: !hasTerminal)
        guard
            let running = try engine.startContainer(
                name, streams: streams, terminalSize: size.map { .init(height: $0.0, width: $0.1) })
        else {
            throw ContainerError(
                .conflict, "container \(name) is already running", hint: "attach connects with one that runs")
        }
        return try foreground.wait(
            for: running.process, isRaw: hasTerminal && interactive, hasTerminal: hasTerminal
        ) { () throws(ContainerError) in try running.wait() }
    }
}

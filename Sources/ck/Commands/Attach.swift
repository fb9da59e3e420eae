import ArgumentParser
import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import Glibc

struct Attach: Command {
    static let synopsis = Synopsis(
        name: "attach", operands: "[OPTIONS] CONTAINER",
        abstract: "Attach local standard input, output, and error streams to a running container", count: 1...1,
        flags: DockerFlags.attach)

    @Option(help: "What is typed to leave the container, such as ctrl-p,ctrl-q")
    var detachKeys: String?

    @Flag(help: "Do not attach standard input")
    var noStdin = false

    @Flag(inversion: .prefixedNo, help: "Pass signals on to the process")
    var sigProxy = true

    @Argument(help: "The container, by name or id")
    var container: String

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        let target = try engine.attachment(to: container)
        let typesInto = !noStdin && target.stdinOpen
        guard noStdin || !target.terminal || isatty(0) == 1 else {
            throw CommandFailure("the input device is not a TTY", status: 1)
        }
        let keys = target.terminal ? try DetachKeys.parse(detachKeys ?? target.detachKeys) : []
        let foreground = try Foreground(
            forwardsSignals: sigProxy && !target.terminal, types: typesInto, isRaw: typesInto && target.terminal)
        let supervisor = target.supervisor
        try supervisor.attach(
            ClientStreams(input: typesInto ? 0 : nil, output: 1, error: 2), detachKeys: keys,
            size: target.terminal ? TerminalSize.of(1) : nil)
        let end = try foreground.wait(for: supervisor, hasTerminal: target.terminal) {
            () throws(ContainerError) -> Int32? in
            guard case .exited(let status, _, _)? = try supervisor.next(milliseconds: nil) else { return nil }
            return status
        }
        if let end { return end }
        // The end of the input is one as well.
        guard target.terminal else { return 0 }
        engine.noteContainerEvent("detach", container: container)
        throw CommandFailure("read escape sequence", status: 1)
    }
}

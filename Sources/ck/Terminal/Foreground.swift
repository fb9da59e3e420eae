import ContainerNamespaces
import ContainerSystem
import Glibc

/// Stands in for a process in a container until it ends: passes signals and the terminal's size on to it. Its streams
/// are the shim's business.
struct Foreground {
    let signals: SignalPipe

    /// Before the process starts, so that no signal is lost.
    init(forwardsSignals: Bool) throws(ContainerError) {
        signals = try SignalPipe((forwardsSignals ? SignalPipe.forwarded : []) + [SIGWINCH])
    }

    /// - Parameters:
    ///   - isRaw: the terminal of standard input is the process's.
    ///   - end: blocks until the process is over; its exit status.
    func wait(
        for process: any LaunchedProcess, isRaw: Bool, hasTerminal: Bool, end: () throws(ContainerError) -> Int32
    ) throws(ContainerError) -> Int32 {
        let raw = isRaw ? RawMode.enter() : nil
        defer { raw?.leave() }
        var watched = [
            pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.reader.raw, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            try system("wait for the container") { poll(&watched, 2, -1) }
            if watched[1].revents != 0 {
                for signal in signals.take() { pass(signal, to: process, hasTerminal) }
            }
            if watched[0].revents != 0 { return try end() }
        }
    }

    private func pass(_ signal: CInt, to process: any LaunchedProcess, _ hasTerminal: Bool) {
        guard signal == SIGWINCH else { return process.signal(signal) }
        if hasTerminal, let size = TerminalSize.current { process.resize(rows: size.rows, columns: size.columns) }
    }
}

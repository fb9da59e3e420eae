import ContainerNamespaces
import ContainerSystem
import Glibc

/// A process in a container, as seen by whoever stands in for it.
protocol ForegroundProcess {
    var descriptor: CInt { get }
    func resize(rows: UInt16, columns: UInt16)
    func signal(_ number: Int32)
    func hold(input: Bool, output: Bool)
}

extension Supervisor: ForegroundProcess {}

/// One that this process has started itself.
struct OwnProcess: ForegroundProcess {
    let process: any LaunchedProcess

    var descriptor: CInt { process.descriptor }
    func resize(rows: UInt16, columns: UInt16) { process.resize(rows: rows, columns: columns) }
    func signal(_ number: Int32) { process.signal(number) }
    func hold(input: Bool, output: Bool) { process.hold(input: input, output: output) }
}

/// Stands in for a process in a container until it ends: passes signals and the terminal's size on to it. Its streams
/// are the shim's business; but when this process is stopped, or in the background, the shim has to keep off them, as
/// this process would.
struct Foreground {
    let signals: SignalPipe
    private let forwarded: [CInt]
    private let types: Bool
    /// Standard input is passed on as it is typed.
    var isRaw: Bool

    /// What ends a process, and so must not leave the terminal raw.
    private static let deadly = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    /// Before the process starts, so that no signal is lost.
    /// - Parameters:
    ///   - types: standard input is the process's.
    ///   - isRaw: as it is typed.
    init(forwardsSignals: Bool, types: Bool, isRaw: Bool) throws(ContainerError) {
        try self.init(forwarded: forwardsSignals ? SignalPipe.forwarded : [], types: types, isRaw: isRaw)
        if types, Job.isInBackground { Job.waitForForeground() }
    }

    /// - Parameter forwarded: what goes to the process.
    init(forwarded: [CInt], types: Bool, isRaw: Bool) throws(ContainerError) {
        self.forwarded = forwarded
        self.types = types
        self.isRaw = isRaw
        let others = [SIGWINCH, SIGTSTP, SIGCONT] + (isRaw ? Self.deadly : [])
        signals = try SignalPipe(forwarded + others.filter { !forwarded.contains($0) })
    }

    /// - Parameter end: blocks until the process is over; its exit status, or nil when it was left.
    func wait(
        for process: some ForegroundProcess, hasTerminal: Bool, end: () throws(ContainerError) -> Int32?
    ) throws(ContainerError) -> Int32? {
        var raw = isRaw ? RawMode.enter() : nil
        defer { raw?.leave() }
        var isHeld = types && Job.isInBackground
        if isHeld { process.hold(input: true, output: false) }
        var watched = [
            pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.reader.raw, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            // Nobody tells a job that runs that the terminal is its own again.
            try system("wait for the container") { poll(&watched, 2, isHeld ? 200 : -1) }
            if isHeld, !Job.isInBackground {
                process.hold(input: false, output: false)
                if isRaw { raw = RawMode.enter(after: raw) }
                isHeld = false
            }
            if watched[1].revents != 0 {
                for signal in signals.take() { obey(signal, process, hasTerminal, &raw) }
                isHeld = types && Job.isInBackground
            }
            if watched[0].revents != 0 {
                let status = try end()
                raw?.leave()
                raw = nil
                if status == nil { Job.endIfNobodyReads() }
                return status
            }
        }
    }

    private func obey(_ signal: CInt, _ process: some ForegroundProcess, _ hasTerminal: Bool, _ raw: inout RawMode?) {
        switch signal {
        case SIGWINCH:
            if hasTerminal, let size = TerminalSize.current { process.resize(rows: size.rows, columns: size.columns) }
        case SIGTSTP where !forwarded.contains(signal):
            raw?.leave()
            process.hold(input: true, output: true)
            Job.stop()
        case SIGCONT:
            // Continued, perhaps without having been told before to stop.
            process.hold(input: types && Job.isInBackground, output: false)
            if isRaw, !Job.isInBackground { raw = RawMode.enter(after: raw) }
            if forwarded.contains(signal) { process.signal(signal) }
        default:
            if forwarded.contains(signal) { return process.signal(signal) }
            raw?.leave()
            Job.end(by: signal)
        }
    }
}

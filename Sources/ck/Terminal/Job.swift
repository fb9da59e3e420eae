import Glibc

/// This process as a job of a shell (credentials(7), termios(3)).
enum Job {
    /// Whether standard input is a terminal that another job has.
    static var isInBackground: Bool {
        let group = tcgetpgrp(0)
        return group >= 0 && group != getpgrp()
    }

    /// Stops as a process is that reads its terminal from the background. Goes on when the shell says so, or at once where
    /// nobody could.
    static func waitForForeground() { kill(0, SIGTTIN) }

    /// Stops until SIGCONT comes.
    static func stop() { kill(getpid(), SIGSTOP) }

    /// Ends as if the signal had not been caught.
    static func end(by signal: CInt) {
        Glibc.signal(signal, SIG_DFL)
        raise(signal)
        _exit(128 + signal)
    }

    /// Nobody reads standard output any more: ends as a process does that writes to it.
    static func endIfNobodyReads() {
        var output = [pollfd(fd: 1, events: 0, revents: 0), pollfd(fd: 2, events: 0, revents: 0)]
        guard poll(&output, 2, 0) > 0, output.contains(where: { $0.revents & Int16(POLLERR) != 0 }) else { return }
        end(by: SIGPIPE)
    }
}

import ContainerNamespaces
import ContainerSystem
import Glibc

/// How run and exec stand in for a process of a container.
enum OCIForeground {
    /// Every signal that can be caught, but for those that are about this process itself or about its terminal's size.
    static var signals: [CInt] {
        let own: [CInt] = [
            SIGKILL, SIGSTOP, SIGCHLD, SIGURG, SIGWINCH, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS,
        ]
        // 32 and 33 are the C library's.
        return (Array(1...31) + Array(34...64)).filter { !own.contains($0) }
    }

    static var isAtTerminal: Bool { isatty(0) == 1 || isatty(1) == 1 || isatty(2) == 1 }

    static var needlessSocket: CommandFailure {
        CommandFailure("cannot use console socket if it will not detach or allocate tty", status: 1)
    }

    static var missingSocket: CommandFailure {
        CommandFailure("cannot allocate tty if it will detach without setting console socket", status: 1)
    }

    static func wait(
        for process: any LaunchedProcess, _ foreground: Foreground, hasTerminal: Bool
    ) throws(ContainerError) -> Int32 {
        if hasTerminal, let size = TerminalSize.current { process.resize(rows: size.rows, columns: size.columns) }
        var foreground = foreground
        foreground.isRaw = hasTerminal
        let status = try foreground.wait(for: OwnProcess(process: process), hasTerminal: hasTerminal) {
            () throws(ContainerError) in try process.wait()
        }
        return status ?? 0
    }
}

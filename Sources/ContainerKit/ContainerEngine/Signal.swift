import Glibc

/// A signal by number or by name, with or without `SIG` (signal(7)).
public struct Signal: Sendable, Equatable {
    public let number: Int32

    /// Nil for what is no signal.
    public init?(name: String) {
        if let number = Int32(name) {
            guard (1...64).contains(number) else { return nil }
            self.number = number
            return
        }
        let upper = name.uppercased()
        let short = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if let number = Self.names[short] {
            self.number = number
        } else if short.hasPrefix("RTMIN"), let offset = Self.offset(short.dropFirst(5)), (0...30).contains(offset) {
            number = 34 + offset
        } else if short.hasPrefix("RTMAX"), let offset = Self.offset(short.dropFirst(5)), offset <= 0, 64 + offset >= 34
        {
            number = 64 + offset
        } else {
            return nil
        }
    }

    /// Nil for a number that is none.
    public init?(number: Int32) {
        guard (1...64).contains(number) else { return nil }
        self.number = number
    }

    /// `SIGTERM`; a number where it has no name of its own.
    public var name: String {
        // Two names of a number: the one that sigaction(2) has in its table goes first in the alphabet for all of them.
        Self.names.filter { $0.value == number }.keys.min().map { "SIG" + $0 } ?? "signal \(number)"
    }

    /// `+3`, `-1`, or nothing at all.
    private static func offset(_ text: Substring) -> Int32? {
        if text.isEmpty { return 0 }
        return text.first == "+" || text.first == "-" ? Int32(text) : nil
    }

    private static let names: [String: Int32] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ILL": SIGILL, "TRAP": SIGTRAP, "ABRT": SIGABRT, "IOT": SIGABRT,
        "BUS": SIGBUS,
        "FPE": SIGFPE, "KILL": SIGKILL, "USR1": SIGUSR1, "SEGV": SIGSEGV, "USR2": SIGUSR2, "PIPE": SIGPIPE,
        "ALRM": SIGALRM, "TERM": SIGTERM, "STKFLT": 16, "CHLD": SIGCHLD, "CLD": SIGCHLD, "CONT": SIGCONT,
        "STOP": SIGSTOP,
        "TSTP": SIGTSTP, "TTIN": SIGTTIN, "TTOU": SIGTTOU, "URG": SIGURG, "XCPU": SIGXCPU, "XFSZ": SIGXFSZ,
        "VTALRM": SIGVTALRM, "PROF": SIGPROF, "WINCH": SIGWINCH, "IO": SIGIO, "POLL": SIGIO, "PWR": 30, "SYS": SIGSYS,
    ]
}

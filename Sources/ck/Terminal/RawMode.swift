import Glibc
import OCISpec

/// The terminal of standard input, passing on every byte as it is typed (cfmakeraw(3)).
struct RawMode {
    private let before: termios

    /// nil when standard input is no terminal.
    static func enter() -> RawMode? {
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return nil }
        let before = settings
        cfmakeraw(&settings)
        guard tcsetattr(0, TCSANOW, &settings) == 0 else { return nil }
        return RawMode(before: before)
    }

    /// Once more, after something else may have set the terminal: what it goes back to in the end stays.
    static func enter(after earlier: RawMode?) -> RawMode? {
        let now = enter()
        return earlier ?? now
    }

    func leave() {
        var settings = before
        tcsetattr(0, TCSANOW, &settings)
    }
}

enum Prompt {
    /// Asks for a line on the terminal of standard input.
    /// - Returns: nil at its end.
    static func line(_ question: String, echoes: Bool = true) -> String? {
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return nil }
        Console.writeAll(Array(question.utf8)[...], to: 1)
        let before = settings
        if !echoes {
            settings.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(0, TCSAFLUSH, &settings)
        }
        defer {
            if !echoes {
                var settings = before
                tcsetattr(0, TCSAFLUSH, &settings)
                Console.writeAll(Array("\n".utf8)[...], to: 1)
            }
        }
        return readLine()
    }
}

enum TerminalSize {
    /// The size of the terminal that output or input is on.
    static var current: (rows: UInt16, columns: UInt16)? { of(1) ?? of(0) }

    /// nil for what is no terminal, and for one that does not know its size.
    static func of(_ descriptor: CInt) -> (rows: UInt16, columns: UInt16)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return nil }
        return (size.ws_row, size.ws_col)
    }
}

import ContainerSystem
import Glibc

/// Where a command's words go.
struct Console: Sendable {
    private let write: @Sendable (String, _ isError: Bool) -> Void

    init(write: @escaping @Sendable (String, _ isError: Bool) -> Void) { self.write = write }

    /// A line on standard output.
    func out(_ line: String) { write(line + "\n", false) }
    /// A line on standard error.
    func error(_ line: String) { write(line + "\n", true) }

    /// Asks on standard output, and reads a line of standard input, terminal or not: `y` and `Y` are a yes.
    func confirms(_ question: String) -> Bool {
        write("\(question) [y/N] ", false)
        return readLine()?.trimmingPrefix { $0.isWhitespace }.first.map { "yY".contains($0) } ?? false
    }

    /// The process's own; one write(2) per line, so that lines of several threads do not mix.
    static let standard: Console = {
        let (output, error) = (isatty(1) == 1, isatty(2) == 1)
        return Console { text, isError in
            let shown = (isError ? error : output) ? Quoting.safe(text) : text
            Self.writeAll(Array(shown.utf8)[...], to: isError ? 2 : 1)
        }
    }()

    /// Nobody can be told when the output cannot be written.
    static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
